/** One request and its answer as undici's core tells it, within bounds. Used again for the next; it must not decide what an answer means. */

import { ByteAccumulator } from '../bytes.ts';
import { type Ending, refusal } from '../ending.ts';
import { CutShort } from './connector.ts';

/** An answer, or what there was of it when it broke off. */
export interface Received {
  /** Undefined where no status came. */
  readonly status: number | undefined;
  /** For people: where it came in two pieces undici keeps the last only. */
  readonly reason: string;
  /** Names and values in turn, as they came. */
  readonly fields: readonly Buffer[];
  /** Empty unless it was to be kept. */
  readonly body: Buffer;
  /** Octets of it, kept or not. */
  readonly bodyBytes: number;
  /** Why it is not whole. */
  readonly ending: Ending | undefined;
  /** The request had begun to leave. */
  readonly isSent: boolean;
}

const NOTHING = Buffer.alloc(0);

/**
 * The handler as undici's core calls it. Its newer face (`onRequestStart` and so on) makes an object of all headers for
 * every answer, which costs a fifth of a request; nobody reads more than two of them.
 */
export class Exchange {
  #done: (received: Received) => void = () => undefined;
  #limitBytes = 0;
  #keeps = false;
  #status: number | undefined;
  #reason = '';
  #fields: readonly Buffer[] = [];
  #first: Buffer = NOTHING;
  readonly #rest = new ByteAccumulator();
  #bodyBytes = 0;
  #abort: ((error: Error) => void) | undefined;
  #isOpen = false;
  #isSent = false;

  /** A request is under way. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  begin(limitBytes: number, keeps: boolean, done: (received: Received) => void): void {
    this.#done = done;
    this.#limitBytes = limitBytes;
    this.#keeps = keeps;
    this.#status = undefined;
    this.#reason = '';
    this.#fields = [];
    this.#first = NOTHING;
    this.#bodyBytes = 0;
    this.#abort = undefined;
    this.#isOpen = true;
    this.#isSent = false;
  }

  /** Ends it, sent or not; false where undici has not taken it up and cannot be told. */
  cut(ending: Ending): boolean {
    if (!this.#isOpen) return true;
    if (this.#abort === undefined) return false;
    this.#abort(new CutShort(ending));
    return true;
  }

  onConnect(abort: (error: Error) => void): void {
    this.#abort = abort;
    this.#isSent = true;
  }

  onHeaders(status: number, fields: Buffer[], _resume: () => void, reason: string): boolean {
    // 1xx is no answer yet (RFC 9110 §15.2); a server that says nothing else meets the deadline.
    if (status < 200) return true;
    this.#status = status;
    this.#reason = reason;
    this.#fields = fields;
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#bodyBytes += chunk.length;
    if (this.#bodyBytes > this.#limitBytes) {
      this.cut({ kind: 'protocol', text: `an answer of more than ${this.#limitBytes} bytes` });
      return false;
    }
    if (!this.#keeps) return true;
    if (this.#bodyBytes === chunk.length) this.#first = chunk;
    else {
      if (this.#rest.length === 0) this.#rest.append(this.#first, 0, this.#first.length, this.#limitBytes);
      this.#rest.append(chunk, 0, chunk.length, this.#limitBytes);
    }
    return true;
  }

  onComplete(): void {
    this.#end(undefined);
  }

  onError(error: NodeJS.ErrnoException): void {
    // undici is in the middle of emptying its queue: whoever hears of this may well ask for the next at once.
    queueMicrotask(() => this.#end(this.#endingOf(error)));
  }

  #end(ending: Ending | undefined): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const body = this.#rest.length === 0 ? this.#first : this.#rest.take();
    this.#first = NOTHING;
    this.#done({
      status: this.#status,
      reason: this.#reason,
      fields: this.#fields,
      body,
      bodyBytes: this.#bodyBytes,
      ending,
      isSent: this.#isSent,
    });
  }

  #endingOf(error: NodeJS.ErrnoException): Ending {
    return endingOfError(error, this.#status === undefined ? '' : `, ${this.#bodyBytes} bytes into the body`);
  }
}

/** What an error of undici's says of the connection. `where`: how far the answer had come, for people. */
export function endingOfError(error: NodeJS.ErrnoException, where: string): Ending {
  if (error instanceof CutShort) return error.ending;
  const code = error.code ?? '';
  if (code === 'UND_ERR_INVALID_ARG')
    return { kind: 'said', text: error.message, refusal: refusal('ARGUMENT', error.message) };
  if (error.name === 'HTTPParserError' || NONSENSE.has(code))
    return { kind: 'protocol', text: `no HTTP answer: ${error.message}` };
  return { kind: 'closed', text: `connection broken: ${error.message}${where}` };
}

/** undici's names for what is no HTTP. */
const NONSENSE: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);

/** The first field of that name (lower case), of names and values in turn. */
export function fieldOf(fields: readonly Buffer[], name: string): string | undefined {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const field = fields[at];
    if (field?.length === name.length && field.toString('latin1').toLowerCase() === name)
      return fields[at + 1]?.toString('latin1');
  }
  return undefined;
}
