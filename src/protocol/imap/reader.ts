/** Whole IMAP responses out of a stream of bytes: lines and their literals (RFC 9051 §4.3), bounded. It must not read meaning. */

import { ByteAccumulator } from '../bytes.ts';

export interface ReaderLimits {
  /** All text of one response, its literals aside. */
  readonly lineBytes: number;
  /** All literals of one response together. */
  readonly literalBytes: number;
}

/** A SEARCH answer of 100,000 UIDs fits the line; no mail system takes larger messages than the literal. */
export const READER_LIMITS: ReaderLimits = { lineBytes: 1_048_576, literalBytes: 67_108_864 };

/** Literals of one response: a FETCH of ours asks for one, a LIST answer has one. */
const LITERALS_LIMIT = 1_000;

/** `literals[i]` stands between `texts[i]` and `texts[i + 1]`. Text is latin1: one character a byte. */
export interface RawResponse {
  readonly texts: readonly string[];
  readonly literals: readonly Buffer[];
}

const LF = 10;
const CR = 13;
const ANNOUNCEMENT = /~?\{(\d{1,19})\+?\}$/;
/** Human text may end in braces without announcing anything. */
const PROSE = /^(?:\+|\S+ (?:OK|NO|BAD|BYE|PREAUTH)(?: |$))/i;

/** Cuts chunks into responses. Feed a chunk, then take responses until there are none. */
export class ResponseReader {
  readonly #limits: ReaderLimits;
  #chunk: Buffer | undefined;
  #position = 0;
  readonly #held = new ByteAccumulator();
  #texts: string[] = [];
  #literals: Buffer[] = [];
  #textBytes = 0;
  #literalBytes = 0;
  /** Bytes of the literal under way still to come; -1 between literals. */
  #awaited = -1;
  #problem: string | undefined;

  constructor(limits: ReaderLimits = READER_LIMITS) {
    this.#limits = limits;
  }

  /** Set when the server broke the grammar or a bound; no response follows. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Bytes are waiting that belong to no response yet taken. */
  get hasRest(): boolean {
    return this.#chunk !== undefined || this.#held.length > 0 || this.#texts.length > 0;
  }

  feed(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#position = 0;
  }

  /** The next whole response of what was fed. */
  next(): RawResponse | undefined {
    while (this.#chunk !== undefined && this.#problem === undefined) {
      if (this.#awaited >= 0) this.#readLiteral(this.#chunk);
      else if (this.#readLine(this.#chunk)) return this.#complete();
    }
    return undefined;
  }

  #complete(): RawResponse {
    const response = { texts: this.#texts, literals: this.#literals };
    this.#texts = [];
    this.#literals = [];
    this.#textBytes = 0;
    this.#literalBytes = 0;
    return response;
  }

  /** True when the response ends with this line. */
  #readLine(chunk: Buffer): boolean {
    const from = this.#position;
    const feed = chunk.indexOf(LF, from);
    const to = feed < 0 ? chunk.length : feed;
    if (this.#textBytes + this.#held.length + to - from > this.#limits.lineBytes) {
      this.#problem = `response line over ${this.#limits.lineBytes} bytes`;
      return false;
    }
    if (feed < 0) {
      this.#held.append(chunk, from, to, this.#limits.lineBytes);
      this.#chunk = undefined;
      return false;
    }
    this.#advance(chunk, feed + 1);
    let line: string;
    if (this.#held.length === 0) {
      line = text(chunk, from, to);
    } else {
      this.#held.append(chunk, from, to, this.#limits.lineBytes);
      const whole = this.#held.take();
      line = text(whole, 0, whole.length);
    }
    this.#textBytes += line.length;
    return this.#endLine(line);
  }

  #endLine(line: string): boolean {
    const mayAnnounce = line.endsWith('}') && !(this.#texts.length === 0 && PROSE.test(line));
    const announced = mayAnnounce ? ANNOUNCEMENT.exec(line) : null;
    if (announced === null) {
      this.#texts.push(line);
      return true;
    }
    const bytes = Number(announced[1]);
    this.#literalBytes += bytes;
    if (this.#literalBytes > this.#limits.literalBytes || this.#literals.length >= LITERALS_LIMIT) {
      this.#problem = `literals over ${this.#limits.literalBytes} bytes or ${LITERALS_LIMIT} in one response`;
      return false;
    }
    this.#texts.push(line.slice(0, announced.index));
    this.#awaited = bytes;
    if (bytes === 0) this.#endLiteral(Buffer.alloc(0));
    return false;
  }

  #readLiteral(chunk: Buffer): void {
    const from = this.#position;
    const to = Math.min(chunk.length, from + this.#awaited);
    const isWhole = this.#held.length === 0 && to - from === this.#awaited;
    this.#advance(chunk, to);
    // Copied, so that one kept header block does not keep the whole chunk it came in.
    if (isWhole) return this.#endLiteral(copyOf(chunk, from, to));
    this.#held.append(chunk, from, to, this.#limits.literalBytes);
    this.#awaited -= to - from;
    if (this.#awaited === 0) this.#endLiteral(this.#held.take());
  }

  #endLiteral(literal: Buffer): void {
    this.#literals.push(literal);
    this.#awaited = -1;
  }

  #advance(chunk: Buffer, to: number): void {
    this.#position = to;
    if (to === chunk.length) this.#chunk = undefined;
  }
}

function copyOf(chunk: Buffer, from: number, to: number): Buffer {
  const copy = Buffer.allocUnsafe(to - from);
  chunk.copy(copy, 0, from, to);
  return copy;
}

function text(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('latin1', from, to > from && bytes[to - 1] === CR ? to - 1 : to);
}
