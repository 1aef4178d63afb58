/** What kind of response this is: continuation, status, data (RFC 9051 §7). It must not act on it. */

import type { RawResponse } from './reader.ts';
import { type ImapValue, readValues } from './values.ts';

export type StatusWord = 'OK' | 'NO' | 'BAD' | 'BYE' | 'PREAUTH';

/** `[UIDNEXT 5]`: RFC 9051 §7.1, RFC 5530. */
export interface ResponseCode {
  /** Upper case. */
  readonly name: string;
  readonly argument: string;
}

export interface ContinuationResponse {
  readonly kind: 'continuation';
  readonly text: string;
}

export interface StatusResponse {
  readonly kind: 'status';
  /** Undefined when untagged. */
  readonly tag: string | undefined;
  readonly status: StatusWord;
  readonly code: ResponseCode | undefined;
  readonly text: string;
}

/** Untagged data: `* 5 FETCH (...)`, `* SEARCH 1 2`. */
export interface DataResponse {
  readonly kind: 'data';
  /** Upper case. */
  readonly name: string;
  readonly number: number | undefined;
  /** Read on demand; undefined when it is not grammar. */
  values(): readonly ImapValue[] | undefined;
}

export type ImapResponse = ContinuationResponse | StatusResponse | DataResponse;

const STATUS = /^(\*|[^\s*+(){%"\\]+) (OK|NO|BAD|BYE|PREAUTH)(?: (.*))?$/is;
const DATA = /^\* (?:(\d{1,10}) )?([A-Z][A-Z0-9.=-]*)(?= |$)/i;
const CODE = /^\[([^\]\s]+)(?: ([^\]]*))?\] ?/;

/** Undefined for what is no response at all. */
export function readResponse(raw: RawResponse): ImapResponse | undefined {
  const line = raw.texts[0] ?? '';
  if (line.startsWith('+')) return { kind: 'continuation', text: line.slice(2) };
  // No status begins with a number, and numbered data is what comes by the hundred thousand.
  const third = line.charCodeAt(2);
  const isNumbered = third >= 0x30 && third <= 0x39 && line.startsWith('* ');
  const status = isNumbered ? null : STATUS.exec(line);
  if (status !== null) return readStatus(status);
  const data = DATA.exec(line);
  if (data === null) return undefined;
  const offset = data[0].length;
  return {
    kind: 'data',
    name: (data[2] ?? '').toUpperCase(),
    number: data[1] === undefined ? undefined : Number(data[1]),
    values: () => readValues(raw, offset),
  };
}

function readStatus(match: RegExpExecArray): StatusResponse {
  const [, tag = '*', status = 'BAD', rest = ''] = match;
  const code = CODE.exec(rest);
  return {
    kind: 'status',
    tag: tag === '*' ? undefined : tag,
    status: status.toUpperCase() as StatusWord,
    code: code === null ? undefined : { name: (code[1] ?? '').toUpperCase(), argument: code[2] ?? '' },
    text: code === null ? rest : rest.slice(code[0].length),
  };
}
