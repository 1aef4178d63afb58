/** A growing buffer with a ceiling, for bytes that arrive in pieces. It must never hold more than it was allowed. */

const FIRST_BYTES = 256;

/** Collects pieces in amortised linear time, however small a hostile server cuts them. */
export class ByteAccumulator {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  /** Bytes held. */
  get length(): number {
    return this.#length;
  }

  /** Copies `chunk[from, to)` in; false, and nothing kept, if that would hold more than `limitBytes`. */
  append(chunk: Buffer, from: number, to: number, limitBytes: number): boolean {
    const length = this.#length + to - from;
    if (length > limitBytes) return false;
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(
        Math.min(limitBytes, Math.max(length, FIRST_BYTES, this.#bytes.length * 2)),
      );
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#length, from, to);
    this.#length = length;
    return true;
  }

  /** Hands over what is held and starts empty. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }
}
