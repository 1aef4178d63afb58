/** What an answer of a mail API means, by what its template says of statuses and by the usual table. It must not decide what to do next. */

import type { ProtocolOutcome, Rejected } from '../../measure/outcome.ts';
import type { MailApiTemplate } from '../../profile/mail-api-schema.ts';
import { clipped, outcomeOfEnding, refusal, unknownOutcome } from '../ending.ts';
import { asObject, asString, parseJson } from '../jmap/values.ts';
import type { HttpAnswer } from './connection.ts';

type Statuses = NonNullable<MailApiTemplate['statuses']>;

/** RFC 9110 §15.5.5, §15.5.11. */
const GONE = [404, 410];

/** Names under which APIs say what went wrong (RFC 9457 §3.1 among them), in lower case. */
const WORDS = ['error', 'message', 'detail', 'title', 'reason'];

/** Of a refusal's own words. */
const WORDS_LIMIT = 120;

export interface Told {
  readonly outcome: ProtocolOutcome;
  /** The message that was named is not there any more. */
  readonly gone: boolean;
}

/** `changes`: the request may have changed something there. */
export function toldBy(answer: HttpAnswer, statuses: Statuses | undefined, changes: boolean): Told {
  const { status, outcome } = answer;
  if (status === undefined) return { outcome, gone: false };
  if (outcome.kind === 'ok') return { outcome: okOrNot(answer, statuses, changes), gone: false };
  // A redirection, or a body that broke off, is what the connection says it is.
  if (status < 400) return { outcome, gone: false };
  const gone =
    (statuses?.gone ?? GONE).includes(status) ||
    (statuses?.goneText !== undefined && answer.body.includes(statuses.goneText));
  return { outcome: refusalOf(answer, statuses), gone };
}

/** An answer that is not what was asked for: a change may have happened all the same. */
export function nonsense(text: string, changes: boolean): ProtocolOutcome {
  return changes ? unknownOutcome(text) : outcomeOfEnding({ kind: 'protocol', text }, 'asked');
}

/** What came instead, for people. */
export function instead({ bodyBytes, field }: HttpAnswer): string {
  return `${bodyBytes} bytes of ${field('content-type') ?? 'no type'}`;
}

function okOrNot(answer: HttpAnswer, statuses: Statuses | undefined, changes: boolean): ProtocolOutcome {
  const { status = 0, outcome } = answer;
  if (statuses?.ok !== undefined && !statuses.ok.includes(status))
    return nonsense(`${status}, which the API’s description does not count as done`, changes);
  // A page for people, such as a form to sign in, has done nothing that anybody could count on.
  if (changes && /^text\/html\b/i.test(answer.field('content-type') ?? ''))
    return nonsense(`a page instead of an answer: ${instead(answer)}`, changes);
  return outcome;
}

function refusalOf(answer: HttpAnswer, statuses: Statuses | undefined): ProtocolOutcome {
  const { status = 0, outcome } = answer;
  const says = (list: readonly number[] | undefined): boolean => list?.includes(status) === true;
  const limiter = says(statuses?.limiter);
  const overQuota = says(statuses?.overQuota);
  const temporary = says(statuses?.temporary);
  const isNamed = limiter || overQuota || temporary;
  // What a gateway says stays hearsay, unless the description knows better.
  if (outcome.kind !== 'rejected' && !isNamed) return outcome;
  const told: Rejected =
    outcome.kind === 'rejected'
      ? outcome
      : { ...refusal('', outcome.kind === 'unknown' ? outcome.because : ''), code: status };
  return {
    ...told,
    limiter: told.limiter || limiter,
    overQuota: told.overQuota || overQuota,
    temporary: told.temporary || temporary || limiter,
    text: clipped([told.text, wordsIn(answer)].filter((word) => word !== '').join(': ')),
  };
}

function wordsIn({ body, field }: HttpAnswer): string {
  const json = parseJson(body);
  const entries = Object.entries(asObject(json) ?? {});
  const said = entries.find(
    ([name, value]) => WORDS.includes(name.toLowerCase()) && typeof value === 'string',
  );
  const plain = /^text\/plain\b/i.test(field('content-type') ?? '')
    ? body.toString('utf8', 0, 4 * WORDS_LIMIT)
    : '';
  return (asString(said?.[1]) ?? asString(json) ?? plain).trim().slice(0, WORDS_LIMIT);
}
