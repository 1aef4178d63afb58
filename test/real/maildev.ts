/** A real maildev, where .ci/run puts it, on loopback ports of its own, with its mail in a folder that goes away with it. Tests only. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { mailParent, START_PATIENCE_MS } from './ground.ts';
import { pickPorts, whenGreeting } from './ports.ts';
import { startServer } from './processes.ts';
import { type Attempt, type Standing, standUp, throwIfEnded } from './standing-server.ts';

const PROGRAM = '/var/cache/replystorm/maildev/node_modules/maildev/bin/maildev';

export interface MaildevLab extends Standing {
  /** SMTP in plain text. */
  readonly smtpPort: number;
  /** The API, in plain text. */
  readonly webPort: number;
  /** Who may ask the API. */
  readonly login: string;
  readonly password: string;
  /** What it says it keeps, asked by another hand than our client's. */
  kept(): Promise<readonly Kept[]>;
}

/** One message as maildev tells of it. */
export interface Kept {
  readonly envelope: { readonly to: readonly { readonly address: string }[] };
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
  const place = { name: 'maildev', parent: await mailParent(), taken: /EADDRINUSE/ };
  return standUp(place, (attempt) => launch(attempt, options));
}

async function launch(
  { root, log, servers }: Attempt,
  { signsIn = false }: MaildevOptions,
): Promise<Omit<MaildevLab, keyof Standing>> {
  const { smtpPort, imapPort: webPort } = await pickPorts();
  const [login, password] = ['operator', 'secret for maildev'];
  const mail = ['--ip', '127.0.0.1', '--smtp', String(smtpPort), '--mail-directory', join(root, 'mail')];
  const incoming = signsIn ? ['--incoming-user', login, '--incoming-pass', password] : [];
  const web = ['--web', String(webPort), '--web-user', login, '--web-pass', password];
  servers.push(startServer('maildev', process.execPath, [PROGRAM, ...mail, ...incoming, ...web], log));
  const patience = AbortSignal.timeout(START_PATIENCE_MS);
  const check = (): void => throwIfEnded(servers);
  await whenGreeting(smtpPort, /^220 /, patience, check);
  await whenGreeting(webPort, /^$/, patience, check);
  const kept = (): Promise<readonly Kept[]> => ask(webPort, `${login}:${password}`);
  return { smtpPort, webPort, login, password, kept };
}

async function ask(webPort: number, secret: string): Promise<readonly Kept[]> {
  const authorization = `Basic ${Buffer.from(secret).toString('base64')}`;
  const answer = await fetch(`http://127.0.0.1:${webPort}/email`, { headers: { authorization } });
  return (await answer.json()) as readonly Kept[];
}
