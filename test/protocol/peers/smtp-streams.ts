/** Reply streams, honest and spoilt, against a real SMTP connection on a wire without a socket. It must not wait for anything. */

import type { ProtocolOutcome } from '../../../src/measure/outcome.ts';
import { DEADLINES } from '../../../src/protocol/deadlines.ts';
import type { Ending } from '../../../src/protocol/ending.ts';
import { SmtpChannel } from '../../../src/protocol/smtp/channel.ts';
import { SmtpConnection } from '../../../src/protocol/smtp/connection.ts';
import { readExtensions } from '../../../src/protocol/smtp/extensions.ts';
import type { SubmitResult } from '../../../src/protocol/smtp/submission.ts';
import type { Wire } from '../../../src/protocol/wire.ts';
import type { RandomStream } from '../../../src/random.ts';
import { ChunkWire } from './fake-wire.ts';
import { DATA, FROM, users } from './smtp.ts';

/** Recipients of each of a stream's messages: all are submitted before the first byte comes. */
export const MESSAGES = [1, 3, 1, 5, 2, 1] as const;

export interface Told {
  /** A result a message, in order. */
  readonly results: readonly (readonly ProtocolOutcome[])[];
  readonly accepted: readonly number[];
  readonly ending: Ending | undefined;
  readonly writtenBytes: number;
}

export interface StreamKind {
  readonly pipelining: boolean;
  readonly isLmtp: boolean;
  readonly maxRecipients: number;
}

/** Feeds the chunks, then hangs up. Throws if any message has no result, or more than one. */
export function runStream(chunks: readonly Buffer[], kind: StreamKind): Told {
  const wire = new ChunkWire();
  const channel = new SmtpChannel(wire as unknown as Wire, () => 0);
  channel.listen();
  channel.opened();
  const connection = new SmtpConnection(channel, {
    extensions: readExtensions(['x', ...(kind.pipelining ? ['PIPELINING'] : [])]),
    deadlines: DEADLINES,
    isLmtp: kind.isLmtp,
    maxRecipients: kind.maxRecipients,
  });
  const results: (SubmitResult | undefined)[] = MESSAGES.map(() => undefined);
  const message = { body: DATA, sizeBytes: DATA.length, isEightBit: false };
  for (const [index, count] of MESSAGES.entries())
    connection.send({ from: FROM, to: users(count) }, message, (result) => {
      if (results[index] !== undefined) throw new Error(`message ${index} has two results`);
      results[index] = result;
    });
  for (const chunk of chunks) wire.feed(chunk);
  const ending = wire.ending;
  wire.end({ kind: 'closed', text: 'the stream is over' });
  const told = results.map((result, index) => {
    if (result === undefined) throw new Error(`message ${index} has no result`);
    if (result.recipients.length !== MESSAGES[index]) throw new Error(`message ${index} lost recipients`);
    return result;
  });
  return {
    results: told.map((result) => result.recipients),
    accepted: told.map((result) => result.accepted),
    ending,
    writtenBytes: wire.writtenBytes,
  };
}

/** Answers to one connection's pipelined messages by a server that keeps to the protocol. */
export function honestStream(random: RandomStream): { bytes: Buffer; kind: StreamKind } {
  const kind = { pipelining: true, isLmtp: random.integer(3) === 0, maxRecipients: 10 };
  const lines: string[] = [];
  let verdicts = 0;
  for (const count of MESSAGES) {
    for (; verdicts > 0; verdicts -= 1) lines.push(verdict(random));
    lines.push('250 2.1.0 Ok');
    let taken = 0;
    for (let i = 0; i < count; i += 1) {
      const isTaken = random.integer(8) > 0;
      if (isTaken) taken += 1;
      lines.push(isTaken ? '250 2.1.5 Ok' : '550-5.1.1 no\r\n550 5.1.1 such user');
    }
    if (taken === 0) {
      lines.push('503 5.5.1 no valid recipients', '250 2.0.0 reset');
      continue;
    }
    lines.push('354 go ahead');
    verdicts = kind.isLmtp ? taken : 1;
  }
  for (; verdicts > 0; verdicts -= 1) lines.push(verdict(random));
  return { bytes: Buffer.from(lines.map((line) => `${line}\r\n`).join('')), kind };
}

function verdict(random: RandomStream): string {
  return random.integer(10) === 0 ? '452 4.2.2 over quota' : `250 2.0.0 Ok: queued as ${random.integer(1e6)}`;
}

const FOREIGN = [
  '421 4.7.0 too many errors',
  '452 4.5.3 too many recipients',
  '354 go',
  '250 ok',
  '250-more',
  '334 ',
  '999 what',
  '',
  'nonsense \u0000',
  'x'.repeat(9_000),
  '250-y\r\n'.repeat(300),
];

/** The same, with bytes lost, doubled, changed, lines put in or left out, cut off anywhere; to any kind of client. */
export function spoiltStream(random: RandomStream): { bytes: Buffer; kind: StreamKind } {
  let { bytes, kind } = honestStream(random);
  for (let wounds = 1 + random.integer(4); wounds > 0; wounds -= 1) {
    const at = random.integer(bytes.length + 1);
    const to = Math.min(bytes.length, at + random.integer(20));
    const [before, middle, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
    switch (random.integer(6)) {
      case 0:
        bytes = Buffer.concat([before, after]);
        break;
      case 1:
        bytes = Buffer.concat([before, middle, middle, after]);
        break;
      case 2:
        bytes = Buffer.concat([before, Buffer.from([random.integer(256)]), after]);
        break;
      case 3:
        bytes = before;
        break;
      default:
        bytes = spoiltLine(random, bytes);
    }
  }
  if (random.integer(3) > 0)
    kind = { ...kind, pipelining: random.integer(2) === 0, maxRecipients: 1 + random.integer(4) };
  return { bytes, kind };
}

function spoiltLine(random: RandomStream, bytes: Buffer): Buffer {
  const lines = bytes.toString('latin1').split('\r\n');
  const foreign = FOREIGN[random.integer(FOREIGN.length)] ?? '';
  lines.splice(random.integer(lines.length), random.integer(3), foreign);
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/** In pieces: at random places, or each byte by itself where no random stream is given. */
export function chunksOf(bytes: Buffer, random: RandomStream | undefined): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = random === undefined ? 1 : 1 + random.integer(1 + random.integer(200));
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
