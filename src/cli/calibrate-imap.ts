/** `calibrate imap`: what this machine can honestly ask of a mailbox server. A driver without a plan: as fast as it goes, or paced. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { intervalLog } from '../measure/hlog.ts';
import { approveTarget, type TargetRequest } from '../profile/guard.ts';
import { calibrate, type CalibrationReport } from '../replay/calibrate.ts';
import type { Load } from '../replay/calibration.ts';
import { IMAP_OPERATION, type ImapCalibrationStart } from '../replay/imap-calibration.ts';
import { domainsOf } from '../storm/audience.ts';
import { exitOf } from '../verdict/exit.ts';
import { judgeLoad } from '../verdict/load.ts';
import { guardRequest, type NamedAccess } from './access-flags.ts';
import { type CalibrateImapFlags, readCalibrateImapChoices } from './calibrate-imap-flags.ts';
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
  return tell(flags, report, load, { startedAtMs, stopped });
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
  const upTo = (total: number, index: number): number => Math.floor((index * total) / workers);
  const share = (total: number, index: number): number => upTo(total, index + 1) - upTo(total, index);
  return (shard, zeroUs) => ({
    request,
    shard,
    zeroUs,
    load: load.kind === 'saturate' ? { kind: 'saturate', messages: share(load.messages, shard.index) } : load,
    graceUs,
    operation,
    mailboxes,
    firstOperation: load.kind === 'saturate' ? upTo(load.messages, shard.index) : 0,
    connections: share(flags.connections, shard.index),
    spin,
    accounts,
    signIns,
    ca,
    serverName,
    tlsInsecure,
  });
}

function refuse(code: number, because: string): number {
  process.stderr.write(`exit ${code}: ${because}\n`);
  return code;
}

interface Told {
  readonly startedAtMs: number;
  readonly stopped: boolean;
}

function tell(flags: CalibrateImapFlags, report: CalibrationReport, load: Load, told: Told): number {
  const unit = { operation: IMAP_OPERATION[flags.operation], noun: 'operations' };
  const { verdict, reasons } = judgeLoad(
    report.tally,
    report.health.worst(),
    { heard: report.heard, expected: flags.workers },
    load.kind === 'paced',
    unit,
  );
  const exit = exitOf(
    told.stopped ? [{ name: 'operator', because: 'stopped by the operator' }, ...reasons] : reasons,
  );
  const figures = {
    ...figuresOf(flags, report, load),
    refusals: report.tally.refusals(),
    verdict: { status: verdict.status, findings: verdict.findings },
    exit,
  };
  if (flags.out !== undefined) {
    mkdirSync(flags.out, { recursive: true });
    writeFileSync(join(flags.out, 'calibration.json'), `${JSON.stringify(figures, null, 1)}\n`);
    writeFileSync(join(flags.out, 'intervals.hlog'), intervalLog(report.tally.intervals(), told.startedAtMs));
  }
  const lines = Object.entries(figures).map(([name, value]) => `${name.padEnd(20)}${JSON.stringify(value)}`);
  process.stdout.write(`${flags.json ? JSON.stringify(figures) : lines.join('\n')}\n`);
  process.stderr.write(`verdict: ${verdict.status} (exit ${exit.code}: ${exit.reason})\n`);
  return exit.code;
}

/** The figures of a calibration; times in microseconds, rates per second of wall time. */
function figuresOf(flags: CalibrateImapFlags, report: CalibrationReport, load: Load) {
  const { tally, wallUs, cpuSeconds, copiesAccepted } = report;
  const operation = IMAP_OPERATION[flags.operation];
  const found = tally.operations().find((one) => one.operation === operation)?.intents;
  const { planned = 0, ok = 0, rejected = 0, unknown = 0 } = found ?? {};
  const dropped = Object.values(found?.dropped ?? {}).reduce((sum, one) => sum + one, 0);
  const wallSeconds = wallUs / 1e6;
  const answered = ok + rejected + unknown;
  const every = ['ok', 'rejected', 'unknown', 'dropped'] as const;
  const base = {
    operation: flags.operation,
    operations: planned,
    ok,
    rejected,
    unknown,
    dropped,
    // Fetched, deleted or read: what the workers counted under "accepted".
    messages: copiesAccepted,
    wallSeconds,
    operationsPerSecond: answered / wallSeconds,
    cpuSeconds,
    serviceUs: tally.summary(operation, 'storm', every, 'service'),
    health: report.health.worst(),
  };
  if (load.kind === 'saturate') return base;
  const durationSeconds = load.durationUs / 1e6;
  return {
    ...base,
    offered: planned / durationSeconds,
    achieved: answered / Math.max(durationSeconds, wallSeconds),
    responseUs: tally.summary(operation, 'storm', every, 'response'),
    waitUs: tally.summary(operation, 'storm', ['all'], 'wait'),
    lagUs: tally.summary(operation, 'storm', ['all'], 'lag'),
  };
}
