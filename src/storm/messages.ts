/** The bytes of a message: a pure function of (plan, message, addressing). Valid RFC 5322 with CRLF, never dot-stuffed. */

import { addressOf, type Accounts, outsideAddress } from './audience.ts';
import type { ListMessage } from './cascade.ts';
import { Bodies } from './content/body.ts';
import { textField } from './content/header.ts';
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

/** A long thread's References keep the first and the latest ids (RFC 5322 §3.6.4 allows it; RFC 5537 §3.4.4 shows how). */
const MAX_REFERENCES = 20;

/** Composes messages and keeps what they share, so that a reply costs its own words and one putting together. */
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
  const bodies = new Bodies(plan);
  const head = (message: PlannedMessage, fields: readonly string[], offsetMs: number): string =>
    `${headers(plan, addressing, message, fields, offsetMs).join('\r\n')}\r\n\r\n`;
  const compose = (message: PlannedMessage, offsetMs: number): Buffer => {
    const body = bodies.of(message);
    return Buffer.concat([
      Buffer.from(head(message, body.fields, offsetMs), 'utf8'),
      ...bodies.bytesOf(body),
    ]);
  };
  // Only the storm's bodies differ from one another; the others are made and counted once.
  const others = new Map<MessageClass, { readonly fields: readonly string[]; readonly bytes: number }>();
  const measured = (
    message: PlannedMessage,
  ): { readonly fields: readonly string[]; readonly bytes: number } => {
    const known = message.class === 'storm' ? undefined : others.get(message.class);
    if (known !== undefined) return known;
    const body = bodies.of(message);
    const found = { fields: body.fields, bytes: bodies.sizeOf(body) };
    if (message.class !== 'storm') others.set(message.class, found);
    return found;
  };
  return {
    compose,
    sizeOf: (message) => {
      const { fields, bytes } = measured(message);
      return Buffer.byteLength(head(message, fields, 0)) + bytes;
    },
    receipt: (message, reader, offsetMs) => composeReceipt(plan, addressing, message, reader, offsetMs),
  };
}

/** Who a message is from: its author's mailbox, or somebody outside where the target has a door for them. */
export function senderOf(
  { accounts, inbound }: Pick<Addressing, 'accounts' | 'inbound'>,
  { author, origin }: Pick<PlannedMessage, 'author' | 'origin'>,
): string {
  return origin === 'outside' && inbound === true ? outsideAddress(author) : addressOf(accounts, author);
}

function headers(
  plan: Plan,
  addressing: Addressing,
  message: PlannedMessage,
  fields: readonly string[],
  offsetMs: number,
): string[] {
  const { runId, accounts, list } = addressing;
  const to = message.recipient === 'list' ? list : addressOf(accounts, message.recipient);
  const beside = message.alsoTo === undefined ? '' : `<${addressOf(accounts, message.alsoTo)}>, `;
  const from = senderOf(addressing, message);
  const lines = [
    `From: <${from}>`,
    `To: ${beside}<${to}>`,
    textField('Subject', message.subject),
    `Date: ${rfc5322Date(addressing.startedAtMs + offsetMs)}`,
    `Message-ID: ${messageId(runId, plan.seed, message.number)}`,
    `${RUN_HEADER}: ${runId}`,
    ...amplifierFields(plan, message, from),
    'MIME-Version: 1.0',
    ...fields,
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

/** RFC 5322 §3.3 date in UTC. `Date` is given its instant: no clock is read here. */
export function rfc5322Date(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}
