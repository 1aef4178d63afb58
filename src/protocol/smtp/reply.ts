/** SMTP replies out of a stream of bytes (RFC 5321 §4.2), bounded. It must not judge what a reply means. */

import { ByteAccumulator } from '../bytes.ts';

/** RFC 5321 §4.5.3.1.5 allows 512; real servers go over, none goes over this. */
const LINE_LIMIT_BYTES = 8_192;

/** An EHLO answer has some twenty lines; a banner may have more. */
const LINES_LIMIT = 256;

const LF = 10;
const CR = 13;

export interface Reply {
  readonly code: number;
  /** One entry a line, without the code. */
  readonly lines: readonly string[];
}

/** Cuts chunks into replies. Feed a chunk, then take replies until there are none. */
export class ReplyParser {
  #chunk: Buffer | undefined;
  #position = 0;
  readonly #partial = new ByteAccumulator();
  #lines: string[] = [];
  #code = 0;
  #problem: string | undefined;

  /** Set when the server broke the grammar or a bound; no reply follows. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Bytes are waiting that belong to no reply yet taken. */
  get hasRest(): boolean {
    return this.#chunk !== undefined || this.#partial.length > 0 || this.#lines.length > 0;
  }

  feed(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#position = 0;
  }

  /** The next whole reply of what was fed. */
  next(): Reply | undefined {
    while (this.#chunk !== undefined && this.#problem === undefined) {
      const line = this.#line(this.#chunk);
      if (line === undefined) return undefined;
      const reply = this.#read(line);
      if (reply !== undefined) return reply;
    }
    return undefined;
  }

  #line(chunk: Buffer): string | undefined {
    const from = this.#position;
    const feed = chunk.indexOf(LF, from);
    const to = feed < 0 ? chunk.length : feed;
    if (this.#partial.length + to - from > LINE_LIMIT_BYTES) {
      this.#problem = `reply line over ${LINE_LIMIT_BYTES} bytes`;
      return undefined;
    }
    if (feed < 0) {
      this.#partial.append(chunk, from, to, LINE_LIMIT_BYTES);
      this.#chunk = undefined;
      return undefined;
    }
    this.#position = feed + 1;
    if (this.#position === chunk.length) this.#chunk = undefined;
    if (this.#partial.length === 0) return text(chunk, from, to);
    this.#partial.append(chunk, from, to, LINE_LIMIT_BYTES);
    const whole = this.#partial.take();
    return text(whole, 0, whole.length);
  }

  #read(line: string): Reply | undefined {
    const code = codeOf(line);
    const mark = line.charCodeAt(3);
    const isLast = line.length === 3 || mark === 0x20;
    if (code === 0 || (!isLast && mark !== 0x2d)) {
      this.#problem = `not an SMTP reply: ${line.slice(0, 80)}`;
      return undefined;
    }
    if (this.#lines.length > 0 && code !== this.#code) {
      this.#problem = `reply changed its code from ${this.#code} to ${code} midway`;
      return undefined;
    }
    this.#code = code;
    this.#lines.push(line.slice(4));
    if (isLast) {
      const lines = this.#lines;
      this.#lines = [];
      return { code, lines };
    }
    if (this.#lines.length >= LINES_LIMIT) this.#problem = `reply over ${LINES_LIMIT} lines`;
    return undefined;
  }
}

/** 0 unless the line starts with 2yz to 5yz. */
function codeOf(line: string): number {
  const first = line.charCodeAt(0) - 48;
  const second = line.charCodeAt(1) - 48;
  const third = line.charCodeAt(2) - 48;
  const isCode = first >= 2 && first <= 5 && second >= 0 && second <= 9 && third >= 0 && third <= 9;
  return isCode ? first * 100 + second * 10 + third : 0;
}

function text(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('utf8', from, to > from && bytes[to - 1] === CR ? to - 1 : to);
}
