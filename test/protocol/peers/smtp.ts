/** A scripted SMTP server with the client already connected, and what submission tests keep saying. */

import type { ProtocolOutcome } from '../../../src/measure/outcome.ts';
import type { SmtpConnection } from '../../../src/protocol/smtp/connection.ts';
import { openSmtp, type SmtpSettings } from '../../../src/protocol/smtp/open.ts';
import { type Dialogue, dialogue, type Peer } from './dialogue.ts';
import { settings } from './endpoint.ts';

export const DATA = Buffer.from('Subject: test\r\n\r\nhello\r\n');
export const FROM = 'sender@lab.test';

export function users(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `user${i}@lab.test`);
}

/** `ok`, `unknown`, or the code. */
export function short(outcome: ProtocolOutcome | undefined): string | number | undefined {
  return outcome?.kind === 'rejected' ? outcome.code : outcome?.kind;
}

/** Greets and answers EHLO or LHLO. */
export async function greet(peer: Peer, ...extensions: readonly string[]): Promise<void> {
  peer.send('220 test ESMTP');
  await peer.expect(/^(?:EHLO|LHLO) \[127\.0\.0\.1\]$/);
  const lines = ['test', ...extensions];
  peer.send(...lines.map((line, i) => `250${i === lines.length - 1 ? ' ' : '-'}${line}`));
}

/** Reads MAIL RCPT* DATA without answering. */
export async function group(peer: Peer, recipients: number): Promise<void> {
  await peer.expect(/^MAIL FROM:<sender@lab\.test>/);
  for (let i = 0; i < recipients; i += 1) await peer.expect(/^RCPT TO:<user\d+@lab\.test>$/);
  await peer.expect(/^DATA$/);
}

let current: Dialogue | undefined;

/** Starts the script's server and connects to it. */
export async function open(
  script: (peer: Peer) => Promise<void>,
  more: Partial<SmtpSettings> = {},
  protocol: 'smtp' | 'lmtp' = 'smtp',
): Promise<SmtpConnection> {
  current = await dialogue(script);
  const opening = await openSmtp({ ...settings(protocol, current.port), ...more }, undefined);
  if (opening.connection === undefined) throw new Error(opening.message);
  return opening.connection;
}

/** Rejects with the first expectation of the script that was not met. */
export async function finished(): Promise<void> {
  await current?.finished();
}

export async function close(): Promise<void> {
  await current?.close();
}
