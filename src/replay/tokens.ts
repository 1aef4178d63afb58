/** Tokens of accounts, kept until they grow old or are refused. Where they come from is handed in; they are never logged. */

import type { Clock } from '../measure/outcome.ts';

/** A token, or in words why there is none. */
export type TokenAnswer = { readonly token: string } | { readonly problem: string };

/** Fetches a token; `refused`: the last one no longer serves. Never rejects. */
export type FetchToken = (mailbox: number, refused: boolean) => Promise<TokenAnswer>;

interface Kept {
  readonly answer: Promise<TokenAnswer>;
  readonly sinceUs: number;
  /** A server has taken it. */
  served: boolean;
}

/** One thread's tokens, by mailbox. */
export class TokenSource {
  readonly #fetch: FetchToken;
  readonly #clock: Clock;
  readonly #lifetimeUs: number;
  readonly #kept = new Map<number, Kept>();
  readonly #refused = new Set<number>();

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
    const kept = this.#kept.get(mailbox);
    if (kept !== undefined && this.#clock() - kept.sinceUs < this.#lifetimeUs) return kept.answer;
    const answer = this.#fetch(mailbox, this.#refused.delete(mailbox));
    this.#kept.set(mailbox, { answer, sinceUs: this.#clock(), served: false });
    // A failure is not kept: the next sign-in tries again.
    void answer.then((known) => {
      if ('problem' in known && this.#kept.get(mailbox)?.answer === answer) this.#kept.delete(mailbox);
    });
    return answer;
  }

  /** Somebody was let in by it. */
  served(mailbox: number): void {
    const kept = this.#kept.get(mailbox);
    if (kept !== undefined) kept.served = true;
  }

  /**
   * The server would not take it: the next sign-in fetches another. True where it had been taken before, or was given up
   * by somebody else already: it has run out, which is no sign that the account is refused.
   */
  forget(mailbox: number): boolean {
    const kept = this.#kept.get(mailbox);
    if (kept === undefined) return true;
    this.#kept.delete(mailbox);
    this.#refused.add(mailbox);
    return kept.served;
  }
}
