/** A load thread: re-plans its own shard, runs it by the clock, posts its notebook every second. It judges nothing. */

import { parentPort, workerData } from 'node:worker_threads';
import pLimit from 'p-limit';
import type { Sighting } from '../measure/canaries.ts';
import { emptyShare } from '../measure/ledger.ts';
import { Recorder } from '../measure/recorder.ts';
import { approveTarget } from '../profile/guard.ts';
import { readProfile } from '../profile/read.ts';
import { makeComposer } from '../storm/messages.ts';
import { makePlan, shardDigest, type Plan } from '../storm/plan.ts';
import type { Phase } from '../words.ts';
import { runClock } from './clock.ts';
import type { WorkerContext } from './context.ts';
import { Crew } from './crew.ts';
import { Dispatcher } from './dispatcher.ts';
import { eachSecond, SelfWatch } from './health.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

/** The notebook is posted at each whole second of the load. */
const SECOND_US = 1_000_000;

/** How the worker stands is posted this often: the end of the drain waits for it. */
const PROGRESS_MS = 200;

/** Authentication failures in a row after which this worker asks for the run to be stopped. */
const AUTHENTICATION_FAILURES = 5;

const port = parentPort;
if (port === null) throw new Error('worker.ts runs as a worker thread only');

const post = (message: FromWorker): void => port.postMessage(message);

void main(workerData as WorkerStart).catch((error: unknown) => {
  post({ type: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
});

async function main(start: WorkerStart): Promise<void> {
  const context = makeContext(start);
  if (typeof context === 'string') return post({ type: 'failed', reason: context });
  const { plan, clock, recorder, orders } = context;
  const { limits } = plan.profile;
  const share = (total: number): number => Math.max(1, Math.floor(total / start.shard.count));
  let stormEndsUs = Number.POSITIVE_INFINITY;
  let finishing = false;
  const crew = new Crew(context, share(limits.smtpConnections), start.provisioned, () => stormEndsUs);
  const health = new SelfWatch();
  const dispatcher = new Dispatcher({
    plan,
    shard: start.shard,
    clock,
    recorder,
    lateLimitUs: limits.lateLimit,
    offered: (intendedUs) => health.offered(intendedUs),
    start: (journey, intendedUs, dueUs) => crew.start(journey, intendedUs, dueUs),
  });
  if (!(await crew.open(start.shard))) return post({ type: 'failed', reason: 'a watcher could not sign in' });
  const reports = startReports(context, crew, health);
  port?.on('message', (order: ToWorker) => {
    switch (order.type) {
      case 'phase':
        if (order.phase === 'baseline') reports.begin(order.zeroUs);
        if (order.phase === 'drain') stormEndsUs = order.zeroUs;
        enterPhase(context, order.phase, order.zeroUs);
        return dispatcher.announce(order.phase, order.zeroUs);
      case 'grant':
        return dispatcher.grant(order.phase, order.offsetUs);
      case 'cut':
        return dispatcher.cut(order.phase, order.offsetUs);
      case 'hold':
        orders.held = order.held;
        return undefined;
      case 'finish':
        // At a normal end what fell due since the last tick is still taken up: a stall is lateness, not a stop.
        if (!order.stopping) dispatcher.drain();
        // Writing off the rest of a stopped plan is work that no load waits for.
        else reports.watchNoMore();
        dispatcher.stop();
        if (order.stopping) crew.refuseWaiting();
        if (finishing) return crew.hurry(order.graceMs);
        finishing = true;
        void crew.finish(order.graceMs).then(() => {
          reports.end();
          post({ type: 'done', share: context.ledger, canaries: context.canaries });
          port?.close();
        });
        return undefined;
    }
  });
  post({ type: 'ready', digest: shardDigest(plan, start.shard) });
}

interface Reports {
  /** The load begins then, and with it the watch on ourselves. */
  readonly begin: (zeroUs: number) => void;
  /** Tells a last time how the thread fared. */
  readonly watchNoMore: () => void;
  readonly end: () => void;
}

/** Posts the crew's standing from now on, and the notebook from the beginning of the load. */
function startReports({ recorder, clock }: WorkerContext, crew: Crew, health: SelfWatch): Reports {
  const postNotebook = (): void =>
    post({ type: 'delta', delta: recorder.drain(), health: health.read(), atUs: clock() });
  const postStanding = (): void => post({ type: 'progress', progress: crew.progress() });
  let over = false;
  let stopPosting = (): void => undefined;
  const standing = setInterval(postStanding, PROGRESS_MS);
  const begin = (zeroUs: number): void => {
    setTimeout(() => !over && health.begin(), Math.max(0, (zeroUs - clock()) / 1_000)).unref();
    stopPosting = eachSecond(clock, zeroUs + SECOND_US, postNotebook);
  };
  const watchNoMore = (): void => {
    over = true;
    postNotebook();
    health.end();
  };
  const end = (): void => {
    stopPosting();
    clearInterval(standing);
    postStanding();
    watchNoMore();
  };
  return { begin, watchNoMore, end };
}

/** Lets the phase be known when its zero comes. */
function enterPhase({ orders, clock }: WorkerContext, phase: Phase, zeroUs: number): void {
  const enter = (): void => {
    orders.phase = phase;
  };
  // Unreferenced: a run that is stopped must not wait for the phases that never came.
  setTimeout(enter, Math.max(0, (zeroUs - clock()) / 1_000)).unref();
}

/** Builds the worker's context, or says why it may not run. */
function makeContext(start: WorkerStart): WorkerContext | string {
  const reading = readProfile(start.profileText);
  const decision = approveTarget(start.request);
  if (!reading.ok) return 'the profile that main read is not readable here';
  if (!decision.ok)
    return `the guard refuses here what it let through before: ${decision.refusals.join('; ')}`;
  const { seed, mailboxes, speed, runId, accounts, listName, startedAtMs } = start;
  const plan: Plan = makePlan(reading.profile, { seed, mailboxes, speed });
  const { password, ca, serverName, tlsInsecure, list } = start;
  const canaries: Sighting[] = [];
  // One server's welcome is no excuse for knocking on the other's door.
  const failures = { submit: 0, mailbox: 0 };
  return {
    runId,
    plan,
    clock: runClock(start.zeroUs),
    access: { target: decision.target, accounts, password, ca, serverName, tlsInsecure, list },
    composer: makeComposer(plan, { runId, accounts, list: listName, startedAtMs }),
    recorder: new Recorder(),
    ledger: emptyShare({ mailboxes, listMessages: plan.cascade.length }),
    orders: { held: false, stopping: false, phase: 'baseline' },
    canaries,
    mailboxes: new Set(),
    mailboxPlaces: pLimit(
      Math.max(1, Math.floor(reading.profile.limits.imapConnections / start.shard.count)),
    ),
    signedIn: (server, ok, words) => {
      failures[server] = ok ? 0 : failures[server] + 1;
      if (failures[server] === AUTHENTICATION_FAILURES) post({ type: 'locked', words });
    },
  };
}
