/** The one place where the state of a run becomes moments, once a second and at each change of phase, for whoever watches. It must not draw, serve or judge. */

import type { HealthPoint } from '../measure/health.ts';
import type { RunState } from '../replay/conduct.ts';
import { copiesOf, listMessage, stormOffsetUs, type Plan } from '../storm/plan.ts';
import { momentOf, type FitnessSoFar, type Moment, type RunIdentity } from '../telemetry/moment.ts';
import { checkFitness } from '../verdict/fitness.ts';

/**
 * Hears of each moment, and of the state that it was made from; called on the main thread, so it must be quick and must not
 * throw. The state's tally is the run's own: it goes on counting after the call, and must only be read.
 */
export type LiveListener = (identity: RunIdentity, moment: Moment, state: RunState) => void;

/** A moment costs milliseconds of the thread that also hears the workers, and their notebooks come no faster. */
const MOMENT_EVERY_US = 1_000_000;

/** Turns what main knows into moments and hands each to every listener. One lives as long as its run. */
export class LiveHub {
  readonly #listeners = new Set<LiveListener>();
  #identity: RunIdentity | undefined;
  #nextUs = Number.NEGATIVE_INFINITY;
  #phase: RunState['phase'] | undefined;
  #before: Moment | undefined;

  /** Adds a listener; the answer takes it away again. */
  add(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Which run it is. What is looked at before is shown to nobody. */
  begin(identity: RunIdentity): void {
    this.#identity = identity;
  }

  /** Takes the state of a run; all looks but one a second, and those at which a phase begins, cost nothing. */
  look(state: RunState): void {
    const identity = this.#identity;
    if (identity === undefined || this.#listeners.size === 0) return;
    // A phase may be over within a second: whoever waits for its beginning must hear of it then.
    if (state.atUs < this.#nextUs && state.phase === this.#phase) return;
    this.#phase = state.phase;
    this.#nextUs = state.atUs + MOMENT_EVERY_US;
    const { phase, atUs, phases, tally, progress, owed, held, conditions } = state;
    const now = {
      phase,
      atUs,
      phases,
      tally,
      health: newestOf(state.health),
      canariesWaiting: progress.canariesWaiting,
      copiesAccepted: progress.copiesAccepted,
      owed,
      held,
      conditions,
      fitness: fitnessSoFar(state),
    };
    const moment = momentOf(identity, now, this.#before);
    this.#before = moment;
    for (const listener of this.#listeners) listener(identity, moment, state);
  }
}

/** Where the storm goes, for people. */
export interface ShownTarget {
  readonly kind: 'embedded' | 'named';
  readonly submit: string;
  readonly mailbox: string;
}

/** What of a run never changes, from its plan. */
export function identityOf(runId: string, plan: Plan, digest: string, shown: ShownTarget): RunIdentity {
  const { profile, mailboxes, speed, seed, doors, lengthsUs, cascade } = plan;
  return {
    runId,
    title: profile.title,
    profile: profile.profile,
    mailboxes,
    speed,
    seed,
    digest,
    target: `${shown.kind}, ${shown.submit}, ${shown.mailbox}`,
    doors,
    lengthsUs,
    // Recalls have numbers beyond the replies' and leave among them.
    stormUs: cascade.map(({ number }) => stormOffsetUs(plan, number)).sort((a, b) => a - b),
    stormCopies: cascade.reduce((sum, { number }) => sum + copiesOf(plan, listMessage(plan, number)), 0),
  };
}

/** The newest interval that load threads told of: a later one holds no more than the CPU, or what is due. */
function newestOf(health: RunState['health']): HealthPoint | undefined {
  const points = health.points();
  return points.findLast(({ delayP99Us }) => delayP99Us !== null) ?? points.at(-1);
}

/** The verdict's own checks of the generator, on what is known so far. All shards count as heard while none is lost. */
function fitnessSoFar({ plan, tally, health }: RunState): FitnessSoFar {
  const findings = checkFitness(plan.profile, tally, health.worst(), { heard: 1, expected: 1 });
  const failed = findings.filter(({ status }) => status === 'fail');
  const because = failed.map(({ because: why }) => why);
  if (failed.length > 0) return { status: 'unfit', because };
  // A lag is judged once journeys were taken up; until then nothing has been proved.
  return { status: findings.some(({ status }) => status === 'no-data') ? 'unknown' : 'fit', because };
}
