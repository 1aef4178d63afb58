/** The figures of a calibration, its verdict and its files, for every engine that counts operations. It must not measure anything. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { intervalLog } from '../measure/hlog.ts';
import type { CalibrationReport } from '../replay/calibrate.ts';
import type { Load } from '../replay/calibration.ts';
import { exitOf } from '../verdict/exit.ts';
import { judgeLoad } from '../verdict/load.ts';
import type { OperationName } from '../words.ts';

/** What was asked for, and what of it happened. */
export interface Told {
  /** As the operator named it. */
  readonly name: string;
  readonly operation: OperationName;
  /** What the workers counted under "accepted". */
  readonly counted: 'messages' | 'bytes';
  readonly workers: number;
  readonly out: string | undefined;
  readonly json: boolean;
  readonly startedAtMs: number;
  readonly stopped: boolean;
}

/** Refuses before or instead of measuring; answers the exit code. */
export function refuse(code: number, because: string): number {
  process.stderr.write(`exit ${code}: ${because}\n`);
  return code;
}

/** Prints and files the figures; answers the exit code. */
export function tell(told: Told, report: CalibrationReport, load: Load): number {
  const { verdict, reasons } = judgeLoad(
    report.tally,
    report.health.worst(),
    { heard: report.heard, expected: told.workers },
    load.kind === 'paced',
    { operation: told.operation, noun: 'operations' },
  );
  const exit = exitOf(
    told.stopped ? [{ name: 'operator', because: 'stopped by the operator' }, ...reasons] : reasons,
  );
  const figures = {
    ...figuresOf(told, report, load),
    refusals: report.tally.refusals(),
    verdict: { status: verdict.status, findings: verdict.findings },
    exit,
  };
  if (told.out !== undefined) {
    mkdirSync(told.out, { recursive: true });
    writeFileSync(join(told.out, 'calibration.json'), `${JSON.stringify(figures, null, 1)}\n`);
    writeFileSync(join(told.out, 'intervals.hlog'), intervalLog(report.tally.intervals(), told.startedAtMs));
  }
  const lines = Object.entries(figures).map(([name, value]) => `${name.padEnd(20)}${JSON.stringify(value)}`);
  process.stdout.write(`${told.json ? JSON.stringify(figures) : lines.join('\n')}\n`);
  process.stderr.write(`verdict: ${verdict.status} (exit ${exit.code}: ${exit.reason})\n`);
  return exit.code;
}

/** Times in microseconds, rates per second of wall time. */
function figuresOf(told: Told, report: CalibrationReport, load: Load) {
  const { tally, wallUs, cpuSeconds, copiesAccepted } = report;
  const { operation, name, counted } = told;
  const found = tally.operations().find((one) => one.operation === operation)?.intents;
  const { planned = 0, ok = 0, rejected = 0, unknown = 0 } = found ?? {};
  const dropped = Object.values(found?.dropped ?? {}).reduce((sum, one) => sum + one, 0);
  const wallSeconds = wallUs / 1e6;
  const answered = ok + rejected + unknown;
  const every = ['ok', 'rejected', 'unknown', 'dropped'] as const;
  const base = {
    operation: name,
    operations: planned,
    ok,
    rejected,
    unknown,
    dropped,
    [counted]: copiesAccepted,
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
