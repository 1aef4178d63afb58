/** A real Cyrus IMAP server from Debian's packages, on loopback ports of its own, in a folder that goes away with it. Tests only. */

import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { makeCertificates } from './certificates.ts';
import { type CyrusSettings, cyrusConf, imapdConf, passwords, PROXY_LOGIN } from './cyrus-conf.ts';
import { binary, LAB_USER, labUser, mailParent, START_PATIENCE_MS, STARTS } from './ground.ts';
import { pickPorts, whenGreeting } from './ports.ts';
import { killServers, liveProcesses, type Server, startServer, stopServers } from './processes.ts';
import { LOG_TAIL_CHARACTERS, throwIfEnded } from './standing-server.ts';

const run = promisify(execFile);

const PASSWORD = 'secret';

const MASTER = '/usr/lib/cyrus/bin/master';

/** Where imapd is: installed, or unpacked where .ci/run puts it (the package conflicts with dovecot-imapd). */
const IMAPD = ['/usr/lib/cyrus/bin/imapd', '/var/cache/replystorm/cyrus-imapd/usr/lib/cyrus/bin/imapd'];

export interface CyrusOptions {
  /** How many accounts there are: user0 and up. */
  readonly mailboxes: number;
  /** Lines for imapd.conf, for example `suppress_capabilities: MOVE`. */
  readonly extra?: readonly string[];
  /** Serve JMAP too. */
  readonly jmap?: boolean;
}

export interface CyrusLab {
  /** IMAP in plain text, STARTTLS offered. */
  readonly imapPort: number;
  /** LMTP without a sign-in. */
  readonly lmtpPort: number;
  /** JMAP in plain text; 0 where it was not asked for. */
  readonly httpPort: number;
  /** Path of the CA (PEM) that signed the certificate for localhost and 127.0.0.1. */
  readonly ca: string;
  readonly domain: string;
  readonly accounts: readonly string[];
  readonly password: string;
  /** May sign in with the same password and act for anybody (authzid). */
  readonly proxyLogin: string;
  /** The pids of everything that belongs to this lab; none after `stop`. */
  processes(): number[];
  /** Ends every process and removes every file. May be called twice. */
  stop(): Promise<void>;
}

/** What this machine lacks for a Cyrus lab, in words that say what to do; empty if nothing. */
export function missingForCyrus(): readonly string[] {
  const missing: string[] = [];
  if (process.getuid?.() !== 0) missing.push('root (to start the servers as another user)');
  if (!existsSync(MASTER)) missing.push('cyrus master (Debian packages cyrus-common and cyrus-caldav)');
  if (!IMAPD.some((path) => existsSync(path)))
    missing.push(`cyrus imapd (Debian package cyrus-imapd, or unpacked as ${IMAPD.at(-1)})`);
  if (binary('db5.3_load') === undefined) missing.push('db5.3_load (Debian package db5.3-util)');
  if (binary('openssl') === undefined) missing.push('openssl (Debian package openssl)');
  return missing;
}

/** Starts a lab and returns once its ports greet. Throws, with the server's last words, when they do not. */
export async function startCyrus(options: CyrusOptions): Promise<CyrusLab> {
  const missing = missingForCyrus();
  if (missing.length > 0) throw new Error(`no Cyrus on this machine; missing: ${missing.join('; ')}`);
  for (let attempt = 1; ; attempt += 1) {
    const site = await prepare(options);
    try {
      await launch(site);
      return doors(site);
    } catch (error) {
      const words = await readFile(site.log, 'utf8').catch(() => '');
      await takeDown(site);
      if (attempt < STARTS && /address already in use/i.test(words)) continue;
      throw new Error(`Cyrus did not start: ${String(error)}\n${words.slice(-LOG_TAIL_CHARACTERS)}`, {
        cause: error,
      });
    }
  }
}

interface Site {
  readonly settings: CyrusSettings;
  readonly accounts: readonly string[];
  readonly ca: string;
  readonly log: string;
  readonly identity: { readonly uid: number; readonly gid: number };
  readonly servers: Server[];
  readonly lastResort: () => void;
}

async function prepare(options: CyrusOptions): Promise<Site> {
  const identity = await labUser();
  // The first message makes a user's folders: cheap in memory, slow on a disk.
  const root = await mkdtemp(join(await mailParent(), 'replystorm-cyrus-'));
  await chmod(root, 0o755);
  const domain = 'lab.test';
  for (const folder of ['', 'tls', 'conf', 'conf/socket', 'conf/proc', 'conf/lock', 'spool', 'sock']) {
    await mkdir(join(root, folder), { recursive: true });
    await chown(join(root, folder), identity.uid, identity.gid);
  }
  const certificates = await makeCertificates(join(root, 'tls'), `mail.${domain}`);
  const { imapPort, lmtpPort, submitPort } = await pickPorts();
  const settings: CyrusSettings = {
    root,
    imapd: IMAPD.find((path) => existsSync(path)) ?? '',
    user: LAB_USER,
    group: LAB_USER,
    domain,
    imapPort,
    lmtpPort,
    httpPort: options.jmap === true ? submitPort : undefined,
    certificate: certificates.certificate,
    key: certificates.key,
    extra: options.extra ?? [],
  };
  const names = Array.from({ length: options.mailboxes }, (_, index) => `user${index}`);
  await writeFile(join(root, 'imapd.conf'), imapdConf(settings));
  await writeFile(join(root, 'cyrus.conf'), cyrusConf(settings));
  await fillPasswords(root, passwords([...names, PROXY_LOGIN], domain, PASSWORD));
  await chown(join(root, 'sasldb2'), identity.uid, identity.gid);
  const servers: Server[] = [];
  const lastResort = (): void => {
    killServers(servers);
    rmSync(root, { recursive: true, force: true });
  };
  process.once('exit', lastResort);
  return {
    settings,
    accounts: names.map((name) => `${name}@${domain}`),
    ca: certificates.ca,
    log: join(root, 'master.out'),
    identity,
    servers,
    lastResort,
  };
}

async function fillPasswords(root: string, text: string): Promise<void> {
  const input = join(root, 'passwords');
  await writeFile(input, text, { mode: 0o600 });
  await run(binary('db5.3_load') ?? 'db5.3_load', ['-T', '-t', 'hash', '-f', input, join(root, 'sasldb2')]);
  await rm(input);
}

async function launch(site: Site): Promise<void> {
  const { root, imapPort, lmtpPort, httpPort } = site.settings;
  const args = ['-C', join(root, 'imapd.conf'), '-M', join(root, 'cyrus.conf')];
  const own = ['-p', join(root, 'conf/master.pid'), '-D'];
  site.servers.push(startServer('Cyrus', MASTER, [...args, ...own], site.log, site.identity));
  const patience = AbortSignal.timeout(START_PATIENCE_MS);
  const check = (): void => throwIfEnded(site.servers);
  await whenGreeting(imapPort, /^\* OK /, patience, check);
  await whenGreeting(lmtpPort, /^220 /, patience, check);
  if (httpPort !== undefined) await whenGreeting(httpPort, /^$/, patience, check);
}

function doors(site: Site): CyrusLab {
  const sessions = new Set(site.servers.map((server) => server.session));
  const { imapPort, lmtpPort, httpPort = 0, domain } = site.settings;
  return {
    imapPort,
    lmtpPort,
    httpPort,
    ca: site.ca,
    domain,
    accounts: site.accounts,
    password: PASSWORD,
    proxyLogin: PROXY_LOGIN,
    processes: () => liveProcesses(sessions),
    stop: () => takeDown(site),
  };
}

async function takeDown(site: Site): Promise<void> {
  await stopServers(site.servers);
  process.removeListener('exit', site.lastResort);
  await rm(site.settings.root, { recursive: true, force: true });
}
