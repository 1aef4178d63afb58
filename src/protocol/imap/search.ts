/** UID SEARCH: criteria as command pieces, the answer as UIDs. It must not let a criterion end its command. */

import { type Acceptance, astring, isFieldName, type Piece, quotedOrLiteral } from './command.ts';
import type { DataResponse, StatusResponse } from './response.ts';
import { expandSet, isUidSet } from './sets.ts';
import { asNumber, asText, isList } from './values.ts';

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

/** What a search is asked to return: a list, a set (RFC 4731), or a set that the server also keeps as `$` (RFC 5182). */
export type SearchReturn = 'list' | 'set' | 'saved';

const RETURN: Readonly<Record<SearchReturn, string>> = {
  list: '',
  set: ' RETURN (ALL)',
  saved: ' RETURN (SAVE ALL)',
};

/** Undefined where a criterion cannot be sent (NUL, CR or LF in it, a bad field name or set). */
export function searchPieces(
  criteria: SearchCriteria,
  wanted: SearchReturn = 'list',
): readonly Piece[] | undefined {
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
  return [`UID SEARCH${RETURN[wanted]}${isAscii ? '' : ' CHARSET UTF-8'}`, ...keys];
}

/** Gathers the UIDs; a server may say them in several SEARCH lines, or as a set in one ESEARCH. */
export class SearchRows {
  rows: number[] = [];

  /** `tag` is the search's own: an ESEARCH may name whose answer it is (RFC 4731 §3.1). */
  accept(response: DataResponse | StatusResponse, tag: string): Acceptance {
    if (response.kind !== 'data') return 'ignored';
    if (response.name === 'ESEARCH') return this.#acceptSet(response, tag);
    if (response.name !== 'SEARCH') return 'ignored';
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

  /** `(TAG "R5") UID ALL 1:3,9 COUNT 4`: only ALL was asked for; without a match it is not there. */
  #acceptSet(response: DataResponse, tag: string): Acceptance {
    const values = response.values();
    if (values === undefined) return { problem: 'ESEARCH that cannot be read' };
    let at = 0;
    const correlator = values[0];
    if (isList(correlator)) {
      at = 1;
      if (asText(correlator[1]) !== tag) return 'ignored';
    }
    if ((asText(values[at]) ?? '').toUpperCase() === 'UID') at += 1;
    // Sequence numbers, which nobody asked for, would be taken for UIDs: such an answer is not believed.
    else if (values.length > at) return { problem: 'ESEARCH without UID in answer to UID SEARCH' };
    for (; at + 1 < values.length; at += 2) {
      if ((asText(values[at]) ?? '').toUpperCase() !== 'ALL') continue;
      const uids = expandSet(asText(values[at + 1]) ?? '', FOUND_LIMIT - this.rows.length);
      if (uids === undefined) return { problem: `ESEARCH without a set, or of over ${FOUND_LIMIT}` };
      this.rows = this.rows.length === 0 ? uids : this.rows.concat(uids);
    }
    return 'taken';
  }
}
