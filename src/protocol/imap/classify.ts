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

/** NO, BAD or BYE as an outcome. */
export function rejectedBy(response: StatusResponse): Rejected {
  const code = response.code?.name;
  const text = clipped(response.text);
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
