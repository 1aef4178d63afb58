/** What a plan's amplifiers come to, before anything is sent: answers, bounces, receipts at most. Arithmetic over the plan. */

import type { Profile } from '../profile/schema.ts';
import { PHASES } from '../words.ts';
import { asksForReceipt, awayMailboxes, deadMembers, grantsReceipt, recallCount } from './amplifiers.ts';
import { listMessage, phaseJourneys, type Plan } from './plan.ts';

/** Mail that nobody wrote, as far as a plan can tell. */
export interface ExpectedAmplification {
  /** Away people, each of whom answers each sender once. */
  readonly away: number;
  readonly autoReplies: number;
  /** Members of the list whose mailbox is gone. */
  readonly dead: number;
  readonly bounces: number;
  /** Which message a reader opens depends on what was delivered: no more than these. */
  readonly receiptsAtMost: number;
  readonly recalls: number;
  /** Second copies of replies to those whom they answer, where the target expands the list. */
  readonly senderCopies: number;
}

export interface ExpectedChoices {
  /** Who had their answers already: the pilot's author. */
  readonly answered?: number;
  /** Where the drain ended; what was withdrawn then is answered by nobody. The longest drain unless told. */
  readonly drainUs?: number;
  /** False: we address everybody one by one, so that no list has dead members and nobody is addressed twice. True unless told. */
  readonly expanded?: boolean;
}

/** True where a profile sets any amplifier, or a list of another kind than the usual. */
export function hasAmplifiers({ amplifiers, list }: Profile): boolean {
  return amplifiers !== undefined || list !== undefined;
}

/** Adds up what the plan's messages would bring forth, from a target that does as the profile says. */
export function expectedAmplification(plan: Plan, choices: ExpectedChoices = {}): ExpectedAmplification {
  const { profile, cascade, mailboxes } = plan;
  const { expanded = true } = choices;
  const dead = expanded ? deadMembers(profile, mailboxes) : 0;
  const away = awayMailboxes(profile, plan.seed, mailboxes);
  const beside =
    expanded && profile.list?.replyTo === 'list+sender'
      ? cascade.filter(({ number }) => listMessage(plan, number).alsoTo !== undefined).length
      : 0;
  return {
    away: away.length,
    autoReplies: profile.amplifiers?.autoSubmitted === true ? 0 : autoReplies(plan, away, choices),
    dead,
    bounces: dead * cascade.length,
    receiptsAtMost: receiptsAtMost(plan),
    recalls: recallCount(cascade),
    senderCopies: beside,
  };
}

/**
 * Who sends the pilot. Whoever is away answers a sender once in days, so where that is expected it is somebody who
 * writes nothing to everybody, if there is one: a replier's answers must come in the storm.
 */
export function pilotAuthor(plan: Plan): number {
  const blast = listMessage(plan, 0).author;
  if (plan.profile.amplifiers?.outOfOffice === undefined) return blast;
  const authors = listAuthors(plan);
  for (let mailbox = 0; mailbox < plan.mailboxes; mailbox += 1) if (!authors.has(mailbox)) return mailbox;
  return blast;
}

function listAuthors(plan: Plan): Set<number> {
  return new Set(plan.cascade.map(({ number }) => listMessage(plan, number).author));
}

/** One answer for each sender and each person away whom something of theirs reaches; nobody answers themselves. */
function autoReplies(plan: Plan, away: readonly number[], choices: ExpectedChoices): number {
  if (away.length === 0) return 0;
  const absent = new Set(away);
  const authors = listAuthors(plan);
  if (choices.answered !== undefined) authors.delete(choices.answered);
  let count = 0;
  for (const author of authors) count += away.length - (absent.has(author) ? 1 : 0);
  // A message to one person reaches somebody away whom no message to everybody by the same author does.
  const pairs = new Set<number>();
  for (const phase of PHASES) {
    for (const { message, offsetUs } of phaseJourneys(plan, phase)) {
      if (message === undefined || message.recipient === 'list') continue;
      if (phase === 'drain' && offsetUs >= (choices.drainUs ?? Number.POSITIVE_INFINITY)) break;
      const { author, recipient } = message;
      if (!absent.has(recipient) || authors.has(author) || author === choices.answered) continue;
      pairs.add(author * plan.mailboxes + recipient);
    }
  }
  return count + pairs.size;
}

/** Every look of somebody who grants receipts, from the storm on, if any message asks for one. */
function receiptsAtMost(plan: Plan): number {
  const { profile, seed, cascade } = plan;
  if (!cascade.some(({ number }) => asksForReceipt(profile, seed, number))) return 0;
  let looks = 0;
  for (const phase of PHASES.slice(1))
    for (const { kind, actor } of phaseJourneys(plan, phase))
      if (kind === 'read' && grantsReceipt(profile, seed, actor)) looks += 1;
  return looks;
}
