/** A load thread of an IMAP calibration: opens its lines, waits for the word, works, posts its notebook every second. */

import { parentPort, workerData } from 'node:worker_threads';
import pLimit from 'p-limit';
import { Recorder } from '../measure/recorder.ts';
import { approveTarget } from '../profile/guard.ts';
import type { FromCalibrator, ToCalibrator } from './calibration.ts';
import { runClock } from './clock.ts';
import { eachSecond, SelfWatch } from './health.ts';
import { IMAP_OPERATION, type ImapCalibrationStart } from './imap-calibration.ts';
import { ImapLine } from './imap-line.ts';
import { carryOutImap } from './imap-load.ts';

/** The notebook is posted at each whole second of the load. */
const SECOND_US = 1_000_000;

/** Connections opened at once before the load. */
const OPENING_AT_ONCE = 8;

/** As long as a person would wait for one answer. */
const COMMAND_US = 120_000_000;

const port = parentPort;
if (port === null) throw new Error('imap-calibration-worker.ts runs as a worker thread only');

const post = (message: FromCalibrator): void => port.postMessage(message);

void main(workerData as ImapCalibrationStart).catch((error: unknown) => {
  post({ type: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
});

async function main(start: ImapCalibrationStart): Promise<void> {
  const decision = approveTarget(start.request);
  if (!decision.ok) return post({ type: 'failed', reason: decision.refusals.join('; ') });
  const clock = runClock(start.zeroUs);
  const recorder = new Recorder();
  const { ca, serverName, tlsInsecure, operation, accounts, signIns, mailboxes, firstOperation } = start;
  const imap = {
    endpoint: decision.target.mailbox,
    clock,
    ca,
    serverName,
    tlsInsecure,
    deadlines: { openUs: COMMAND_US, commandUs: COMMAND_US },
  };
  const settings = { imap, clock, recorder, operation, accounts, signIns, mailboxes, firstOperation };
  const lines = Array.from({ length: start.connections }, () => new ImapLine(settings));
  const opening = pLimit(OPENING_AT_ONCE);
  const opened = await Promise.all(
    lines.map((line, index) => opening(() => line.open((start.shard.index + index) % mailboxes))),
  );
  const closed = lines[opened.indexOf(false)];
  if (closed !== undefined) return post({ type: 'failed', reason: closed.failure });
  recorder.drain();
  const health = new SelfWatch();
  const postNotebook = (): void =>
    post({ type: 'delta', delta: recorder.drain(), health: health.read(), atUs: clock() });
  const stop = new AbortController();
  port?.on('message', (order: ToCalibrator) => {
    if (order.type === 'stop') return stop.abort();
    setTimeout(() => health.begin(), Math.max(0, (order.zeroUs - clock()) / 1_000));
    const stopPosting = eachSecond(clock, order.zeroUs + SECOND_US, postNotebook);
    const instruments = { lines, recorder, clock, health, operation: IMAP_OPERATION[operation] };
    void carryOutImap(start, instruments, order.zeroUs, stop.signal).then(async (takenUp) => {
      stopPosting();
      postNotebook();
      health.end();
      post({ type: 'done', takenUp });
      await Promise.all(lines.map((line) => line.close()));
      port?.close();
    });
  });
  post({ type: 'ready' });
}
