/** Plan x capacity -> what a mail system with those limits would have done, in virtual time. It asks no system and no clock. */

import type { CascadeFigures } from '../measure/cascade.ts';
import { canaryFigures, type CanaryFigures, type Sighting } from '../measure/canaries.ts';
import { Recorder } from '../measure/recorder.ts';
import type { OwedReading } from '../measure/stalls.ts';
import { MAX_INTERVALS, Tally } from '../measure/tally.ts';
import { deadMembers } from '../storm/amplifiers.ts';
import type { Journey } from '../storm/journey.ts';
import { phaseJourneys, type Plan } from '../storm/plan.ts';
import { PHASES, type Phase } from '../words.ts';
import { Answers, type AnswerCounts } from './answers.ts';
import { Conversation } from './conversation.ts';
import { SessionPlaces, SubmissionLines } from './connections.ts';
import { EventQueue, type Process } from './events.ts';
import { Gate } from './gate.ts';
import { MailSystem, type SystemConfig } from './mail-system.ts';
import {
  sendCanary,
  sendMessage,
  sendReceipt,
  type CanaryDelay,
  type Post,
  type StormCounts,
} from './mail.ts';
import { deleteJunk, readMailbox } from './people.ts';
import { Visit } from './visit.ts';
import { Watcher } from './watcher.ts';

/** What was simulated. Instants are microseconds after the plan's zero. */
export interface Simulated {
  readonly tally: Tally;
  readonly canaries: CanaryFigures;
  /** What became of the replies. */
  readonly cascade: CascadeFigures;
  /** Delays of all canaries that were delivered, whoever still waited, in order of delivery. */
  readonly delays: readonly CanaryDelay[];
  readonly spans: readonly { readonly name: Phase; readonly startUs: number; readonly endUs: number }[];
  /** How long the drain's phase lasted. */
  readonly drainLengthUs: number;
  /** After the storm's end until nothing was owed. */
  readonly drainedUs: number;
  /** What the mail system owed, from the plan's zero. */
  readonly readings: readonly OwedReading[];
  readonly peakOwed: number;
  readonly owedAtStormEnd: number;
  readonly copiesAccepted: number;
  /** Messages to everybody, the blast included. */
  readonly storm: StormCounts;
  /** What nobody wrote, and recalls. */
  readonly answers: AnswerCounts;
  /** Storm time after the blast at which the thread guard began to refuse. */
  readonly guardFromUs: number | undefined;
  /** Clicks of people who delete one by one or by the page that were simulated as one piece of work; 1: each. */
  readonly clicksInARow: number;
  /** Messages and sessions that waited because all connections of the run were taken. */
  readonly waitedForConnection: number;
}

const SECOND_US = 1_000_000;

/** Pieces of work that all deleters together may ask for: more are taken in rows. Work itself is never left out. */
const MOST_DELETES = 1_000_000;

/** Readings of the tail, after the last journey: enough for a picture. */
const TAIL_READINGS = 200;

/** Runs the whole plan. The result depends on its arguments alone. */
export function simulate(plan: Plan, config: SystemConfig): Simulated {
  const house = new House(plan, config);
  for (const phase of PHASES) house.live(phase);
  house.settle();
  return house.result();
}

class House {
  readonly #plan: Plan;
  readonly #events = new EventQueue();
  readonly #system: MailSystem;
  readonly #recorder = new Recorder();
  readonly #tally = new Tally();
  readonly #gate: Gate;
  readonly #conversation: Conversation;
  readonly #post: Post;
  readonly #sightings: Sighting[] = [];
  readonly #delays: CanaryDelay[] = [];
  readonly #spans: { name: Phase; startUs: number; endUs: number }[] = [];
  readonly #readings: OwedReading[] = [];
  readonly #row: number;
  /** The tally's own grain at the end: finer would only be merged again. */
  readonly #lookUs: number;
  #nextLookUs: number;
  #phase: Phase = 'baseline';
  #stormZeroUs = 0;
  #stormEndUs: number | undefined;
  #drainedAtUs: number | undefined;
  #owedAtStormEnd = 0;
  #peakOwed = 0;

  constructor(plan: Plan, config: SystemConfig) {
    this.#plan = plan;
    const { profile, mailboxes } = plan;
    const withoutAuthor = profile.list?.echo === false;
    const list = { dead: deadMembers(profile, mailboxes), withoutAuthor };
    this.#system = new MailSystem(config, mailboxes, list);
    this.#gate = new Gate(plan.profile);
    this.#row = clicksInARow(plan);
    this.#lookUs = lookUs(plan);
    this.#nextLookUs = this.#lookUs;
    this.#conversation = new Conversation({
      plan,
      events: this.#events,
      system: this.#system,
      begin: ({ journey, intendedUs }) =>
        this.#events.wake(this.#begin(journey, intendedUs), Math.max(intendedUs, this.#events.nowUs)),
    });
    const { caps } = config;
    const places = new SessionPlaces(this.#events, caps.mailbox, caps.perPerson);
    const watchers = this.#watch(plan.watchers, places);
    this.#post = {
      events: this.#events,
      places,
      lines: new SubmissionLines(this.#events, caps.submission, plan.profile.limits.smtpConnections),
      watchers,
      repliesUnderWay: 0,
      system: this.#system,
      recorder: this.#recorder,
      patienceUs: plan.profile.readers.patience,
      gate: this.#gate,
      answers: new Answers(plan, this.#system, this.#events),
      opened: (reader, phase) => {
        const author = this.#post.answers.receiptTo(reader);
        if (author !== undefined)
          this.#events.wake(sendReceipt(this.#post, reader, author, phase), this.#events.nowUs);
      },
      stormUsOf: (nowUs) => (nowUs - this.#stormZeroUs) * plan.speed,
      giveUpUs: plan.profile.canaries.giveUpAfter,
      missing: new Set(),
      counts: {
        accepted: 0,
        refused: { recipientCap: 0, threadGuard: 0, listDeleted: 0, full: 0 },
        pruned: 0,
      },
      conversation: this.#conversation,
      sightings: this.#sightings,
      delays: this.#delays,
      copiesAccepted: 0,
    };
  }

  /** Whoever waits for canaries has a session open from before the baseline. */
  #watch(mailboxes: readonly number[], places: SessionPlaces): ReadonlyMap<number, Watcher> {
    const world = {
      events: this.#events,
      system: this.#system,
      recorder: this.#recorder,
      phase: () => this.#phase,
    };
    return new Map(
      mailboxes.map((mailbox) => {
        const watcher = new Watcher(world, mailbox);
        this.#system.observe(mailbox, watcher);
        places.hold(mailbox);
        this.#events.wake(watcher.run(), 0);
        return [mailbox, watcher];
      }),
    );
  }

  /** Lives through one phase; what is under way at its end goes on in the next. */
  live(phase: Phase): void {
    const zeroUs = this.#spans.at(-1)?.endUs ?? 0;
    this.#phase = phase;
    const endUs = zeroUs + this.#plan.lengthsUs[phase];
    if (phase === 'storm') {
      this.#stormZeroUs = zeroUs;
      this.#conversation.endsAt(endUs);
    }
    for (const journey of phaseJourneys(this.#plan, phase)) {
      const intendedUs = zeroUs + journey.offsetUs;
      if (this.#liveUntil(intendedUs, phase) < intendedUs) break;
      if (this.#conversation.keeps(journey)) continue;
      this.#events.wake(this.#begin(journey, intendedUs), intendedUs);
    }
    this.#liveUntil(endUs, phase);
    const spanEndUs = Math.min(endUs, this.#overUs(phase) ?? endUs);
    this.#spans.push({ name: phase, startUs: zeroUs, endUs: spanEndUs });
    if (phase !== 'storm') return;
    this.#stormEndUs = spanEndUs;
    this.#owedAtStormEnd = this.#system.owed;
    this.#noticeDrained();
  }

  /** The replies that waited for what they answer until the storm was over. */
  #writeOff(): void {
    for (const { journey, by } of this.#conversation.left()) {
      if (by === 'pruned') this.#post.counts.pruned += 1;
      const visit = new Visit(this.#post, journey, this.#stormZeroUs + journey.offsetUs);
      visit.fail({ kind: 'dropped', by });
      visit.end();
    }
  }

  /** Ends what is under way, and delivers what is owed then, however long it takes. */
  settle(): void {
    while (Number.isFinite(this.#events.nextUs)) this.#goTo(this.#events.nextUs);
    // Not before: what was still being submitted at the storm's end may have been refused.
    this.#writeOff();
    this.#look(this.#events.nowUs);
    this.#nextLookUs = Number.POSITIVE_INFINITY;
    let strideUs = SECOND_US;
    for (let step = 0; this.#system.owed > 0; step += 1) {
      const before = this.#system.owed;
      this.#goTo(this.#events.nowUs + strideUs);
      this.#readings.push({ atUs: this.#events.nowUs, owed: this.#system.owed });
      const done = before - this.#system.owed;
      // Longer strides until one tells the rate; from then on the rest is read evenly.
      if (done === 0) strideUs *= 2;
      else if (step % TAIL_READINGS === 0)
        strideUs = Math.max(SECOND_US, ((this.#system.owed / done) * strideUs) / TAIL_READINGS);
    }
  }

  result(): Simulated {
    const drain = this.#spans.find(({ name }) => name === 'drain');
    const stormEndUs = this.#stormEndUs ?? 0;
    const drainedAtUs = this.#drainedAtUs ?? this.#system.emptySinceUs ?? stormEndUs;
    const deadlineUs = this.#plan.profile.canaries.deadline;
    return {
      tally: this.#tally,
      canaries: canaryFigures(this.#sightings, undefined, deadlineUs, this.#tally),
      cascade: this.#conversation.figures(),
      delays: this.#delays,
      spans: this.#spans,
      drainLengthUs: drain === undefined ? 0 : drain.endUs - drain.startUs,
      drainedUs: Math.max(0, drainedAtUs - stormEndUs),
      readings: this.#readings,
      peakOwed: this.#peakOwed,
      owedAtStormEnd: this.#owedAtStormEnd,
      copiesAccepted: this.#post.copiesAccepted,
      storm: this.#post.counts,
      answers: this.#post.answers.counts,
      guardFromUs: this.#gate.blockedFromUs,
      clicksInARow: this.#row,
      waitedForConnection: this.#post.lines.waited + this.#post.places.waited,
    };
  }

  /** Goes on to an instant, or to the end of a drain that is over before it; returns where it stands. */
  #liveUntil(untilUs: number, phase: Phase): number {
    for (;;) {
      const nowUs = this.#events.nowUs;
      const endUs = Math.min(untilUs, this.#overUs(phase) ?? untilUs);
      if (nowUs >= endUs) return endUs;
      this.#goTo(phase === 'drain' ? Math.min(endUs, nowUs + SECOND_US) : endUs);
    }
  }

  /** When a drain is over, as a probe that reads 0 twice, a second apart, would tell; undefined while it cannot be known. */
  #overUs(phase: Phase): number | undefined {
    if (phase !== 'drain' || this.#plan.profile.deletesStart !== 'afterDrain') return undefined;
    return this.#drainedAtUs === undefined ? undefined : this.#drainedAtUs + SECOND_US;
  }

  #begin(journey: Journey, intendedUs: number): Process {
    const post = this.#post;
    const visit = new Visit(post, journey, intendedUs);
    const { message, strategy } = journey;
    if (journey.kind === 'canary' && message !== undefined) return sendCanary(post, visit, message);
    if (message !== undefined) return sendMessage(post, visit, message);
    if (strategy !== undefined) return deleteJunk(post, visit, strategy, this.#row);
    return readMailbox(post, visit);
  }

  /** Goes on to an instant: deliveries and processes in the order in which they fall due. */
  #goTo(untilUs: number): void {
    for (;;) {
      const nextUs = Math.min(untilUs, this.#events.nextUs, this.#nextLookUs);
      this.#peakOwed = Math.max(this.#peakOwed, this.#system.owed);
      this.#system.deliverUntil(nextUs);
      this.#noticeDrained();
      // A delivery may have woken somebody before that instant.
      if (this.#events.nextUs < nextUs) {
        this.#events.runNext();
        continue;
      }
      if (this.#nextLookUs <= nextUs) {
        this.#events.moveTo(nextUs);
        this.#look(nextUs);
        this.#nextLookUs += this.#lookUs;
      } else if (this.#events.nextUs <= untilUs) this.#events.runNext();
      else {
        this.#events.moveTo(untilUs);
        return;
      }
    }
  }

  #noticeDrained(): void {
    const { emptySinceUs } = this.#system;
    if (this.#stormEndUs === undefined || this.#drainedAtUs !== undefined || emptySinceUs === undefined)
      return;
    // A reply that still waits to be taken will be owed too.
    if (this.#post.repliesUnderWay > 0) return;
    this.#drainedAtUs = Math.max(this.#stormEndUs, emptySinceUs);
  }

  /** The interval's notebook, and what is owed at its end. */
  #look(nowUs: number): void {
    this.#tally.add(this.#recorder.drain(), nowUs - 1);
    this.#readings.push({ atUs: nowUs, owed: this.#system.owed });
  }
}

/** How many clicks become one piece of work, so that all together stay within their number. */
function clicksInARow(plan: Plan): number {
  let clicks = 0;
  for (const { strategy } of plan.deleters) {
    if (strategy?.selection === 'one') clicks += plan.cascade.length;
    else if (strategy?.selection === 'page') clicks += Math.ceil(plan.cascade.length / strategy.pageSize);
    else clicks += 1;
  }
  return Math.max(1, Math.ceil(clicks / MOST_DELETES));
}

/** Seconds in doublings, as the tally's intervals grow, until the whole plan fits into its most. */
function lookUs(plan: Plan): number {
  const lengthUs = PHASES.reduce((sum, phase) => sum + plan.lengthsUs[phase], 0);
  let us = SECOND_US;
  while (lengthUs / us > MAX_INTERVALS) us *= 2;
  return us;
}
