/** JMAP requests over one HTTP connection, one at a time: method calls in, their answers or one refusal out. It must not know any method. */

import type { Clock, ProtocolOutcome } from '../../measure/outcome.ts';
import type { ApprovedEndpoint } from '../../profile/guard.ts';
import type { Credentials } from '../connect.ts';
import { okOutcome, outcomeOfEnding, refusal, unknownOutcome } from '../ending.ts';
import { authorizationOf } from '../http/authorization.ts';
import { strayRefusal } from '../http/classify.ts';
import type { HttpAnswer, HttpConnection, HttpRequest } from '../http/connection.ts';
import type { HttpStream, StreamEars } from '../http/stream.ts';
import { withoutSecrets } from '../secrets.ts';
import { methodRefusal, withProblem } from './classify.ts';
import { CORE, expanded, type JmapSession, MAIL, SUBMISSION } from './session.ts';
import { asObject, asString, type JsonObject, parseJson } from './values.ts';

/** One method call (RFC 8620 §3.2): its name, arguments, and a name of ours by which the answer is found. */
export type Call = readonly [method: string, args: JsonObject, id: string];

/** `value` is present exactly when the outcome is `ok`. Instants in microseconds from the plan's zero. */
export interface JmapResult<T> {
  readonly outcome: ProtocolOutcome;
  readonly value?: T;
  readonly startedUs: number;
  readonly endedUs: number;
  /** How long the server asks to wait (Retry-After). */
  readonly retryAfterUs?: number;
}

const JSON_FIELDS = ['accept', 'application/json', 'content-type', 'application/json'];

const USING = [CORE, MAIL, SUBMISSION];

/** Everything one signed-in user's calls share. */
export class JmapChannel {
  readonly clock: Clock;
  readonly endpoint: ApprovedEndpoint;
  readonly session: JmapSession;
  readonly #http: HttpConnection;
  readonly #using: readonly string[];
  #headers: readonly string[] = [];
  #secrets: readonly string[] = [];
  #sessionState: string;

  constructor(
    http: HttpConnection,
    session: JmapSession,
    place: { readonly clock: Clock; readonly endpoint: ApprovedEndpoint },
    credentials: Credentials,
  ) {
    this.#http = http;
    this.session = session;
    this.clock = place.clock;
    this.endpoint = place.endpoint;
    this.#sessionState = session.state;
    this.#using = session.submissionAccountId === undefined ? USING.slice(0, 2) : USING;
    this.signInAs(credentials);
  }

  /** The server has said that the session is no longer what it was (RFC 8620 §3.4). */
  get isStale(): boolean {
    return this.#sessionState !== this.session.state;
  }

  /** From the next call on: a token may have been renewed. */
  signInAs(credentials: Credentials): void {
    const authorization = authorizationOf(credentials) ?? '';
    this.#headers = ['authorization', authorization];
    this.#secrets = [credentials.password, credentials.token ?? '', authorization];
  }

  /**
   * One request of method calls. The outcome is ok when each of them answered under its own name; the first that did not
   * is the outcome otherwise. `changes`: without an answer something may have happened.
   */
  async run<T>(
    calls: readonly Call[],
    changes: boolean,
    valueOf: (answers: readonly JsonObject[]) => T | string,
  ): Promise<JmapResult<T>> {
    const { limits, apiPath: path } = this.session;
    if (calls.length > limits.maxCallsInRequest)
      return this.refused(
        'ARGUMENT',
        `${calls.length} calls, and the server takes ${limits.maxCallsInRequest}`,
      );
    const body = Buffer.from(JSON.stringify({ using: this.#using, methodCalls: calls }));
    if (body.length > limits.maxSizeRequest)
      return this.refused('ARGUMENT', `${body.length} octets, and the server takes ${limits.maxSizeRequest}`);
    const headers = [...this.#headers, ...JSON_FIELDS];
    const answer = await this.#http.ask({ method: 'POST', path, headers, body, changes, keeps: true });
    if (answer.outcome.kind !== 'ok') return this.#failed(answer);
    const said = this.#read(answer, calls, changes);
    if (!Array.isArray(said)) return when(answer, said as ProtocolOutcome);
    const value = valueOf(said as readonly JsonObject[]);
    if (typeof value === 'string') return when(answer, nonsense(value, changes));
    return { ...when<T>(answer, okOutcome(calls.map(([method]) => method).join(' '))), value };
  }

  /** A request beside the API: up- and downloads. A template that leads elsewhere is refused. */
  async fetch<T>(
    template: string,
    variables: Readonly<Record<string, string>>,
    request: Omit<HttpRequest, 'path'>,
    valueOf: (answer: HttpAnswer) => T | string,
  ): Promise<JmapResult<T>> {
    const path = this.#expanded(template, variables);
    if (typeof path !== 'string') return path;
    const headers = [...this.#headers, ...request.headers];
    const answer = await this.#http.ask({ ...request, path, headers });
    if (answer.outcome.kind !== 'ok') return this.#failed(answer);
    const value = valueOf(answer);
    return typeof value === 'string'
      ? when(answer, nonsense(value, request.changes))
      : { ...when<T>(answer, answer.outcome), value };
  }

  /** A stream beside the API, over a connection of its own; or why there can be none. */
  stream(
    template: string,
    variables: Readonly<Record<string, string>>,
  ): ((ears: StreamEars) => HttpStream) | JmapResult<never> {
    const path = this.#expanded(template, variables);
    return typeof path === 'string' ? (ears) => this.#http.stream(path, this.#headers, ears) : path;
  }

  /** Refused by us before a byte left. */
  refused(code: 'ARGUMENT' | 'UNSUPPORTED', text: string): JmapResult<never> {
    const atUs = this.clock();
    return { outcome: refusal(code, text), startedUs: atUs, endedUs: atUs };
  }

  #expanded(template: string, variables: Readonly<Record<string, string>>): string | JmapResult<never> {
    const path = expanded(this.endpoint, this.session, template, variables);
    if (path !== undefined) return path;
    if (template === '') return this.refused('UNSUPPORTED', 'not offered');
    const atUs = this.clock();
    return { outcome: strayRefusal(template, this.endpoint), startedUs: atUs, endedUs: atUs };
  }

  #failed<T>(answer: HttpAnswer): JmapResult<T> {
    const { outcome } = answer;
    return when(
      answer,
      outcome.kind === 'rejected'
        ? withoutSecrets(withProblem(outcome, answer.body), this.#secrets)
        : outcome,
    );
  }

  /** The arguments of each call's answer, in the order of the calls; or the first thing that is wrong. */
  #read(
    answer: HttpAnswer,
    calls: readonly Call[],
    changes: boolean,
  ): readonly JsonObject[] | ProtocolOutcome {
    const found = asObject(parseJson(answer.body));
    const responses = found?.['methodResponses'];
    if (!Array.isArray(responses)) {
      const type = answer.field('content-type') ?? 'no type';
      return nonsense(`no JMAP answer but ${answer.bodyBytes} bytes of ${type}`, changes);
    }
    this.#sessionState = asString(found?.['sessionState']) ?? this.#sessionState;
    const answers: JsonObject[] = [];
    for (const [method, , id] of calls) {
      // A call may have several answers (RFC 8620 §3.4): its own comes first.
      const own: unknown = responses.find((one: unknown) => Array.isArray(one) && one[2] === id);
      const [name, given] = Array.isArray(own) ? (own as unknown[]) : [];
      const args = asObject(given);
      if (args === undefined) return nonsense(`no answer to ${method}`, changes);
      if (name === 'error') return this.#withoutSecrets(methodRefusal(args, method));
      if (name !== method) return nonsense(`${method} was answered by something else`, changes);
      answers.push(args);
    }
    return answers;
  }

  #withoutSecrets(outcome: ProtocolOutcome): ProtocolOutcome {
    return outcome.kind === 'rejected' ? withoutSecrets(outcome, this.#secrets) : outcome;
  }
}

/** The outcome of what is no answer: a change may have happened all the same. */
function nonsense(text: string, changes: boolean): ProtocolOutcome {
  return changes ? unknownOutcome(text) : outcomeOfEnding({ kind: 'protocol', text }, 'asked');
}

function when<T>(answer: HttpAnswer, outcome: ProtocolOutcome): JmapResult<T> {
  const { startedUs, endedUs, retryAfterUs } = answer;
  return { outcome, startedUs, endedUs, ...(retryAfterUs === undefined ? {} : { retryAfterUs }) };
}
