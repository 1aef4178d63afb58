/** POST /jmap/api: a request's bytes -> its responses, call by call in order (RFC 8620 §3). Knows no socket. */

import { CAPABILITIES, SESSION_STATE } from './session.ts';
import { accountId } from './ids.ts';
import { MAX_CALLS, MAX_DEPTH, MAX_RESPONSE_UNITS } from './limits.ts';
import {
  type Answer,
  type Desk,
  fault,
  faultJson,
  isFault,
  isObject,
  isString,
  isStrings,
  type JmapContext,
  type Json,
  type Memory,
  type Method,
  spend,
} from './method.ts';
import { importEmails, set as setEmails } from './methods-set.ts';
import * as email from './methods-email.ts';
import * as mailbox from './methods-mailbox.ts';
import * as submission from './methods-submission.ts';
import type { Uploads } from './blobs.ts';
import { type Problem, problem } from './problem.ts';
import { resolveArguments, type Response, unitsOf } from './reference.ts';

const { core, mail, submission: sending } = CAPABILITIES;

const echo: Method = async (call) => {
  await spend(call, 'poll', 0);
  return { result: call.args };
};

/** By name, with the capability that a request must use to call it. */
const METHODS: ReadonlyMap<string, readonly [string, Method]> = new Map([
  ['Core/echo', [core, echo]],
  ['Mailbox/get', [mail, mailbox.get]],
  ['Mailbox/query', [mail, mailbox.query]],
  ['Mailbox/queryChanges', [mail, email.queryChanges]],
  ['Mailbox/changes', [mail, mailbox.changes]],
  ['Mailbox/set', [mail, mailbox.set]],
  ['Thread/get', [mail, email.threads]],
  ['Email/get', [mail, email.get]],
  ['Email/query', [mail, email.query]],
  ['Email/queryChanges', [mail, email.queryChanges]],
  ['Email/changes', [mail, email.changes]],
  ['Email/set', [mail, setEmails]],
  ['Email/import', [mail, importEmails]],
  ['Identity/get', [sending, submission.identities]],
  ['EmailSubmission/get', [sending, submission.get]],
  ['EmailSubmission/set', [sending, submission.set]],
] satisfies [string, [string, Method]][]);

interface Request {
  readonly using: readonly string[];
  readonly calls: readonly (readonly [string, Json, string])[];
  readonly createdIds: Readonly<Record<string, string>> | undefined;
}

export interface ApiContext {
  readonly context: JmapContext;
  readonly uploads: Uploads;
  readonly desk: Desk;
  readonly peer: string;
}

/** The response's text; a problem with the request as a whole; or nothing at all: hang up. */
export async function runApi(
  api: ApiContext,
  body: Buffer,
): Promise<{ readonly text: string } | Problem | 'hangUp'> {
  const request = readRequest(body);
  if ('status' in request) return request;
  const created = new Map(Object.entries(request.createdIds ?? {}));
  const memory: Memory = { created, unitsLeft: MAX_RESPONSE_UNITS, peer: api.peer };
  const responses: Response[] = [];
  for (const [name, args, id] of request.calls) {
    const answer = await runCall(api, memory, request.using, name, args, responses);
    if (answer === 'hangUp') return answer;
    const told = isFault(answer)
      ? [['error', faultJson(answer)] as const]
      : [[name, answer.result] as const, ...(answer.after ?? [])];
    for (const [what, result] of told) responses.push([what, result, id]);
  }
  const createdIds = request.createdIds && Object.fromEntries(created);
  const text = JSON.stringify({ methodResponses: responses, createdIds, sessionState: SESSION_STATE });
  return { text };
}

async function runCall(
  { context, uploads, desk }: ApiContext,
  memory: Memory,
  using: readonly string[],
  name: string,
  given: Json,
  responses: readonly Response[],
): Promise<Answer> {
  const [capability, method] = METHODS.get(name) ?? [];
  if (capability === undefined || method === undefined || !using.includes(capability))
    return fault('unknownMethod');
  const resolved = resolveArguments(given, responses, memory.unitsLeft);
  if (isFault(resolved)) return resolved;
  memory.unitsLeft -= resolved.units;
  const { args } = resolved;
  if (name !== 'Core/echo') {
    if (!isString(args['accountId'])) return fault('invalidArguments', 'expected an accountId');
    if (args['accountId'] !== accountId(desk.account)) return fault('accountNotFound');
  }
  const answer = await method({ context, uploads, desk, memory, args });
  // Email/get has counted its own, message by message.
  if (answer === 'hangUp' || isFault(answer) || name === 'Email/get') return answer;
  memory.unitsLeft -= unitsOf(answer.result, Number.POSITIVE_INFINITY);
  return memory.unitsLeft < 0 && isReading(name) ? fault('requestTooLarge') : answer;
}

/** What only looks may be refused after it was done; of what has changed something the client must hear. */
function isReading(name: string): boolean {
  return !name.endsWith('/set') && !name.endsWith('/import');
}

function readRequest(body: Buffer): Request | Problem {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return problem('notJSON', 'not JSON, or not in UTF-8');
  }
  if (!isObject(parsed) || isDeeperThan(parsed, MAX_DEPTH)) return problem('notRequest', 'no Request object');
  const { using, methodCalls, createdIds } = parsed;
  if (!isStrings(using)) return problem('notRequest', 'using: expected a list of capabilities');
  if (!Array.isArray(methodCalls) || !methodCalls.every(isInvocation))
    return problem('notRequest', 'methodCalls: expected a list of [name, arguments, id]');
  if (createdIds !== undefined && !(isObject(createdIds) && isStrings(Object.values(createdIds))))
    return problem('notRequest', 'createdIds: expected ids by creation ids');
  const known: readonly string[] = Object.values(CAPABILITIES);
  const unknown = using.find((name) => !known.includes(name));
  if (unknown !== undefined) return problem('unknownCapability', `${unknown.slice(0, 200)} is not supported`);
  if (methodCalls.length > MAX_CALLS)
    return problem('limit', `at most ${MAX_CALLS} calls`, { limit: 'maxCallsInRequest' });
  return { using, calls: methodCalls, createdIds: createdIds as Request['createdIds'] };
}

function isInvocation(value: unknown): value is readonly [string, Json, string] {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [name, args, id] = value as unknown[];
  return isString(name) && isObject(args) && isString(id);
}

/** Everything below reads a request by recursion. */
function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeperThan(inner, depth - 1));
}
