/** Server-sent events (WHATWG HTML §9.2.6) out of bytes that come in pieces, within bounds. It must not know what any event means. */

import { ByteAccumulator } from '../bytes.ts';

/** One line, and the data of one event: a StateChange of one account is a tenth of a kilobyte. */
export const EVENT_LIMIT_BYTES = 65_536;

const FEED = 10;
const RETURN = 13;

/** Ids are not kept: whoever comes back looks for itself instead of asking for what it missed. */
export interface EventListener {
  /** `message` where the server names none. */
  readonly event: (name: string, data: string) => void;
  /** A line that says nothing: the server is alive. */
  readonly comment: () => void;
}

/** Reads one stream. */
export class EventReader {
  readonly #listener: EventListener;
  readonly #limitBytes: number;
  readonly #line = new ByteAccumulator();
  /** The last byte was a CR: a LF after it ends no line of its own. */
  #isAfterReturn = false;
  #isFirstLine = true;
  #name = '';
  #data: string[] = [];
  #dataBytes = 0;

  constructor(listener: EventListener, limitBytes = EVENT_LIMIT_BYTES) {
    this.#listener = listener;
    this.#limitBytes = limitBytes;
  }

  /** The next bytes; a text says what is wrong with them, and nothing more may come then. */
  feed(chunk: Buffer): string | undefined {
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      const isSecondHalf = byte === FEED && this.#isAfterReturn;
      this.#isAfterReturn = byte === RETURN;
      if (isSecondHalf) from = at + 1;
      if (isSecondHalf || (byte !== FEED && byte !== RETURN)) continue;
      const problem = this.#take(chunk, from, at) ?? this.#lineEnded();
      if (problem !== undefined) return problem;
      from = at + 1;
    }
    return this.#take(chunk, from, chunk.length);
  }

  #take(chunk: Buffer, from: number, to: number): string | undefined {
    if (this.#line.append(chunk, from, to, this.#limitBytes)) return undefined;
    return `a line of more than ${this.#limitBytes} bytes in a stream of events`;
  }

  #lineEnded(): string | undefined {
    const bytes = this.#line.take();
    let line = bytes.toString('utf8');
    if (this.#isFirstLine && line.startsWith('\uFEFF')) line = line.slice(1);
    this.#isFirstLine = false;
    if (line === '') return this.#dispatch();
    if (line.startsWith(':')) {
      this.#listener.comment();
      return undefined;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#name = value;
    if (field !== 'data') return undefined;
    this.#dataBytes += bytes.length;
    if (this.#dataBytes > this.#limitBytes) return `an event of more than ${this.#limitBytes} bytes`;
    this.#data.push(value);
    return undefined;
  }

  #dispatch(): undefined {
    const [name, data] = [this.#name, this.#data];
    this.#name = '';
    this.#data = [];
    this.#dataBytes = 0;
    if (data.length > 0) this.#listener.event(name === '' ? 'message' : name, data.join('\n'));
  }
}
