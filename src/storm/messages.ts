/** The bytes of a message: a pure function of (plan, message, addressing). Valid RFC 5322 with CRLF, never dot-stuffed. */

import { randomStream } from '../random.ts';
import { addressOf, type Accounts, outsideAddress } from './audience.ts';
import type { ListMessage, Role } from './cascade.ts';
import type { MessageClass, PlannedMessage } from './journey.ts';
import { messageId, RUN_HEADER } from './numbering.ts';
import type { Plan } from './plan.ts';
import { amplifierFields, composeReceipt } from './receipts.ts';

/** How a run addresses its mail. */
export interface Addressing {
  readonly runId: string;
  readonly accounts: Accounts;
  /** The list's address; under generator fan-out only the To header shows it. */
  readonly list: string;
  /** The target has a door for mail from outside; without one all mail is its people's own. */
  readonly inbound?: boolean;
  /** Wall clock of the plan's zero, in milliseconds since 1970, for the Date header. */
  readonly startedAtMs: number;
}

/** A quoted thread is cut here: mail clients and gateways do, and a bound keeps a deep storm in memory. */
const MAX_BODY_CHARACTERS = 64 * 1_024;

/** Short of SMTP's 998 (RFC 5321 §4.5.3.1.6), whatever a cut in mid-character becomes. */
const MAX_LINE_OCTETS = 900;

/** A long thread's References keep the first and the latest ids (RFC 5322 §3.6.4 allows it; RFC 5537 §3.4.4 shows how). */
const MAX_REFERENCES = 20;

const SAYINGS: Readonly<Record<Role, readonly string[]>> = {
  removeMe: [
    'Please remove me from this list.',
    'I do not think this was meant for me, please take me off.',
    'Unsubscribe.',
  ],
  stopReplying: ['PLEASE stop replying to all!', 'Can everybody stop pressing reply-all. It makes it worse.'],
  joke: ['Hello from the other end of the country :-)', 'Is this the queue for the tea trolley?'],
  helpful: [
    'To ignore this thread: right-click it and choose Ignore. Please do not reply to all.',
    'IT know about this. No need to answer.',
  ],
  recall: ['The sender would like to recall the message "test".'],
};

const CLINICAL_BODY = [
  'This is a synthetic clinical message of a rehearsal. It holds no data about anybody.',
  'Sample received, analysed and authorised. Please review the values in the attached table.',
  'Haemoglobin 132 g/L   White cells 6.1 10^9/L   Platelets 240 10^9/L',
];

const ORDINARY_BODY = [
  'Hello,',
  '',
  'as discussed, please find the details below. No answer needed.',
  '',
  'Kind regards',
];

const SIGNATURE = [
  '-- ',
  'This message may contain confidential information. If you are not the intended recipient',
  'please inform the sender and delete it.',
];

/** Composes messages and keeps the thread's texts, so that a reply costs its own words and one quotation. */
export interface Composer {
  /** The message's bytes; `offsetMs` after the plan's zero is its date. */
  readonly compose: (message: PlannedMessage, offsetMs: number) => Buffer;
  /** Their number. */
  readonly sizeOf: (message: PlannedMessage) => number;
  /** The receipt that a reader's client sends for a message to everybody. */
  readonly receipt: (message: PlannedMessage, reader: number, offsetMs: number) => Buffer;
}

/** A composer for one plan and one way of addressing it. */
export function makeComposer(plan: Plan, addressing: Addressing): Composer {
  const threads = new Map<number, readonly string[]>();
  const compose = (message: PlannedMessage, offsetMs: number): Buffer => {
    const lines = [...headers(plan, addressing, message, offsetMs), '', ...body(plan, message, threads), ''];
    return Buffer.from(lines.join('\r\n'), 'utf8');
  };
  const bodies = new Map<MessageClass, number>();
  const bodyBytes = (message: PlannedMessage): number => {
    // Only the storm's bodies differ from one another; the others are counted once.
    const known = message.class === 'storm' ? undefined : bodies.get(message.class);
    if (known !== undefined) return known;
    const bytes = wireBytes(body(plan, message, threads));
    bodies.set(message.class, bytes);
    return bytes;
  };
  return {
    compose,
    sizeOf: (message) => wireBytes(headers(plan, addressing, message, 0)) + 2 + bodyBytes(message),
    receipt: (message, reader, offsetMs) => composeReceipt(plan, addressing, message, reader, offsetMs),
  };
}

/** What lines take on the wire, each with its line's end. */
function wireBytes(lines: readonly string[]): number {
  return Buffer.byteLength(lines.join('\r\n'), 'utf8') + 2;
}

/** Who a message is from: its author's mailbox, or somebody outside where the target has a door for them. */
export function senderOf(
  { accounts, inbound }: Pick<Addressing, 'accounts' | 'inbound'>,
  { author, origin }: Pick<PlannedMessage, 'author' | 'origin'>,
): string {
  return origin === 'outside' && inbound === true ? outsideAddress(author) : addressOf(accounts, author);
}

function headers(plan: Plan, addressing: Addressing, message: PlannedMessage, offsetMs: number): string[] {
  const { runId, accounts, list } = addressing;
  const to = message.recipient === 'list' ? list : addressOf(accounts, message.recipient);
  const beside = message.alsoTo === undefined ? '' : `<${addressOf(accounts, message.alsoTo)}>, `;
  const from = senderOf(addressing, message);
  const lines = [
    `From: <${from}>`,
    `To: ${beside}<${to}>`,
    `Subject: ${message.subject}`,
    `Date: ${rfc5322Date(addressing.startedAtMs + offsetMs)}`,
    `Message-ID: ${messageId(runId, plan.seed, message.number)}`,
    `${RUN_HEADER}: ${runId}`,
    ...amplifierFields(plan, message, from),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
  ];
  const ancestors = ancestorsOf(plan.cascade, message);
  if (ancestors.length === 0) return lines;
  const ids = ancestors.map((number) => messageId(runId, plan.seed, number));
  return [...lines, `In-Reply-To: ${ids.at(-1)}`, `References: ${ids.join('\r\n ')}`];
}

/** The thread from the blast to the parent, oldest first, shortened in its middle. */
function ancestorsOf(cascade: readonly ListMessage[], message: PlannedMessage): number[] {
  const chain: number[] = [];
  for (let at = message.parent; at >= 0; at = cascade[at]?.parent ?? -1) chain.unshift(at);
  return chain.length <= MAX_REFERENCES ? chain : [chain[0] as number, ...chain.slice(1 - MAX_REFERENCES)];
}

function body(
  plan: Plan,
  message: PlannedMessage,
  threads: Map<number, readonly string[]>,
): readonly string[] {
  if (message.class === 'clinical') return [...CLINICAL_BODY, '', ...SIGNATURE];
  if (message.class === 'bystander') return [...ORDINARY_BODY, '', ...SIGNATURE];
  return threadText(plan, message.number, threads);
}

/** A reply's words above its quoted parent, as mail clients do (top-posting, full quote), cut at the bound. */
function threadText(plan: Plan, number: number, threads: Map<number, readonly string[]>): readonly string[] {
  const known = threads.get(number);
  if (known !== undefined) return known;
  const drawn = plan.cascade[number];
  const own =
    drawn === undefined || drawn.role === 'blast' ? bodyLines(plan.profile.blast.body) : saying(plan, drawn);
  const quoted =
    drawn === undefined || drawn.parent < 0 ? [] : quote(threadText(plan, drawn.parent, threads));
  const text = [...own, ...quoted];
  threads.set(number, text);
  return text;
}

/** The profile's own text as lines that may go on the wire: no bare CR or LF, none too long in any script. */
function bodyLines(text: string): string[] {
  return text
    .split(/\r\n|\r|\n/)
    .flatMap((line) =>
      Buffer.byteLength(line) <= MAX_LINE_OCTETS ? [line] : (line.match(/.{1,200}/gsu) ?? []),
    );
}

function saying(plan: Plan, drawn: ListMessage): string[] {
  const choices = SAYINGS[drawn.role as Role];
  const stream = randomStream(plan.seed, 'reply.words', drawn.number);
  return [choices[stream.integer(choices.length)] as string, '', ...SIGNATURE, ''];
}

function quote(lines: readonly string[]): string[] {
  const quoted: string[] = ['-----Original message-----'];
  let left = MAX_BODY_CHARACTERS;
  for (const line of lines) {
    left -= line.length + 4;
    if (left < 0) break;
    quoted.push(Buffer.from(`> ${line}`, 'utf8').subarray(0, MAX_LINE_OCTETS).toString('utf8'));
  }
  return quoted;
}

/** RFC 5322 §3.3 date in UTC. `Date` is given its instant: no clock is read here. */
export function rfc5322Date(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}
