/** Finds figures in a record and prints those that may be missing. A missing figure is a dash or "not known", never 0. */

import { operationFor } from '../record/doors.ts';
import type { RecordedOperation, RecordedSummary, RunRecord } from '../record/record.ts';
import { formatCount, formatDuration } from '../units.ts';
import { PHASES, type OperationName, type Phase } from '../words.ts';

/** Stands for a figure that is not known. */
export const DASH = '–';

/** A duration, or a dash. */
export function timeOrDash(us: number | null | undefined): string {
  return isKnown(us) ? formatDuration(us) : DASH;
}

/** A count, or a dash. */
export function countOrDash(count: number | null | undefined): string {
  return isKnown(count) ? formatCount(count) : DASH;
}

/** A duration in a sentence. */
export function timeInWords(us: number | null | undefined): string {
  return isKnown(us) ? formatDuration(us) : 'not known';
}

/** A count in a sentence. */
export function countInWords(count: number | null | undefined): string {
  return isKnown(count) ? formatCount(count) : 'not known';
}

/** A rate or ratio with three significant digits, or a dash. */
export function ratioOrDash(value: number | null | undefined): string {
  if (!isKnown(value)) return DASH;
  return value >= 100 ? formatCount(value) : String(+value.toPrecision(3));
}

/** A share of one, in per cent, in a sentence. */
export function shareInWords(share: number | null | undefined): string {
  return isKnown(share) ? `${+(share * 100).toPrecision(2)} %` : 'not known';
}

/** Whether a figure is there and is a number. */
export function isKnown(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

/**
 * A count of lost test results; null where nobody read the mailboxes at the end. Then every record has 0 there, as has a
 * model that only counts copies and so cannot lose one: that is no knowledge.
 */
export function lostOf({ ledger }: Pick<RunRecord, 'ledger'>, lost: number): number | null {
  return ledger === null ? null : lost;
}

/** How often something happened, with its noun: `1 copy`, `2 copies`. */
export function counted(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** An operation in a phase; undefined where nothing of it was planned. */
export function operationIn(
  record: RunRecord,
  operation: OperationName,
  phase: Phase,
): RecordedOperation | undefined {
  return record.operations.find((one) => one.operation === operation && one.phase === phase);
}

/** The phases a run got to or has figures of, in order. */
export function phasesOf(record: RunRecord): readonly Phase[] {
  return PHASES.filter(
    (phase) =>
      record.phases.some(({ name }) => name === phase) ||
      record.operations.some((one) => one.phase === phase) ||
      record.canaries?.byPhase.some((one) => one.phase === phase && one.sent > 0) === true,
  );
}

/** One thing people felt: what it is called, and where its figures are. */
export interface Feeling {
  readonly title: string;
  /** A word or two, for a column of a terminal. */
  readonly short: string;
  readonly figures: (record: RunRecord, phase: Phase) => Felt | undefined;
}

/** Times of one thing in one phase. */
export interface Felt {
  readonly all: RecordedSummary;
  /** Those that went well alone; undefined where `all` holds no others. */
  readonly ok: RecordedSummary | undefined;
  /** Planned, and how many of them did not go well; undefined where that is counted elsewhere. */
  readonly outcome: { readonly planned: number; readonly notOk: number } | undefined;
}

function ofOperation(operation: OperationName): Feeling['figures'] {
  return (record, phase) => {
    const found = operationIn(record, operation, phase);
    if (found === undefined) return undefined;
    const { planned, ok, responseUs, responseOkUs } = found;
    return { all: responseUs, ok: responseOkUs, outcome: { planned, notOk: planned - ok } };
  };
}

function ofVisibility(record: RunRecord, phase: Phase): Felt | undefined {
  const found = record.canaries?.byPhase.find((one) => one.phase === phase);
  return found === undefined ? undefined : { all: found.visibleUs, ok: undefined, outcome: undefined };
}

/** What people felt, in the order they would feel it, by the names that it has at the doors of the run. */
export function feelingsOf(record: Pick<RunRecord, 'doors'>): readonly Feeling[] {
  return [...entering(record), ...ONCE_IN];
}

/** Getting in and opening; one feeling where one operation is both. */
function entering(record: Pick<RunRecord, 'doors'>): readonly Feeling[] {
  const [signIn, open] = [operationFor(record, 'signIn'), operationFor(record, 'open')];
  const named = (title: string, short: string, operation: OperationName): Feeling => {
    return { title: `${title} (${operation})`, short, figures: ofOperation(operation) };
  };
  if (signIn === open) return [named('Getting in and opening the mailbox', 'open', open)];
  return [named('Signing in', 'sign-in', signIn), named('Opening the mailbox', 'open', open)];
}

const ONCE_IN: readonly Feeling[] = [
  { title: 'Reading, start to end (journey.read)', short: 'read', figures: ofOperation('journey.read') },
  { title: 'A test result: sent until visible (canaries seen)', short: 'result', figures: ofVisibility },
  {
    title: 'A test result: sent until read (journey.canary)',
    short: 'canary',
    figures: ofOperation('journey.canary'),
  },
];

/** The run's length in microseconds, or null where no phase was run. */
export function lengthUs(record: RunRecord): number | null {
  if (record.phases.length === 0) return null;
  const starts = record.phases.map(({ startUs }) => startUs);
  const ends = record.phases.map(({ endUs }) => endUs);
  return Math.max(...ends) - Math.min(...starts);
}

/** Replies to all that were drawn: every list message but the first mistake and the recalls. Null without a plan. */
export function repliesDrawn({ plan }: RunRecord): number | null {
  return plan === null ? null : Math.max(0, plan.listMessages - 1 - (plan.recalls ?? 0));
}
