/** Every operation in every phase, for those who want to check the sums. It leaves nothing out and judges nothing. */

import type { RecordedOperation, RunRecord } from '../../record/record.ts';
import { formatCount } from '../../units.ts';
import { DROP_REASONS, PHASES } from '../../words.ts';
import { timeOrDash } from '../figures.ts';
import { markup, type Content, type Markup } from '../markup.ts';
import { table, type Column } from './table.ts';

const COLUMNS: readonly Column[] = [
  { head: 'Operation' },
  ...[
    'planned',
    'of it induced',
    'ok',
    'rejected',
    'unknown',
    'dropped',
    'response p50',
    'p90',
    'p99',
    'max',
    'service p99',
    'wait p99',
    'lag p99',
  ].map((head) => ({ head, figure: true })),
];

/** The section, folded away. */
export function operationsSection(record: RunRecord): Markup {
  const groups = PHASES.map((phase) => ({
    title: phase,
    rows: record.operations.filter((one) => one.phase === phase).map(row),
  })).filter(({ rows }) => rows.length > 0);
  const body =
    groups.length === 0
      ? markup`<p>No operation was planned.</p>`
      : markup`<details><summary>All ${String(record.operations.length)} rows: planned = ok + rejected + unknown + dropped</summary>
${table('Operations by phase', COLUMNS, groups)}
<p class="note">Response: from the instant it was meant to happen (what people felt). Service: the mail system's own time. Wait: no free connection. Lag: the generator's own lateness. Induced: made by what the server did, such as polls. – : too few samples.</p>
</details>`;
  return markup`<section aria-labelledby="operations"><h2 id="operations">Every operation</h2>
${body}</section>
`;
}

function row(one: RecordedOperation): readonly Content[] {
  const { p50, p90, p99, max } = one.responseUs;
  return [
    one.operation,
    ...[one.planned, one.induced, one.ok, one.rejected, one.unknown].map(formatCount),
    dropped(one),
    ...[p50, p90, p99, max, one.serviceUs.p99, one.waitUs.p99, one.lagUs.p99].map(timeOrDash),
  ];
}

function dropped(one: RecordedOperation): Content {
  const by = DROP_REASONS.filter((reason) => one.droppedBy[reason] > 0).map(
    (reason) => `${reason} ${formatCount(one.droppedBy[reason])}`,
  );
  const lines = by.map((words) => markup`<br/><span class="soft">${words}</span>`);
  return markup`${formatCount(one.dropped)}${lines}`;
}
