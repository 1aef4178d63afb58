/** A load thread: re-plans its own shard, runs it by the clock, posts its notebook every second. It judges nothing. */

import { parentPort, workerData } from 'node:worker_threads';
import type { Sighting } from '../measure/canaries.ts';
import { CohortNotes } from '../measure/cohorts.ts';
import { emptyNotes } from '../measure/ledger-share.ts';
import { emptyReadings } from '../measure/readings.ts';
import { emptyManners } from '../measure/manners.ts';
import { Recorder } from '../measure/recorder.ts';
import { approveTarget } from '../profile/guard.ts';
import { readProfile } from '../profile/read.ts';
import { makeComposer } from '../storm/messages.ts';
import { makePlan, shardDigest, type Plan } from '../storm/plan.ts';
import { runClock } from './clock.ts';
import { firstOrders, type WorkerContext } from './context.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { SessionPlaces } from './places.ts';
import { everybodyOf } from './send.ts';
import { Shift } from './shift.ts';
import { TokenSource, type TokenAnswer } from './tokens.ts';

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
  const shift = new Shift(start, context, post, () => port?.close());
  // Heard from the first moment on: opening the watchers may need tokens.
  port?.on('message', (order: ToWorker) => hear(order, shift));
  if (!(await shift.open())) return post({ type: 'failed', reason: 'a watcher could not sign in' });
  post({ type: 'ready', digest: shardDigest(context.plan, start.shard) });
}

/** Who waits for a token, by mailbox, first come first: main alone runs the operator's command. */
const waiting = new Map<number, ((answer: TokenAnswer) => void)[]>();

function askMain(mailbox: number, refused: string | undefined): Promise<TokenAnswer> {
  return new Promise((resolve) => {
    waiting.set(mailbox, [...(waiting.get(mailbox) ?? []), resolve]);
    post({ type: 'token', mailbox, refused });
  });
}

function hear(order: ToWorker, shift: Shift): void {
  if (order.type !== 'token') return shift.obey(order);
  waiting.get(order.mailbox)?.shift()?.(order.answer);
}

/** Builds the worker's context, or says why it may not run. */
function makeContext(start: WorkerStart): WorkerContext | string {
  const reading = readProfile(start.profileText);
  const decision = approveTarget(start.request);
  if (!reading.ok) return 'the profile that main read is not readable here';
  if (!decision.ok)
    return `the guard refuses here what it let through before: ${decision.refusals.join('; ')}`;
  const { limits } = reading.profile;
  const { seed, mailboxes, speed, mode, doors, runId, accounts, listName, startedAtMs } = start;
  const plan: Plan = makePlan(reading.profile, { seed, mailboxes, speed, mode, doors });
  const { signIns, relay, ca, serverName, tlsInsecure, list, submission, paths, mailApi } = start;
  const canaries: Sighting[] = [];
  const clock = runClock(start.zeroUs);
  const tokens =
    start.tokenLifetimeUs === undefined ? undefined : new TokenSource(askMain, clock, start.tokenLifetimeUs);
  // One server's welcome is no excuse for knocking on the other's door.
  const failures = { submit: 0, mailbox: 0 };
  const { target } = decision;
  const trust = { ca, serverName, tlsInsecure };
  const access = { target, accounts, signIns, tokens, relay, ...trust, list, submission, paths, mailApi };
  return {
    runId,
    shard: start.shard,
    plan,
    clock,
    access,
    everybody: everybodyOf(access, plan.mailboxes),
    composer: makeComposer(plan, {
      runId,
      accounts,
      list: listName,
      inbound: target.inbound !== undefined,
      startedAtMs,
    }),
    recorder: new Recorder(),
    ledger: { ...start.matrices, ...emptyNotes() },
    manners: emptyManners(mailboxes),
    orders: firstOrders(),
    canaries,
    replies: new Map(),
    patience: new Map(),
    cohorts: new CohortNotes(),
    readings: emptyReadings(),
    mailboxes: new Set(),
    places: new SessionPlaces(
      Math.max(1, Math.floor(limits.imapConnections / start.shard.count)),
      limits.sessionsPerUser,
    ),
    signedIn: (server, ok, words) => {
      failures[server] = ok ? 0 : failures[server] + 1;
      if (failures[server] === AUTHENTICATION_FAILURES) post({ type: 'locked', words });
    },
  };
}
