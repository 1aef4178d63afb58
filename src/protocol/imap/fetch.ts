/** FETCH answers gathered row by row: headers and bodies, bounded. It must not send anything. */

import type { Acceptance } from './command.ts';
import type { DataResponse, StatusResponse } from './response.ts';
import { uidSetContains } from './sets.ts';
import { asNumber, asText, type ImapValue, isList } from './values.ts';

export interface HeaderRow {
  readonly uid: number;
  readonly flags: readonly string[];
  /** By lower-case name, unfolded, undecoded; of a repeated field the first. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface BodyRow {
  readonly uid: number;
  readonly body: Buffer;
}

/** What one FETCH of ours may bring in all. */
const RESULT_LIMIT_BYTES = 268_435_456;

/** More rows than any mailbox of ours holds. */
const ROWS_LIMIT = 1_000_000;

/** Fields of one header block that are kept. */
const FIELDS_LIMIT = 1_000;

/** Gathers rows of the UIDs asked for; unsolicited FETCH (flags of others, or without our section) is not ours. */
export class FetchRows<Row> {
  readonly #rows = new Map<number, Row>();
  readonly #contains: (uid: number) => boolean;
  readonly #section: RegExp;
  readonly #read: (uid: number, bytes: Buffer, flags: readonly string[]) => Row;
  #bytes = 0;
  /** Item names of the last row, as written: servers write them alike in every row of an answer. */
  readonly #kinds = new Map<string, 'uid' | 'section' | 'flags' | 'other'>();

  constructor(
    uidSet: string,
    section: RegExp,
    read: (uid: number, bytes: Buffer, flags: readonly string[]) => Row,
  ) {
    this.#contains = uidSetContains(uidSet);
    this.#section = section;
    this.#read = read;
  }

  get rows(): readonly Row[] {
    return [...this.#rows.values()];
  }

  accept(response: DataResponse | StatusResponse): Acceptance {
    if (response.kind !== 'data' || response.name !== 'FETCH') return 'ignored';
    const [items] = response.values() ?? [];
    if (!isList(items)) return { problem: 'FETCH without a list' };
    let uid: number | undefined;
    let section: ImapValue | undefined;
    let flags: ImapValue | undefined;
    // From the end: of an item said twice the first counts.
    for (let i = items.length - (items.length % 2) - 2; i >= 0; i -= 2) {
      const value = items[i + 1];
      const kind = this.#kindOf(items[i]);
      if (kind === 'uid') uid = asNumber(value);
      else if (kind === 'section') section = value;
      else if (kind === 'flags') flags = value;
    }
    if (uid === undefined || section === undefined || !this.#contains(uid)) return 'ignored';
    const bytes = Buffer.isBuffer(section) ? section : Buffer.from(asText(section) ?? '', 'latin1');
    this.#bytes += bytes.length;
    if (this.#bytes > RESULT_LIMIT_BYTES || this.#rows.size >= ROWS_LIMIT) {
      return { problem: `FETCH brought over ${RESULT_LIMIT_BYTES} bytes or ${ROWS_LIMIT} rows` };
    }
    this.#rows.set(uid, this.#read(uid, bytes, flagNames(flags)));
    return 'taken';
  }

  #kindOf(name: ImapValue | undefined): 'uid' | 'section' | 'flags' | 'other' {
    if (typeof name !== 'string') return 'other';
    const known = this.#kinds.get(name);
    if (known !== undefined) return known;
    const upper = name.toUpperCase();
    let kind: 'uid' | 'section' | 'flags' | 'other' = 'other';
    if (upper === 'UID') kind = 'uid';
    else if (upper === 'FLAGS') kind = 'flags';
    else if (this.#section.test(name)) kind = 'section';
    if (this.#kinds.size < KINDS_LIMIT) this.#kinds.set(name, kind);
    return kind;
  }
}

/** Different item names one FETCH of ours may meet before they are no longer remembered. */
const KINDS_LIMIT = 50;

const NO_FLAGS: readonly string[] = [];

function flagNames(flags: ImapValue | undefined): readonly string[] {
  if (!isList(flags) || flags.length === 0) return NO_FLAGS;
  return flags.map(asText).filter((flag) => flag !== undefined);
}

/** Header sections only, whatever field list the server echoes. */
export const HEADER_SECTION = /^BODY\[HEADER\.FIELDS/i;

/** The whole message or a partial of it. */
export const BODY_SECTION = /^BODY\[\](?:<\d+>)?$/i;

export function headerRow(uid: number, bytes: Buffer, flags: readonly string[]): HeaderRow {
  return { uid, flags, headers: readHeaders(bytes) };
}

/** Unfolds (RFC 5322 §2.2.3) and splits a header block. */
export function readHeaders(block: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  const text = block.toString('utf8');
  const unfolded = FOLD.test(text) ? text.replaceAll(/\r?\n(?=[ \t])/g, '') : text;
  for (let from = 0; from < unfolded.length; ) {
    const feed = unfolded.indexOf('\n', from);
    const next = feed < 0 ? unfolded.length : feed;
    const colon = unfolded.indexOf(':', from);
    if (colon > from && colon < next) {
      const name = nameOf(unfolded.slice(from, colon));
      if (!headers.has(name) && headers.size < FIELDS_LIMIT)
        headers.set(name, unfolded.slice(colon + 1, next).trim());
    }
    from = next + 1;
  }
  return headers;
}

const FOLD = /\n[ \t]/;

/** Names come again with every message: their lower-case forms are kept, so that a census makes each once. */
const names = new Map<string, string>();
const NAMES_LIMIT = 1_000;

function nameOf(written: string): string {
  const known = names.get(written);
  if (known !== undefined) return known;
  const name = written.trimEnd().toLowerCase();
  if (names.size < NAMES_LIMIT) names.set(written, name);
  return name;
}
