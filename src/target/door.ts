/** Where submitted mail is taken in, whatever protocol brought it: who is known, what is put on top, who gets it. Speaks no protocol. */

import { Message } from './message.ts';
import { type Mischief, stormNumber } from './mischief.ts';
import { withTrace } from './notices.ts';
import type { DeliveryQueue } from './queue.ts';
import type { Account } from './store.ts';
import type { Misbehaviour } from './switches.ts';

/** Largest message taken, in bytes. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Recipients of one envelope; a server must take 100 (RFC 5321 §4.5.3.1.8), ours takes a department. */
export const MAX_RECIPIENTS = 1_000;

export interface DoorContext {
  readonly domain: string;
  readonly queue: DeliveryQueue;
  readonly misbehaviour: Misbehaviour;
  /** What else to do wrong; undefined in a target that behaves. */
  readonly mischief: Mischief | undefined;
  readonly accountOf: (address: string) => Account | undefined;
  /** Who the list expands to for a sender; undefined when the address is not the list's. */
  readonly expandList: (address: string, sender: string) => readonly Account[] | undefined;
}

/** One message at the door. */
export interface Submission {
  readonly raw: Buffer;
  /** Envelope sender; empty: nobody is to answer it. */
  readonly sender: string;
  readonly recipients: readonly string[];
  /** What the client calls itself, where it comes from, and by what it came (RFC 5321 §4.4: `with`). */
  readonly helo: string;
  readonly address: string;
  readonly protocol: string;
  readonly queueId: string;
  /** The target's clock when its transaction began. */
  readonly beganUs: number;
}

/** What becomes of it. `full` is for now or for good; after `hangUp` the client hears nothing, and half of these were taken. */
export type DoorAnswer = 'queued' | 'failed' | 'fullForNow' | 'full' | 'hangUp';

/** Whether mail to this address is taken at all. */
export function isTaken(context: DoorContext, address: string): boolean {
  const known = context.accountOf(address) !== undefined || context.expandList(address, '') !== undefined;
  return known && !context.misbehaviour.refuses.has(address.toLowerCase());
}

/** Takes a message for recipients that are taken, unless mischief says otherwise. Its time is spent already. */
export function takeIn(context: DoorContext, submission: Submission): DoorAnswer {
  const { sender, recipients, helo, address, protocol, queueId, beganUs } = submission;
  const { domain, queue } = context;
  const trace = { sender, helo, address, domain, protocol, queueId, at: new Date() };
  const message = new Message(withTrace(submission.raw, trace));
  const accounts = expand(context, recipients, sender);
  const direct =
    accounts.length === 1 && recipients.every((one) => context.expandList(one, sender) === undefined);
  const take = (): void => queue.accept(message, sender, accounts, { direct, beganUs });
  const struck = strikes(context, message, direct ? accounts[0] : undefined, take);
  if (struck !== undefined) return struck;
  take();
  return 'queued';
}

/** Does wrong by the message; undefined: treat it as any other. `only`: the one person it is for, by no list. */
function strikes(
  { mischief, queue }: DoorContext,
  message: Message,
  only: Account | undefined,
  take: () => void,
): DoorAnswer | undefined {
  const number = mischief && stormNumber(message);
  if (mischief === undefined || number === undefined) return undefined;
  mischief.storm();
  if (mischief.strikes('stall', number, 0)) queue.stall(mischief.stallUs);
  if (mischief.strikes('tempfail', number, 0)) return 'failed';
  if (only !== undefined && mischief.strikes('quota', number, only.place)) {
    // Half of the full mailboxes may have room again tomorrow.
    return mischief.draw('quota.fornow', number, only.place) < 0.5 ? 'fullForNow' : 'full';
  }
  if (!mischief.strikes('hangup', number, 0)) return undefined;
  // After the final dot nobody can tell: half of these were taken.
  if (mischief.draw('hangup.taken', number, 0) < 0.5) take();
  return 'hangUp';
}

/** Every path makes its copies: a member who is also addressed directly gets two, as from most lists. */
function expand(context: DoorContext, recipients: readonly string[], sender: string): Account[] {
  return recipients.flatMap((address) => {
    const members = context.expandList(address, sender);
    if (members !== undefined) return members;
    return context.accountOf(address) ?? [];
  });
}
