/** What an SMTP refusal is about: limiter, greylist, quota. One table; it must not decide what to do next. */

import type { Ok, Rejected } from '../../measure/outcome.ts';
import { clipped, okOutcome } from '../ending.ts';
import type { Reply } from './reply.ts';

/** Every given field must match. */
interface Rule {
  readonly codes?: readonly number[];
  readonly enhanced?: RegExp;
  readonly text?: RegExp;
}

const LIMITER: readonly Rule[] = [
  // RFC 3463 §3.6: X.5.3 too many recipients; also RFC 5321 §4.5.3.1.10.
  { enhanced: /^[45]\.5\.3$/ },
  // RFC 3463 §3.5: X.4.5 congestion; X.3.2 not accepting messages now.
  { codes: [421], enhanced: /^4\.(?:7\.\d+|4\.5|3\.2)$/ },
  { codes: [450, 451, 452], enhanced: /^4\.7\.(?!1$)\d+$/ },
  {
    text: /too many (?:recipients|connections|messages|concurrent|errors|sessions|commands|rcpt)|too much mail/i,
  },
  { text: /\b(?:rate|connection|message|sending|thread|recipient) limit|throttl|concurrenc|server busy/i },
];

const GREYLIST: readonly Rule[] = [
  { codes: [450, 451], enhanced: /^4\.7\.1$/ },
  { codes: [421, 450, 451], text: /gr[ea]y-?\s?list/i },
];

const OVER_QUOTA: readonly Rule[] = [
  // RFC 3463 §3.3: X.2.2 mailbox full.
  { enhanced: /^[45]\.2\.2$/ },
  { codes: [422, 450, 452, 550, 552], text: /\bquota\b|mailbox (?:is )?full|out of storage/i },
];

const ENHANCED = /^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/;

/** The enhanced status code (RFC 2034 §4), where the first line carries one of the reply's own class. */
export function enhancedOf(reply: Reply): string | undefined {
  const found = ENHANCED.exec(reply.lines[0] ?? '')?.[1];
  return found !== undefined && Number(found[0]) === Math.floor(reply.code / 100) ? found : undefined;
}

/** A refusal (4yz, 5yz) as an outcome. */
export function rejectedBy(reply: Reply): Rejected {
  const enhanced = enhancedOf(reply);
  const text = clipped(reply.lines.join(' '));
  const is = (rules: readonly Rule[]): boolean =>
    rules.some(
      (rule) =>
        (rule.codes === undefined || rule.codes.includes(reply.code)) &&
        (rule.enhanced === undefined || (enhanced !== undefined && rule.enhanced.test(enhanced))) &&
        (rule.text === undefined || rule.text.test(text)),
    );
  const limiter = is(LIMITER);
  return {
    kind: 'rejected',
    code: reply.code,
    ...(enhanced === undefined ? {} : { enhanced }),
    temporary: reply.code < 500,
    limiter,
    // 4.7.1 is everybody's "not now": where the words name a limit, the words win.
    greylist: !limiter && is(GREYLIST),
    overQuota: is(OVER_QUOTA),
    text,
  };
}

/** The last success: servers say the same words for most messages. */
let lastSuccess: { readonly code: number; readonly text: string; readonly outcome: Ok } | undefined;

/** A success (2yz) as an outcome. */
export function acceptedBy({ code, lines }: Reply): Ok {
  const text = lines.at(-1) ?? '';
  if (lastSuccess?.code === code && lastSuccess.text === text) return lastSuccess.outcome;
  const outcome = okOutcome(`${code} ${text}`);
  lastSuccess = { code, text, outcome };
  return outcome;
}

/** This transaction is full, another may take the rest (RFC 5321 §4.5.3.1.10: 452, and 552 treated as 452). */
export function isTransactionFull(reply: Reply): boolean {
  if (reply.code < 400) return false;
  if (/^[45]\.5\.3$/.test(enhancedOf(reply) ?? '')) return true;
  return /too many (?:recipients|rcpt)/i.test(reply.lines.join(' '));
}
