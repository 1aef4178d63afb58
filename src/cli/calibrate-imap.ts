/** `calibrate imap`: what this machine can honestly ask of a mailbox server. A driver without a plan: as fast as it goes, or paced. */

import { approveTarget, type TargetRequest } from '../profile/guard.ts';
import { calibrate } from '../replay/calibrate.ts';
import type { Load } from '../replay/calibration.ts';
import { IMAP_OPERATION, type ImapCalibrationStart } from '../replay/imap-calibration.ts';
import { domainsOf } from '../storm/audience.ts';
import { guardRequest, type NamedAccess } from './access-flags.ts';
import { type CalibrateImapFlags, readCalibrateImapChoices } from './calibrate-imap-flags.ts';
import { shareOf, shareOfLoad, upTo } from './calibrate-load-flags.ts';
import { refuse, tell } from './calibrate-tell.ts';
import { loadProfile } from './files.ts';
import { listenForInterrupts } from './interrupts.ts';
import { usageError } from './usage.ts';

/** Calibrates; resolves with the exit code. */
export async function calibrateImapCommand(flags: CalibrateImapFlags): Promise<number> {
  const read = await readCalibrateImapChoices(flags);
  if (!read.ok) return usageError(read.problems);
  const loaded = flags.profile === undefined ? undefined : loadProfile(flags.profile);
  if (loaded?.ok === false) return usageError(loaded.problems);
  const profile = loaded?.ok === true ? loaded.profile : undefined;
  const { access, load, graceUs } = read;
  const domains = domainsOf(access.accounts);
  const request = await guardRequest(access.mailbox, access.mailbox, domains, profile, flags.targetIs);
  const decision = approveTarget(request);
  if (!decision.ok) return refuse(113, decision.refusals.join('; '));
  const startedAtMs = Date.now();
  const interrupts = listenForInterrupts((words) => process.stderr.write(`${words}\n`));
  const operation = IMAP_OPERATION[flags.operation];
  const report = await calibrate(
    startsOf(flags, { access, load, graceUs, request }),
    flags.workers,
    interrupts.stop,
    { thread: 'imap-calibration-worker', operation },
  );
  const stopped = interrupts.stop.aborted;
  interrupts.close();
  if (typeof report === 'string') return refuse(116, report);
  const { operation: name, workers, out, json } = flags;
  const told = { name, operation, counted: 'messages' as const, workers, out, json, startedAtMs, stopped };
  return tell(told, report, load);
}

interface Decided {
  readonly access: NamedAccess;
  readonly load: Load;
  readonly graceUs: number;
  readonly request: TargetRequest;
}

/** What each worker is told: its share of operations and connections; the schedule is everybody's. */
function startsOf(
  flags: CalibrateImapFlags,
  { access, load, graceUs, request }: Decided,
): (shard: { index: number; count: number }, zeroUs: number) => ImapCalibrationStart {
  const { accounts, signIns, ca } = access;
  const { operation, mailboxes, workers, spin, tlsServerName: serverName, tlsInsecure } = flags;
  return (shard, zeroUs) => ({
    request,
    shard,
    zeroUs,
    load: shareOfLoad(load, shard.index, workers),
    graceUs,
    operation,
    mailboxes,
    firstOperation: load.kind === 'saturate' ? upTo(load.messages, shard.index, workers) : 0,
    connections: shareOf(flags.connections, shard.index, workers),
    spin,
    accounts,
    signIns,
    ca,
    serverName,
    tlsInsecure,
  });
}
