/** Tokens of accounts, kept until they grow old or are refused. Where they come from is handed in; they are never logged. */

import type { Clock } from '../measure/outcome.ts';

/** A token, or in words why there is none. */
export type TokenAnswer = { readonly token: string } | { readonly problem: string };

/** Fetches a token; `refused` is the last one where a server would not take it. Never rejects. */
export type FetchToken = (mailbox: number, refused: string | undefined) => Promise<TokenAnswer>;

interface Kept {
  readonly answer: Promise<TokenAnswer>;
  readonly sinceUs: number;
  /** Undefined while it is being fetched. */
  token: string | undefined;
}

/**
 * Tokens refused in a row without saying anything of the account: one may have grown stale in this thread's store, the
 * next in the main one's. What comes after them is new.
 */
const MAY_BE_STALE = 2;

/** One thread's tokens, by mailbox. */
export class TokenSource {
  readonly #fetch: FetchToken;
  readonly #clock: Clock;
  readonly #lifetimeUs: number;
  readonly #kept = new Map<number, Kept>();
  readonly #refused = new Map<number, string>();
  /** Tokens refused since one was taken. */
  readonly #inARow = new Map<number, number>();

  /** @param lifetimeUs how long a token is used before another is fetched; less than it is valid for */
  constructor(fetch: FetchToken, clock: Clock, lifetimeUs: number) {
    this.#fetch = fetch;
    this.#clock = clock;
    this.#lifetimeUs = lifetimeUs;
  }

  get lifetimeUs(): number {
    return this.#lifetimeUs;
  }

  /** The token of an account: the one at hand while it is fresh. Asked for twice at once, it is fetched once. */
  tokenOf(mailbox: number): Promise<TokenAnswer> {
    const known = this.#kept.get(mailbox);
    if (known !== undefined && this.#clock() - known.sinceUs < this.#lifetimeUs) return known.answer;
    const answer = this.#fetch(mailbox, this.#refused.get(mailbox));
    this.#refused.delete(mailbox);
    const kept: Kept = { answer, sinceUs: this.#clock(), token: undefined };
    this.#kept.set(mailbox, kept);
    void answer.then((told) => {
      if ('token' in told) kept.token = told.token;
      // A failure is not kept: the next sign-in tries again.
      else if (this.#kept.get(mailbox) === kept) this.#kept.delete(mailbox);
    });
    return answer;
  }

  /** Somebody was let in by one. */
  served(mailbox: number): void {
    this.#inARow.delete(mailbox);
  }

  /**
   * The server would not take this token: the next sign-in fetches another, unless one is at hand or on its way already.
   * True where the token may only have run out; false where it is the account that is refused.
   */
  forget(mailbox: number, token: string | undefined): boolean {
    const kept = this.#kept.get(mailbox);
    if (kept === undefined || token === undefined || kept.token !== token) return true;
    this.#kept.delete(mailbox);
    this.#refused.set(mailbox, token);
    const inARow = (this.#inARow.get(mailbox) ?? 0) + 1;
    this.#inARow.set(mailbox, inARow);
    return inARow <= MAY_BE_STALE;
  }
}
