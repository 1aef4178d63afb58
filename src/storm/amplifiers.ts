/** What a storm makes beside its messages: who is away, which list members are gone, who asks for receipts, who recalls. Pure; it sends nothing. */

import type { Profile } from '../profile/schema.ts';
import { randomStream } from '../random.ts';
import { drawMailboxes } from './audience.ts';
import { type ListMessage, thinkingUs } from './cascade.ts';
import type { PlannedMessage } from './journey.ts';
import { plainNumber } from './numbering.ts';

/** Mailboxes whose owner is away, in ascending order: as many as the share says, to the nearest whole one. */
export function awayMailboxes(profile: Profile, seed: number, mailboxes: number): readonly number[] {
  const away = profile.amplifiers?.outOfOffice?.share ?? 0;
  return drawMailboxes(seed, 'outOfOffice', Math.round(away * mailboxes), mailboxes);
}

/** Members of the list whose mailbox is gone, beside the mailboxes. */
export function deadMembers(profile: Profile, mailboxes: number): number {
  return Math.round((profile.amplifiers?.deadRecipients ?? 0) * mailboxes);
}

/**
 * How many copies of a message to everybody its path makes in one mailbox: an author's own only where the list sends it
 * back, two where the target expands the list for somebody who was addressed beside it.
 *
 * @param expanded the target expands the list; who is addressed one by one is addressed once
 */
export function pathCopies(
  profile: Profile,
  message: Pick<PlannedMessage, 'author' | 'alsoTo'>,
  mailbox: number,
  expanded: boolean,
): number {
  if (mailbox === message.author && profile.list?.echo === false) return 0;
  return expanded && mailbox === message.alsoTo ? 2 : 1;
}

/** Whether a message to everybody asks its readers for a receipt. */
export function asksForReceipt(profile: Profile, seed: number, number: number): boolean {
  const asked = profile.amplifiers?.readReceipts?.requested ?? 0;
  return asked > 0 && randomStream(seed, 'receipt.asked', number).uniform() < asked;
}

/** Whether the owner of a mailbox lets their client send receipts. */
export function grantsReceipt(profile: Profile, seed: number, mailbox: number): boolean {
  const granted = profile.amplifiers?.readReceipts?.granted ?? 0;
  return granted > 0 && randomStream(seed, 'receipt.granted', mailbox).uniform() < granted;
}

/** The number of the one receipt that a reader may send for a message (RFC 8098 §2.1). */
export function receiptNumber(mailboxes: number, number: number, reader: number): number {
  return plainNumber('receipt', number * mailboxes + reader);
}

/**
 * Some who replied take it back: a message to everybody more, after a thinking time. Recalls are beyond K and provoke
 * no answers; their numbers go on where the replies' end, so that no reply's words depend on them.
 */
export function drawRecalls(
  profile: Profile,
  seed: number,
  replies: readonly ListMessage[],
): readonly ListMessage[] {
  const recalled = profile.amplifiers?.recalls ?? 0;
  if (recalled === 0) return [];
  const drawn = replies.flatMap((reply) => {
    const stream = randomStream(seed, 'recall', reply.number);
    if (reply.number === 0 || stream.uniform() >= recalled) return [];
    const thought = thinkingUs(profile, stream);
    const stormUs = reply.stormUs + thought;
    return stormUs < profile.phases.storm ? [{ reply, thought, stormUs }] : [];
  });
  return drawn
    .sort((a, b) => a.stormUs - b.stormUs || a.reply.number - b.reply.number)
    .map(({ reply, thought, stormUs }, index) => ({
      number: replies.length + index,
      parent: reply.number,
      depth: reply.depth + 1,
      persona: reply.persona,
      stormUs,
      thinkingUs: thought,
      role: 'recall',
      isRecall: true,
    }));
}

/** How many messages to everybody take one back. */
export function recallCount(cascade: readonly ListMessage[]): number {
  return cascade.filter(({ isRecall }) => isRecall === true).length;
}

/** The same as a part of a record's plan: absent where there are none. */
export function recallsOf(cascade: readonly ListMessage[]): { readonly recalls?: number } {
  const recalls = recallCount(cascade);
  return recalls === 0 ? {} : { recalls };
}
