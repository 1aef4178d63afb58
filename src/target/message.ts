/** One message's bytes, shared by every copy of it, and what was read from them once. Never changes after it is made. */

import { decodeEncodedWords } from './encoded-words.ts';

/** One header field: lower-case name, and where its lines lie in the raw bytes, line end included. */
export interface HeaderField {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Unfolded, as Latin-1 text, so that the bytes survive. */
  readonly value: string;
}

/** Remembered renderings a message may keep; clients of one storm ask for few different ones. */
const MAX_RENDERINGS = 32;

/** Header fields read per message; more are served in BODY[] but cannot be searched for. */
const MAX_FIELDS = 1_000;

export class Message {
  readonly raw: Buffer;
  /** Offset of the first byte after the empty line (RFC 5322 §2.1). */
  readonly bodyStart: number;
  readonly #renderings = new Map<string, string>();
  #fields: readonly HeaderField[] | undefined;
  #subject: string | undefined;

  constructor(raw: Buffer) {
    this.raw = raw;
    this.bodyStart = findBody(raw, 0, raw.length);
  }

  get fields(): readonly HeaderField[] {
    this.#fields ??= readFields(this.raw, 0, this.bodyStart);
    return this.#fields;
  }

  /** Subject for searching: decoded (RFC 2047), lower case. */
  get subject(): string {
    this.#subject ??= decodeEncodedWords(this.field('subject') ?? '').toLowerCase();
    return this.#subject;
  }

  /** The first field of that lower-case name, unfolded. */
  field(name: string): string | undefined {
    return this.fields.find((field) => field.name === name)?.value;
  }

  /** What `make` renders under this key, made once for all copies. */
  rendering(key: string, make: () => string): string {
    const known = this.#renderings.get(key);
    if (known !== undefined) return known;
    const made = make();
    if (this.#renderings.size < MAX_RENDERINGS) this.#renderings.set(key, made);
    return made;
  }
}

/** Where the body begins in a slice of a message; its end when there is no empty line. */
export function findBody(raw: Buffer, start: number, end: number): number {
  if (raw[start] === 0x0d && raw[start + 1] === 0x0a) return Math.min(end, start + 2);
  const gap = raw.indexOf('\r\n\r\n', start, 'latin1');
  return gap === -1 || gap + 4 > end ? end : gap + 4;
}

/** Reads the header fields between two offsets (RFC 5322 §2.2); lines that are no field are passed over. */
export function readFields(raw: Buffer, start: number, end: number): HeaderField[] {
  const fields: HeaderField[] = [];
  let at = start;
  while (at < end && fields.length < MAX_FIELDS) {
    const next = endOfField(raw, at, end);
    const text = raw.toString('latin1', at, next);
    const colon = text.indexOf(':');
    if (colon > 0) {
      const name = text.slice(0, colon).trimEnd().toLowerCase();
      const value = text
        .slice(colon + 1)
        .replaceAll(/\r?\n(?=[ \t])/g, '')
        .trim();
      fields.push({ name, start: at, end: next, value });
    }
    at = next;
  }
  return fields;
}

/** The offset after a field's last line: the next line that does not begin with white space. */
function endOfField(raw: Buffer, start: number, end: number): number {
  let at = start;
  for (;;) {
    const lineEnd = raw.indexOf(0x0a, at);
    if (lineEnd === -1 || lineEnd + 1 >= end) return end;
    at = lineEnd + 1;
    const first = raw[at];
    if (first !== 0x20 && first !== 0x09) return at;
  }
}
