/** Joins what one write should carry, in memory that is used again once the socket has taken it. It must not wait or read. */

import type { Wire } from '../wire.ts';

/** Above this, pieces are written as they are: to join them would cost more than a second system call. */
const JOIN_BYTES = 65_536;

/** Most envelopes of one recipient; out of the pool, since many a connection carries one message only. */
const FIRST_BYTES = 512;

/** UTF-8 takes at most three bytes for a UTF-16 unit. */
const BYTES_A_UNIT = 3;

/** One connection's. Text and bytes are put in, in order, and leave in one write. */
export class Outbox {
  readonly #wire: Wire;
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;
  /** The memory is the socket's until it has taken all of it. */
  #lent = false;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Puts text in, as UTF-8. */
  text(text: string): void {
    this.#room(text.length * BYTES_A_UNIT);
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** Puts bytes in. Large ones leave at once, behind what was put in before, and must stay as they are until then. */
  bytes(bytes: Buffer): void {
    if (bytes.length > JOIN_BYTES) {
      this.send();
      this.#wire.write(bytes);
      return;
    }
    this.#room(bytes.length);
    bytes.copy(this.#bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes what was put in. */
  send(): void {
    if (this.#length === 0) return;
    this.#wire.write(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    this.#lent = !this.#wire.isFlushed;
  }

  #room(bytes: number): void {
    if (this.#lent && this.#length === 0) {
      if (!this.#wire.isFlushed) this.#bytes = Buffer.allocUnsafe(this.#bytes.length);
      this.#lent = false;
    }
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
