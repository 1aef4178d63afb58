/** The form of a question and of its answer, and how figures of a record are put in words. It asks nothing. */

import type { Summary } from '../../measure/tally.ts';
import { formatCount, formatDuration } from '../../units.ts';
import { PHASES, type OperationName, type Phase } from '../../words.ts';
import { operationFor } from '../doors.ts';
import type { RecordedOperation, RunRecord } from '../record.ts';

/** What an answer is counted in; `us` are microseconds, `share` is of 1. Null: the answer is a word. */
export type Unit = 'us' | 'share' | 'person-minutes' | 'times' | (string & {}) | null;

/** One answer with how it came about. Unknown is null with a reason, never 0. */
export type Answer =
  | { readonly answer: number | string; readonly unit: Unit; readonly evidence: string }
  | {
      readonly answer: null;
      readonly unit: Unit;
      readonly evidence: string;
      /** Why nobody can tell. */
      readonly reason: string;
    };

/** One of the questions of that day. */
export interface Question {
  /** Its number in docs/questions.md. */
  readonly id: number;
  /** In a word or two, for a terminal. */
  readonly short: string;
  readonly question: string;
  readonly ask: (record: RunRecord) => Answer;
}

/** As it stands in a record. */
export type RecordedQuestion = { readonly id: number; readonly question: string } & Answer;

export function known(answer: number | string, unit: Unit, evidence: string): Answer {
  return { answer, unit, evidence };
}

export function unknown(unit: Unit, reason: string, evidence = 'nothing to go by'): Answer {
  return { answer: null, unit, evidence, reason };
}

/** The figures of an operation in a phase, where any were planned. */
export function operationIn(
  record: RunRecord,
  operation: OperationName,
  phase: Phase,
): RecordedOperation | undefined {
  return record.operations.find(
    (one) => one.operation === operation && one.phase === phase && one.planned > 0,
  );
}

/** `n 1,204, median 12 ms, p90 30 ms, longest 2 s`; what has too few samples is left out. */
export function timesIn({ count, p50, p90, p99, max }: Summary): string {
  const parts = [`n ${formatCount(count)}`];
  if (p50 !== null) parts.push(`median ${formatDuration(p50)}`);
  if (p90 !== null) parts.push(`nine in ten within ${formatDuration(p90)}`);
  if (p99 !== null) parts.push(`99 in 100 within ${formatDuration(p99)}`);
  if (max !== null) parts.push(`longest ${formatDuration(max)}`);
  return parts.join(', ');
}

/** A time's p90 in a phase: the figure, or why there is none. */
export function ninetieth(summary: Summary | undefined, what: string, more = ''): Answer {
  if (summary === undefined || summary.count === 0) return unknown('us', `no ${what} was timed`);
  const evidence = `${what}: ${timesIn(summary)}${more}`;
  if (summary.p90 === null)
    return unknown('us', `only ${formatCount(summary.count)} samples, nine in ten needs 100`, evidence);
  return known(summary.p90, 'us', evidence);
}

/** `12 of 1,204`. */
export function ofAll(count: number, all: number): string {
  return `${formatCount(count)} of ${formatCount(all)}`;
}

/** ` 40 of 1,204 mailboxes, a sample` where the ledger followed no more; empty where it followed all. */
export function sampleWords({ sample }: NonNullable<RunRecord['ledger']>): string {
  return sample == null ? '' : ` ${ofAll(sample.mailboxes, sample.of)} mailboxes, a sample`;
}

/** How often the watched mailboxes were looked at. */
export function looksOf(record: RunRecord): number {
  const look = operationFor(record, 'look');
  return PHASES.reduce((sum, phase) => sum + (operationIn(record, look, phase)?.planned ?? 0), 0);
}

/** Who watched, and how often: `20 of 120 mailboxes watched, 4,102 looks`. */
export function watchedIn(record: RunRecord): string {
  const { watched } = record.readings ?? {};
  if (watched === undefined) return 'no mailbox was watched';
  return `${ofAll(watched.mailboxes, watched.of)} mailboxes watched, ${formatCount(looksOf(record))} looks`;
}

/** When the blast was meant, from the baseline's zero; null if it never left. */
export function blastUs(record: RunRecord): number | null {
  return record.readings?.blast.sentUs ?? null;
}
