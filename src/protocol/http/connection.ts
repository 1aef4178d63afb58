/** One kept HTTP/1.1 connection to an approved endpoint: a request at a time, in order, each with its outcome. It must not retry, nor follow. */

import type { Client } from 'undici';
import type { ProtocolOutcome } from '../../measure/outcome.ts';
import type { ConnectionSettings } from '../connect.ts';
import { withDefaults } from '../deadlines.ts';
import { type Ending, outcomeOfEnding, refusal } from '../ending.ts';
import { Patience } from '../patience.ts';
import { outcomeOfStatus, retryAfterUs } from './classify.ts';
import { clientOf, Connector, CutShort } from './connector.ts';
import { Exchange, fieldOf, type Received } from './exchange.ts';
import { HttpStream, type StreamEars } from './stream.ts';

/** Bounds on what a server may say. */
export interface HttpLimits {
  /** All header fields of one answer. */
  readonly headerBytes: number;
  /** One body. */
  readonly bodyBytes: number;
}

/** 500 messages' metadata are half a megabyte; a server that sends more than 16 is not answering us. */
export const HTTP_LIMITS: HttpLimits = { headerBytes: 65_536, bodyBytes: 16_777_216 };

/** Requests that wait behind the one under way; a caller with more of them wants another connection. */
const WAITING_LIMIT = 256;

export interface HttpSettings extends ConnectionSettings {
  readonly limits?: Partial<HttpLimits> | undefined;
}

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query, beginning with a slash. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body?: Buffer | undefined;
  /** It may change something there: without its answer it may have happened. */
  readonly changes: boolean;
  /** The body of the answer is wanted. */
  readonly keeps: boolean;
}

/** What became of it. Instants in microseconds from the plan's zero; opening a connection is part of the service. */
export interface HttpAnswer {
  readonly outcome: ProtocolOutcome;
  readonly startedUs: number;
  readonly endedUs: number;
  /** Undefined where no status came. */
  readonly status: number | undefined;
  readonly body: Buffer;
  readonly bodyBytes: number;
  /** A header field of the answer, by its name in lower case. */
  readonly field: (name: string) => string | undefined;
  /** How long the server asks to wait (Retry-After). */
  readonly retryAfterUs: number | undefined;
}

interface Waiting {
  readonly request: HttpRequest;
  readonly done: (answer: HttpAnswer) => void;
}

/** Opens its connection at the first request and again after a lost one: in HTTP either side may close between requests. */
export class HttpConnection {
  readonly #settings: HttpSettings;
  readonly #limits: HttpLimits;
  readonly #answerUs: number;
  readonly #connector: Connector;
  readonly #client: Client;
  readonly #exchange = new Exchange();
  readonly #patience = new Patience((waitedMs) =>
    this.#cut({ kind: 'timeout', text: `no answer within ${waitedMs} ms` }),
  );
  readonly #waiting: Waiting[] = [];
  /** Almost all answers of a connection are the same word. */
  #lastOk: { status: number; reason: string; outcome: ProtocolOutcome } = {
    status: 0,
    reason: '',
    outcome: refusal('CLOSED', ''),
  };
  #isOver = false;

  constructor(settings: HttpSettings) {
    this.#settings = settings;
    this.#limits = { ...HTTP_LIMITS, ...settings.limits };
    this.#answerUs = withDefaults(settings.deadlines).commandUs;
    this.#connector = new Connector(settings);
    this.#client = clientOf(settings, this.#connector, this.#limits.headerBytes);
  }

  /** Octets read from the server so far, over all connections that this one stood for. */
  get bytesRead(): number {
    return this.#connector.bytesRead;
  }

  /** The connection is, or was last, under TLS. */
  get tls(): boolean {
    return this.#connector.isSecure;
  }

  /** It will serve no more requests. */
  get closed(): boolean {
    return this.#isOver;
  }

  /** No request is under way or waiting. */
  get isFree(): boolean {
    return !this.#exchange.isOpen && this.#waiting.length === 0;
  }

  /** Calls `done` once; what is asked while a request is under way waits its turn. */
  send(request: HttpRequest, done: (answer: HttpAnswer) => void): void {
    if (this.#isOver) return done(this.#refused('CLOSED', 'we closed the connection'));
    if (!this.#exchange.isOpen) return this.#start(request, done);
    if (this.#waiting.length >= WAITING_LIMIT)
      return done(this.#refused('ARGUMENT', `more than ${WAITING_LIMIT} requests wait on one connection`));
    this.#waiting.push({ request, done });
  }

  /** As `send`. Never rejects. */
  ask(request: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve) => this.send(request, resolve));
  }

  /** A GET whose answer has no end, over another connection to the same endpoint: it takes no turn here, and is its caller's to end. */
  stream(path: string, headers: readonly string[], ears: StreamEars): HttpStream {
    return new HttpStream(
      this.#settings,
      { ...this.#limits, openUs: this.#answerUs },
      { path, headers },
      ears,
    );
  }

  /** Closes at once: what is under way ends so. */
  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cut({ kind: 'local', text: 'we closed the connection' });
    this.#patience.stop();
    void this.#client.destroy();
    for (const { done } of this.#waiting.splice(0)) done(this.#refused('CLOSED', 'we closed the connection'));
  }

  #start(request: HttpRequest, done: (answer: HttpAnswer) => void): void {
    const { clock } = this.#settings;
    const { method, path, headers, body, keeps } = request;
    const startedUs = clock();
    this.#patience.arm(this.#answerUs);
    this.#exchange.begin(this.#limits.bodyBytes, keeps, (received) => {
      this.#patience.disarm();
      const answer = this.#answerOf(request, received, startedUs);
      const next = this.#waiting.shift();
      if (next !== undefined) this.#start(next.request, next.done);
      done(answer);
    });
    this.#client.dispatch({ method, path, headers: headers as string[], body: body ?? null }, this.#exchange);
  }

  /** Ends what is under way, however far it has come. */
  #cut(ending: Ending): void {
    if (this.#exchange.cut(ending) || this.#connector.giveUp(ending)) return;
    // Between undici's own steps it can be told neither way; the end of its client reaches it.
    this.#isOver = true;
    void this.#client.destroy(new CutShort(ending));
  }

  #answerOf(request: HttpRequest, received: Received, startedUs: number): HttpAnswer {
    const { status, fields, body, bodyBytes } = received;
    const field = (name: string): string | undefined => fieldOf(fields, name);
    const retryAfter = status === undefined || status < 300 ? undefined : field('retry-after');
    return {
      outcome: this.#outcomeOf(request, received, retryAfter),
      startedUs,
      endedUs: this.#settings.clock(),
      status,
      body,
      bodyBytes,
      field,
      retryAfterUs: retryAfter === undefined ? undefined : retryAfterUs(retryAfter, Date.now()),
    };
  }

  #outcomeOf(request: HttpRequest, received: Received, retryAfter: string | undefined): ProtocolOutcome {
    const { status, reason, fields, ending, isSent } = received;
    // A refusal stands with its status, whether or not the page that explains it came whole.
    if (status !== undefined && (ending === undefined || status >= 300)) {
      if (status === this.#lastOk.status && reason === this.#lastOk.reason) return this.#lastOk.outcome;
      const location = status < 300 ? undefined : fieldOf(fields, 'location');
      const head = { status, reason, location, retryAfter };
      const outcome = outcomeOfStatus(head, request, this.#settings.endpoint);
      if (outcome.kind === 'ok') this.#lastOk = { status, reason, outcome };
      return outcome;
    }
    const known = ending ?? { kind: 'closed', text: 'connection ended' };
    if (!isSent) return outcomeOfEnding(known, 'untried');
    return outcomeOfEnding(known, request.changes ? 'handedOver' : 'asked');
  }

  #refused(code: string, text: string): HttpAnswer {
    const atUs = this.#settings.clock();
    return {
      outcome: refusal(code, text, code === 'CLOSED'),
      startedUs: atUs,
      endedUs: atUs,
      status: undefined,
      body: Buffer.alloc(0),
      bodyBytes: 0,
      field: () => undefined,
      retryAfterUs: undefined,
    };
  }
}
