/** Places for mailbox sessions: so many at once in all, and so many for one person. Whoever finds none waits in line. */

interface Waiter {
  readonly mailbox: number;
  readonly enter: () => void;
}

/** One worker's places. First come, first served, but nobody waits for a person who has too many sessions already. */
export class SessionPlaces {
  readonly #limit: number;
  readonly #perUser: number;
  readonly #held = new Map<number, number>();
  readonly #waiting: Waiter[] = [];
  #taken = 0;

  /** @param perUser sessions one mailbox may have at once; undefined for as many as there are places */
  constructor(limit: number, perUser: number | undefined) {
    this.#limit = limit;
    this.#perUser = perUser ?? Number.POSITIVE_INFINITY;
  }

  /** Does the work in a place of its own; waits for one if need be. */
  async within<T>(mailbox: number, work: () => Promise<T> | T): Promise<T> {
    await this.#enter(mailbox);
    try {
      return await work();
    } finally {
      this.#leave(mailbox);
    }
  }

  /** A session that lasts: it counts for its person only, and is always let in. */
  hold(mailbox: number): void {
    this.#held.set(mailbox, (this.#held.get(mailbox) ?? 0) + 1);
  }

  /** The end of a session that lasted. */
  letGo(mailbox: number): void {
    this.#release(mailbox);
    this.#admit();
  }

  #enter(mailbox: number): Promise<void> {
    if (this.#mayEnter(mailbox)) {
      this.#take(mailbox);
      return Promise.resolve();
    }
    return new Promise((enter) => this.#waiting.push({ mailbox, enter }));
  }

  #leave(mailbox: number): void {
    this.#taken -= 1;
    this.#release(mailbox);
    this.#admit();
  }

  #admit(): void {
    for (let index = 0; index < this.#waiting.length && this.#taken < this.#limit; ) {
      const { mailbox, enter } = this.#waiting[index] as Waiter;
      if (!this.#mayEnter(mailbox)) {
        index += 1;
        continue;
      }
      this.#waiting.splice(index, 1);
      this.#take(mailbox);
      enter();
    }
  }

  #mayEnter(mailbox: number): boolean {
    return this.#taken < this.#limit && (this.#held.get(mailbox) ?? 0) < this.#perUser;
  }

  #take(mailbox: number): void {
    this.#taken += 1;
    this.#held.set(mailbox, (this.#held.get(mailbox) ?? 0) + 1);
  }

  #release(mailbox: number): void {
    const held = (this.#held.get(mailbox) ?? 1) - 1;
    if (held > 0) this.#held.set(mailbox, held);
    else this.#held.delete(mailbox);
  }
}
