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

class Cursor {
  isBroken = false;
  readonly #response: RawResponse;
  #part = 0;
  #position: number;
  #count = 0;

  constructor(response: RawResponse, offset: number) {
    this.#response = response;
    this.#position = offset;
  }

  /** Values up to the closing bracket, or up to the end of the response. */
  list(depth: number, isInner: boolean): ImapValue[] {
    const values: ImapValue[] = [];
    while (!this.isBroken) {
      const text = this.#text();
      if (this.#position >= text.length) {
        const literal = this.#response.literals[this.#part];
        if (literal === undefined) {
          // The response is over: right for the outermost list only.
          this.isBroken = isInner;
          return values;
        }
        this.#part += 1;
        this.#position = 0;
        values.push(literal);
      } else if (!this.#one(text, values, depth)) {
        if (!isInner) this.isBroken = true;
        return values;
      }
      this.#count += 1;
      if (this.#count > VALUES_LIMIT) this.isBroken = true;
    }
    return values;
  }

  /** Reads one value or a space; false at a closing bracket. */
  #one(text: string, values: ImapValue[], depth: number): boolean {
    const at = text[this.#position];
    if (at === ' ') {
      this.#position += 1;
    } else if (at === ')') {
      this.#position += 1;
      return false;
    } else if (at === '(') {
      this.#position += 1;
      if (depth >= NESTING_LIMIT) this.isBroken = true;
      else values.push(this.list(depth + 1, true));
    } else if (at === '"') {
      values.push(this.#quoted(text));
    } else {
      const atom = this.#atom(text);
      values.push(atom.length === 3 && atom.toUpperCase() === 'NIL' ? null : atom);
    }
    return true;
  }

  #quoted(text: string): Buffer {
    let found = '';
    let from = this.#position + 1;
    for (let i = from; i < text.length; i += 1) {
      const at = text[i];
      if (at === '\\') {
        found += text.slice(from, i);
        from = i + 1;
        i += 1;
      } else if (at === '"') {
        this.#position = i + 1;
        return Buffer.from(found + text.slice(from, i), 'latin1');
      }
    }
    this.isBroken = true;
    return Buffer.alloc(0);
  }

  /** Up to a space or bracket; a section `BODY[HEADER.FIELDS (A B)]<0>` is part of its atom. */
  #atom(text: string): string {
    const from = this.#position;
    let i = from;
    for (; i < text.length; i += 1) {
      const at = text[i];
      if (at === '[') {
        const end = text.indexOf(']', i);
        if (end < 0) break;
        i = end;
      } else if (at === ' ' || at === '(' || at === ')' || at === '"') {
        break;
      }
    }
    this.#position = i;
    if (i === from || text[i] === '[' || text[i] === '"') this.isBroken = true;
    return text.slice(from, i);
  }

  #text(): string {
    return this.#response.texts[this.#part] ?? '';
  }
}
