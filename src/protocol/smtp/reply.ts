/** SMTP replies out of a stream of bytes (RFC 5321 §4.2), bounded. It must not judge what a reply means. */

import { ByteAccumulator } from '../bytes.ts';

/** RFC 5321 §4.5.3.1.5 allows 512; real servers go over, none goes over this. */
const LINE_LIMIT_BYTES = 8_192;

/** An EHLO answer has some twenty lines; a banner may have more. */
const LINES_LIMIT = 256;

/** A server says the same few things over and over; those of one pipelined message fit, and a long line is no habit. */
const MEMORY_REPLIES = 8;
const MEMORY_BYTES = 128;

const LF = 10;
const CR = 13;

export interface Reply {
  readonly code: number;
  /** One entry a line, without the code. */
  readonly lines: readonly string[];
}

/** A whole one-line reply as it came, line end and all. */
interface Remembered {
  readonly bytes: Buffer;
  readonly reply: Reply;
}

/**
 * Cuts chunks into replies. Feed a chunk, then take replies until there are none. The very bytes of a recent reply give
 * the very same Reply again: a hundred recipients accepted in the same words cost a comparison each.
 */
export class ReplyParser {
  #chunk: Buffer | undefined;
  #length = 0;
  #position = 0;
  readonly #memory: Remembered[] = [];
  /** Where in the memory the last reply was: the next is the same again, or the one after. */
  #turn = 0;
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

  /** The first `length` bytes of a chunk, which are looked at until `next` has no more, and not after. */
  feed(chunk: Buffer, length = chunk.length): void {
    this.#chunk = length > 0 ? chunk : undefined;
    this.#length = length;
    this.#position = 0;
  }

  /** The next whole reply of what was fed. */
  next(): Reply | undefined {
    while (this.#chunk !== undefined && this.#problem === undefined) {
      const isFresh = this.#partial.length === 0 && this.#lines.length === 0;
      const known = isFresh ? this.#recall(this.#chunk) : undefined;
      if (known !== undefined) return known;
      const chunk = this.#chunk;
      const from = this.#position;
      const line = this.#line(chunk);
      if (line === undefined) return undefined;
      const reply = this.#read(line);
      if (reply === undefined) continue;
      if (isFresh) this.#remember(chunk, from, reply);
      return reply;
    }
    return undefined;
  }

  /** The reply at the position, if it is one of those expected here. */
  #recall(chunk: Buffer): Reply | undefined {
    const turn = this.#turn;
    if (this.#isAt(chunk, turn)) return this.#pass(turn);
    const next = turn + 1 < this.#memory.length ? turn + 1 : 0;
    if (this.#isAt(chunk, next)) return this.#pass(next);
    for (let other = 0; other < this.#memory.length; other += 1)
      if (this.#isAt(chunk, other)) return this.#pass(other);
    return undefined;
  }

  #isAt(chunk: Buffer, place: number): boolean {
    const bytes = this.#memory[place]?.bytes;
    if (bytes === undefined || this.#length - this.#position < bytes.length) return false;
    for (let i = bytes.length - 1, at = this.#position; i >= 0; i -= 1)
      if (chunk[at + i] !== bytes[i]) return false;
    return true;
  }

  #pass(place: number): Reply | undefined {
    const known = this.#memory[place];
    if (known === undefined) return undefined;
    this.#turn = place;
    this.#advance(this.#position + known.bytes.length);
    return known.reply;
  }

  /** Of the chunk it came from, before the next is fed. */
  #remember(chunk: Buffer, from: number, reply: Reply): void {
    const to = this.#chunk === undefined ? this.#length : this.#position;
    if (to - from > MEMORY_BYTES || to - from < 5 || chunk[to - 2] !== CR) return;
    this.#turn = (this.#turn + 1) % MEMORY_REPLIES;
    this.#memory[Math.min(this.#turn, this.#memory.length)] = {
      bytes: Buffer.from(chunk.subarray(from, to)),
      reply,
    };
  }

  #advance(position: number): void {
    this.#position = position;
    if (position === this.#length) this.#chunk = undefined;
  }

  #line(chunk: Buffer): string | undefined {
    const from = this.#position;
    const found = chunk.indexOf(LF, from);
    const feed = found < this.#length ? found : -1;
    const to = feed < 0 ? this.#length : feed;
    if (this.#partial.length + to - from > LINE_LIMIT_BYTES) {
      this.#problem = `reply line over ${LINE_LIMIT_BYTES} bytes`;
      return undefined;
    }
    if (feed < 0) {
      this.#partial.append(chunk, from, to, LINE_LIMIT_BYTES);
      this.#chunk = undefined;
      return undefined;
    }
    this.#advance(feed + 1);
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
