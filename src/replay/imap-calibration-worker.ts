/** The entry of an IMAP calibration's load threads: makes their lines and hands them over. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Recorder } from '../measure/recorder.ts';
import { approveTarget } from '../profile/guard.ts';
import { postFailure, serveCalibration } from './calibration-thread.ts';
import { runClock } from './clock.ts';
import { IMAP_OPERATION, type ImapCalibrationStart } from './imap-calibration.ts';
import { ImapLine } from './imap-line.ts';

/** As long as a person would wait for one answer. */
const COMMAND_US = 120_000_000;

/** NOOPs in flight on one connection: enough that neither side waits for the other's packets. */
const PIPELINED_NOOPS = 64;

const mainThread = parentPort;
if (mainThread === null) throw new Error('imap-calibration-worker.ts runs as a worker thread only');

void main(mainThread, workerData as ImapCalibrationStart).catch((error: unknown) =>
  postFailure(mainThread, error),
);

async function main(port: MessagePort, start: ImapCalibrationStart): Promise<void> {
  const decision = approveTarget(start.request);
  if (!decision.ok) return postFailure(port, decision.refusals.join('; '));
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
  await serveCalibration(port, {
    order: start,
    lines: Array.from({ length: start.connections }, () => new ImapLine(settings)),
    recorder,
    clock,
    operation: IMAP_OPERATION[operation],
    inFlight: operation === 'noop' ? PIPELINED_NOOPS : 1,
    open: (line, index) => line.open((start.shard.index + index) % mailboxes),
  });
}
