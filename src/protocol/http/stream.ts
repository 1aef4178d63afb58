/** A GET whose answer goes on for ever, over a connection of its own: bytes as they come, until either side ends it. It must not read them, nor come back. */

import type { Client } from 'undici';
import type { ProtocolOutcome } from '../../measure/outcome.ts';
import type { ConnectionSettings } from '../connect.ts';
import { type Ending, okOutcome, outcomeOfEnding, refusal } from '../ending.ts';
import { Patience } from '../patience.ts';
import { outcomeOfStatus } from './classify.ts';
import { clientOf, Connector, CutShort } from './connector.ts';
import { endingOfError, fieldOf } from './exchange.ts';

/** Bounds on the head of the answer. */
export interface StreamLimits {
  readonly headerBytes: number;
  /** Until the header fields have come, in microseconds. */
  readonly openUs: number;
}

/** Who listens. */
export interface StreamEars {
  /** What the answer must be, in lower case: anything else is no stream. */
  readonly contentType: string;
  /** Bytes of it; what is given back ends the stream. */
  readonly heard: (chunk: Buffer) => Ending | undefined;
}

/** How the opening ended. Instants in microseconds from the plan's zero. */
export interface StreamOpening {
  readonly outcome: ProtocolOutcome;
  readonly startedUs: number;
  readonly endedUs: number;
}

/** Opened by its making. Nothing is kept of what was heard. */
export class HttpStream {
  /** Never rejects; without an ok the stream has ended. */
  readonly opened: Promise<StreamOpening>;
  /** How it ended. Never rejects. */
  readonly ended: Promise<Ending>;
  readonly #settings: ConnectionSettings;
  readonly #path: string;
  readonly #ears: StreamEars;
  readonly #connector: Connector;
  readonly #client: Client;
  readonly #patience: Patience;
  readonly #startedUs: number;
  #abort: ((error: Error) => void) | undefined;
  #tellOpened: (opening: StreamOpening) => void = () => undefined;
  #tellEnded: (ending: Ending) => void = () => undefined;
  #isOpen = false;
  #isOver = false;

  constructor(
    settings: ConnectionSettings,
    limits: StreamLimits,
    request: { readonly path: string; readonly headers: readonly string[] },
    ears: StreamEars,
  ) {
    this.#settings = settings;
    this.#path = request.path;
    this.#ears = ears;
    this.#connector = new Connector(settings);
    this.#client = clientOf(settings, this.#connector, limits.headerBytes);
    this.#startedUs = settings.clock();
    this.opened = new Promise((resolve) => {
      this.#tellOpened = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#tellEnded = resolve;
    });
    this.#patience = new Patience((waitedMs) =>
      this.#cut({ kind: 'timeout', text: `nothing heard within ${waitedMs} ms` }),
    );
    this.#patience.arm(limits.openUs);
    const headers = ['accept', ears.contentType, ...request.headers];
    this.#client.dispatch({ method: 'GET', path: request.path, headers, body: null }, this);
  }

  /** Octets read from the server so far. */
  get bytesRead(): number {
    return this.#connector.bytesRead;
  }

  /** The stream is given up unless this is called again within so many microseconds. */
  expectWithin(silenceUs: number): void {
    if (!this.#isOver) this.#patience.arm(silenceUs);
  }

  /** Ends it at once. */
  destroy(): void {
    this.#cut({ kind: 'local', text: 'we closed the connection' });
  }

  onConnect(abort: (error: Error) => void): void {
    this.#abort = abort;
  }

  onHeaders(status: number, fields: Buffer[], _resume: () => void, reason: string): boolean {
    if (status < 200) return true;
    const field = (name: string): string | undefined => fieldOf(fields, name);
    const head = { status, reason, location: field('location'), retryAfter: field('retry-after') };
    const outcome = outcomeOfStatus(head, { path: this.#path, changes: false }, this.#settings.endpoint);
    const type = field('content-type')?.split(';')[0]?.trim().toLowerCase();
    if (outcome.kind !== 'ok') {
      const text = `refused: ${status} ${reason}`;
      this.#end(
        outcome.kind === 'rejected' ? { kind: 'said', text, refusal: outcome } : { kind: 'closed', text },
      );
      return false;
    }
    if (status !== 200 || type !== this.#ears.contentType) {
      // Nothing to listen to, now or later: 204 says so in words of its own (WHATWG HTML §9.2.3).
      const text = `no ${this.#ears.contentType} but ${status} ${type ?? 'of no type'}`;
      const code = status === 204 ? 'UNSUPPORTED' : 'PROTOCOL';
      this.#end({ kind: 'said', text, refusal: refusal(code, text) });
      return false;
    }
    this.#isOpen = true;
    this.#patience.disarm();
    this.#tell(okOutcome(`${status} ${reason}`));
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#isOver) return false;
    const ending = this.#ears.heard(chunk);
    if (ending !== undefined) this.#cut(ending);
    return ending === undefined;
  }

  onComplete(): void {
    this.#end({ kind: 'closed', text: 'the server ended the stream' });
  }

  onError(error: NodeJS.ErrnoException): void {
    this.#end(endingOfError(error, this.#isOpen ? ', in the stream' : ''));
  }

  #cut(ending: Ending): void {
    if (this.#isOver) return;
    if (this.#abort !== undefined) this.#abort(new CutShort(ending));
    else this.#connector.giveUp(ending);
    this.#end(ending);
  }

  #end(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#patience.stop();
    const progress = this.#abort === undefined ? 'untried' : 'asked';
    if (!this.#isOpen) this.#tell(outcomeOfEnding(ending, progress));
    this.#tellEnded(ending);
    // undici may be in the middle of this very answer.
    queueMicrotask(() => void this.#client.destroy(new CutShort(ending)));
  }

  #tell(outcome: ProtocolOutcome): void {
    this.#tellOpened({ outcome, startedUs: this.#startedUs, endedUs: this.#settings.clock() });
  }
}
