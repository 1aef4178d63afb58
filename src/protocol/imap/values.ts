/** The values inside an IMAP response: atoms, strings, lists (RFC 9051 §4), nesting bounded. It must not know any command. */

import type { RawResponse } from './reader.ts';

/** An atom is a string, a quoted string or literal is its bytes, NIL is null, a parenthesised list an array. */
export type ImapValue = string | Buffer | null | readonly ImapValue[];

/** BODYSTRUCTURE of real mail stays below twenty. */
const NESTING_LIMIT = 32;

/** Values of one response: a SEARCH answer is the long one, and its line is bounded. */
const VALUES_LIMIT = 1_000_000;

/** Everything after `offset` in the response's first line. Undefined when it is not grammar or out of bounds. */
export function readValues(response: RawResponse, offset: number): readonly ImapValue[] | undefined {
  const cursor = new Cursor(response, offset);
  const values = cursor.list(0, false);
  return cursor.isBroken ? undefined : values;
}

/** The text of an atom, quoted string or literal. */
export function asText(value: ImapValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('latin1') : undefined;
}

/** A number of RFC 9051's nz-number kind (up to 63 bits on the wire, safe integers here). */
export function asNumber(value: ImapValue | undefined): number | undefined {
  if (typeof value !== 'string' || !/^\d{1,16}$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

export function isList(value: ImapValue | undefined): value is readonly ImapValue[] {
  return Array.isArray(value);
}

const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const SECTION = 0x5b;
const BACKSLASH = 0x5c;

/** A census reads hundreds of thousands of these a minute: it looks at character codes and slices once a value. */
class Cursor {
  isBroken = false;
  readonly #response: RawResponse;
  #text: string;
  #part = 0;
  #position: number;
  #count = 0;

  constructor(response: RawResponse, offset: number) {
    this.#response = response;
    this.#text = response.texts[0] ?? '';
    this.#position = offset;
  }

  /** Values up to the closing bracket, or up to the end of the response. */
  list(depth: number, isInner: boolean): ImapValue[] {
    const values: ImapValue[] = [];
    while (!this.isBroken) {
      if (this.#position >= this.#text.length) {
        const literal = this.#response.literals[this.#part];
        if (literal === undefined) {
          // The response is over: right for the outermost list only.
          this.isBroken = isInner;
          return values;
        }
        this.#part += 1;
        this.#text = this.#response.texts[this.#part] ?? '';
        this.#position = 0;
        values.push(literal);
      } else if (!this.#one(values, depth)) {
        if (!isInner) this.isBroken = true;
        return values;
      }
      this.#count += 1;
      if (this.#count > VALUES_LIMIT) this.isBroken = true;
    }
    return values;
  }

  /** Reads one value or a space; false at a closing bracket. */
  #one(values: ImapValue[], depth: number): boolean {
    switch (this.#text.charCodeAt(this.#position)) {
      case SPACE:
        this.#position += 1;
        return true;
      case CLOSE:
        this.#position += 1;
        return false;
      case OPEN:
        this.#position += 1;
        if (depth >= NESTING_LIMIT) this.isBroken = true;
        else values.push(this.list(depth + 1, true));
        return true;
      case QUOTE:
        values.push(this.#quoted());
        return true;
      default: {
        const atom = this.#atom();
        values.push(atom.length === 3 && atom.toUpperCase() === 'NIL' ? null : atom);
        return true;
      }
    }
  }

  #quoted(): Buffer {
    const text = this.#text;
    let found = '';
    let from = this.#position + 1;
    for (let i = from; i < text.length; i += 1) {
      const at = text.charCodeAt(i);
      if (at === BACKSLASH) {
        found += text.slice(from, i);
        from = i + 1;
        i += 1;
      } else if (at === QUOTE) {
        this.#position = i + 1;
        return Buffer.from(found + text.slice(from, i), 'latin1');
      }
    }
    this.isBroken = true;
    return Buffer.alloc(0);
  }

  /** Up to a space or bracket; a section `BODY[HEADER.FIELDS (A B)]<0>` is part of its atom. */
  #atom(): string {
    const text = this.#text;
    const from = this.#position;
    let i = from;
    for (; i < text.length; i += 1) {
      const at = text.charCodeAt(i);
      if (at === SECTION) {
        const end = text.indexOf(']', i);
        if (end < 0) break;
        i = end;
      } else if (at === SPACE || at === OPEN || at === CLOSE || at === QUOTE) {
        break;
      }
    }
    this.#position = i;
    if (i === from || text.charCodeAt(i) === SECTION || text.charCodeAt(i) === QUOTE) this.isBroken = true;
    return text.slice(from, i);
  }
}
