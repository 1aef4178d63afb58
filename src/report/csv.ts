/** A record's operations as comma-separated values (RFC 4180, but lines end in LF): a row an operation and phase. What is not known is empty, never 0. */

import type { RecordedOperation, RecordedSummary, RunRecord } from '../record/record.ts';
import { DROP_REASONS } from '../words.ts';

type Cell = string | number | null | undefined;

const COUNTS = ['planned', 'induced', 'ok', 'rejected', 'expected', 'unknown', 'dropped'] as const;

const CLOCKS = {
  response: 'responseUs',
  response_ok: 'responseOkUs',
  service: 'serviceUs',
  wait: 'waitUs',
  lag: 'lagUs',
} as const satisfies Readonly<Record<string, keyof RecordedOperation>>;

const FIGURES = [
  'count',
  'min',
  'p50',
  'p90',
  'p99',
  'p999',
  'max',
] as const satisfies readonly (keyof RecordedSummary)[];

/** The columns in order; docs/report.md says what each means. */
export const CSV_COLUMNS: readonly string[] = [
  'run',
  'operation',
  'phase',
  ...COUNTS,
  ...DROP_REASONS.map((reason) => `dropped_${reason}`),
  ...Object.keys(CLOCKS).flatMap((clock) =>
    FIGURES.map((figure) => (figure === 'count' ? `${clock}_count` : `${clock}_${figure}_us`)),
  ),
];

/** The table with its heads. */
export function renderCsv(record: RunRecord): string {
  const rows = record.operations.map((one) => rowOf(record.runId, one));
  return [CSV_COLUMNS, ...rows].map((row) => `${row.map(cellText).join(',')}\n`).join('');
}

function rowOf(runId: string, one: RecordedOperation): readonly Cell[] {
  return [
    runId,
    one.operation,
    one.phase,
    // Where none was expected the record says nothing: that is a 0.
    ...COUNTS.map((name) => one[name] ?? 0),
    ...DROP_REASONS.map((reason) => one.droppedBy[reason] ?? 0),
    ...Object.values(CLOCKS).flatMap((clock) => FIGURES.map((figure) => one[clock][figure])),
  ];
}

/** Quoted where it must be. A word that a spreadsheet would take for a formula is made one that it would not. */
function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  const text = typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
