/** UID SEARCH: criteria as command pieces, the answer as UIDs. It must not let a criterion end its command. */

import { type Acceptance, astring, isFieldName, type Piece, quotedOrLiteral } from './command.ts';
import type { DataResponse, StatusResponse } from './response.ts';
import { isUidSet } from './sets.ts';
import { asNumber } from './values.ts';

/** All that is given must hold; nothing given means ALL. Text matches substrings, whatever the case (RFC 9051 §6.4.4). */
export interface SearchCriteria {
  readonly all?: boolean;
  readonly subject?: string;
  readonly from?: string;
  /** Name and substring; an empty substring asks only that the field is there. */
  readonly header?: readonly [string, string];
  readonly uid?: string;
  readonly deleted?: boolean;
  readonly seen?: boolean;
}

/** UIDs kept of one search. */
const FOUND_LIMIT = 4_194_304;

/** Undefined where a criterion cannot be sent (NUL, CR or LF in it, a bad field name or set). */
export function searchPieces(criteria: SearchCriteria): readonly Piece[] | undefined {
  const keys: Piece[] = [];
  const { subject, from, header, uid, deleted, seen } = criteria;
  const texts = [subject, from, header?.[1]].filter((text) => text !== undefined);
  // No header field holds a line end (RFC 5322 §2.2): such a search is a mistake, not a literal.
  if (texts.some((text) => /[\0\r\n]/.test(text))) return undefined;
  if (subject !== undefined) keys.push(' SUBJECT ', quotedOrLiteral(subject));
  if (from !== undefined) keys.push(' FROM ', quotedOrLiteral(from));
  if (header !== undefined) {
    if (!isFieldName(header[0])) return undefined;
    keys.push(' HEADER ', astring(header[0]) ?? '', ' ', quotedOrLiteral(header[1]));
  }
  if (uid !== undefined) {
    if (!isUidSet(uid)) return undefined;
    keys.push(` UID ${uid}`);
  }
  if (deleted !== undefined) keys.push(deleted ? ' DELETED' : ' UNDELETED');
  if (seen !== undefined) keys.push(seen ? ' SEEN' : ' UNSEEN');
  if (criteria.all === true || keys.length === 0) keys.push(' ALL');
  const isAscii = texts.every((text) => /^[\u0020-\u007e\t]*$/.test(text));
  return [isAscii ? 'UID SEARCH' : 'UID SEARCH CHARSET UTF-8', ...keys];
}

/** Gathers the UIDs; a server may say them in several SEARCH lines. */
export class SearchRows {
  readonly rows: number[] = [];

  accept(response: DataResponse | StatusResponse): Acceptance {
    if (response.kind !== 'data' || response.name !== 'SEARCH') return 'ignored';
    const values = response.values();
    if (values === undefined) return { problem: 'SEARCH without numbers' };
    for (const value of values) {
      const uid = asNumber(value);
      // (MODSEQ n) may stand at the end (RFC 7162 §3.1.5).
      if (uid === undefined) continue;
      if (this.rows.length >= FOUND_LIMIT) return { problem: `SEARCH found over ${FOUND_LIMIT}` };
      this.rows.push(uid);
    }
    return 'taken';
  }
}
