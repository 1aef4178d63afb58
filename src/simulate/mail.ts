/** What people send in virtual time: messages to all, ordinary mail, canaries from submission to being read. */

import type { Outcome } from '../measure/outcome.ts';
import type { Sighting } from '../measure/canaries.ts';
import type { PlannedMessage } from '../storm/journey.ts';
import type { Phase } from '../words.ts';
import type { Answers } from './answers.ts';
import type { SubmissionLines } from './connections.ts';
import type { Process } from './events.ts';
import type { Conversation } from './conversation.ts';
import type { Gate, Refusal } from './gate.ts';
import type { Delivered } from './mail-system.ts';
import { enterMailbox, leaveMailbox } from './people.ts';
import { FAILED, type Visit, type World } from './visit.ts';
import type { Watcher } from './watcher.ts';

/** How one message to everybody fared. */
export interface StormCounts {
  accepted: number;
  /** By reason: refused at submission. */
  readonly refused: Record<Refusal | 'full', number>;
  /** Never written: the message they answer was refused or never written itself. */
  pruned: number;
}

/** How long a canary took from its intended instant to its mailbox, whether somebody still waited or not. */
export interface CanaryDelay {
  readonly phase: Phase;
  readonly delayUs: number;
}

/** What sending needs beside the world. */
export interface Post extends World {
  readonly gate: Gate;
  readonly answers: Answers;
  /** Storm time after the blast of an instant. */
  readonly stormUsOf: (nowUs: number) => number;
  readonly giveUpUs: number;
  readonly lines: SubmissionLines;
  readonly watchers: ReadonlyMap<number, Watcher>;
  /** Messages to everybody that are being submitted. */
  repliesUnderWay: number;
  /** Numbers of messages to everybody that are not there to be answered. */
  readonly missing: Set<number>;
  readonly counts: StormCounts;
  readonly conversation: Conversation;
  readonly sightings: Sighting[];
  readonly delays: CanaryDelay[];
  copiesAccepted: number;
}

/** After the final dot a client waits ten minutes (RFC 5321 §4.5.3.2.6); what comes later may have been taken. */
const AFTER_DOT_US = 600_000_000;

const TAKEN: Outcome = { kind: 'ok', evidence: 'simulated 250' };

const REFUSALS: Readonly<Record<Refusal | 'full', Outcome>> = {
  recipientCap: refusal(550, '5.5.3', 'too many recipients for one message', false),
  threadGuard: refusal(550, '5.7.1', 'the thread is blocked', false),
  listDeleted: refusal(550, '5.1.1', 'the list is gone', false),
  full: refusal(452, '4.3.1', 'the queue is full', true),
};

function refusal(code: number, enhanced: string, words: string, temporary: boolean): Outcome {
  const tags = { temporary, limiter: false, greylist: false, overQuota: false };
  return { kind: 'rejected', code, enhanced, ...tags, text: `simulated: ${words}` };
}

/** Sends one message: the blast, a reply to all, ordinary mail. */
export function* sendMessage(post: Post, visit: Visit, message: PlannedMessage): Process {
  const toAll = message.recipient === 'list';
  if (toAll && post.missing.has(message.parent)) {
    post.missing.add(message.number);
    post.counts.pruned += 1;
    post.conversation.pruned(visit.journey);
    visit.fail({ kind: 'dropped', by: 'pruned' });
  } else {
    if (toAll) post.repliesUnderWay += 1;
    const taken = yield* submit(post, visit, message);
    if (toAll) post.repliesUnderWay -= 1;
    if (toAll && !taken) post.missing.add(message.number);
    if (toAll) post.conversation.submitted(visit.journey, visit.intendedUs, taken);
  }
  visit.end();
}

/** A clinical message: submitted, delivered, seen by its watcher, opened at a fresh sign-in. */
export function* sendCanary(post: Post, visit: Visit, message: PlannedMessage): Process {
  const { number } = message;
  const { phase } = visit.journey;
  let seen = false;
  let givenUp = false;
  const watcher = post.watchers.get(visit.journey.actor);
  if (watcher === undefined) throw new Error('a canary without a watcher');
  const taken = yield* submit(post, visit, message, (atUs) => {
    post.delays.push({ phase, delayUs: atUs - visit.intendedUs });
    return watcher.arrived(atUs, () => {
      if (givenUp) return;
      seen = true;
      const visibleUs = Math.round(post.events.nowUs - visit.intendedUs);
      post.sightings.push({ number, phase, acceptance: 'accepted', visibleUs, watchedUs: visibleUs });
      post.recorder.visible(phase, visibleUs);
      post.events.wake(fetchCanary(post, visit), post.events.nowUs);
    });
  });
  if (!taken) {
    const watchedUs = post.events.nowUs - visit.intendedUs;
    post.sightings.push({ number, phase, acceptance: 'rejected', visibleUs: undefined, watchedUs });
    visit.end();
    return;
  }
  yield visit.intendedUs + post.giveUpUs;
  if (seen) return;
  givenUp = true;
  post.sightings.push({
    number,
    phase,
    acceptance: 'accepted',
    visibleUs: undefined,
    watchedUs: post.giveUpUs,
  });
  visit.fail({ kind: 'dropped', by: 'abandoned' });
  visit.end();
}

function* fetchCanary(post: Post, visit: Visit): Process {
  visit.waited();
  if (yield* enterMailbox(post, visit)) {
    if ((yield* visit.command('search', post.system.messagesIn(visit.journey.actor))) !== FAILED)
      yield* visit.command('body', 1);
    leaveMailbox(post, visit);
  }
  visit.end();
}

/** Submits as the author, over a warm connection if there is one; true where the system took it. */
function* submit(
  post: Post,
  visit: Visit,
  message: PlannedMessage,
  delivered?: Delivered,
): Generator<number, boolean, void> {
  const { events, system, counts } = post;
  if (!(yield* post.lines.take(message.author))) {
    yield system.work(events.nowUs, -1, 'connect', 0);
    yield system.work(events.nowUs, -1, 'signin', 0);
  }
  const dotUs = events.nowUs;
  yield system.work(events.nowUs, -1, 'submit', 1);
  post.lines.release(message.author);
  const toAll = message.recipient === 'list';
  const judged = toAll ? post.gate.judge(post.stormUsOf(events.nowUs), message.number > 0) : undefined;
  const refused = judged ?? (system.isFull ? 'full' : undefined);
  if (refused !== undefined) {
    if (toAll) counts.refused[refused] += 1;
    visit.step('smtp.submit', REFUSALS[refused]);
    return false;
  }
  if (toAll) counts.accepted += 1;
  const copies = post.answers.accept(message, delivered);
  post.recorder.accepted(copies);
  post.copiesAccepted += copies;
  const late = events.nowUs - dotUs > AFTER_DOT_US;
  visit.step(
    'smtp.submit',
    late ? { kind: 'unknown', because: 'simulated: no answer after the final dot' } : TAKEN,
  );
  return true;
}

/** A reader's client sends a receipt: induced, and nobody waits for it. */
export function* sendReceipt(post: Post, reader: number, author: number, phase: Phase): Process {
  const { events, system, recorder, answers } = post;
  recorder.planned('smtp.submit', phase, true);
  const askedUs = Math.round(events.nowUs);
  if (!(yield* post.lines.take(reader))) {
    yield system.work(events.nowUs, -1, 'connect', 0);
    yield system.work(events.nowUs, -1, 'signin', 0);
  }
  yield system.work(events.nowUs, -1, 'submit', 1);
  post.lines.release(reader);
  const outcome = system.isFull ? REFUSALS.full : TAKEN;
  if (!system.isFull) answers.receipt(author);
  const times = { intendedUs: askedUs, dueUs: askedUs, startedUs: askedUs };
  const endedUs = Math.max(askedUs, Math.round(events.nowUs));
  recorder.sample({ operation: 'smtp.submit', phase, outcome, ...times, endedUs, induced: true });
}
