/** A real Postfix and Dovecot from Debian's packages, on loopback ports of their own, in a folder that goes away with them. Tests only. */

import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { type Certificates, makeCertificates } from './certificates.ts';
import { dovecotConf, quotaUsers, usersFile } from './dovecot-conf.ts';
import { binary, idOf, LAB_USER, labUser, mailParent, START_PATIENCE_MS, STARTS } from './ground.ts';
import { countMaildirs, type MaildirCount } from './maildirs.ts';
import { type Ports, pickPorts, whenGreeting } from './ports.ts';
import { aliasMap, mailboxMap, mainCf, masterCf, type PostfixSettings } from './postfix-conf.ts';
import { killServers, liveProcesses, type Server, startServer, stopServers } from './processes.ts';
import { LOG_TAIL_CHARACTERS, throwIfEnded } from './standing-server.ts';

const run = promisify(execFile);

const PASSWORD = 'secret';

export interface LabOptions {
  /** How many accounts there are: user0 and up. Any other address in the domain is refused at RCPT. */
  readonly mailboxes: number;
  /** The number of the first account; 0 unless told. */
  readonly firstAccount?: number;
  /** `lab.test` unless told. */
  readonly domain?: string;
  /** The list's address; `all@<domain>` unless told. */
  readonly list?: string;
  /** Whom the list reaches; every account unless told. */
  readonly listMembers?: readonly string[];
  /** Maps beside Postfix's configuration, by name: for `hash:$config_directory/NAME` in a line of main.cf. */
  readonly maps?: Readonly<Record<string, string>>;
  /** Quota rules of single accounts, as `*:messages=30`; the others have none. */
  readonly quotas?: Readonly<Record<string, string>>;
  /** Lines put last in main.cf, where the last word counts. */
  readonly extraMainCf?: readonly string[];
  /** Lines put last in dovecot.conf, where the last word counts. */
  readonly extraDovecot?: readonly string[];
}

export interface Lab {
  /** Submission: nothing before STARTTLS, nothing before AUTH PLAIN or LOGIN. */
  readonly submitPort: number;
  /** Like port 25: STARTTLS offered, no sign-in asked for, no relaying. */
  readonly smtpPort: number;
  /** IMAP in plain text, STARTTLS offered. */
  readonly imapPort: number;
  /** IMAP over TLS. */
  readonly imapsPort: number;
  /** Dovecot's LMTP, past Postfix. */
  readonly lmtpPort: number;
  /** Path of the CA (PEM) that signed the certificate for localhost, 127.0.0.1 and mail.<domain>. */
  readonly ca: string;
  readonly domain: string;
  readonly list: string;
  readonly accounts: readonly string[];
  readonly password: string;
  /** The maildirs: one folder an account, named by the part before the @, made at its first delivery or sign-in. */
  readonly mailRoot: string;
  /** For `sh -c`: prints how many messages Postfix still owes; prints nothing and fails when Postfix cannot say. */
  readonly queueProbe: string;
  /** Counts messages by reading the maildir files. */
  countMaildirs(headerName: string, value: string): Promise<MaildirCount>;
  /** Says who is on the list from now on. */
  setMembers(members: readonly string[]): Promise<void>;
  /** Puts another text into one of the lab's maps, and has Postfix look at it at once. */
  setMap(name: string, text: string): Promise<void>;
  /** Postfix's own log so far. */
  postfixLog(): Promise<string>;
  /** The pids of everything that belongs to this lab; none after `stop`. */
  processes(): number[];
  /** Ends every process and removes every file. May be called twice. */
  stop(): Promise<void>;
}

/** What this machine lacks for a lab, in words that say what to do; empty if nothing. */
export function missingForLab(): readonly string[] {
  const missing: string[] = [];
  if (process.getuid?.() !== 0)
    missing.push('root (Postfix starts as root; run these tests as root or with sudo)');
  const needed = { postfix: 'postfix', postmap: 'postfix', dovecot: 'dovecot-imapd', openssl: 'openssl' };
  for (const [command, debianPackage] of Object.entries(needed)) {
    if (binary(command) === undefined) missing.push(`${command} (Debian package ${debianPackage})`);
  }
  if (!existsSync('/usr/lib/dovecot/lmtp'))
    missing.push('the LMTP part of Dovecot (Debian package dovecot-lmtpd)');
  const dovecot = binary('dovecot');
  const version = dovecot === undefined ? '2.3' : execFileSync(dovecot, ['--version'], { encoding: 'utf8' });
  // 2.4 changed the names of most settings: our file would not load.
  if (!version.startsWith('2.3')) missing.push(`Dovecot 2.3 (found ${version.trim()})`);
  return missing;
}

/** Starts a lab and returns once all its ports greet. Throws, with the servers' last words, when they do not. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const missing = missingForLab();
  if (missing.length > 0) throw new Error(`no lab on this machine; missing: ${missing.join('; ')}`);
  for (let attempt = 1; ; attempt += 1) {
    const site = await prepare(options);
    try {
      await launch(site);
      return doors(site);
    } catch (error) {
      const words = await lastWords(site);
      await takeDown(site);
      // A port that somebody else took since it was picked; Postfix may end of it without a word, its log not yet open.
      const isTaken = /address already in use/i.test(words) || /Postfix ended/.test(String(error));
      if (attempt < STARTS && isTaken) continue;
      throw new Error(`the lab did not start: ${String(error)}\n${words}`, { cause: error });
    }
  }
}

/** One attempt at a lab: its folders, ports, names, and the processes started so far. */
interface Site {
  readonly root: string;
  readonly mailRoot: string;
  readonly ports: Ports;
  readonly domain: string;
  readonly list: string;
  readonly accounts: readonly string[];
  readonly certificates: Certificates;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly servers: Server[];
  /** Run when the test process ends without having called `stop`. */
  readonly lastResort: () => void;
}

async function prepare(options: LabOptions): Promise<Site> {
  const domain = options.domain ?? 'lab.test';
  const list = options.list ?? `all@${domain}`;
  const first = options.firstAccount ?? 0;
  const accounts = Array.from({ length: options.mailboxes }, (_, i) => `user${first + i}@${domain}`);
  const user = await labUser();
  const root = await mkdtemp(join(tmpdir(), 'replystorm-lab-'));
  const mailRoot = await mkdtemp(join(await mailParent(), 'replystorm-mail-'));
  // mkdtemp keeps others out, but Postfix and Dovecot are others.
  await chmod(root, 0o755);
  await chown(mailRoot, user.uid, user.gid);
  for (const folder of [
    'tls',
    'postfix/etc',
    'postfix/spool',
    'postfix/data',
    'dovecot/run',
    'dovecot/state',
  ])
    await mkdir(join(root, folder), { recursive: true });
  for (const folder of ['dovecot', 'dovecot/run', 'dovecot/state'])
    await chown(join(root, folder), user.uid, user.gid);
  await chown(join(root, 'postfix/data'), await idOf('-u', 'postfix'), await idOf('-g', 'postfix'));
  const certificates = await makeCertificates(join(root, 'tls'), `mail.${domain}`);
  const ports = await pickPorts();
  const servers: Server[] = [];
  const lastResort = (): void => {
    killServers(servers);
    for (const folder of [root, mailRoot]) rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', lastResort);
  const site = { root, mailRoot, ports, domain, list, accounts, certificates, user, servers, lastResort };
  await configure(site, options);
  return site;
}

async function configure(site: Site, options: LabOptions): Promise<void> {
  const tls = { certificate: site.certificates.certificate, key: site.certificates.key };
  const saslSocket = join(site.root, 'dovecot/sasl');
  const postfix: PostfixSettings = {
    ...tls,
    ...site.ports,
    root: join(site.root, 'postfix'),
    domain: site.domain,
    saslSocket,
    extra: options.extraMainCf ?? [],
  };
  const dovecot = {
    ...tls,
    ...site.ports,
    root: join(site.root, 'dovecot'),
    mailRoot: site.mailRoot,
    user: LAB_USER,
    group: LAB_USER,
    password: PASSWORD,
    saslSocket,
    quotas: options.quotas ?? {},
    extra: options.extraDovecot ?? [],
  };
  await writeFile(join(site.root, 'dovecot/dovecot.conf'), dovecotConf(dovecot));
  await writeFile(usersFile(dovecot), quotaUsers(dovecot));
  const etc = join(site.root, 'postfix/etc');
  await writeFile(join(etc, 'main.cf'), mainCf(postfix));
  await writeFile(join(etc, 'master.cf'), masterCf(postfix));
  await writeMap(etc, 'mailboxes', mailboxMap(site.accounts));
  await writeMap(etc, 'virtual', aliasMap(site.list, options.listMembers ?? site.accounts));
  for (const [name, text] of Object.entries(options.maps ?? {})) await writeMap(etc, name, text);
}

/** Built beside and moved into place, so that no Postfix process reads half a map. */
async function writeMap(etc: string, name: string, text: string): Promise<void> {
  const next = join(etc, `${name}.next`);
  await writeFile(next, text);
  await run('/usr/sbin/postmap', ['-c', etc, `hash:${next}`]);
  await rename(next, join(etc, name));
  await rename(`${next}.db`, join(etc, `${name}.db`));
}

async function launch(site: Site): Promise<void> {
  const etc = join(site.root, 'postfix/etc');
  const log = (name: string): string => join(site.root, `${name}.out`);
  const dovecot = ['-F', '-c', join(site.root, 'dovecot/dovecot.conf')];
  site.servers.push(startServer('Dovecot', '/usr/sbin/dovecot', dovecot, log('dovecot'), site.user));
  // Makes the queue's folders, with the owners and rights Postfix insists on.
  await run('/usr/sbin/postfix', ['-c', etc, 'check']);
  // master itself, not `postfix start`, which would put it out of our sight.
  const master = '/usr/lib/postfix/sbin/master';
  site.servers.push(startServer('Postfix', master, ['-d', '-c', etc], log('postfix')));
  const greetings: Readonly<Record<keyof Ports, RegExp>> = {
    submitPort: /^220 /,
    smtpPort: /^220 /,
    imapPort: /^\* OK /,
    imapsPort: /^$/,
    lmtpPort: /^220 /,
  };
  const patience = AbortSignal.timeout(START_PATIENCE_MS);
  for (const [door, greeting] of Object.entries(greetings)) {
    await whenGreeting(site.ports[door as keyof Ports], greeting, patience, () => throwIfEnded(site.servers));
  }
}

function doors(site: Site): Lab {
  const etc = join(site.root, 'postfix/etc');
  const sessions = new Set(site.servers.map((server) => server.session));
  // `grep -c` prints 0 and fails when nothing matches: that is no failure of the probe.
  const queueProbe = `queue=$(/usr/sbin/postqueue -c '${etc}' -j) || exit 1; printf '%s\\n' "$queue" | grep -c '^{' || true`;
  return {
    ...site.ports,
    ca: site.certificates.ca,
    domain: site.domain,
    list: site.list,
    accounts: site.accounts,
    password: PASSWORD,
    mailRoot: site.mailRoot,
    queueProbe,
    countMaildirs: (name, value) => countMaildirs(site.mailRoot, name, value),
    setMap: async (name, text) => {
      await writeMap(etc, name, text);
      // Its servers look for changed maps now and then; told so, at once.
      for (const { name: server, session } of site.servers)
        if (server === 'Postfix') process.kill(session, 'SIGHUP');
    },
    postfixLog: () => readFile(join(site.root, 'postfix/maillog'), 'utf8'),
    setMembers: (members) => writeMap(etc, 'virtual', aliasMap(site.list, members)),
    processes: () => liveProcesses(sessions),
    stop: () => takeDown(site),
  };
}

async function takeDown(site: Site): Promise<void> {
  await stopServers(site.servers);
  process.removeListener('exit', site.lastResort);
  // Kept on request, for a look at the logs after a test that failed.
  const keep = process.env['REPLYSTORM_KEEP_LAB_LOGS'];
  if (keep !== undefined && existsSync(site.root)) appendFileSync(keep, await lastWords(site));
  for (const folder of [site.root, site.mailRoot]) await rm(folder, { recursive: true, force: true });
}

async function lastWords(site: Site): Promise<string> {
  const words: string[] = [];
  for (const name of ['dovecot.out', 'postfix.out', 'dovecot/dovecot.log', 'postfix/maillog']) {
    const text = await readFile(join(site.root, name), 'utf8').catch(() => '');
    if (text !== '') words.push(`--- ${name}\n${text.slice(-LOG_TAIL_CHARACTERS)}`);
  }
  return words.join('\n');
}
