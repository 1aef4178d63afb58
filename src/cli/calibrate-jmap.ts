/** `calibrate jmap`: what this machine can honestly ask of a JMAP server. A driver without a plan: as fast as it goes, or paced. */

import { approveTarget } from '../profile/guard.ts';
import { calibrate } from '../replay/calibrate.ts';
import { JMAP_OPERATION, type JmapCalibrationStart } from '../replay/jmap-calibration.ts';
import { domainsOf } from '../storm/audience.ts';
import { guardRequest } from './access-flags.ts';
import { type CalibrateJmapFlags, readCalibrateJmapChoices } from './calibrate-jmap-flags.ts';
import { shareOf, shareOfLoad, upTo } from './calibrate-load-flags.ts';
import { refuse, tell } from './calibrate-tell.ts';
import { loadProfile } from './files.ts';
import { listenForInterrupts } from './interrupts.ts';
import { newRunId } from './run-session.ts';
import { usageError } from './usage.ts';

/** Calibrates; resolves with the exit code. */
export async function calibrateJmapCommand(flags: CalibrateJmapFlags): Promise<number> {
  const read = await readCalibrateJmapChoices(flags);
  if (!read.ok) return usageError(read.problems);
  const loaded = flags.profile === undefined ? undefined : loadProfile(flags.profile);
  if (loaded?.ok === false) return usageError(loaded.problems);
  const profile = loaded?.ok === true ? loaded.profile : undefined;
  const { access, load, graceUs } = read;
  const { accounts, signIns, ca, mailbox, path } = access;
  const request = await guardRequest(mailbox, mailbox, domainsOf(accounts), profile, flags.targetIs);
  const decision = approveTarget(request);
  if (!decision.ok) return refuse(113, decision.refusals.join('; '));
  const { operation, mailboxes, workers, spin, connections, subject, out, json } = flags;
  const startedAtMs = Date.now();
  const runId = newRunId('cal-', startedAtMs);
  const startOf = (shard: { index: number; count: number }, zeroUs: number): JmapCalibrationStart => ({
    request,
    shard,
    zeroUs,
    load: shareOfLoad(load, shard.index, workers),
    graceUs,
    connections: shareOf(connections, shard.index, workers),
    spin,
    operation,
    mailboxes,
    firstOperation: load.kind === 'saturate' ? upTo(load.messages, shard.index, workers) : 0,
    path: path === '' || path === '/' ? undefined : path,
    subject,
    runId,
    accounts,
    signIns,
    ca,
    serverName: flags.tlsServerName,
    tlsInsecure: flags.tlsInsecure,
  });
  const interrupts = listenForInterrupts((words) => process.stderr.write(`${words}\n`));
  const counted = JMAP_OPERATION[operation];
  const report = await calibrate(startOf, workers, interrupts.stop, {
    thread: 'jmap-calibration-worker',
    operation: counted,
  });
  const stopped = interrupts.stop.aborted;
  interrupts.close();
  if (typeof report === 'string') return refuse(116, report);
  const told = { name: operation, operation: counted, counted: 'messages' as const };
  return tell({ ...told, workers, out, json, startedAtMs, stopped }, report, load);
}
