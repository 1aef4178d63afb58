/** Reasons to end a run before its plan does: operator, stop condition, threshold, wall-time cap, lost shard. First one counts. */

import type { Clock } from '../measure/outcome.ts';
import type { TallyDelta } from '../measure/recorder.ts';
import type { Profile } from '../profile/schema.ts';
import { BACKGROUND_OPERATIONS } from '../words.ts';

export interface StopReason {
  readonly kind: 'operator' | 'condition' | 'shardLost';
  readonly words: string;
}

/** One stop condition and how near it is. */
export interface StandingCondition {
  /** Share of attempts refused or unknown at which the run ends. */
  readonly limit: number;
  readonly overUs: number;
  /** Of the attempts within that time; null where there are too few to tell. */
  readonly share: number | null;
}

/** Attempts a window must hold before a share of errors means anything. */
const LEAST_ATTEMPTS = 20;

/** A threshold is looked at this often: notebooks come no faster. */
const ASK_US = 1_000_000;

interface Tick {
  readonly atUs: number;
  readonly attempts: number;
  readonly errors: number;
}

/** Watches one run. The clock reads 0 where the run began, preflight and pilot included. */
export class StopWatch {
  readonly #profile: Profile;
  readonly #clock: Clock;
  readonly #operator: AbortSignal;
  #ticks: Tick[] = [];
  #reason: StopReason | undefined;
  #over = false;
  #askAtUs = Number.NEGATIVE_INFINITY;

  constructor(profile: Profile, clock: Clock, operator: AbortSignal) {
    this.#profile = profile;
    this.#clock = clock;
    this.#operator = operator;
  }

  /** Why the run must end now; undefined while it may go on. */
  get reason(): StopReason | undefined {
    if (this.#operator.aborted) this.stop({ kind: 'operator', words: 'stopped by the operator' });
    const wallUs = this.#profile.caps?.wall;
    if (wallUs !== undefined && !this.#over && this.#clock() > wallUs) {
      this.stop({ kind: 'condition', words: `caps.wall reached: ${wallUs / 1e6} s` });
    }
    return this.#reason;
  }

  /** The plan has been carried out: the wall cap has nothing left to end. */
  finish(): void {
    this.#over = true;
  }

  stop(reason: StopReason): void {
    this.#reason ??= reason;
  }

  /** Asks, at most once a second while the run may go on, whether a threshold has failed for certain, in words. */
  ask(failed: () => string | undefined): void {
    const nowUs = this.#clock();
    if (this.#over || this.reason !== undefined || nowUs < this.#askAtUs) return;
    this.#askAtUs = nowUs + ASK_US;
    const words = failed();
    if (words !== undefined) this.stop({ kind: 'condition', words: `threshold failed: ${words}` });
  }

  /** Takes one worker's second into account. */
  note(delta: TallyDelta): void {
    let attempts = 0;
    let errors = 0;
    for (const { operation, intents, induced } of delta.operations) {
      // A journey repeats what its steps already told.
      if (operation.startsWith('journey.') || BACKGROUND_OPERATIONS.includes(operation)) continue;
      for (const counts of [intents, induced]) {
        attempts += counts.ok + counts.rejected + counts.unknown;
        errors += counts.rejected - counts.expected + counts.unknown;
      }
    }
    const nowUs = this.#clock();
    this.#ticks.push({ atUs: nowUs, attempts, errors });
    const longestUs = Math.max(0, ...this.#profile.stopConditions.map((condition) => condition.over));
    this.#ticks = this.#ticks.filter((tick) => nowUs - tick.atUs <= longestUs);
    for (const { errors: limit, over } of this.#profile.stopConditions) this.#judge(limit, over, nowUs);
  }

  /** How near each stop condition of the profile is now. */
  standing(): readonly StandingCondition[] {
    const nowUs = this.#clock();
    return this.#profile.stopConditions.map(({ errors: limit, over: overUs }) => {
      const { attempts, errors } = this.#within(overUs, nowUs);
      return { limit, overUs, share: attempts < LEAST_ATTEMPTS ? null : errors / attempts };
    });
  }

  #within(overUs: number, nowUs: number): { readonly attempts: number; readonly errors: number } {
    const window = this.#ticks.filter((tick) => nowUs - tick.atUs <= overUs);
    const attempts = window.reduce((sum, tick) => sum + tick.attempts, 0);
    const errors = window.reduce((sum, tick) => sum + tick.errors, 0);
    return { attempts, errors };
  }

  #judge(limit: number, overUs: number, nowUs: number): void {
    const { attempts, errors } = this.#within(overUs, nowUs);
    if (attempts < LEAST_ATTEMPTS || errors / attempts <= limit) return;
    const share = `${errors} of ${attempts} attempts refused or unknown`;
    this.stop({ kind: 'condition', words: `stop condition reached: ${share} within ${overUs / 1e6} s` });
  }
}
