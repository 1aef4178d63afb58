/** Takes journeys up when they are due, by the clock, never early; drops what comes too late. It speaks to no server. */

import type { Clock } from '../measure/outcome.ts';
import type { Recorder } from '../measure/recorder.ts';
import { JOURNEY_OPERATION, stepsOf, type Journey, type Steps } from '../storm/journey.ts';
import { phaseJourneys, type Plan, type Shard } from '../storm/plan.ts';
import { PHASES, type DropReason, type Phase } from '../words.ts';
import type { CoupledReplies } from '../storm/coupled.ts';
import { startTicker } from './ticker.ts';

/** What a dispatcher does with a journey that is due. */
export type StartJourney = (journey: Journey, intendedUs: number, dueUs: number) => void;

interface OpenPhase {
  readonly phase: Phase;
  readonly zeroUs: number;
  readonly journeys: Iterator<Journey>;
  next: Journey | undefined;
  /** Offsets from here on may not be taken up yet: main has not said whether the phase will last so long. */
  grantedUs: number;
  /** Offsets from here on are withdrawn: not planned, not dropped. */
  untilUs: number;
}

export interface DispatcherSettings {
  readonly plan: Plan;
  readonly shard: Shard;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly lateLimitUs: number;
  /** Looks at the clock without pause, at the price of a core. */
  readonly spin: boolean;
  readonly start: StartJourney;
  /** Told of every journey that fell due, with its intended instant. */
  readonly offered?: (intendedUs: number) => void;
  /** In coupled mode: replies that leave by what was seen. */
  readonly coupled?: CoupledReplies | undefined;
  /** Told of every journey that was dropped before it began. */
  readonly dropped?: (journey: Journey, by: DropReason) => void;
}

/** One worker's dispatcher. Phases are announced ahead of their zero. */
export class Dispatcher {
  readonly #settings: DispatcherSettings;
  readonly #open: OpenPhase[] = [];
  readonly #announced = new Set<Phase>();
  readonly #steps: Steps;
  #stopTicking: (() => void) | undefined;
  #stopped = false;

  constructor(settings: DispatcherSettings) {
    this.#settings = settings;
    this.#steps = stepsOf(settings.plan.doors);
  }

  /** Opens a phase: its journeys are due from `zeroUs` on. */
  announce(phase: Phase, zeroUs: number): void {
    if (this.#stopped || this.#announced.has(phase)) return;
    const journeys = phaseJourneys(this.#settings.plan, phase, this.#settings.shard);
    this.#announced.add(phase);
    this.#open.push({
      phase,
      zeroUs,
      journeys,
      next: nextOf(journeys),
      grantedUs: phase === 'drain' ? 0 : Number.POSITIVE_INFINITY,
      untilUs: Number.POSITIVE_INFINITY,
    });
    this.#stopTicking ??= startTicker(() => this.drain(), this.#settings.spin);
  }

  /** Withdraws what an open phase has planned from `offsetUs` on: a drain that ended early. */
  cut(phase: Phase, offsetUs: number): void {
    for (const open of this.#open) if (open.phase === phase) open.untilUs = offsetUs;
  }

  /** Lets a phase that may end early be taken up to an offset; a cut never lies before what was granted. */
  grant(phase: Phase, offsetUs: number): void {
    for (const open of this.#open) if (open.phase === phase) open.grantedUs = offsetUs;
  }

  /** Takes up everything that is due: on every tick, and whenever an answer came. Cheap when nothing is. */
  drain(): void {
    const { clock, coupled } = this.#settings;
    for (const open of this.#open) {
      for (; open.next !== undefined; open.next = nextOf(open.journeys)) {
        const journey = open.next;
        if (journey.offsetUs >= Math.min(open.grantedUs, open.untilUs)) break;
        const intendedUs = open.zeroUs + journey.offsetUs;
        // The clock is asked for each: what starting the one before it cost is our lag, not the target's wait.
        const dueUs = clock();
        if (intendedUs > dueUs) break;
        this.#takeFromPlan(journey);
        if (coupled?.take(journey) !== true) this.#takeUp(journey, intendedUs, dueUs);
      }
    }
    if (coupled === undefined) return;
    for (let due = coupled.next(clock()); due !== undefined; due = coupled.next(clock()))
      this.#takeUp(due.journey, due.intendedUs, clock());
    for (const journey of coupled.starved(clock())) this.#drop(journey, 'starved');
  }

  /** Starts a journey at or after its intended instant, unless that is too long ago. */
  #takeUp(journey: Journey, intendedUs: number, dueUs: number): void {
    const { lateLimitUs, start, offered } = this.#settings;
    offered?.(intendedUs);
    if (dueUs - intendedUs > lateLimitUs) this.#drop(journey, 'late');
    else start(journey, intendedUs, dueUs);
  }

  /** A journey taken from the plan: it and its fixed steps count as planned from now on. */
  #takeFromPlan(journey: Journey): void {
    const { recorder } = this.#settings;
    recorder.planned(JOURNEY_OPERATION[journey.kind], journey.phase, false);
    for (const operation of this.#steps[journey.kind]) recorder.planned(operation, journey.phase, false);
  }

  /** Ends a journey that never began. It was counted as planned when it was taken from the plan. */
  #drop(journey: Journey, by: DropReason): void {
    const { recorder, dropped } = this.#settings;
    recorder.dropped(JOURNEY_OPERATION[journey.kind], journey.phase, false, by);
    for (const operation of this.#steps[journey.kind]) recorder.dropped(operation, journey.phase, false, by);
    dropped?.(journey, by);
  }

  /** Ends dispatching: what is left of open phases and of phases never opened is planned and dropped as stopped. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#stopTicking?.();
    const { plan, shard, coupled } = this.#settings;
    for (const journey of coupled?.rest() ?? []) this.#drop(journey, 'stopped');
    for (const open of this.#open) {
      for (; open.next !== undefined; open.next = nextOf(open.journeys)) {
        if (open.next.offsetUs >= open.untilUs) break;
        this.#takeFromPlan(open.next);
        this.#drop(open.next, 'stopped');
      }
      open.next = undefined;
    }
    for (const phase of PHASES) {
      if (this.#announced.has(phase)) continue;
      for (const journey of phaseJourneys(plan, phase, shard)) {
        this.#takeFromPlan(journey);
        this.#drop(journey, 'stopped');
      }
    }
  }
}

function nextOf(journeys: Iterator<Journey>): Journey | undefined {
  const { done, value } = journeys.next();
  return done === true ? undefined : value;
}
