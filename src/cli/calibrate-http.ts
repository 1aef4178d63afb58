/** `calibrate http`: what this machine can honestly ask of an HTTP endpoint. One request again and again, as fast as it goes or paced. */

import { approveTarget } from '../profile/guard.ts';
import { calibrate } from '../replay/calibrate.ts';
import { HTTP_OPERATION, type HttpCalibrationStart } from '../replay/http-calibration.ts';
import { guardRequest } from './access-flags.ts';
import { type CalibrateHttpFlags, readCalibrateHttpChoices } from './calibrate-http-flags.ts';
import { shareOf, shareOfLoad, upTo } from './calibrate-load-flags.ts';
import { refuse, tell } from './calibrate-tell.ts';
import { loadProfile } from './files.ts';
import { listenForInterrupts } from './interrupts.ts';
import { usageError } from './usage.ts';

/** Calibrates; resolves with the exit code. */
export async function calibrateHttpCommand(flags: CalibrateHttpFlags): Promise<number> {
  const read = readCalibrateHttpChoices(flags);
  if (!read.ok) return usageError(read.problems);
  const loaded = flags.profile === undefined ? undefined : loadProfile(flags.profile);
  if (loaded?.ok === false) return usageError(loaded.problems);
  const profile = loaded?.ok === true ? loaded.profile : undefined;
  const { endpoint, path, headers, body, domain, ca, load, graceUs } = read;
  const request = await guardRequest(endpoint, endpoint, [domain], profile, flags.targetIs);
  const decision = approveTarget(request);
  if (!decision.ok) return refuse(113, decision.refusals.join('; '));
  const { method, workers, spin, connections, tlsServerName: serverName, tlsInsecure, out, json } = flags;
  const startOf = (shard: { index: number; count: number }, zeroUs: number): HttpCalibrationStart => ({
    request,
    shard,
    zeroUs,
    load: shareOfLoad(load, shard.index, workers),
    graceUs,
    connections: shareOf(connections, shard.index, workers),
    spin,
    method,
    path,
    firstOperation: load.kind === 'saturate' ? upTo(load.messages, shard.index, workers) : 0,
    headers,
    body,
    ca,
    serverName,
    tlsInsecure,
  });
  const startedAtMs = Date.now();
  const interrupts = listenForInterrupts((words) => process.stderr.write(`${words}\n`));
  const operation = HTTP_OPERATION[method];
  const report = await calibrate(startOf, workers, interrupts.stop, {
    thread: 'http-calibration-worker',
    operation,
  });
  const stopped = interrupts.stop.aborted;
  interrupts.close();
  if (typeof report === 'string') return refuse(116, report);
  return tell(
    { name: method, operation, counted: 'bytes', workers, out, json, startedAtMs, stopped },
    report,
    load,
  );
}
