/** What went while an EXPUNGE was under way, by sequence number or UID. It must not say who flagged it. */

import type { Acceptance } from './command.ts';
import type { DataResponse, StatusResponse } from './response.ts';
import { expandSet } from './sets.ts';
import { asText } from './values.ts';

/**
 * Messages that went between the command and its answer, others' deletions included. A server says either sequence
 * numbers, in its order, each counted after the ones before it went (RFC 9051 §7.5.1), or UIDs (RFC 7162 §3.2.10).
 */
export interface Expunged {
  readonly sequences: readonly number[];
  readonly uids: readonly number[];
}

/** No mailbox of ours holds more. */
const GONE_LIMIT = 1_000_000;

/** Gathers EXPUNGE and VANISHED. */
export class ExpungeRows {
  readonly #sequences: number[] = [];
  #uids: number[] = [];

  get gone(): Expunged {
    return { sequences: this.#sequences, uids: this.#uids };
  }

  accept(response: DataResponse | StatusResponse): Acceptance {
    if (response.kind !== 'data') return 'ignored';
    if (response.name === 'EXPUNGE') {
      if (this.#sequences.length >= GONE_LIMIT) return { problem: `over ${GONE_LIMIT} messages expunged` };
      this.#sequences.push(response.number ?? 0);
      return 'taken';
    }
    if (response.name !== 'VANISHED') return 'ignored';
    const values = response.values() ?? [];
    if (values.length > 1) return 'ignored';
    const uids = expandSet(asText(values[0]) ?? '', GONE_LIMIT - this.#uids.length);
    if (uids === undefined) return { problem: `VANISHED without a set, or of over ${GONE_LIMIT}` };
    this.#uids = this.#uids.concat(uids);
    return 'taken';
  }
}
