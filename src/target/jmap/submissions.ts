/** What an account has submitted lately, for EmailSubmission/get. Remembers a few, sends nothing. */

import type { Json } from './method.ts';

/** A server may forget a submission as soon as it is sent (RFC 8621 §7). */
const MAX_REMEMBERED = 100;

export class Submissions {
  readonly #known = new Map<string, Json>();
  #last = 0;

  get state(): string {
    return String(this.#last);
  }

  get known(): ReadonlyMap<string, Json> {
    return this.#known;
  }

  /** Gives it an id and remembers it. */
  add(submission: Json): Json & { readonly id: string } {
    this.#last += 1;
    const id = `s${this.#last}`;
    const named = { id, ...submission };
    this.#known.set(id, named);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_REMEMBERED) break;
      this.#known.delete(oldest);
    }
    return named;
  }
}
