/** `calibrate smtp`: what can this machine honestly offer, to this target. A driver without a plan: as fast as it goes, or paced. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { intervalLog } from '../measure/hlog.ts';
import type { Tally } from '../measure/tally.ts';
import { SMTP_STEPS } from '../protocol/smtp/steps.ts';
import { approveTarget, type TargetRequest } from '../profile/guard.ts';
import { calibrate, type CalibrationReport } from '../replay/calibrate.ts';
import type { CalibrationStart, Load } from '../replay/calibration.ts';
import { addressOf } from '../storm/audience.ts';
import { exitOf } from '../verdict/exit.ts';
import type { Finding } from '../verdict/finding.ts';
import { FITNESS_LIMITS } from '../verdict/fitness-limits.ts';
import { judgeLoad } from '../verdict/load.ts';
import { domainOf, guardRequest } from './access-flags.ts';
import { readCalibrateChoices, type CalibrateChoices, type CalibrateFlags } from './calibrate-flags.ts';
import { loadProfile } from './files.ts';
import { listenForInterrupts } from './interrupts.ts';
import { newRunId } from './run-session.ts';
import { sourceProblem } from './submit-flags.ts';
import { usageError } from './usage.ts';
import { generatorWarnings, type Threads } from './warnings.ts';

/** Calibrates; resolves with the exit code. */
export async function calibrateCommand(flags: CalibrateFlags): Promise<number> {
  const read = readCalibrateChoices(flags);
  if (!read.ok) return usageError(read.problems);
  const loaded = flags.profile === undefined ? undefined : loadProfile(flags.profile);
  if (loaded?.ok === false) return usageError(loaded.problems);
  const profile = loaded?.ok === true ? loaded.profile : undefined;
  const domains = [domainOf(read.accounts.pattern)];
  const request = await guardRequest(read.submit, read.submit, domains, profile, flags.targetIs);
  const decision = approveTarget(request);
  if (!decision.ok) return refuse(113, decision.refusals.join('; '));
  const unusable = await sourceProblem(read.policy.sourceAddresses, decision.target.submit.address);
  if (unusable !== undefined) return usageError([unusable]);
  const startedAtMs = Date.now();
  const interrupts = listenForInterrupts((text) => process.stderr.write(`${text}\n`));
  const report = await calibrate(startsOf(flags, read, request), flags.workers, interrupts.stop);
  const stopped = interrupts.stop.aborted;
  interrupts.close();
  if (typeof report === 'string') return refuse(116, report);
  return tell(flags, report, read.load, { sizeBytes: read.sizeBytes, startedAtMs, stopped });
}

/** What each worker is told: its share of the messages and connections; the schedule is everybody's. */
function startsOf(
  flags: CalibrateFlags,
  read: Extract<CalibrateChoices, { ok: true }>,
  request: TargetRequest,
): (shard: { index: number; count: number }, zeroUs: number) => CalibrationStart {
  const { load, graceUs, accounts, sizeBytes, ca } = read;
  const { pipelining, spin, tlsServerName: serverName, tlsInsecure } = flags;
  const runId = newRunId('c', Date.now());
  const recipients = Array.from({ length: flags.recipients }, (_, index) => addressOf(accounts, index));
  const from = addressOf(accounts, 0);
  const password = process.env[flags.passwordEnv] ?? '';
  const credentials = flags.signIn ? { login: from, password } : undefined;
  const share = (total: number, index: number): number =>
    Math.floor(((index + 1) * total) / flags.workers) - Math.floor((index * total) / flags.workers);
  return (shard, zeroUs) => ({
    runId,
    request,
    shard,
    zeroUs,
    load: load.kind === 'saturate' ? { kind: 'saturate', messages: share(load.messages, shard.index) } : load,
    graceUs,
    connections: share(flags.connections, shard.index),
    pipelining,
    spin,
    from,
    recipients,
    sizeBytes,
    credentials,
    ca,
    serverName,
    tlsInsecure,
    policy: read.policy,
  });
}

function refuse(code: number, because: string): number {
  process.stderr.write(`exit ${code}: ${because}\n`);
  return code;
}

interface Told {
  readonly sizeBytes: number;
  readonly startedAtMs: number;
  readonly stopped: boolean;
}

function tell(flags: CalibrateFlags, report: CalibrationReport, load: Load, told: Told): number {
  const paced = load.kind === 'paced';
  const { verdict, reasons } = judgeLoad(
    report.tally,
    report.health.worst(),
    { heard: report.heard, expected: flags.workers },
    paced,
  );
  const exit = exitOf(
    told.stopped ? [{ name: 'operator', because: 'stopped by the operator' }, ...reasons] : reasons,
  );
  const figures = {
    ...figuresOf(flags, report, load, told.sizeBytes),
    limitedBy: limitedBy(flags, report, load, verdict.findings),
    // Without a pace a busy generator does what it was asked to.
    warnings: paced ? generatorWarnings(report.health.worst(), LAG_LIMIT_US, threadsOf(flags)) : [],
    verdict: { status: verdict.status, findings: verdict.findings },
    exit,
  };
  if (flags.out !== undefined) {
    mkdirSync(flags.out, { recursive: true });
    writeFileSync(join(flags.out, 'calibration.json'), `${JSON.stringify(figures, null, 1)}\n`);
    writeFileSync(join(flags.out, 'intervals.hlog'), intervalLog(report.tally.intervals(), told.startedAtMs));
  }
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(figures)}\n`
      : `${Object.entries(figures)
          .map(([name, value]) => `${name.padEnd(20)}${JSON.stringify(value)}`)
          .join('\n')}\n`,
  );
  process.stderr.write(`verdict: ${verdict.status} (exit ${exit.code}: ${exit.reason})\n`);
  return exit.code;
}

/** The figures of a calibration; times in microseconds, rates per second of wall time. */
function figuresOf(flags: CalibrateFlags, report: CalibrationReport, load: Load, sizeBytes: number) {
  const { tally, wallUs, cpuSeconds, copiesAccepted } = report;
  const counts = submitCounts(tally);
  const wallSeconds = wallUs / 1e6;
  const { user, system } = process.cpuUsage();
  const answered = counts.ok + counts.rejected + counts.unknown;
  const base = {
    messages: counts.planned,
    copies: copiesAccepted,
    ok: counts.ok,
    rejected: counts.rejected,
    unknown: counts.unknown,
    dropped: counts.dropped,
    wallSeconds,
    messagesPerSecond: answered / wallSeconds,
    copiesPerSecond: copiesAccepted / wallSeconds,
    cpuSeconds,
    cpuSecondsProcess: (user + system) / 1e6,
    bytes: answered * sizeBytes,
    serviceUs: tally.summary('smtp.submit', 'storm', ['ok', 'rejected', 'unknown', 'dropped'], 'service'),
    stepsUs: Object.fromEntries(SMTP_STEPS.map((step) => [step, report.steps.summary(step)])),
    health: report.health.worst(),
  };
  if (load.kind === 'saturate') return base;
  const durationSeconds = load.durationUs / 1e6;
  return {
    ...base,
    offered: (counts.planned * flags.recipients) / durationSeconds,
    achieved: copiesAccepted / Math.max(durationSeconds, wallSeconds),
    responseUs: tally.summary('smtp.submit', 'storm', ['ok', 'rejected', 'unknown', 'dropped'], 'response'),
    waitUs: tally.summary('smtp.submit', 'storm', ['all'], 'wait'),
    lagUs: tally.summary('smtp.submit', 'storm', ['all'], 'lag'),
  };
}

/** Without a profile no time is judged: the lag's limit is its floor. */
const LAG_LIMIT_US = FITNESS_LIMITS.lagFloor.value * 1_000;

function threadsOf({ workers }: CalibrateFlags): Threads {
  return { workers, cores: availableParallelism() };
}

/** Findings of fitness that name the generator alone; what was not taken up in time may have waited for the target. */
const GENERATOR_ALONE = ['generator: lag', 'generator: event loop', 'generator: CPU', 'generator: garbage'];

/** What kept the load from being larger. A starved thread shows little CPU: its loop and its lag tell on it. */
function limitedBy(
  flags: CalibrateFlags,
  { tally, health, wallUs, cpuSeconds }: CalibrationReport,
  load: Load,
  findings: readonly Finding[],
): 'generator' | 'target' | 'pace' {
  const busy = cpuSeconds / (wallUs / 1e6) / flags.workers;
  const slow = !flags.spin && Math.max(busy, health.worst().utilisationP90 ?? 0) > GENERATOR_BUSY;
  if (load.kind === 'saturate') return slow ? 'generator' : 'target';
  if (findings.some(({ check, status }) => status === 'fail' && GENERATOR_ALONE.includes(check)))
    return 'generator';
  const kept = submitCounts(tally).dropped === 0 && wallUs <= load.durationUs * 1.05;
  if (kept) return 'pace';
  return slow ? 'generator' : 'target';
}

/** A load thread busier than this share of its wall time has nothing left to give. */
const GENERATOR_BUSY = 0.9;

function submitCounts(tally: Tally): {
  planned: number;
  ok: number;
  rejected: number;
  unknown: number;
  dropped: number;
} {
  const found = tally.operations().find((one) => one.operation === 'smtp.submit')?.intents;
  if (found === undefined) return { planned: 0, ok: 0, rejected: 0, unknown: 0, dropped: 0 };
  const { planned, ok, rejected, unknown } = found;
  return {
    planned,
    ok,
    rejected,
    unknown,
    dropped: Object.values(found.dropped).reduce((sum, one) => sum + one, 0),
  };
}
