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
import { runClock } from './clock.ts';
import type { WorkerContext } from './context.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { everybodyOf } from './send.ts';
import { Shift } from './shift.ts';

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
  if (!(await shift.open())) return post({ type: 'failed', reason: 'a watcher could not sign in' });
  port?.on('message', (order: ToWorker) => shift.obey(order));
  post({ type: 'ready', digest: shardDigest(context.plan, start.shard) });
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
  const { password, ca, serverName, tlsInsecure, list, submission } = start;
  const canaries: Sighting[] = [];
  // One server's welcome is no excuse for knocking on the other's door.
  const failures = { submit: 0, mailbox: 0 };
  const { target } = decision;
  const access = { target, accounts, password, ca, serverName, tlsInsecure, list, submission };
  return {
    runId,
    shard: start.shard,
    plan,
    clock: runClock(start.zeroUs),
    access,
    everybody: everybodyOf(access, plan.mailboxes),
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
