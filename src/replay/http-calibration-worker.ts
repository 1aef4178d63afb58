/** The entry of an HTTP calibration's load threads: makes their lines and hands them over. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Recorder } from '../measure/recorder.ts';
import { approveTarget } from '../profile/guard.ts';
import { postFailure, serveCalibration } from './calibration-thread.ts';
import { runClock } from './clock.ts';
import { HTTP_OPERATION, type HttpCalibrationStart } from './http-calibration.ts';
import { HttpLine } from './http-line.ts';

/** As long as a person would wait for one answer. */
const ANSWER_US = 120_000_000;

const mainThread = parentPort;
if (mainThread === null) throw new Error('http-calibration-worker.ts runs as a worker thread only');

void main(mainThread, workerData as HttpCalibrationStart).catch((error: unknown) =>
  postFailure(mainThread, error),
);

async function main(port: MessagePort, start: HttpCalibrationStart): Promise<void> {
  const decision = approveTarget(start.request);
  if (!decision.ok) return postFailure(port, decision.refusals.join('; '));
  const clock = runClock(start.zeroUs);
  const recorder = new Recorder();
  const { ca, serverName, tlsInsecure, method, path, headers, firstOperation } = start;
  const http = {
    endpoint: decision.target.mailbox,
    clock,
    ca,
    serverName,
    tlsInsecure,
    deadlines: { commandUs: ANSWER_US },
  };
  const body = start.body === undefined ? undefined : Buffer.from(start.body);
  const request = { method, path, headers, body, changes: method !== 'GET', keeps: false };
  const settings = { http, recorder, request, firstOperation };
  await serveCalibration(port, {
    order: start,
    lines: Array.from({ length: start.connections }, () => new HttpLine(settings)),
    recorder,
    clock,
    operation: HTTP_OPERATION[method],
    inFlight: 1,
  });
}
