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
    const uid = asNumber(itemNamed(items, /^UID$/i));
    const section = itemNamed(items, this.#section);
    if (uid === undefined || section === undefined || !this.#contains(uid)) return 'ignored';
    const bytes = Buffer.isBuffer(section) ? section : Buffer.from(asText(section) ?? '', 'latin1');
    this.#bytes += bytes.length;
    if (this.#bytes > RESULT_LIMIT_BYTES || this.#rows.size >= ROWS_LIMIT) {
      return { problem: `FETCH brought over ${RESULT_LIMIT_BYTES} bytes or ${ROWS_LIMIT} rows` };
    }
    const flags = itemNamed(items, /^FLAGS$/i);
    const names = isList(flags) ? flags.map(asText).filter((flag) => flag !== undefined) : [];
    this.#rows.set(uid, this.#read(uid, bytes, names));
    return 'taken';
  }
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
  const unfolded = block.toString('utf8').replaceAll(/\r?\n(?=[ \t])/g, '');
  for (const line of unfolded.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trimEnd().toLowerCase();
    if (!headers.has(name) && headers.size < FIELDS_LIMIT) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

/** The value after the item's name; undefined when the list does not have it, null for NIL. */
function itemNamed(items: readonly ImapValue[], name: RegExp): ImapValue | undefined {
  for (let i = 0; i + 1 < items.length; i += 2) {
    const item = items[i];
    if (typeof item === 'string' && name.test(item)) return items[i + 1];
  }
  return undefined;
}
