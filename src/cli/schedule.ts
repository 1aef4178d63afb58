/** A plan's whole schedule as text: JSON, CSV or a line of JSON a journey. Constant memory: written as it is drawn, no faster than it is read. */

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Journey } from '../storm/journey.ts';
import { copiesOf, phaseJourneys, type Plan } from '../storm/plan.ts';
import { PHASES } from '../words.ts';

export const SCHEDULE_FORMATS = ['json', 'csv', 'ndjson'] as const;

export type ScheduleFormat = (typeof SCHEDULE_FORMATS)[number];

/** One journey as the schedule shows it: offsets in microseconds after the phase's zero, people as mailboxes. */
interface ScheduleRow {
  readonly phase: string;
  readonly offsetUs: number;
  readonly id: number;
  readonly kind: string;
  readonly actor: number;
  readonly class: string | null;
  readonly author: number | null;
  readonly recipient: number | 'list' | null;
  readonly copies: number | null;
  readonly parent: number | null;
  readonly selection: string | null;
  readonly disposal: string | null;
}

/** Every column holds a number or one of our own words: nothing in it needs quoting (RFC 4180 §2). */
const COLUMNS = [
  'phase',
  'offsetUs',
  'id',
  'kind',
  'actor',
  'class',
  'author',
  'recipient',
  'copies',
  'parent',
  'selection',
  'disposal',
] as const satisfies readonly (keyof ScheduleRow)[];

/** Text is handed on in pieces of about so many characters: a write a line would cost more than the plan. */
const PIECE_CHARACTERS = 64 * 1_024;

/** Writes the schedule; ends early, and well, when the reader has had enough. */
export async function writeSchedule(
  plan: Plan,
  format: ScheduleFormat,
  to: NodeJS.WritableStream,
): Promise<void> {
  try {
    await pipeline(
      Readable.from(pieces(scheduleLines(plan, format)), { objectMode: true, highWaterMark: 1 }),
      to,
      {
        end: false,
      },
    );
  } catch (error) {
    const closed = error instanceof Error && 'code' in error && error.code === 'EPIPE';
    if (!closed) throw error;
  }
}

/** The schedule's text, line by line. */
export function* scheduleLines(plan: Plan, format: ScheduleFormat): Generator<string> {
  if (format === 'csv') yield `${COLUMNS.join(',')}\r\n`;
  if (format === 'json') yield '[';
  let first = true;
  for (const phase of PHASES) {
    for (const journey of phaseJourneys(plan, phase)) {
      const row = rowOf(plan, journey);
      if (format === 'csv') yield `${COLUMNS.map((column) => row[column] ?? '').join(',')}\r\n`;
      else if (format === 'ndjson') yield `${JSON.stringify(row)}\n`;
      else yield `${first ? '' : ','}\n${JSON.stringify(row)}`;
      first = false;
    }
  }
  if (format === 'json') yield '\n]\n';
}

function rowOf(plan: Plan, journey: Journey): ScheduleRow {
  const { phase, offsetUs, id, kind, actor, message, strategy } = journey;
  return {
    phase,
    offsetUs,
    id,
    kind,
    actor,
    class: message?.class ?? null,
    author: message?.author ?? null,
    recipient: message?.recipient ?? null,
    copies: message === undefined ? null : copiesOf(plan, message),
    parent: message === undefined || message.parent < 0 ? null : message.parent,
    selection: strategy?.selection ?? null,
    disposal: strategy?.disposal ?? null,
  };
}

function* pieces(lines: Iterable<string>): Generator<string> {
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
