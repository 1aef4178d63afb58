/** How messages are handed in: from which addresses, over kept or fresh connections, how long answers are waited for. Plain data. */

import type { Deadlines } from '../protocol/deadlines.ts';

export interface SubmitPolicy {
  /** What differs from RFC 5321 §4.5.3.2. */
  readonly deadlines: Partial<Deadlines>;
  /** Local addresses, taken in turn by each connection; none: the machine's own choice. */
  readonly sourceAddresses: readonly string[];
  /** A connection a message; else they are kept warm. */
  readonly reconnect: boolean;
}

/** RFC deadlines, the machine's address, warm connections. */
export const PLAIN_POLICY: SubmitPolicy = {
  deadlines: {},
  sourceAddresses: [],
  reconnect: false,
};

/** Gives the addresses out in turn, from the `first`-th on, so that workers do not begin with the same. */
export function inTurn(addresses: readonly string[], first: number): () => string | undefined {
  let next = first;
  return () => {
    const address = addresses[next % Math.max(1, addresses.length)];
    next += 1;
    return address;
  };
}
