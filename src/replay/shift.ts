/** One worker's run: obeys main's orders, keeps people and dispatcher going, posts its notebook. It judges nothing. */

import type { Phase } from '../words.ts';
import { stopAll, type WorkerContext } from './context.ts';
import { Crew } from './crew.ts';
import { Dispatcher } from './dispatcher.ts';
import { eachSecond, SelfWatch } from './health.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

/** The notebook is posted at each whole second of the load. */
const SECOND_US = 1_000_000;

/** How the worker stands is posted this often: the end of the drain waits for it. */
const PROGRESS_MS = 200;

/** One worker's part in a run: its people, its dispatcher and its notebook, from main's first word to its own last. */
export class Shift {
  readonly #context: WorkerContext;
  readonly #crew: Crew;
  readonly #dispatcher: Dispatcher;
  readonly #health = new SelfWatch();
  #standing: NodeJS.Timeout | undefined;
  #stopPosting = (): void => undefined;
  #watched = true;
  #stormEndsUs = Number.POSITIVE_INFINITY;
  readonly #post: (message: FromWorker) => void;
  readonly #over: () => void;
  #finishing = false;

  /** `over` is called when everything has been said. */
  constructor(
    start: WorkerStart,
    context: WorkerContext,
    post: (message: FromWorker) => void,
    over: () => void,
  ) {
    this.#post = post;
    this.#over = over;
    const { plan, clock, recorder } = context;
    const { limits } = plan.profile;
    this.#context = context;
    this.#crew = new Crew(context, {
      shard: start.shard,
      smtpConnections: Math.max(1, Math.floor(limits.smtpConnections / start.shard.count)),
      provisioned: start.provisioned,
      stormEndsUs: () => this.#stormEndsUs,
      answered: () => this.#dispatcher.drain(),
    });
    this.#dispatcher = new Dispatcher({
      plan,
      shard: start.shard,
      clock,
      recorder,
      lateLimitUs: limits.lateLimit,
      spin: start.spin,
      offered: (intendedUs) => this.#health.offered(intendedUs),
      start: (journey, intendedUs, dueUs) => this.#crew.start(journey, intendedUs, dueUs),
      coupled: this.#crew.coupled,
      dropped: (journey, by) => this.#crew.note(journey, by, undefined),
    });
  }

  /** Opens the watchers and begins to post; false if one of them could not sign in. */
  async open(): Promise<boolean> {
    if (!(await this.#crew.open())) return false;
    this.#standing = setInterval(() => this.#postProgress(), PROGRESS_MS);
    return true;
  }

  obey(order: Exclude<ToWorker, { readonly type: 'token' }>): void {
    switch (order.type) {
      case 'phase':
        return this.#beginPhase(order.phase, order.zeroUs);
      case 'grant':
        return this.#dispatcher.grant(order.phase, order.offsetUs);
      case 'cut':
        return this.#dispatcher.cut(order.phase, order.offsetUs);
      case 'hold':
        this.#context.orders.held = order.held;
        return undefined;
      case 'finish':
        return this.#finish(order.stopping, order.graceMs);
    }
  }

  #beginPhase(phase: Phase, zeroUs: number): void {
    const { orders, clock } = this.#context;
    if (phase === 'baseline') this.#beginReports(zeroUs);
    if (phase === 'storm') this.#crew.beginStorm(zeroUs);
    if (phase === 'drain') this.#stormEndsUs = zeroUs;
    // Unreferenced: a run that is stopped must not wait for the phases that never came.
    setTimeout(
      () => {
        orders.phase = phase;
        if (phase === 'drain') this.#crew.endStorm();
      },
      Math.max(0, (zeroUs - clock()) / 1_000),
    ).unref();
    this.#dispatcher.announce(phase, zeroUs);
  }

  #finish(stopping: boolean, graceMs: number): void {
    if (stopping) stopAll(this.#context.orders);
    // At a normal end what fell due since the last tick is still taken up: a stall is lateness, not a stop.
    if (!stopping) this.#dispatcher.drain();
    // Writing off the rest of a stopped plan is work that no load waits for.
    else this.#watchNoMore();
    this.#dispatcher.stop();
    if (stopping) this.#crew.refuseWaiting();
    if (this.#finishing) return this.#crew.hurry(graceMs);
    this.#finishing = true;
    void this.#crew.finish(graceMs).then(() => {
      this.#stopPosting();
      clearInterval(this.#standing);
      this.#postProgress();
      this.#watchNoMore();
      const { ledger, manners, canaries, patience, replies, cohorts, readings } = this.#context;
      const { direct, apart, told, listOverQuota } = ledger;
      const notes = { direct, apart, told, listOverQuota };
      const reads = cohorts.drain();
      this.#post({ type: 'done', notes, manners, canaries, patience, replies, reads, readings });
      this.#over();
    });
  }

  /** The load begins at the baseline's zero, and with it the watch on ourselves and the notebook's whole seconds. */
  #beginReports(zeroUs: number): void {
    const { clock } = this.#context;
    const begin = (): void => {
      if (this.#watched) this.#health.begin();
    };
    setTimeout(begin, Math.max(0, (zeroUs - clock()) / 1_000)).unref();
    this.#stopPosting = eachSecond(clock, zeroUs + SECOND_US, () => this.#postNotebook());
  }

  /** Tells a last time how the thread fared. */
  #watchNoMore(): void {
    this.#watched = false;
    this.#postNotebook();
    this.#health.end();
  }

  #postNotebook(): void {
    const { recorder, clock } = this.#context;
    this.#post({ type: 'delta', delta: recorder.drain(), health: this.#health.read(), atUs: clock() });
  }

  #postProgress(): void {
    this.#post({ type: 'progress', progress: this.#crew.progress() });
  }
}
