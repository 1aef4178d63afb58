/** What an IMAP refusal is about: limiter, quota, worth another try. One table; it must not decide what to do next. */

import type { ProtocolOutcome, Rejected } from '../../measure/outcome.ts';
import { clipped, okOutcome } from '../ending.ts';
import type { StatusResponse } from './response.ts';

/** RFC 5530 §3 and RFC 9738: codes that say "not now". */
const TEMPORARY: ReadonlySet<string> = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'MESSAGELIMIT']);

const LIMITER_CODES: ReadonlySet<string> = new Set(['LIMIT', 'MESSAGELIMIT', 'THROTTLED']);

/** Dovecot, Cyrus, Exchange and Gmail, in that order, where they give no code. */
const LIMITER_TEXT =
  /maximum number of connections|too many (?:simultaneous |open )?(?:connections|users|sessions|commands)|connection limit|throttl|bandwidth limit|rate limit/i;

const OVER_QUOTA_TEXT = /\bquota\b|mailbox (?:is )?full/i;

/**
 * What servers say in words only, as the code they could have given. `LOCKED` is ours: RFC 5530 has only CONTACTADMIN, and a
 * locked account is no wrong password, whatever the code beside it.
 */
const WORDS: readonly {
  readonly text: RegExp;
  readonly name: string;
  readonly instead: readonly string[];
}[] = [
  {
    text: /\b(?:account|user|login)\b[^.]{0,40}\b(?:locked|disabled|suspended)\b/i,
    name: 'LOCKED',
    instead: ['AUTHENTICATIONFAILED', 'ALERT'],
  },
  {
    text: /\b(?:mailbox|folder)\b[^.]{0,60}(?:doesn'?t exist|does not exist|not found)/i,
    name: 'NONEXISTENT',
    instead: [],
  },
];

/** NO, BAD or BYE as an outcome. */
export function rejectedBy(response: StatusResponse): Rejected {
  const given = response.code?.name;
  const text = clipped(response.text);
  const worded = WORDS.find(
    (one) => (given === undefined || one.instead.includes(given)) && one.text.test(text),
  );
  const code = worded?.name ?? given;
  const limiter = (code !== undefined && LIMITER_CODES.has(code)) || LIMITER_TEXT.test(text);
  const overQuota = code === 'OVERQUOTA' || (code === undefined && OVER_QUOTA_TEXT.test(text));
  return {
    kind: 'rejected',
    code: response.status,
    ...(code === undefined ? {} : { enhanced: clipped(code) }),
    temporary: limiter || response.status === 'BYE' || (code !== undefined && TEMPORARY.has(code)),
    limiter,
    greylist: false,
    overQuota,
    text,
  };
}

/** A tagged answer as an outcome. */
export function outcomeOf(response: StatusResponse): ProtocolOutcome {
  if (response.status !== 'OK') return rejectedBy(response);
  const code = response.code === undefined ? '' : `[${response.code.name} ${response.code.argument}] `;
  return okOutcome(`OK ${code}${response.text}`);
}
