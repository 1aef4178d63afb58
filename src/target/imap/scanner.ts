/** One command's text -> tokens of the IMAP grammar (RFC 3501 §9). Answers undefined where the text is something else. */

import type { RawCommand } from './reader.ts';

/** Anything but specials, by which an atom ends; `]` is left in for flag and section names. */
const ATOM = /[^(){ %*"\\\p{Cc}]+/uy;
const LIST_PATTERN = /[^(){ "\\\p{Cc}]+/uy;
const FLAG_WORD = /\\?[^(){ %*"\\\]\p{Cc}]+/uy;
const SET = /(?:\d+|\*)(?::(?:\d+|\*))?(?:,(?:\d+|\*)(?::(?:\d+|\*))?)*/y;
const NUMBER = /\d{1,15}/y;
const QUOTED = /"((?:[^"\\\r\n]|\\["\\])*)"/y;

/** Nested parentheses a flag list or search may have. */
export const MAX_NESTING = 16;

export class Scanner {
  readonly #texts: readonly string[];
  readonly #literals: readonly Buffer[];
  #part = 0;
  #at = 0;

  constructor(command: RawCommand) {
    this.#texts = command.texts;
    this.#literals = command.literals;
  }

  /** True when nothing is left. */
  atEnd(): boolean {
    return this.#at >= this.#text().length && this.#part === this.#texts.length - 1;
  }

  /** Takes exactly this text, any case, if it is next. */
  take(text: string): boolean {
    const here = this.#text().slice(this.#at, this.#at + text.length);
    if (here.length !== text.length || here.toUpperCase() !== text.toUpperCase()) return false;
    this.#at += text.length;
    return true;
  }

  /** The next character, without taking it; empty at the end or before a literal. */
  peek(): string {
    return this.#text()[this.#at] ?? '';
  }

  atom(): string | undefined {
    return this.#match(ATOM)?.[0];
  }

  number(): number | undefined {
    const text = this.#match(NUMBER)?.[0];
    return text === undefined ? undefined : Number(text);
  }

  sequenceSet(): string | undefined {
    return this.#match(SET)?.[0];
  }

  /** Atom, quoted or literal, as Latin-1 text. */
  astring(): string | undefined {
    return this.string() ?? this.#match(ATOM)?.[0];
  }

  /** Quoted or literal, as Latin-1 text. */
  string(): string | undefined {
    if (this.peek() === '"') return this.#match(QUOTED)?.[1]?.replaceAll(/\\(["\\])/g, '$1');
    return this.literal()?.toString('latin1');
  }

  /** A mailbox pattern for LIST: like an astring, with wildcards. */
  listPattern(): string | undefined {
    return this.string() ?? this.#match(LIST_PATTERN)?.[0];
  }

  literal(): Buffer | undefined {
    if (this.#at < this.#text().length) return undefined;
    const literal = this.#literals[this.#part];
    if (literal === undefined) return undefined;
    this.#part += 1;
    this.#at = 0;
    return literal;
  }

  /** `(\Seen $Junk)`, or the same without parentheses to the end of the line. */
  flags(): string[] | undefined {
    if (!this.take('(')) {
      const bare = this.#flagWords();
      return bare.length > 0 && this.atEnd() ? bare : undefined;
    }
    const listed = this.#flagWords();
    return this.take(')') ? listed : undefined;
  }

  /** What is left of the current text; for free-form arguments. */
  rest(): string {
    const text = this.#text().slice(this.#at);
    this.#at = this.#text().length;
    return text;
  }

  #flagWords(): string[] {
    const flags: string[] = [];
    do {
      const flag = this.#match(FLAG_WORD)?.[0];
      if (flag === undefined) return flags;
      flags.push(flag);
    } while (this.take(' '));
    return flags;
  }

  #text(): string {
    return this.#texts[this.#part] ?? '';
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text());
    if (match !== null) this.#at += match[0].length;
    return match;
  }
}
