/** A real maildev, where .ci/run puts it, on loopback ports of its own, with its mail in a folder that goes away with it. Tests only. */

import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { mailParent, START_PATIENCE_MS, STARTS } from './ground.ts';
import { pickPorts, whenGreeting } from './ports.ts';
import { killServers, liveProcesses, type Server, startServer, stopServers } from './processes.ts';

const PROGRAM = '/var/cache/replystorm/maildev/node_modules/maildev/bin/maildev';

const LOG_TAIL_CHARACTERS = 2_000;

export interface MaildevLab {
  /** SMTP in plain text. */
  readonly smtpPort: number;
  /** The API, in plain text. */
  readonly webPort: number;
  /** Who may ask the API. */
  readonly login: string;
  readonly password: string;
  /** The pids of everything that belongs to this lab; none after `stop`. */
  processes(): number[];
  /** Ends the process and removes the mail. May be called twice. */
  stop(): Promise<void>;
}

export interface MaildevOptions {
  /** SMTP asks for a sign-in, as `login`; none is offered unless told. */
  readonly signsIn?: boolean;
}

/** What this machine lacks, in words that say what to do; empty if nothing. */
export function missingForMaildev(): readonly string[] {
  if (existsSync(PROGRAM)) return [];
  return [`maildev (npm package maildev 2.2.1, installed by .ci/run as ${PROGRAM})`];
}

/** Starts one and returns once its ports greet. Throws, with its last words, when they do not. */
export async function startMaildev(options: MaildevOptions = {}): Promise<MaildevLab> {
  for (let attempt = 1; ; attempt += 1) {
    const root = await mkdtemp(join(await mailParent(), 'replystorm-maildev-'));
    const log = join(root, 'log');
    const servers: Server[] = [];
    const lastResort = (): void => {
      killServers(servers);
      rmSync(root, { recursive: true, force: true });
    };
    process.once('exit', lastResort);
    const stop = async (): Promise<void> => {
      await stopServers(servers);
      process.removeListener('exit', lastResort);
      await rm(root, { recursive: true, force: true });
    };
    try {
      const doors = await launch(root, log, servers, options);
      const sessions = new Set(servers.map((server) => server.session));
      return { ...doors, processes: () => liveProcesses(sessions), stop };
    } catch (error) {
      const words = await readFile(log, 'utf8').catch(() => '');
      await stop();
      if (attempt < STARTS && /EADDRINUSE/.test(words)) continue;
      throw new Error(`maildev did not start: ${String(error)}\n${words.slice(-LOG_TAIL_CHARACTERS)}`, {
        cause: error,
      });
    }
  }
}

async function launch(
  root: string,
  log: string,
  servers: Server[],
  { signsIn = false }: MaildevOptions,
): Promise<Omit<MaildevLab, 'processes' | 'stop'>> {
  const { smtpPort, imapPort: webPort } = await pickPorts();
  const [login, password] = ['operator', 'secret for maildev'];
  const mail = ['--ip', '127.0.0.1', '--smtp', String(smtpPort), '--mail-directory', join(root, 'mail')];
  const incoming = signsIn ? ['--incoming-user', login, '--incoming-pass', password] : [];
  const web = ['--web', String(webPort), '--web-user', login, '--web-pass', password];
  servers.push(startServer('maildev', process.execPath, [PROGRAM, ...mail, ...incoming, ...web], log));
  const patience = AbortSignal.timeout(START_PATIENCE_MS);
  const check = (): void => {
    const code = servers[0]?.exitCode() ?? null;
    if (code !== null) throw new Error(`it ended: ${code}`);
  };
  await whenGreeting(smtpPort, /^220 /, patience, check);
  await whenGreeting(webPort, /^$/, patience, check);
  return { smtpPort, webPort, login, password };
}
