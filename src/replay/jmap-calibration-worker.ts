/** The entry of a JMAP calibration's load threads: makes their lines and hands them over. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Recorder } from '../measure/recorder.ts';
import { approveTarget } from '../profile/guard.ts';
import { postFailure, serveCalibration } from './calibration-thread.ts';
import { runClock } from './clock.ts';
import { JMAP_OPERATION, type JmapCalibrationStart } from './jmap-calibration.ts';
import { JmapLine } from './jmap-line.ts';
import { FilterTrust } from './jmap-search.ts';

/** As long as a person would wait for one answer. */
const ANSWER_US = 120_000_000;

const mainThread = parentPort;
if (mainThread === null) throw new Error('jmap-calibration-worker.ts runs as a worker thread only');

void main(mainThread, workerData as JmapCalibrationStart).catch((error: unknown) =>
  postFailure(mainThread, error),
);

async function main(port: MessagePort, start: JmapCalibrationStart): Promise<void> {
  const decision = approveTarget(start.request);
  if (!decision.ok) return postFailure(port, decision.refusals.join('; '));
  const clock = runClock(start.zeroUs);
  const recorder = new Recorder();
  const { ca, serverName, tlsInsecure, operation, accounts, signIns, mailboxes } = start;
  const { firstOperation, path, subject, runId } = start;
  const http = {
    endpoint: decision.target.mailbox,
    clock,
    ca,
    serverName,
    tlsInsecure,
    deadlines: { commandUs: ANSWER_US },
  };
  const what = { operation, accounts, signIns, mailboxes, firstOperation, path, subject, runId };
  const settings = { http, clock, recorder, trust: new FilterTrust(), ...what };
  await serveCalibration(port, {
    order: start,
    lines: Array.from({ length: start.connections }, () => new JmapLine(settings)),
    recorder,
    clock,
    operation: JMAP_OPERATION[operation],
    inFlight: 1,
  });
}
