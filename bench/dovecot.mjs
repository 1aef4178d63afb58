/** A Dovecot 2.3 of Debian on loopback ports of its own, with maildirs that are filled by links, in a folder that goes away with it. For benches only. */

import { execFileSync, spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const USER = 'replystorm-lab';
export const PASSWORD = 'secret';

/** Starts it and waits for its greeting. `maxSessions`: how many clients it holds at once. */
export async function startDovecot({ maxSessions = 2_000 } = {}) {
  if (process.getuid?.() !== 0) throw new Error('run this bench as root: Dovecot drops to a user of its own');
  if (!existsSync('/usr/sbin/dovecot')) throw new Error('Dovecot is missing: Debian package dovecot-imapd');
  const { uid, gid } = userIds();
  const root = mkdtempSync(join(tmpdir(), 'replystorm-bench-'));
  const shared = existsSync('/dev/shm') ? statfsSync('/dev/shm') : undefined;
  const memory = shared !== undefined && shared.bavail * shared.bsize > 4e9 ? '/dev/shm' : tmpdir();
  const mailRoot = mkdtempSync(join(memory, 'replystorm-bench-mail-'));
  for (const folder of ['run', 'state']) mkdirSync(join(root, folder));
  const [port, tlsPort] = await freePorts();
  certify(root);
  writeFileSync(join(root, 'dovecot.conf'), configuration({ root, mailRoot, port, tlsPort, maxSessions }));
  for (const path of [root, mailRoot, 'run', 'state', 'key.pem', 'cert.pem'])
    chownSync(path.startsWith('/') ? path : join(root, path), uid, gid);
  const log = openSync(join(root, 'dovecot.out'), 'a');
  const server = spawn('/usr/sbin/dovecot', ['-F', '-c', join(root, 'dovecot.conf')], {
    stdio: ['ignore', log, log],
    detached: true,
    uid,
    gid,
  });
  const stop = async () => {
    server.kill('SIGTERM');
    for (let tries = 0; tries < 100 && sessionPids(server.pid).length > 0; tries += 1) await sleep(50);
    for (const pid of sessionPids(server.pid)) process.kill(pid, 'SIGKILL');
    for (const folder of [root, mailRoot]) rmSync(folder, { recursive: true, force: true });
  };
  try {
    await greeting(port);
  } catch (error) {
    const words = ['dovecot.out', 'dovecot.log'].map((name) => readOr(join(root, name))).join('\n');
    await stop();
    throw new Error(`Dovecot did not start: ${words.slice(-2_000)}`, { cause: error });
  }
  const version = execFileSync('/usr/sbin/dovecot', ['--version'], { encoding: 'utf8' }).trim().split(' ')[0];
  return {
    port,
    tlsPort,
    version,
    mailRoot,
    ca: join(root, 'cert.pem'),
    stop,
    fill: (from, count, messages) => fill({ mailRoot, uid, gid }, from, count, messages),
    cpuSeconds: () => sessionCpuSeconds(server.pid),
  };
}

/** A certificate for localhost, its own authority, good for two days. */
function certify(root) {
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-days',
      '2',
      '-nodes',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
      '-keyout',
      join(root, 'key.pem'),
      '-out',
      join(root, 'cert.pem'),
    ],
    { stdio: 'ignore' },
  );
}

/** Puts `messages` messages into each of `count` INBOXes: the same few texts, linked, so that a large store costs no room. */
function fill({ mailRoot, uid, gid }, from, count, messages) {
  const models = join(mailRoot, '.models');
  mkdirSync(models, { recursive: true });
  const stamp = `${Date.now()}`;
  for (let index = 0; index < messages; index += 1) {
    const file = join(models, `${index}`);
    if (existsSync(file)) continue;
    const head = `From: <user0@lab.test>\nTo: <all@lab.test>\nSubject: RE: test ${index}\nMessage-ID: <bench-${index}@lab.test>\nX-Replystorm-Run: bench\nDate: Mon, 14 Nov 2016 09:29:00 +0000\n\n`;
    writeFileSync(file, `${head}${`${'x'.repeat(70)}\n`.repeat(12)}`);
    chownSync(file, uid, gid);
  }
  for (let mailbox = from; mailbox < from + count; mailbox += 1) {
    const folder = join(mailRoot, `user${mailbox}`);
    for (const part of ['', 'cur', 'new', 'tmp']) {
      mkdirSync(join(folder, part), { recursive: true });
      chownSync(join(folder, part), uid, gid);
    }
    for (let index = 0; index < messages; index += 1)
      linkSync(join(models, `${index}`), join(folder, 'new', `${stamp}.${index}.bench`));
  }
}

function configuration({ root, mailRoot, port, tlsPort, maxSessions }) {
  return `base_dir = ${root}/run
state_dir = ${root}/state
log_path = ${root}/dovecot.log
instance_name = replystorm-bench
protocols = imap
listen = 127.0.0.1
default_internal_user = ${USER}
default_internal_group = ${USER}
default_login_user = ${USER}
first_valid_uid = 1
ssl = yes
ssl_cert = <${root}/cert.pem
ssl_key = <${root}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_fsync = never
mail_location = maildir:${mailRoot}/%n
maildir_very_dirty_syncs = no
passdb {
  driver = static
  args = password=${PASSWORD}
}
userdb {
  driver = static
  args = uid=${USER} gid=${USER} home=${mailRoot}/%n allow_all_users=yes
}
namespace inbox {
  inbox = yes
}
mail_max_userip_connections = ${maxSessions}
${services({ port, tlsPort, maxSessions })}`;
}

/** Nobody here is root, so no service may chroot; one client's failures must not slow the others. */
function services({ port, tlsPort, maxSessions }) {
  return `service anvil {
  chroot =
  client_limit = ${maxSessions + 1_000}
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service auth {
  client_limit = ${maxSessions * 2 + 1_000}
}
service imap-login {
  chroot =
  service_count = 0
  client_limit = ${maxSessions + 1_000}
  process_min_avail = 2
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${tlsPort}
    ssl = yes
  }
}
service imap {
  chroot =
  client_limit = ${Math.max(1, Math.ceil(maxSessions / 200))}
  process_limit = ${Math.max(400, Math.ceil(maxSessions / 50))}
  service_count = 100000
}
`;
}

function userIds() {
  try {
    execFileSync('id', ['-u', USER], { stdio: 'ignore' });
  } catch {
    execFileSync('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      USER,
    ]);
  }
  const id = (kind) => Number(execFileSync('id', [kind, USER], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function freePorts() {
  const holders = [createServer(), createServer()];
  await Promise.all(holders.map((one) => new Promise((done) => one.listen(0, '127.0.0.1', done))));
  const ports = holders.map((one) => one.address().port);
  await Promise.all(holders.map((one) => new Promise((done) => one.close(done))));
  return ports;
}

async function greeting(port) {
  for (let tries = 0; tries < 250; tries += 1) {
    const words = await new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, timeout: 2_000 });
      for (const event of ['error', 'close', 'timeout']) socket.once(event, () => resolve(''));
      socket.once('data', (chunk) => {
        socket.destroy();
        resolve(chunk.toString('latin1'));
      });
    });
    if (words.startsWith('* OK')) return;
    await sleep(40);
  }
  throw new Error('nobody greets');
}

/** Live processes of a session of ours: state, parent, group and session follow the name in brackets. */
function sessionPids(session) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const fields = statFields(pid);
      return fields !== undefined && fields[0] !== 'Z' && Number(fields[3]) === session;
    });
}

/** User and system seconds of all its live processes, and of those that they have waited for. */
function sessionCpuSeconds(session) {
  const ticks = sessionPids(session).map((pid) =>
    (statFields(pid) ?? []).slice(11, 15).reduce((sum, one) => sum + Number(one), 0),
  );
  return ticks.reduce((sum, one) => sum + one, 0) / 100;
}

function statFields(pid) {
  const text = readOr(`/proc/${pid}/stat`);
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function readOr(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
