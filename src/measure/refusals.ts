/** Refusals by operation and code, with one example each: a bounded table that merges in any order to the same result. It must not explain them. */

import type { OperationName } from '../words.ts';
import type { Rejected } from './outcome.ts';

/** What servers said no with. Plain data that a thread can post. */
export interface Refusal {
  readonly operation: OperationName;
  /** SMTP reply code, `NO`, `BAD`, `BYE`, or a word of ours where no server said anything. */
  readonly code: string;
  /** RFC 3463 status or IMAP response code; null where none was given. */
  readonly enhanced: string | null;
  readonly count: number;
  /** Of the count, how many invited another try. */
  readonly temporary: number;
  /** Of the count, how many a limiter gave. */
  readonly limited: number;
  /** One of the texts, at most 200 characters: the first by character codes, so that any order of merging keeps the same. */
  readonly example: string;
}

/** Codes kept of one operation: a server has a dozen; one that makes up thousands is cut here. */
export const CODES_OF_AN_OPERATION = 64;

/** Under this name the codes beyond the limit are counted together. */
export const OTHER_CODES = 'other';

const EXAMPLE_LENGTH = 200;

/** Characters of a code that are kept: the longest of RFC 5530 has twenty. */
const CODE_LENGTH = 40;

/**
 * Refusals of any number of workers. Of each operation the first `CODES_OF_AN_OPERATION` by name are kept and the others
 * folded into `other`: which ones stay depends on the names alone, so merging is associative and commutative.
 */
export class Refusals {
  readonly #operations = new Map<OperationName, Map<string, Refusal>>();

  /** Counts one refusal. A journey's is one of its steps' and is not counted again. */
  note(operation: OperationName, outcome: Rejected): void {
    if (operation.startsWith('journey.')) return;
    this.#add({
      operation,
      code: String(outcome.code).slice(0, CODE_LENGTH),
      enhanced: outcome.enhanced?.slice(0, CODE_LENGTH) ?? null,
      count: 1,
      temporary: outcome.temporary ? 1 : 0,
      limited: outcome.limiter ? 1 : 0,
      example: outcome.text.slice(0, EXAMPLE_LENGTH),
    });
  }

  /** Adds another table's rows. */
  add(rows: readonly Refusal[]): void {
    for (const row of rows) this.#add(row);
  }

  /** Most frequent first; equals by name, so that a record reads the same whoever merged it. */
  rows(): readonly Refusal[] {
    const rows = [...this.#operations.values()].flatMap((codes) => [...codes.values()]);
    return rows.sort((a, b) => b.count - a.count || compare(nameOf(a), nameOf(b)));
  }

  /** Gives out all rows and starts empty. */
  drain(): readonly Refusal[] {
    if (this.#operations.size === 0) return [];
    const rows = this.rows();
    this.#operations.clear();
    return rows;
  }

  #add(row: Refusal): void {
    let codes = this.#operations.get(row.operation);
    if (codes === undefined) {
      codes = new Map();
      this.#operations.set(row.operation, codes);
    }
    const key = row.code === OTHER_CODES ? OTHER_CODES : keyOf(row);
    const before = codes.get(key);
    codes.set(key, before === undefined ? row : sum(before, row));
    if (before === undefined && codes.size > CODES_OF_AN_OPERATION) fold(codes);
  }
}

/** Moves the last code by name into `other`, until few enough are left. */
function fold(codes: Map<string, Refusal>): void {
  const named = [...codes.keys()].filter((key) => key !== OTHER_CODES).sort(compare);
  for (const key of named.slice(CODES_OF_AN_OPERATION)) {
    const row = codes.get(key) as Refusal;
    codes.delete(key);
    const other = { ...row, code: OTHER_CODES, enhanced: null };
    const before = codes.get(OTHER_CODES);
    codes.set(OTHER_CODES, before === undefined ? other : sum(before, other));
  }
}

function sum(a: Refusal, b: Refusal): Refusal {
  return {
    ...a,
    count: a.count + b.count,
    temporary: a.temporary + b.temporary,
    limited: a.limited + b.limited,
    example: compare(a.example, b.example) <= 0 ? a.example : b.example,
  };
}

function keyOf({ code, enhanced }: Refusal): string {
  return enhanced === null ? code : `${code} ${enhanced}`;
}

function nameOf(row: Refusal): string {
  return `${row.operation} ${keyOf(row)}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
