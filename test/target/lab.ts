/** A small embedded target for tests, and other people's clients that look at it. Waits on conditions, never on time. */

import { connect, type Socket } from 'node:net';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import { createTransport, type SMTPTransportOptions } from 'nodemailer';
import { onTestFinished } from 'vitest';
import { UNLIMITED_CAPACITY } from '../../src/capacity/config.ts';
import type { TargetConfig } from '../../src/target/config.ts';
import { type RunningTarget, startTarget } from '../../src/target/serve.ts';
import { NO_SWITCHES } from '../../src/target/switches.ts';

export const PASSWORD = 'correct horse';
export const LIST = 'all@lab.test';
export const ADA = 'ada@lab.test';
export const BEN = 'ben@lab.test';
export const CLEO = 'cleo@lab.test';

export function labConfig(changes: Partial<TargetConfig> = {}): TargetConfig {
  return {
    host: '127.0.0.1',
    domain: 'lab.test',
    accounts: [ADA, BEN, CLEO],
    password: PASSWORD,
    list: LIST,
    capacity: UNLIMITED_CAPACITY,
    tls: false,
    smtpPort: 0,
    imapPort: 0,
    switches: NO_SWITCHES,
    ...changes,
  };
}

/** A running target that stops with the test. */
export async function startLab(changes: Partial<TargetConfig> = {}): Promise<RunningTarget> {
  const lab = await startTarget(labConfig(changes));
  onTestFinished(() => lab.stop());
  return lab;
}

/** Signs in with imapflow; hangs up with the test. */
export async function signIn(
  lab: RunningTarget,
  user: string,
  options: Partial<ImapFlowOptions> = {},
): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: lab.ports.imapPort,
    secure: false,
    auth: { user, pass: PASSWORD },
    logger: false,
    ...(lab.ports.ca === undefined ? {} : { tls: { ca: lab.ports.ca } }),
    ...options,
  });
  client.on('error', () => undefined);
  onTestFinished(() => client.close());
  await client.connect();
  return client;
}

export interface Mail {
  readonly from?: string;
  readonly to: string | readonly string[];
  readonly subject: string;
  readonly text?: string;
}

/** Sends one message with nodemailer and answers with what became of it. */
export async function send(lab: RunningTarget, mail: Mail, options: Partial<SMTPTransportOptions> = {}) {
  const transport = createTransport({
    host: '127.0.0.1',
    port: lab.ports.submitPort,
    secure: false,
    auth: { user: ADA, pass: PASSWORD },
    ...options,
  });
  try {
    return await transport.sendMail({
      from: mail.from ?? ADA,
      to: [...(typeof mail.to === 'string' ? [mail.to] : mail.to)],
      subject: mail.subject,
      text: mail.text ?? 'please ignore',
    });
  } finally {
    transport.close();
  }
}

/** Looks again and again, every few milliseconds, until it is so; the test's own time limit ends it otherwise. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
}

/** Waits until every accepted copy is in its mailbox. */
export async function delivered(lab: RunningTarget): Promise<void> {
  await until(() => lab.owed() === 0);
}

/** A connection that says exactly what it is told to. */
export class RawClient {
  heard = '';
  closed = false;
  readonly #socket: Socket;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => {
      this.heard += chunk.toString('latin1');
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.closed = true;
    });
    onTestFinished(() => {
      this.#socket.destroy();
    });
  }

  say(text: string | Uint8Array): void {
    this.#socket.write(text);
  }

  /** Waits for the pattern and hands over, and forgets, all that was heard up to its end. */
  async hear(pattern: RegExp): Promise<string> {
    await until(() => pattern.test(this.heard) || this.closed);
    const match = pattern.exec(this.heard);
    if (match === null) throw new Error(`closed after ${JSON.stringify(this.heard)} without ${pattern}`);
    const end = match.index + match[0].length;
    const text = this.heard.slice(0, end);
    this.heard = this.heard.slice(end);
    return text;
  }

  /** Says one tagged command and hears its tagged answer. */
  async ask(command: string): Promise<string> {
    const [tag = ''] = command.split(' ');
    this.say(`${command}\r\n`);
    return this.hear(new RegExp(String.raw`^${tag} .*\r\n`, 'm'));
  }

  /** Hangs up without a word. */
  leave(): void {
    this.#socket.destroy();
  }

  async closing(): Promise<string> {
    await until(() => this.closed);
    return this.heard;
  }
}

/** A raw IMAP connection that is signed in, with INBOX open. */
export async function rawInbox(lab: RunningTarget, user: string): Promise<RawClient> {
  const client = new RawClient(lab.ports.imapPort);
  await client.hear(/^\* OK .*\r\n/);
  await client.ask(`in LOGIN ${user} "${PASSWORD}"`);
  await client.ask('open SELECT INBOX');
  return client;
}
