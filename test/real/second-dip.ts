/** Reads off a record what a storm did to the people who read, phase by phase, and whether deleting hurt them a second time. */

import type { RecordedOperation, RunRecord } from '../../src/record/record.ts';
import { BACKGROUND_OPERATIONS, OPERATIONS, PHASES, type OperationName } from '../../src/words.ts';

/** What people who read and delete wait for, in the order of a table. */
const WAITED_FOR: readonly OperationName[] = OPERATIONS.filter(
  (operation) =>
    (operation.startsWith('imap.') && !BACKGROUND_OPERATIONS.includes(operation)) ||
    (operation.startsWith('journey.') && operation !== 'journey.send'),
);

/** Slower by this factor, and not by a hair of the clock, is a dip. */
const DIP_RATIO = 1.5;
const DIP_LEAST_US = 5_000;

/** Response times of every operation in every phase, as lines of a table. */
export function phaseTable(record: RunRecord): readonly string[] {
  const lines = [row('operation', 'phase', 'n', 'ok', 'p50', 'p90', 'p99', 'max')];
  for (const operation of WAITED_FOR) {
    for (const phase of PHASES) {
      const found = record.operations.find((one) => one.operation === operation && one.phase === phase);
      if (found === undefined || found.responseUs.count === 0) continue;
      const { count, p50, p90, p99, max } = found.responseUs;
      lines.push(row(operation, phase, String(count), String(found.ok), ms(p50), ms(p90), ms(p99), ms(max)));
    }
  }
  return lines;
}

/** In words: whether readers were slower while everybody deleted than before the storm and after the deletes. */
export function secondDip(record: RunRecord): string {
  const p90 = (phase: RecordedOperation['phase']): number | null =>
    record.operations.find((one) => one.operation === 'journey.read' && one.phase === phase)?.responseUs
      .p90 ?? null;
  const [baseline, deletes, recovery] = [p90('baseline'), p90('deletes'), p90('recovery')];
  if (baseline === null || deletes === null || recovery === null)
    return 'second dip: no data (too few readers in baseline, deletes or recovery)';
  const figures = `journey.read p90 ${ms(deletes)} during the deletes, ${ms(baseline)} before the storm, ${ms(recovery)} afterwards`;
  const isDip = [baseline, recovery].every(
    (other) => deletes > other * DIP_RATIO && deletes - other > DIP_LEAST_US,
  );
  if (!record.drain.quiescent && isDip)
    return `slower during the deletes, but the backlog was still being delivered: ${figures}`;
  return isDip ? `second dip: yes; ${figures}` : `second dip: none; ${figures}`;
}

function ms(us: number | null): string {
  return us === null ? '-' : `${(us / 1_000).toFixed(us < 100_000 ? 1 : 0)} ms`;
}

function row(operation: string, phase: string, ...figures: readonly string[]): string {
  return `${operation.padEnd(15)} ${phase.padEnd(9)}${figures.map((figure) => figure.padStart(10)).join('')}`;
}
