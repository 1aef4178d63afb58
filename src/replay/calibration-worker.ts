/** A load thread of a calibration: opens its lines, waits for the word, sends, posts its notebook every second. */

import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import pLimit from 'p-limit';
import type { Clock } from '../measure/outcome.ts';
import { Recorder } from '../measure/recorder.ts';
import { StepBook } from '../measure/steps.ts';
import { approveTarget, type ApprovedEndpoint } from '../profile/guard.ts';
import type { SmtpStep } from '../protocol/smtp/steps.ts';
import { instants } from '../storm/schedule.ts';
import { Recipients } from '../protocol/smtp/recipients.ts';
import { type CalibrationStart, type FromCalibrator, Mould, type ToCalibrator } from './calibration.ts';
import { runClock } from './clock.ts';
import { eachSecond, SelfWatch } from './health.ts';
import { SmtpLine } from './lines.ts';
import { PacedLoad } from './paced.ts';
import { saturate } from './saturate.ts';
import { inTurn } from './submit-policy.ts';
import { startTicker } from './ticker.ts';

/** The notebook is posted at each whole second of the load. */
const SECOND_US = 1_000_000;

/** Connections opened at once before the load. */
const OPENING_AT_ONCE = 8;

/** After a stop, what is under way may take so long. */
const STOP_GRACE_US = 10_000_000;

/** As for journeys: what is taken up later than this is dropped as late. */
const LATE_LIMIT_US = 60_000_000;

/** A message waits for a line as long as a late one may still leave. */
const PATIENCE_US = 60_000_000;

const port = parentPort;
if (port === null) throw new Error('calibration-worker.ts runs as a worker thread only');

const post = (message: FromCalibrator): void => port.postMessage(message);

void main(workerData as CalibrationStart).catch((error: unknown) => {
  post({ type: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
});

async function main(start: CalibrationStart): Promise<void> {
  const decision = approveTarget(start.request);
  if (!decision.ok) return post({ type: 'failed', reason: decision.refusals.join('; ') });
  const clock = runClock(start.zeroUs);
  const recorder = new Recorder();
  // Not emptied before the zero: warm lines were opened then, and their steps are worth knowing.
  const steps = new StepBook();
  const lines = makeLines(start, decision.target.submit, { clock, recorder, steps });
  // Warm lines, unless the connection itself is what is measured.
  const opening = pLimit(OPENING_AT_ONCE);
  const opened = await Promise.all(
    (start.policy.reconnect ? [] : lines).map(async (line) =>
      (await opening(() => line.open())) ? undefined : line,
    ),
  );
  const closed = opened.find((line) => line !== undefined);
  if (closed !== undefined) return post({ type: 'failed', reason: closed.failure });
  recorder.drain();
  const health = new SelfWatch();
  const postNotebook = (): void =>
    post({
      type: 'delta',
      delta: recorder.drain(),
      health: health.read(),
      steps: steps.drain(),
      atUs: clock(),
    });
  const stop = new AbortController();
  port?.on('message', (order: ToCalibrator) => {
    if (order.type === 'stop') return stop.abort();
    setTimeout(() => health.begin(), Math.max(0, (order.zeroUs - clock()) / 1_000));
    const stopPosting = eachSecond(clock, order.zeroUs + SECOND_US, postNotebook);
    void carryOut(start, { lines, recorder, clock, health }, order.zeroUs, stop.signal).then(
      async (takenUp) => {
        stopPosting();
        postNotebook();
        health.end();
        post({ type: 'done', takenUp });
        await Promise.all(lines.map((line) => line.close()));
        port?.close();
      },
    );
  });
  post({ type: 'ready' });
}

function makeLines(
  start: CalibrationStart,
  endpoint: ApprovedEndpoint,
  { clock, recorder, steps }: { clock: Clock; recorder: Recorder; steps: StepBook },
): readonly SmtpLine[] {
  const { ca, serverName, tlsInsecure, recipients, pipelining, credentials, from } = start;
  const { deadlines, sourceAddresses, reconnect } = start.policy;
  const onStep = (step: SmtpStep, tookUs: number): void => steps.record(step, tookUs);
  const maxRecipients = recipients.length;
  const trust = { ca, serverName, tlsInsecure };
  const smtp = { endpoint, clock, ...trust, pipelining, maxRecipients, deadlines, onStep };
  const source = inTurn(sourceAddresses, start.shard.index);
  const mould = new Mould(start);
  const envelope = { from, to: new Recipients(recipients) };
  return Array.from(
    { length: start.connections },
    () => new SmtpLine({ smtp, source, credentials, clock, recorder, envelope, mould, reconnect }),
  );
}

interface Instruments {
  readonly lines: readonly SmtpLine[];
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly health: SelfWatch;
}

/** The load itself; resolves with how many operations were taken up. */
async function carryOut(
  start: CalibrationStart,
  { lines, recorder, clock, health }: Instruments,
  zeroUs: number,
  stop: AbortSignal,
): Promise<number> {
  const { load, shard, graceUs } = start;
  const giveUpLines = (): void => lines.forEach((line) => line.abandon());
  if (load.kind === 'saturate') {
    // Not before the zero: the wall time counts from it. A timer may fire early, so the clock is asked again.
    for (let leftUs = zeroUs - clock(); leftUs > 0; leftUs = zeroUs - clock())
      await sleep(Math.ceil(leftUs / 1_000));
    const hurry = afterStop(stop, Math.min(STOP_GRACE_US, graceUs), giveUpLines);
    const settings = {
      count: load.messages,
      recorder,
      inFlight: start.policy.reconnect ? 1 : 2,
      stop,
    } as const;
    return saturate(lines, settings).finally(hurry.cancel);
  }
  const paced = new PacedLoad({
    instants: instants(load.pace, load.durationUs, shard),
    clock,
    zeroUs,
    recorder,
    lines,
    lateLimitUs: LATE_LIMIT_US,
    patienceUs: PATIENCE_US,
    offered: (intendedUs) => health.offered(intendedUs),
  });
  let endUs = zeroUs + load.durationUs + graceUs;
  await new Promise<void>((resolve) => {
    const stopTicking = startTicker(() => {
      paced.drain();
      if (stop.aborted) {
        paced.stop();
        endUs = Math.min(endUs, clock() + Math.min(STOP_GRACE_US, graceUs));
      }
      // What is under way then fails with its line and is counted: the sums must hold against a frozen target too.
      if (clock() > endUs) {
        paced.giveUp();
        giveUpLines();
      }
      if (!paced.over && clock() < endUs + STOP_GRACE_US) return;
      stopTicking();
      resolve();
    }, start.spin);
  });
  return paced.takenUp;
}

/** Does something so long after a stop was asked for, unless it is cancelled before. */
function afterStop(stop: AbortSignal, afterUs: number, act: () => void): { readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(act, afterUs / 1_000);
  };
  stop.addEventListener('abort', begin, { once: true });
  if (stop.aborted) begin();
  return {
    cancel: () => {
      stop.removeEventListener('abort', begin);
      clearTimeout(timer);
    },
  };
}
