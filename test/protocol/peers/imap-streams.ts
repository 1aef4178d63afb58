/** Reply streams by seed: a dialogue that a server might hold, then spoilt. And one run of it. It must be a function of (seed, index). */

import type { ImapConnection } from '../../../src/protocol/imap/connection.ts';
import type { MailboxEvent } from '../../../src/protocol/imap/mailbox.ts';
import { randomStream, type RandomStream } from '../../../src/random.ts';
import { fakeConnection } from './fake-wire.ts';

const CAPABILITIES =
  'IMAP4rev1 LITERAL+ UIDPLUS MOVE IDLE ESEARCH SEARCHRES UNSELECT ENABLE CONDSTORE QRESYNC QUOTA ID NOTIFY';

/** Small, so that a stream of a few kilobytes reaches them. */
export const LIMITS = { lineBytes: 4_096, literalBytes: 16_384 };

interface Asked {
  readonly ask: (connection: ImapConnection) => Promise<{
    readonly outcome: { readonly kind: string };
    readonly value?: unknown;
    readonly startedUs: number;
    readonly endedUs: number;
  }>;
  /** What an honest server says before its tagged answer. */
  readonly data: readonly string[];
}

const HEADERS = 'Message-ID: <a@b>\r\nSubject: x\r\n\r\n';

/** One of each kind of command, all of which may be written before the first is answered. */
const COMMANDS: readonly Asked[] = [
  {
    ask: (one) => one.select('INBOX'),
    data: [
      '* FLAGS (\\Seen)',
      '* 9 EXISTS',
      '* OK [UIDVALIDITY 5] x',
      '* OK [UIDNEXT 10] x',
      '* OK [HIGHESTMODSEQ 7] x',
    ],
  },
  { ask: (one) => one.search({ subject: 'x' }), data: ['* ESEARCH (TAG "TAG") UID ALL 1:3,7'] },
  { ask: (one) => one.search({}, { save: true }), data: ['* SEARCH 4 5', '* ESEARCH UID ALL 6'] },
  {
    ask: (one) => one.fetchHeaders('1:9', ['Message-ID', 'Subject']),
    data: [
      `* 1 FETCH (UID 1 FLAGS (\\Seen) BODY[HEADER.FIELDS (MESSAGE-ID SUBJECT)] {${HEADERS.length}}\r\n${HEADERS})`,
      '* 2 FETCH (FLAGS () UID 2 BODY[HEADER.FIELDS (MESSAGE-ID SUBJECT)] NIL)',
    ],
  },
  {
    ask: (one) => one.fetchBody('1:9', { maxBytes: 9 }),
    data: ['* 1 FETCH (UID 1 BODY[]<0> {9}\r\n) R4 OK\r\n)'],
  },
  { ask: (one) => one.store('1', '+FLAGS', ['\\Deleted']), data: ['* 1 FETCH (FLAGS (\\Deleted) UID 1)'] },
  { ask: (one) => one.expunge(), data: ['* 1 EXPUNGE', '* VANISHED 4:5'] },
  { ask: (one) => one.list(), data: ['* LIST (\\Trash) "/" Trash', '* LIST () NIL {3}\r\nOdd'] },
  { ask: (one) => one.status('INBOX'), data: ['* STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 5)'] },
  { ask: (one) => one.quota(), data: ['* QUOTAROOT INBOX ""', '* QUOTA "" (STORAGE 1 2)'] },
  { ask: (one) => one.id({ name: 'x' }), data: ['* ID ("name" "y" "os" NIL)'] },
  { ask: (one) => one.append('INBOX', Buffer.from('x\r\n')), data: [] },
  { ask: (one) => one.move('1', 'Trash'), data: ['* OK [COPYUID 1 1 1] moved', '* 1 EXPUNGE'] },
  { ask: (one) => one.noop(), data: [] },
];

/** What any server may say at any time. */
const UNSOLICITED = [
  '* 12 EXISTS',
  '* 2 EXPUNGE',
  '* VANISHED 3',
  '* VANISHED (EARLIER) 1:9',
  '* 3 FETCH (FLAGS (\\Seen))',
  '* 4 FETCH (UID 99 BODY[] "no")',
  '* OK still here',
  '* OK [UIDVALIDITY 5] x',
  '* NO disk is slow',
  '* 0 RECENT',
  '* X-ODD (("a" {2}\r\nbc NIL))',
  '* FLAGS NIL',
  '* CAPABILITY IMAP4rev1 LITERAL+ MOVE UIDPLUS IDLE ESEARCH SEARCHRES QUOTA ID',
  '+ stray',
];

const ANSWERS = [
  'OK done',
  'OK [READ-WRITE] done',
  'OK',
  'NO [INUSE] later',
  'NO',
  'BAD what',
  'NO [LIMIT] {3}',
];

/** A stream that keeps to the protocol, with news anywhere and perhaps a BYE. */
export function honestStream(random: RandomStream): Buffer {
  const lines: string[] = [];
  const news = (): void => {
    while (random.integer(4) === 0) lines.push(UNSOLICITED[random.integer(UNSOLICITED.length)] ?? '');
  };
  const byeAt = random.integer(3) === 0 ? random.integer(COMMANDS.length) : -1;
  for (const [index, { data }] of COMMANDS.entries()) {
    const tag = `R${index + 1}`;
    for (const line of data) {
      news();
      // A server may leave out what there is nothing of, but not what STATUS asked for.
      const isOwed = line.startsWith('* STATUS');
      if (isOwed || random.integer(10) > 0) lines.push(line.replace('TAG "TAG"', `TAG "${tag}"`));
    }
    news();
    if (index === byeAt) lines.push('* BYE [UNAVAILABLE] shutting down');
    const answer = random.integer(3) === 0 ? (ANSWERS[random.integer(ANSWERS.length)] ?? '') : 'OK done';
    lines.push(`${tag} ${answer}`);
  }
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');
}

const SPOILS: readonly string[] = [
  '{99999999999}\r\n',
  '{16385}\r\n',
  '{4294967296+}\r\n',
  '~{5}\r\n',
  '{0}\r\n',
  '{-1}\r\n',
  '((((((((((((((((((((((((((((((((((((((((',
  ')',
  '"',
  '\\',
  ' NIL ',
  'NIL',
  '\r\n',
  '\r',
  '\n',
  '\0',
  '\u00ff',
  '1:4294967295',
  '99999999999999999999',
  '* 4294967295 EXISTS\r\n',
  '* VANISHED 1:4294967295\r\n',
  '* ESEARCH UID ALL 1:4294967295\r\n',
  '* BYE\r\n',
  '* 1 FETCH NIL\r\n',
  '* LIST NIL NIL NIL\r\n',
  '* STATUS NIL NIL\r\n',
  '* QUOTA NIL NIL\r\n',
  '* ID NIL\r\n',
  '* SEARCH NIL\r\n',
  '* ESEARCH NIL NIL\r\n',
  '* CAPABILITY NIL\r\n',
  'R3 OK early\r\n',
  '+ \r\n',
  'x'.repeat(5_000),
  'HTTP/1.1 400 Bad Request\r\n',
];

/** The same, broken: bytes changed, cut out, doubled, hostile sizes and NIL put in anywhere. */
export function spoiltStream(random: RandomStream): Buffer {
  let bytes = honestStream(random);
  for (let count = random.integer(5); count >= 0; count -= 1) {
    const at = random.integer(bytes.length + 1);
    const kind = random.integer(5);
    const to = Math.min(bytes.length, at + random.integer(200));
    if (kind === 0) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    else if (kind === 2 && at < bytes.length) bytes[at] = random.integer(256);
    else {
      const spoil = Buffer.from(SPOILS[random.integer(SPOILS.length)] ?? '', 'latin1');
      bytes = Buffer.concat([bytes.subarray(0, at), spoil, bytes.subarray(at)]);
    }
  }
  return bytes;
}

/** Pieces of the bytes, cut where the stream of numbers says; whole where there is none. */
export function chunksOf(bytes: Buffer, random: RandomStream | undefined): Buffer[] {
  if (random === undefined) return [bytes];
  const most = [1, 7, 100, 2_000][random.integer(4)] ?? 1;
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const to = Math.min(bytes.length, at + 1 + random.integer(most));
    chunks.push(Buffer.from(bytes.subarray(at, to)));
    at = to;
  }
  return chunks;
}

/** What became of it all; plain data, without instants, which depend on how often the clock was asked. */
export interface Found {
  readonly outcomes: readonly unknown[];
  readonly events: readonly MailboxEvent[];
  readonly counters: readonly number[];
  readonly ending: unknown;
}

/** Asks everything at once, feeds the chunks, hangs up at the end. Throws only where our code has a bug. */
export async function runStream(chunks: readonly Buffer[], yields: boolean): Promise<Found> {
  const { wire, connection } = fakeConnection(LIMITS, CAPABILITIES);
  const events: MailboxEvent[] = [];
  connection.onEvent = (event) => events.push(event);
  const asked = COMMANDS.map(({ ask }) => ask(connection));
  for (const chunk of chunks) {
    wire.feed(chunk);
    if (yields) await Promise.resolve();
  }
  const { ending } = wire;
  wire.end({ kind: 'closed', text: 'the server closed the connection' });
  const results = await Promise.all(asked);
  for (const { outcome, value, startedUs, endedUs } of results) {
    if (startedUs > endedUs) throw new Error(`ended ${endedUs} before it started ${startedUs}`);
    if (value !== undefined && outcome.kind !== 'ok') throw new Error(`a value beside ${outcome.kind}`);
  }
  const { exists, expunged, arrivals, changes } = connection;
  for (const count of [exists, expunged, arrivals, changes])
    if (!Number.isSafeInteger(count) || count < 0) throw new Error(`a count of ${count}`);
  return {
    outcomes: results.map(({ outcome, value }) => ({ outcome, value })),
    events,
    counters: [exists, expunged, arrivals, changes],
    ending,
  };
}

/** One fuzzed stream, spoilt and cut by its own numbers. */
export async function fuzzOne(seed: number, index: number): Promise<Found> {
  const random = randomStream(seed, 'imap-fuzz', index);
  const bytes = spoiltStream(random);
  return runStream(chunksOf(bytes, random), random.integer(2) === 0);
}
