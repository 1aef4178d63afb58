/** Conducts a run through its phases: announces them, watches for reasons to stop, waits for quiet. It judges nothing. */

import { cascadeFigures, prunedMessages, pruning, type CascadeFigures } from '../measure/cascade.ts';
import { Health } from '../measure/health.ts';
import type { Clock } from '../measure/outcome.ts';
import type { LedgerShape } from '../measure/ledger-share.ts';
import { Tally } from '../measure/tally.ts';
import { authorCount } from '../storm/awaited.ts';
import { planDigest, type Plan } from '../storm/plan.ts';
import { JOURNEYS, PHASES, SUBMIT_OPERATIONS, type Phase } from '../words.ts';
import { watchCpu } from './health.ts';
import type { WorkerProgress, WorkerStart } from './messages.ts';
import { Pool, type PoolReport } from './pool.ts';
import type { Quiescence } from './quiescence.ts';
import { StopWatch, type StandingCondition, type StopReason } from './stop-watch.ts';
import type { TokenSource } from './tokens.ts';

/** Workers hear of a phase this long before its zero. */
const AHEAD_US = 300_000;

/** A worker's standing is at most this old: the last reply of the storm is known of by then. */
const PROGRESS_LAG_US = 500_000;

/** Workers post their notebooks this often. */
const NOTEBOOK_US = 1_000_000;

/** Main looks around this often. */
const LOOK_MS = 100;

/** After the first Ctrl-C what is under way may end, this long. */
const STOP_GRACE_MS = 10_000;

/** After the second Ctrl-C workers are heard for so long: what they know already, not what may still come. */
const LEAVE_MS = 1_000;

/** A worker's report, once nothing is under way, takes at most this long to arrive. */
const REPORT_MS = 30_000;

/** One declared or actual event, in microseconds from the baseline's zero. */
export interface RunEvent {
  readonly atUs: number;
  readonly event: string;
  readonly detail?: string;
}

export interface PhaseSpan {
  readonly name: Phase;
  readonly startUs: number;
  readonly endUs: number;
}

export interface ConductSettings {
  readonly plan: Plan;
  readonly digest: string;
  readonly clock: Clock;
  readonly workers: number;
  /** Workers look at the clock without pause. */
  readonly spin: boolean;
  readonly start: (shard: { index: number; count: number }) => Omit<WorkerStart, 'matrices'>;
  /** Which copies the ledger follows. */
  readonly shape: LedgerShape;
  readonly quiescence: Quiescence;
  /** Aborted by the first Ctrl-C. */
  readonly stop: AbortSignal;
  /** Aborted by the second. */
  readonly leave: AbortSignal;
  readonly event: (event: RunEvent) => void;
  /** Called about ten times a second with the state of things. */
  readonly look: (state: RunState) => void;
  /** Where workers' tokens come from, if accounts sign in by them. */
  readonly tokens?: TokenSource | undefined;
  /** Called each second; words say which threshold has failed for certain and ends the run. */
  readonly failed?: (soFar: JudgedSoFar) => string | undefined;
}

/** What a threshold may be judged on while the run goes on. */
export interface JudgedSoFar {
  /** Without the warm-up. */
  readonly tally: Tally;
  /** The phases begun; the last ends now. */
  readonly phases: readonly PhaseSpan[];
  readonly atUs: number;
}

export interface RunState {
  readonly plan: Plan;
  readonly phase: Phase | 'end';
  readonly atUs: number;
  readonly tally: Tally;
  readonly afterWarmUp?: Tally;
  readonly progress: WorkerProgress;
  readonly owed: number | undefined;
  readonly held: boolean;
  /** The phases begun; the last ends now. */
  readonly phases: readonly PhaseSpan[];
  readonly health: Health;
  /** How near the stop conditions are. */
  readonly conditions: readonly StandingCondition[];
}

export interface Conducted {
  readonly tally: Tally;
  /** The same without the warm-up; the tally itself where there is none. */
  readonly afterWarmUp: Tally;
  readonly health: Health;
  readonly report: PoolReport;
  /** What became of the replies; undefined where not all workers told. */
  readonly cascade: CascadeFigures | undefined;
  readonly spans: readonly PhaseSpan[];
  /** The baseline's zero on the run's clock. */
  readonly zeroUs: number;
  /** Offset at which the drain was cut, or its whole length. */
  readonly drainLengthUs: number;
  readonly quiescent: boolean;
  /** How long the target took to owe nothing after the storm; null if it did not while we looked. */
  readonly drainedUs: number | null;
  readonly stopped: StopReason | undefined;
  readonly owedAtEnd: number | undefined;
}

/** Runs the plan. Rejects only on a bug of ours; everything else is in the answer. */
export async function conduct(settings: ConductSettings): Promise<Conducted> {
  return new Conductor(settings).run();
}

class Conductor {
  readonly #settings: ConductSettings;
  readonly #tally = new Tally();
  readonly #afterWarmUp: Tally;
  readonly #health: Health;
  readonly #pool: Pool;
  readonly #watch: StopWatch;
  readonly #zeros = new Map<Phase, number>();
  #zeroUs = 0;
  #drainLengthUs: number;
  #drainedUs: number | null = null;
  #held = false;
  #endUs = Number.POSITIVE_INFINITY;
  #grantedUs = 0;
  #stopCpu: () => void = () => undefined;

  constructor(settings: ConductSettings) {
    const { plan } = settings;
    const warmUpUs = plan.profile.warmUp ?? 0;
    this.#settings = settings;
    this.#health = new Health(JOURNEYS, settings.spin);
    this.#afterWarmUp = warmUpUs > 0 ? new Tally() : this.#tally;
    this.#drainLengthUs = plan.lengthsUs.drain;
    this.#watch = new StopWatch(plan.profile, settings.clock, settings.stop);
    this.#pool = new Pool(settings.shape, {
      delta: (worker, delta, atUs, health) => {
        // A notebook tells of the second before it was posted: its middle says best when that was.
        const middleUs = atUs - this.#zeroUs - (health?.overUs ?? NOTEBOOK_US) / 2;
        this.#tally.add(delta, middleUs);
        if (this.#afterWarmUp !== this.#tally && middleUs >= warmUpUs) this.#afterWarmUp.add(delta, middleUs);
        if (health !== undefined) this.#health.add({ worker, reading: health, delta, atUs }, this.#zeroUs);
        this.#watch.note(delta);
      },
      locked: (words) =>
        this.#watch.stop({ kind: 'condition', words: `5 authentication failures in a row: ${words}` }),
      token: (mailbox, refused) => {
        const { tokens } = settings;
        if (refused !== undefined) tokens?.forget(mailbox, refused);
        return tokens?.tokenOf(mailbox) ?? Promise.resolve({ problem: 'no token source' });
      },
      lost: (worker, reason) => this.#watch.stop({ kind: 'shardLost', words: `shard ${worker}: ${reason}` }),
    });
  }

  /** Never leaves a worker behind, not even on a bug. */
  async run(): Promise<Conducted> {
    try {
      return await this.#run();
    } finally {
      // Also after a throw: a thread that nobody listens to any more would go on sending.
      await this.#pool.destroy();
      this.#stopCpu();
    }
  }

  async #run(): Promise<Conducted> {
    const { clock, plan } = this.#settings;
    const lasting = plan.clients.length + (plan.mode === 'coupled' ? authorCount(plan) : 0);
    const failure = await this.#pool.start(this.#settings.workers, this.#settings.start, lasting);
    if (failure !== undefined) this.#watch.stop({ kind: 'shardLost', words: failure });
    else if (planDigest(plan, this.#pool.digest) !== this.#settings.digest) {
      throw new Error(
        'the workers planned something else than main: their shares do not add up to the digest',
      );
    }
    this.#zeroUs = clock() + AHEAD_US;
    this.#stopCpu = watchCpu(clock, (share, atUs) => this.#health.addCpu(share, atUs - this.#zeroUs));
    this.#announce('baseline', this.#zeroUs);
    this.#announce('storm', this.#zeroUs + plan.lengthsUs.baseline);
    const drainUs = this.#zeroUs + plan.lengthsUs.baseline + plan.lengthsUs.storm;
    this.#announce('drain', drainUs);
    this.#grant(PROGRESS_LAG_US + AHEAD_US);
    if (await this.#drain(drainUs)) {
      const recoveryUs = (this.#zeros.get('deletes') ?? 0) + plan.lengthsUs.deletes;
      this.#announce('recovery', recoveryUs);
      await this.#until(recoveryUs + plan.lengthsUs.recovery);
    }
    return this.#end();
  }

  /**
   * Sees the drain through: to quiescence, `maxDrain` or a stop. Workers take up only what was granted, and the drain
   * ends where the grant ends, so none of them can have gone further. Announces the deletes; false if the run is stopped.
   */
  async #drain(drainUs: number): Promise<boolean> {
    const { plan, clock, quiescence } = this.#settings;
    if (!(await this.#until(drainUs + PROGRESS_LAG_US))) return false;
    const atSetInstant = plan.profile.deletesStart === 'atMaxDrain';
    let oursOverUs: number | undefined;
    while (this.#grantedUs < plan.lengthsUs.drain) {
      this.#grant(Math.min(plan.lengthsUs.drain, clock() - drainUs + AHEAD_US));
      if (!(await this.#until(clock() + LOOK_MS * 1_000))) return false;
      // Nothing of ours may be under way when the target is asked whether it owes anything.
      if (this.#pool.progress().repliesUnderWay > 0) oursOverUs = undefined;
      else oursOverUs ??= clock();
      if (oursOverUs === undefined || !quiescence.quietSince(oursOverUs)) continue;
      const repliesOverUs = this.#repliesOverUs(oursOverUs, drainUs);
      // The storm's copies were gone when the queue was first empty; what it held later was other mail.
      this.#drainedUs ??= Math.max(repliesOverUs, quiescence.quietFromUs(drainUs + repliesOverUs) - drainUs);
      if (!atSetInstant) break;
    }
    this.#drainLengthUs = this.#grantedUs;
    this.#pool.tell({ type: 'cut', phase: 'drain', offsetUs: this.#drainLengthUs });
    this.#announce('deletes', drainUs + this.#drainLengthUs);
    return true;
  }

  /** When our own replies were all answered, after the storm's end: 0 if they were by the first look. */
  #repliesOverUs(oursOverUs: number, drainUs: number): number {
    const afterUs = oursOverUs - drainUs;
    return afterUs <= PROGRESS_LAG_US + 2 * LOOK_MS * 1_000 ? 0 : afterUs;
  }

  #grant(offsetUs: number): void {
    this.#grantedUs = Math.max(this.#grantedUs, offsetUs);
    this.#pool.tell({ type: 'grant', phase: 'drain', offsetUs: this.#grantedUs });
  }

  async #end(): Promise<Conducted> {
    const { clock, plan, quiescence } = this.#settings;
    const stopped = this.#watch.reason;
    this.#watch.finish();
    this.#endUs = clock();
    this.#event('end', stopped?.words);
    const { giveUpAfter } = plan.profile.canaries;
    const graceMs = stopped === undefined ? Math.max(60_000, giveUpAfter / 1_000) : STOP_GRACE_MS;
    const report = await this.#report(stopped !== undefined, graceMs);
    this.#stopCpu();
    const quiescent = await this.#quiet(clock(), plan.profile.quiescence.maxWait);
    await quiescence.close();
    return {
      tally: this.#tally,
      afterWarmUp: this.#afterWarmUp,
      health: this.#health,
      report,
      cascade: this.#conversation(report),
      spans: this.#spans(this.#endUs),
      zeroUs: this.#zeroUs,
      drainLengthUs: this.#drainLengthUs,
      quiescent,
      drainedUs: this.#drainedUs,
      stopped: this.#watch.reason ?? stopped,
      owedAtEnd: quiescence.outstanding(this.#pool.progress().copiesAccepted),
    };
  }

  /** Tells starved replies from pruned ones, which no worker can for itself, and corrects the counts by it. */
  #conversation({ heard, replies }: PoolReport): CascadeFigures | undefined {
    const { plan, workers } = this.#settings;
    if (heard < workers) return undefined;
    // In open mode nobody waits, so that nothing starved or was pruned.
    const pruned = prunedMessages(plan.cascade, replies);
    const stormEndUs = plan.lengthsUs.baseline + plan.lengthsUs.storm;
    for (const tally of new Set([this.#tally, this.#afterWarmUp]))
      if (pruned > 0) tally.add(pruning(pruned, SUBMIT_OPERATIONS[plan.doors.submit]), stormEndUs);
    return cascadeFigures(plan.mode, plan.cascade, replies);
  }

  /** Lets what is under way end, and hears the workers. The first Ctrl-C shortens the grace, the second ends it. */
  async #report(stopping: boolean, graceMs: number): Promise<PoolReport> {
    const { stop, leave } = this.#settings;
    this.#pool.tell({ type: 'finish', stopping, graceMs: leave.aborted ? 0 : graceMs });
    void aborted(stop).then(() =>
      this.#pool.tell({ type: 'finish', stopping: true, graceMs: STOP_GRACE_MS }),
    );
    const reporting = this.#pool.report(graceMs + REPORT_MS);
    return Promise.race([reporting, aborted(leave).then(() => this.#leave())]);
  }

  #leave(): Promise<PoolReport> {
    this.#pool.tell({ type: 'finish', stopping: true, graceMs: 0 });
    return this.#pool.report(LEAVE_MS);
  }

  /** Waits for quiet after the last of our replies; false if it did not come. */
  async #quiet(sinceUs: number, waitUs: number): Promise<boolean> {
    const { clock, quiescence, leave, stop } = this.#settings;
    while (!quiescence.quietSince(sinceUs)) {
      const shortened = stop.aborted || this.#watch.reason !== undefined;
      if (clock() - sinceUs > (shortened ? STOP_GRACE_MS * 1_000 : waitUs) || leave.aborted) return false;
      await pause(LOOK_MS);
      this.#look('end');
    }
    return true;
  }

  /** Waits for an instant; false if there is a reason to stop before it. */
  async #until(atUs: number): Promise<boolean> {
    const { clock } = this.#settings;
    while (clock() < atUs) {
      if (this.#watch.reason !== undefined) return false;
      await pause(Math.min(LOOK_MS, Math.max(1, (atUs - clock()) / 1_000)));
      this.#look(this.#phaseNow());
    }
    return this.#watch.reason === undefined;
  }

  #look(phase: Phase | 'end'): void {
    const { clock, quiescence, plan, look } = this.#settings;
    const progress = this.#pool.progress();
    const owed = quiescence.outstanding(progress.copiesAccepted);
    const limit = plan.profile.maxOutstandingCopies;
    // Unknown changes nothing: a probe that times out may be the very drowning that the limit is for.
    const held = owed === undefined ? this.#held : limit !== undefined && owed > limit;
    if (held !== this.#held) {
      this.#held = held;
      this.#pool.tell({ type: 'hold', held });
      this.#event(held ? 'replies held back' : 'replies released', `${owed} copies outstanding`);
    }
    const nowUs = clock();
    look({
      plan,
      phase,
      atUs: nowUs - this.#zeroUs,
      tally: this.#tally,
      afterWarmUp: this.#afterWarmUp,
      progress,
      owed,
      held,
      phases: this.#spans(Math.min(nowUs, this.#endUs)),
      health: this.#health,
      conditions: this.#watch.standing(),
    });
    this.#watch.ask(() => this.#failed());
  }

  #failed(): string | undefined {
    const nowUs = this.#settings.clock();
    return this.#settings.failed?.({
      tally: this.#afterWarmUp,
      phases: this.#spans(nowUs),
      atUs: nowUs - this.#zeroUs,
    });
  }

  #announce(phase: Phase, zeroUs: number): void {
    this.#zeros.set(phase, zeroUs);
    this.#pool.tell({ type: 'phase', phase, zeroUs });
    this.#settings.event({ atUs: zeroUs - this.#zeroUs, event: `phase ${phase}` });
  }

  #event(event: string, detail: string | undefined): void {
    const atUs = this.#settings.clock() - this.#zeroUs;
    this.#settings.event({ atUs, event, ...(detail === undefined ? {} : { detail }) });
  }

  #phaseNow(): Phase {
    const nowUs = this.#settings.clock();
    return (
      PHASES.toReversed().find((phase) => (this.#zeros.get(phase) ?? Number.POSITIVE_INFINITY) <= nowUs) ??
      'baseline'
    );
  }

  /** The phases that had really begun by `endUs`, each ending where the next begins, the last one then. */
  #spans(endUs: number): PhaseSpan[] {
    const begun = [...this.#zeros].filter(([, zeroUs]) => zeroUs < endUs);
    return begun.map(([name, zeroUs], index) => ({
      name,
      startUs: zeroUs - this.#zeroUs,
      endUs: Math.min(begun[index + 1]?.[1] ?? endUs, endUs) - this.#zeroUs,
    }));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
