/** How an operation may end, and the sample it leaves. Types only: nothing here counts or decides. */

import type { DropReason, OperationName, Phase } from '../words.ts';

/** The server did it, and `evidence` says how we know (a reply line, a tagged OK). */
export interface Ok {
  readonly kind: 'ok';
  readonly evidence: string;
}

/** The server said no. `code` is the SMTP reply code, or `NO`/`BAD`/`BYE` for IMAP. */
export interface Rejected {
  readonly kind: 'rejected';
  readonly code: number | string;
  /** Enhanced status code (RFC 3463), for example `5.1.1`, or the IMAP response code (RFC 5530), where given. */
  readonly enhanced?: string;
  /** The server invites another try (SMTP 4yz; IMAP [UNAVAILABLE], [INUSE], [LIMIT]). */
  readonly temporary: boolean;
  /** A limiter answered (too many connections, too many recipients, rate), not the store. */
  readonly limiter: boolean;
  readonly greylist: boolean;
  readonly overQuota: boolean;
  /** In the words of the profile's `guardExpected`: the target's own guard did what it is there for. */
  readonly expected?: true;
  /** The server's words, at most 200 characters. */
  readonly text: string;
}

/** It may have happened and we cannot tell: a time-out, a line dropped after the final dot. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly because: string;
}

export interface Dropped {
  readonly kind: 'dropped';
  readonly by: DropReason;
}

export type Outcome = Ok | Rejected | Unknown | Dropped;

/** What a protocol client can answer: only the dispatcher drops. */
export type ProtocolOutcome = Ok | Rejected | Unknown;

/** Reads the run's clock: integer microseconds from the plan's zero. Handed in, so tests can pretend time. */
export type Clock = () => number;

/** One finished operation, as the tally takes it. All instants in microseconds from the plan's zero. */
export interface Sample {
  readonly operation: OperationName;
  readonly phase: Phase;
  readonly outcome: Outcome;
  readonly intendedUs: number;
  readonly dueUs: number;
  readonly startedUs: number;
  readonly endedUs: number;
  /** Induced by what the server did (retry, poll, wake-up, delete command), not listed by the plan. */
  readonly induced: boolean;
}
