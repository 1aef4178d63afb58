/** Somebody sends a message: the blast, a reply to all, ordinary mail, a canary. Enters in the ledger what the server said. */

import {
  enterDirect,
  enterListCopy,
  enterListMessage,
  noteListOverQuota,
  type Acceptance,
  type CopyApart,
} from '../measure/ledger-share.ts';
import { noteUnsettled } from '../measure/manners.ts';
import type { Outcome } from '../measure/outcome.ts';
import { noteDeparture } from '../measure/readings.ts';
import { Recipients } from '../protocol/smtp/recipients.ts';
import { pathCopies } from '../storm/amplifiers.ts';
import { addressOf } from '../storm/audience.ts';
import type { PlannedMessage } from '../storm/journey.ts';
import { senderOf } from '../storm/messages.ts';
import { SUBMIT_OPERATIONS } from '../words.ts';
import type { Access, WorkerContext } from './context.ts';
import { marked } from './guarded.ts';
import type { SubmitPool } from './submit-pool.ts';
import type { Submitted } from './submitters.ts';
import type { Trail } from './trail.ts';

/** What became of a submission. */
export interface Sent {
  /** Of the message to one person; of the first recipient of a message to everybody. */
  readonly acceptance: Acceptance | 'dropped';
  /** Copies the target took, a list counted by its members. */
  readonly copies: number;
}

/** Submits a planned message as the trail's next step. */
export async function submitMessage(
  context: WorkerContext,
  pool: SubmitPool,
  trail: Trail,
  message: PlannedMessage,
): Promise<Sent> {
  const { access, composer, plan } = context;
  const inbound = access.target.inbound !== undefined;
  const from = senderOf({ accounts: access.accounts, inbound }, message);
  const outside = inbound && message.origin === 'outside';
  const to = recipientsOf(context, message);
  const data = composer.compose(message, Math.round(trail.intendedUs / 1_000));
  const { guardExpected } = plan.profile;
  const submitted = await trail.step(SUBMIT_OPERATIONS[plan.doors.submit], async () => {
    const answer = await pool.submit(message.author, trail.journey.phase, { from, to, outside }, data);
    return { ...answer, outcome: marked(answer.outcome, guardExpected) };
  });
  const copies = enterAcceptance(context, message, submitted);
  noteDepartureOf(context, trail, message, submitted, copies);
  noteSubmission(context, message, submitted, copies);
  const first = submitted.recipients[0];
  return { acceptance: first?.kind === 'dropped' ? 'dropped' : acceptanceOf(first), copies };
}

/**
 * Notes what a watcher may see arrive, and every refusal of the target's guard. A message of which a copy was taken has
 * left, whatever became of the others; the guard has stopped it where the list, or everybody, was refused.
 */
function noteDepartureOf(
  { readings, plan, access }: WorkerContext,
  trail: Trail,
  message: PlannedMessage,
  { outcome, recipients, startedUs, endedUs }: Submitted,
  copies: number,
): void {
  if (outcome.kind === 'dropped') return;
  const stopped = copies === 0 || (access.list !== undefined && recipients[0]?.kind === 'rejected');
  const guarded = stopped && outcome.kind === 'rejected' && outcome.expected === true;
  const { number, recipient } = message;
  if (guarded && recipient !== 'list') readings.bystandersBlocked += 1;
  if (recipient !== 'list' && !plan.watchers.includes(recipient)) return;
  noteDeparture(readings, {
    number,
    kind: message.class === 'storm' ? 'list' : message.class,
    phase: trail.journey.phase,
    meantUs: trail.intendedUs,
    startedUs,
    answeredUs: endedUs,
    acceptance: copies > 0 ? 'accepted' : acceptanceOf(outcome),
    outside: access.target.inbound !== undefined && message.origin === 'outside',
    guarded,
  });
}

/** What the ledger does not keep: when messages to everybody were taken, and submissions that ended neither way. */
function noteSubmission(
  { manners }: WorkerContext,
  { number, recipient }: PlannedMessage,
  sent: Submitted,
  copies: number,
): void {
  const { outcome, startedUs, endedUs } = sent;
  if (outcome.kind === 'dropped') return;
  manners.submissions.count += 1;
  // What was never answered may have been taken later than we know: nobody can say which copy overtook which.
  if (copies > 0 && outcome.kind !== 'unknown' && recipient === 'list')
    manners.taken.set(number, [startedUs, endedUs]);
  if (outcome.kind === 'unknown') noteUnsettled(manners, number, 'unanswered');
  if (outcome.kind !== 'rejected') return;
  if (outcome.overQuota) noteUnsettled(manners, number, 'overQuota');
  // A limiter, a greylist and the guard have checks of their own.
  else if (outcome.temporary && outcome.expected !== true && !outcome.limiter && !outcome.greylist)
    noteUnsettled(manners, number, 'deferred');
}

function recipientsOf({ access, plan, everybody }: WorkerContext, message: PlannedMessage): Recipients {
  const { recipient, alsoTo, author } = message;
  const { accounts, list } = access;
  if (recipient !== 'list') return new Recipients([addressOf(accounts, recipient)]);
  // One by one, everybody is addressed once: whoever is answered is among them.
  if (list !== undefined && alsoTo !== undefined) return new Recipients([list, addressOf(accounts, alsoTo)]);
  if (list !== undefined || plan.profile.list?.echo !== false) return everybody;
  return new Recipients(everybody.addresses.toSpliced(author, 1));
}

/** Whom a message to everybody is addressed to: the list, or under generator fan-out every mailbox. */
export function everybodyOf(access: Access, mailboxes: number): Recipients {
  if (access.list !== undefined) return new Recipients([access.list]);
  return new Recipients(
    Array.from({ length: mailboxes }, (_, mailbox) => addressOf(access.accounts, mailbox)),
  );
}

/** Enters every recipient's acceptance; returns the copies taken. */
function enterAcceptance(context: WorkerContext, message: PlannedMessage, submitted: Submitted): number {
  const taken =
    message.recipient === 'list'
      ? enterEverybody(context, message, submitted)
      : enterOne(context, message, message.recipient, submitted.recipients[0]);
  context.recorder.accepted(taken);
  return taken;
}

function enterOne(
  { ledger }: WorkerContext,
  { number, class: kind }: PlannedMessage,
  recipient: number,
  outcome: Outcome | undefined,
): number {
  const acceptance = acceptanceOf(outcome);
  const overQuota = isOverQuota(outcome);
  enterDirect(ledger, { number, recipient, clinical: kind === 'clinical', acceptance, overQuota });
  return acceptance === 'accepted' ? 1 : 0;
}

function enterEverybody(context: WorkerContext, message: PlannedMessage, submitted: Submitted): number {
  return context.access.list === undefined
    ? enterEach(context, message, submitted)
    : enterList(context, message, submitted);
}

/** One reply for the list stands for every member it expands to, but for those to whom another path leads, or none. */
function enterList({ ledger, plan }: WorkerContext, message: PlannedMessage, submitted: Submitted): number {
  const [first, beside] = submitted.recipients;
  const listed = acceptanceOf(first);
  const paths = [message.author, ...(message.alsoTo === undefined ? [] : [message.alsoTo])].map(
    (mailbox): CopyApart => {
      const copies = pathCopies(plan.profile, message, mailbox, true);
      const answers = [listed, acceptanceOf(beside)].slice(0, copies);
      return { mailbox, acceptance: bestOf(answers) };
    },
  );
  const apart = paths.filter(({ acceptance }) => acceptance !== listed);
  enterListMessage(ledger, message.number, listed, apart);
  if (message.alsoTo !== undefined && isOverQuota(beside)) noteListOverQuota(ledger, message.alsoTo);
  const others = listed === 'accepted' ? plan.mailboxes - apart.length : 0;
  return others + apart.filter(({ acceptance }) => acceptance === 'accepted').length;
}

/** Every recipient has an answer of their own. */
function enterEach({ ledger, plan }: WorkerContext, message: PlannedMessage, submitted: Submitted): number {
  let taken = 0;
  let at = 0;
  for (let mailbox = 0; mailbox < plan.mailboxes; mailbox += 1) {
    if (pathCopies(plan.profile, message, mailbox, false) === 0) continue;
    const outcome = submitted.recipients[at];
    at += 1;
    const acceptance = acceptanceOf(outcome);
    enterListCopy(ledger, message.number, mailbox, acceptance);
    if (acceptance === 'accepted') taken += 1;
    if (isOverQuota(outcome)) noteListOverQuota(ledger, mailbox);
  }
  return taken;
}

function isOverQuota(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'rejected' && outcome.overQuota;
}

/** A copy that one path brought is there, whatever became of the other; without a path there is none. */
function bestOf(acceptances: readonly Acceptance[]): Acceptance {
  return (['accepted', 'unknown'] as const).find((one) => acceptances.includes(one)) ?? 'rejected';
}

function acceptanceOf(outcome: Outcome | undefined): Acceptance {
  // What we dropped ourselves was never offered: the target cannot have taken it.
  if (outcome === undefined || outcome.kind === 'rejected' || outcome.kind === 'dropped') return 'rejected';
  return outcome.kind === 'ok' ? 'accepted' : 'unknown';
}
