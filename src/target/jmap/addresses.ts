/** An address list -> groups of named addresses (RFC 5322 §3.4, RFC 8621 §4.1.2.3), whatever it looks like. Linear; never refuses. */

import { decodeEncodedWords } from '../encoded-words.ts';

/** Of one field; a storm's To may be long. */
const MAX_ADDRESSES = 10_000;

export interface Address {
  readonly name: string | null;
  readonly email: string;
}

export interface Group {
  /** Null for those that are in no group. */
  readonly name: string | null;
  readonly addresses: Address[];
}

/** Consecutive addresses outside a group share one without a name. Input is Latin-1 text. */
export function groupsOf(value: string): Group[] {
  const reading = new Reading();
  for (let at = 0; at < value.length && reading.count < MAX_ADDRESSES; at += 1) {
    const char = value[at] as string;
    if (char === '"' && reading.comments === 0) at = reading.quoted(value, at);
    else if (char === '\\') at += 1;
    else reading.take(char);
  }
  reading.endAddress();
  return reading.groups.filter((group) => group.name !== null || group.addresses.length > 0);
}

class Reading {
  readonly groups: Group[] = [{ name: null, addresses: [] }];
  count = 0;
  /** Depth of the comment we are in. */
  comments = 0;
  /** What stands outside angle brackets, and inside. */
  #outside = '';
  #inside: string | undefined;
  #inAngle = false;

  /** A quoted string from its first quote on; the place of its last. */
  quoted(value: string, start: number): number {
    let text = '';
    let at = start + 1;
    for (; at < value.length && value[at] !== '"'; at += 1) {
      if (value[at] === '\\') at += 1;
      text += value[at] ?? '';
    }
    // In an address the quotes belong to it: "a b"@lab.test.
    if (this.#inAngle) this.#inside = `${this.#inside ?? ''}"${text}"`;
    else this.#outside += value[at + 1] === '@' ? `"${text}"` : text;
    return at;
  }

  take(char: string): void {
    if (char === '(') this.comments += 1;
    else if (this.comments > 0) this.comments -= char === ')' ? 1 : 0;
    else if (this.#inAngle) {
      if (char === '>') this.#inAngle = false;
      else this.#inside += char;
    } else if (char === '<') {
      this.#inAngle = true;
      this.#inside = '';
    } else if (char === ',') this.endAddress();
    else if (char === ';') {
      this.endAddress();
      this.groups.push({ name: null, addresses: [] });
    } else if (char === ':') {
      this.groups.push({ name: decodeEncodedWords(this.#outside.trim()), addresses: [] });
      this.#outside = '';
    } else this.#outside += char;
  }

  endAddress(): void {
    const outside = this.#outside.trim();
    const email = (this.#inside ?? outside).trim();
    if (email !== '') {
      const name = this.#inside === undefined || outside === '' ? null : decodeEncodedWords(outside);
      this.groups.at(-1)?.addresses.push({ name, email: decodeEncodedWords(email) });
      this.count += 1;
    }
    this.#outside = '';
    this.#inside = undefined;
    this.#inAngle = false;
  }
}
