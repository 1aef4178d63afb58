/** What every run must leave, however it ended: files that can be read, sums that hold, one ending told everywhere alike. */

import { expect } from 'vitest';

import { DISPOSITIONS } from '../../src/measure/dispositions.ts';
import type {
  RecordedLedger,
  RecordedOperation,
  RecordedSummary,
  RunRecord,
} from '../../src/record/record.ts';
import type { Ended, RunFiles } from './program.ts';

/** A percentile needs at least 10/(1-p) samples. */
const NEEDED = { p50: 20, p90: 100, p99: 1_000, p999: 10_000 } as const;

const CLOCKS = ['responseUs', 'responseOkUs', 'serviceUs', 'waitUs', 'lagUs'] as const;

/** Each question has an answer or a reason; no answer is a gap in disguise. */
function expectQuestions({ questions = [] }: RunRecord): void {
  expect(questions.map(({ id }) => id)).toEqual(Array.from({ length: 34 }, (_, index) => index + 1));
  for (const one of questions) {
    expect(one.evidence).not.toMatch(/NaN|undefined|Infinity/);
    if (one.answer === null) expect(one.reason.length).toBeGreaterThan(10);
    else if (typeof one.answer === 'number') expect(Number.isFinite(one.answer)).toBe(true);
  }
}

/** Holds for every run directory. */
export function expectSound(run: Ended & RunFiles): void {
  const { record } = run;
  expect(record.exit.code, run.stderr).toBe(run.code);
  expect(run.last).toBe(
    `verdict: ${record.verdict.status} (exit ${run.code}: ${oneLine(record.exit.reason)})`,
  );
  expect(run.stderr).not.toMatch(/Warning:|^ {4}at /m);
  expect(run.intervals).toMatch(/^#/);
  expect(run.junit).toContain('<testsuite');
  expect(run.html).toMatch(/^<!doctype html>/i);
  expect(run.html).toContain(record.runId);
  expectQuestions(record);
  for (const row of record.operations) expectRow(row);
  for (const { severity: _severity, ...finding } of record.verdict.findings)
    expect(Object.keys(finding).toSorted()).toEqual([
      'because',
      'check',
      'kind',
      'limit',
      'observed',
      'status',
    ]);
  if (record.ledger !== null) expectClosed(record.ledger);
  else if (record.phases.length > 0)
    expect(record.verdict.findings).toContainEqual(
      expect.objectContaining({ check: 'every accepted copy is accounted for', status: 'no-data' }),
    );
  for (const [index, phase] of record.phases.entries()) {
    expect(phase.endUs).toBeGreaterThanOrEqual(phase.startUs);
    const next = record.phases[index + 1];
    if (next !== undefined) expect(next.startUs).toBe(phase.endUs);
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function expectRow(row: RecordedOperation): void {
  const name = `${row.operation} in ${row.phase}`;
  const { planned, ok, rejected, unknown, dropped, droppedBy } = row;
  expect(ok + rejected + unknown + dropped, name).toBe(planned);
  expect(total(Object.values(droppedBy)), name).toBe(dropped);
  for (const clock of CLOCKS) expectSummary(row[clock], `${name}: ${clock}`);
}

function expectSummary(summary: RecordedSummary, name: string): void {
  const { count, max } = summary;
  for (const [percentile, needed] of Object.entries(NEEDED)) {
    const value = summary[percentile as keyof typeof NEEDED];
    expect(value === null, `${name} ${percentile} of ${count}`).toBe(count < needed);
  }
  expect(max === null, name).toBe(count === 0);
}

/** Every accepted copy ends in exactly one disposition. */
export function expectClosed(ledger: RecordedLedger): void {
  expect(total(DISPOSITIONS.map((name) => ledger[name]))).toBe(ledger.copiesAccepted);
  expect(ledger.takenTrashed + ledger.takenExpunged).toBe(ledger.takenByStrategy);
  expect(ledger.copiesSeen).toBeLessThanOrEqual(ledger.copiesAccepted);
  expect(ledger.copiesAccepted).toBeLessThanOrEqual(ledger.copiesPlanned);
}

/** The server kept what it took, and everything it took was looked for. */
export function expectNothingLost(ledger: RecordedLedger): void {
  const { goneUnasked, lost, misdelivered, duplicated, overdue, unknown, bounced } = ledger;
  expect({ goneUnasked, lost, misdelivered, duplicated, overdue, unknown, bounced }).toEqual({
    goneUnasked: 0,
    lost: 0,
    misdelivered: 0,
    duplicated: 0,
    overdue: 0,
    unknown: 0,
    bounced: 0,
  });
}

export function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
