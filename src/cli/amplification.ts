/** What a storm's messages came to, put together for the record; and what its amplifiers may come to, for the caps. Judges nothing. */

import { notificationFigures, notificationSum, type NotificationCounts } from '../measure/notifications.ts';
import type { Census } from '../measure/ledger-census.ts';
import { hasBit } from '../measure/bitmap.ts';
import { eachCopy, flagsOf } from '../measure/copy-table.ts';
import { DIRECT, isTaken, rowOf, type LedgerShare } from '../measure/ledger-share.ts';
import type { LedgerFigures } from '../measure/ledger.ts';
import { copyKey, type MannerNotes } from '../measure/manners.ts';
import type { Tally } from '../measure/tally.ts';
import type { RecordedAmplification } from '../record/record.ts';
import type { Simulated } from '../simulate/simulate.ts';
import { deadMembers, pathCopies } from '../storm/amplifiers.ts';
import { expectedAmplification, type ExpectedAmplification } from '../storm/expected.ts';
import { listMessage, type Plan } from '../storm/plan.ts';
import { operationAt } from '../words.ts';

/** Copies of a list message that its path makes in a mailbox; of a message that the plan has not, one. */
export type PathCopies = (number: number, mailbox: number) => number;

/** The path copies of a plan; undefined where that is one everywhere. */
export function pathCopiesOf(plan: Plan, expanded: boolean): PathCopies | undefined {
  if (plan.profile.list === undefined) return undefined;
  return (number, mailbox) =>
    number < plan.cascade.length ? pathCopies(plan.profile, listMessage(plan, number), mailbox, expanded) : 1;
}

/** Mail that nobody will have written, and second copies: what a mail system may have to take beside the copies. */
export function expectedBeside(plan: Plan, expanded: boolean): number {
  const expected = expectedAmplification(plan, { expanded });
  return sumOf(expected) + expected.senderCopies;
}

function sumOf({ autoReplies, bounces, receiptsAtMost }: ExpectedAmplification): number {
  return autoReplies + bounces + receiptsAtMost;
}

export interface AmplificationFacts {
  readonly plan: Plan;
  readonly tally: Tally;
  readonly share: LedgerShare;
  readonly manners: MannerNotes;
  /** Undefined where it was not taken, or not of every mailbox. */
  readonly census: Census | undefined;
  readonly ledger: LedgerFigures | undefined;
  /** The target expands a list. */
  readonly expanded: boolean;
}

/** The figures of a run. */
export function amplificationOf(facts: AmplificationFacts): RecordedAmplification {
  const { plan, tally, share, census, ledger, expanded } = facts;
  const { mailboxes, profile, cascade } = plan;
  const messages = messagesTaken(plan, share);
  const receipts = tally
    .operations()
    .filter(({ operation }) => operation === operationAt(plan.doors, 'submit'))
    .reduce((sum, { induced }) => sum + induced.ok, 0);
  // A sample of mailboxes says nothing of what all of them got.
  const whole = ledger === undefined || ledger.sample !== null ? undefined : { ledger, census };
  const copies = whole?.ledger.copiesAccepted ?? tally.copiesAccepted();
  const found = whole?.census === undefined ? undefined : notificationFigures(whole.census.notices.mail);
  const secondCopies = census === undefined || found === undefined ? null : secondCopiesOf(facts, census);
  const nobodys = found === undefined ? null : found.all.autoReply + found.all.bounce + receipts;
  return {
    intendedRecipients: mailboxes + (expanded ? deadMembers(profile, mailboxes) : 0),
    messages,
    copies,
    secondCopies,
    autoReplies: found?.all.autoReply ?? null,
    bounces: found?.all.bounce ?? null,
    receipts,
    recalls: cascade.filter(({ isRecall, number }) => isRecall === true && isTaken(share, number)).length,
    hottest: found === undefined ? null : hottestOf(found.hottest),
    deliveredPerMessage:
      nobodys === null || secondCopies === null || messages === 0
        ? null
        : (copies + secondCopies + nobodys) / messages,
  };
}

/** Messages of which a copy was taken: a submission that one recipient of many was refused has not failed. */
function messagesTaken({ cascade }: Plan, share: LedgerShare): number {
  let messages = cascade.filter(({ number }) => isTaken(share, number)).length;
  eachCopy(share.direct, (_number, _mailbox, flags) => {
    if ((flags & DIRECT.accepted) !== 0) messages += 1;
  });
  return messages;
}

/**
 * Second copies that the census found, or that a listing showed before a delete. Null where a delete took a copy of which
 * nobody had seen the second: whether there was one is not known.
 */
function secondCopiesOf(
  { plan, share, manners, expanded }: AmplificationFacts,
  census: Census,
): number | null {
  if (!expanded) return 0;
  let found = 0;
  for (const { number } of plan.cascade) {
    const { alsoTo } = listMessage(plan, number);
    if (alsoTo === undefined) continue;
    if (flagsOf(census.second, number, alsoTo) !== 0 || manners.doubled.has(copyKey(number, alsoTo)))
      found += 1;
    else if (hasBit(share.asked, rowOf(share.shape, alsoTo), number)) return null;
  }
  return found;
}

/** The figures of a simulation, whose target expands the list. */
export function simulatedAmplification(plan: Plan, simulated: Simulated): RecordedAmplification {
  const { tally, copiesAccepted, answers } = simulated;
  const { all, hottest, recalls, secondCopies } = answers;
  const messages = tally
    .operations()
    .filter(({ operation }) => operation === operationAt(plan.doors, 'submit'))
    .reduce((sum, { intents }) => sum + intents.ok + intents.unknown, 0);
  return {
    intendedRecipients: plan.mailboxes + deadMembers(plan.profile, plan.mailboxes),
    // What was answered too late for a client was taken all the same: a model knows.
    messages,
    copies: copiesAccepted,
    secondCopies,
    autoReplies: all.autoReply,
    bounces: all.bounce,
    receipts: all.receipt,
    recalls,
    hottest: hottestOf(hottest),
    deliveredPerMessage:
      messages === 0 ? null : (copiesAccepted + secondCopies + notificationSum(all)) / messages,
  };
}

/** Null where no mailbox got any. */
function hottestOf(counts: NotificationCounts): RecordedAmplification['hottest'] {
  if (notificationSum(counts) === 0) return null;
  return { autoReplies: counts.autoReply, bounces: counts.bounce, receipts: counts.receipt };
}
