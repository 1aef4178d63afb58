/** What a JMAP refusal is about, on each of its three levels: request, method, single object. One table each; it must not decide what to do next. */

import type { ProtocolOutcome, Rejected } from '../../measure/outcome.ts';
import { clipped, unknownOutcome } from '../ending.ts';
import { asObject, asString, type JsonObject, parseJson } from './values.ts';

const PROBLEM = 'urn:ietf:params:jmap:error:';

/** RFC 8620 §3.6.2 and §5.3: what a limiter says, rather than the store; RFC 8621 §7.5: tooManyRecipients. */
const LIMITERS: ReadonlySet<string> = new Set([
  'rateLimit',
  'requestTooLarge',
  'tooManyRecipients',
  'tooManyChanges',
]);

const TEMPORARY: ReadonlySet<string> = new Set(['serverUnavailable', 'rateLimit']);

/** The only limit that another moment may mend (RFC 8620 §3.6.1). */
const CONCURRENCY = 'maxConcurrentRequests';

/**
 * A request that was refused as a whole (RFC 7807 problem, RFC 8620 §3.6.1), with what its status already said; the
 * outcome is left as it is where the body holds no such problem.
 */
export function withProblem(rejected: Rejected, body: Buffer): Rejected {
  const problem = asObject(parseJson(body));
  const type = asString(problem?.['type']);
  if (problem === undefined || type === undefined) return rejected;
  const name = type.startsWith(PROBLEM) ? type.slice(PROBLEM.length) : type;
  const limit = name === 'limit' ? (asString(problem['limit']) ?? 'unnamed') : undefined;
  const words = [limit, asString(problem['title']), asString(problem['detail'])].filter(
    (word) => word !== undefined,
  );
  return {
    ...rejected,
    enhanced: rejected.enhanced ?? clipped(name).slice(0, CODE_LENGTH),
    limiter: rejected.limiter || limit !== undefined,
    temporary: rejected.temporary || limit === CONCURRENCY,
    text: clipped([rejected.text, ...words].filter((word) => word !== '').join(': ')),
  };
}

/** A method that answered `error` (RFC 8620 §3.6.2). A part of a change may stand after serverPartialFail. */
export function methodRefusal(args: JsonObject, method: string): ProtocolOutcome {
  const type = asString(args['type']) ?? 'untyped';
  if (type === 'serverPartialFail') return unknownOutcome(`${method}: some of it happened (${type})`);
  return refusedAs('error', type, `${method}: ${asString(args['description']) ?? type}`);
}

/** One object of a /set, /import or /copy that was refused (RFC 8620 §5.3, RFC 8621 §4, §7.5). */
export function setRefusal(error: unknown, level: 'notCreated' | 'notUpdated' | 'notDestroyed'): Rejected {
  const found = asObject(error) ?? {};
  const type = asString(found['type']) ?? 'untyped';
  return refusedAs(level, type, asString(found['description']) ?? type);
}

/** The longest type of RFC 8621 has half as many characters. */
const CODE_LENGTH = 40;

function refusedAs(code: string, type: string, text: string): Rejected {
  return {
    kind: 'rejected',
    code,
    enhanced: clipped(type).slice(0, CODE_LENGTH),
    temporary: TEMPORARY.has(type),
    limiter: LIMITERS.has(type),
    greylist: false,
    overQuota: type === 'overQuota',
    text: clipped(text),
  };
}
