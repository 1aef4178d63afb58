/** The desk of one story: a folder, a mail system if it needs one, command lines; all of it gone when the story is told. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import { test } from 'vitest';

import { UNLIMITED_CAPACITY } from '../../src/capacity/config.ts';
import type { TargetConfig } from '../../src/target/config.ts';
import { type RunningTarget, startTarget } from '../../src/target/serve.ts';
import { NO_SWITCHES, type TargetSwitches } from '../../src/target/switches.ts';
import { type Ended, Program, readRun, type RunFiles } from './program.ts';

export const PASSWORD = 'correct horse battery';
export const LIST = 'all@lab.test';
export const TINY = join(import.meta.dirname, 'profiles/tiny.yaml');

/** Mailboxes of the small profile. */
export const MAILBOXES = 8;

export function user(mailbox: number): string {
  return `user${mailbox}@lab.test`;
}

/** A mail system of the story's own, and what a command line says to reach it. */
export interface MailSystem {
  readonly running: RunningTarget;
  readonly submit: string;
  readonly mailbox: string;
  /** --submit --mailbox --accounts */
  readonly servers: readonly string[];
  /** The same, with --list and --queue-probe. */
  readonly flags: readonly string[];
  /** --mailbox --accounts, for purge and provision. */
  readonly mailboxFlags: readonly string[];
}

/** One message as another client sees it. */
export interface Found {
  readonly mailbox: number;
  readonly folder: string;
  readonly subject: string;
  /** The run or provision whose mark it bears. */
  readonly mark: string | undefined;
  readonly raw: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'replystorm-'));
  readonly #programs: Program[] = [];
  readonly #systems: RunningTarget[] = [];
  #runs = 0;
  #profiles = 0;

  /** Starts a command line. */
  begin(args: readonly string[], env: Environment = {}): Program {
    const program = new Program(args, this.folder, { REPLYSTORM_PASSWORD: PASSWORD, ...env });
    this.#programs.push(program);
    return program;
  }

  /** Runs a command line to its end. */
  say(args: readonly string[], env: Environment = {}): Promise<Ended> {
    return this.begin(args, env).ended;
  }

  /** Starts `run` with a directory of its own. */
  beginRun(args: readonly string[], env: Environment = {}): { program: Program; directory: string } {
    this.#runs += 1;
    const directory = join(this.folder, `run${this.#runs}`);
    return { program: this.begin(['run', ...args, '--out', directory], env), directory };
  }

  /** Runs `run` to its end and reads what it left. */
  async run(
    args: readonly string[],
    env: Environment = {},
  ): Promise<Ended & RunFiles & { directory: string }> {
    const { program, directory } = this.beginRun(args, env);
    const ended = await program.ended;
    return { ...ended, ...readRun(directory), directory };
  }

  /** Writes a file into the folder; answers with its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** The small profile, changed: each line that begins with one of the given keys is replaced; new keys are added. */
  profile(changes: Readonly<Record<string, string>>): string {
    const kept = readFileSync(TINY, 'utf8')
      .split('\n')
      .filter((line) => !Object.keys(changes).some((key) => line.startsWith(`${key}:`)));
    const added = Object.entries(changes).map(([key, value]) => `${key}: ${value}`);
    this.#profiles += 1;
    return this.write(`changed${this.#profiles}.yaml`, [...kept, ...added, ''].join('\n'));
  }

  /** Starts a mail system in this process, with a list of everybody and a queue probe. */
  async mailSystem(
    switches: Partial<TargetSwitches> = {},
    changes: Partial<TargetConfig> = {},
  ): Promise<MailSystem> {
    const running = await startTarget({
      host: '127.0.0.1',
      domain: 'lab.test',
      accounts: Array.from({ length: MAILBOXES }, (_, mailbox) => user(mailbox)),
      password: PASSWORD,
      list: LIST,
      capacity: UNLIMITED_CAPACITY,
      tls: false,
      smtpPort: 0,
      imapPort: 0,
      probePort: 0,
      switches: { ...NO_SWITCHES, ...switches },
      ...changes,
    });
    this.#systems.push(running);
    const { submitPort, imapPort, probePort } = running.ports;
    const query = running.ports.ca === undefined ? '?tls=off' : '?tls=required';
    const submit = `smtp://127.0.0.1:${submitPort}${query}`;
    const mailbox = `imap://127.0.0.1:${imapPort}${query}`;
    const accounts = ['--accounts', 'user{n}@lab.test'];
    const mailboxFlags = ['--mailbox', mailbox, ...accounts];
    const servers = ['--submit', submit, ...mailboxFlags];
    const flags = [...servers, '--list', LIST, '--queue-probe', `http://127.0.0.1:${probePort}/`];
    return { running, submit, mailbox, servers, flags, mailboxFlags };
  }

  /** Ends what still runs and removes the folder. */
  async clear(): Promise<void> {
    for (const program of this.#programs) if (program.running) program.interrupt('SIGKILL');
    await Promise.all(this.#programs.map((program) => program.ended));
    await Promise.all(this.#systems.map((system) => system.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Everything that every mailbox holds, read with somebody else's client. */
export async function everything(imapPort: number, mailboxes: number = MAILBOXES): Promise<readonly Found[]> {
  const all = await Promise.all(Array.from({ length: mailboxes }, (_, n) => inMailbox(imapPort, n)));
  return all.flat();
}

async function inMailbox(imapPort: number, mailbox: number): Promise<Found[]> {
  const auth = { user: user(mailbox), pass: PASSWORD };
  const client = new ImapFlow({ host: '127.0.0.1', port: imapPort, secure: false, auth, logger: false });
  client.on('error', () => undefined);
  await client.connect();
  const found: Found[] = [];
  for (const { path } of await client.list()) {
    const opened = await client.mailboxOpen(path, { readOnly: true });
    if (opened.exists === 0) continue;
    for await (const { source } of client.fetch('1:*', { source: true })) {
      const raw = source?.toString('latin1') ?? '';
      const header = raw.slice(0, raw.indexOf('\r\n\r\n'));
      const subject = /^Subject: (.*?)\r?$/m.exec(header)?.[1] ?? '';
      const mark = /^X-Replystorm-Run: *(\S+)/im.exec(header)?.[1];
      found.push({ mailbox, folder: path, subject, mark, raw });
    }
  }
  await client.logout();
  return found;
}

/** A test with a desk that is cleared afterwards. */
export const story = test.extend<{ desk: Desk }>({
  // oxlint-disable-next-line no-empty-pattern
  desk: async ({}, use) => {
    const desk = new Desk();
    await use(desk);
    await desk.clear();
  },
});
