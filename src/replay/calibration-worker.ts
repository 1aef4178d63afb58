/** The entry of an SMTP calibration's load threads: makes their lines and hands them over. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Clock } from '../measure/outcome.ts';
import { Recorder } from '../measure/recorder.ts';
import { StepBook } from '../measure/steps.ts';
import { approveTarget, type ApprovedEndpoint } from '../profile/guard.ts';
import { Recipients } from '../protocol/smtp/recipients.ts';
import type { SmtpStep } from '../protocol/smtp/steps.ts';
import { type CalibrationStart, Mould } from './calibration.ts';
import { postFailure, serveCalibration } from './calibration-thread.ts';
import { runClock } from './clock.ts';
import { SmtpLine } from './lines.ts';
import { inTurn } from './submit-policy.ts';

const mainThread = parentPort;
if (mainThread === null) throw new Error('calibration-worker.ts runs as a worker thread only');

void main(mainThread, workerData as CalibrationStart).catch((error: unknown) =>
  postFailure(mainThread, error),
);

async function main(port: MessagePort, start: CalibrationStart): Promise<void> {
  const decision = approveTarget(start.request);
  if (!decision.ok) return postFailure(port, decision.refusals.join('; '));
  const clock = runClock(start.zeroUs);
  const recorder = new Recorder();
  // Not emptied before the zero: warm lines are opened then, and their steps are worth knowing.
  const steps = new StepBook();
  const { reconnect } = start.policy;
  await serveCalibration(port, {
    order: start,
    lines: makeLines(start, decision.target.submit, { clock, recorder, steps }),
    recorder,
    clock,
    operation: 'smtp.submit',
    // The second message's envelope rides with the first's body; with a connection a message there can be one only.
    inFlight: reconnect ? 1 : 2,
    // Warm lines, unless the connection itself is what is measured.
    open: reconnect ? undefined : (line) => line.open(),
    steps,
  });
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
