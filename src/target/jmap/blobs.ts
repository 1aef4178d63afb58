/** Uploaded bytes until later ones push them out; bounded in number and in memory. Reads no mail. */

import type { Account } from '../store.ts';

/** Kept at a time; a message is imported the moment after it was uploaded. */
const MAX_UPLOADS = 10_000;
const MAX_BYTES = 256 * 1024 * 1024;

interface Upload {
  readonly owner: Account;
  readonly bytes: Buffer;
}

export class Uploads {
  /** Oldest first. */
  readonly #uploads = new Map<string, Upload>();
  readonly #maxUploads: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #last = 0;

  constructor(maxUploads: number = MAX_UPLOADS, maxBytes: number = MAX_BYTES) {
    this.#maxUploads = maxUploads;
    this.#maxBytes = maxBytes;
  }

  /** Keeps them under a new id; the oldest go first when there is no room (RFC 8620 §6). */
  keep(owner: Account, bytes: Buffer): string {
    this.#last += 1;
    const id = `u${this.#last}`;
    this.#uploads.set(id, { owner, bytes });
    this.#bytes += bytes.length;
    for (const [oldest, upload] of this.#uploads) {
      if (this.#uploads.size <= this.#maxUploads && this.#bytes <= this.#maxBytes) break;
      this.#uploads.delete(oldest);
      this.#bytes -= upload.bytes.length;
    }
    return id;
  }

  /** Undefined: it is gone, or somebody else's. */
  find(owner: Account, id: string): Buffer | undefined {
    const upload = this.#uploads.get(id);
    return upload?.owner === owner ? upload.bytes : undefined;
  }
}
