/** What an operation may be called and how it may end: the two closed lists every room shares. Types and names only. */

/** The closed list of operation names. `journey.*` run from a journey's intended instant to its last end. */
export const OPERATIONS = [
  'smtp.connect',
  'smtp.submit',
  'imap.connect',
  'imap.signin',
  'imap.open',
  'imap.headers',
  'imap.body',
  'imap.search',
  'imap.store',
  'imap.move',
  'imap.expunge',
  'imap.idle',
  'imap.poll',
  'jmap.session',
  'jmap.query',
  'jmap.get',
  'jmap.set',
  'jmap.submit',
  'http.submit',
  'http.list',
  'http.fetch',
  'http.delete',
  'journey.send',
  'journey.read',
  'journey.delete',
  'journey.canary',
] as const;

export type OperationName = (typeof OPERATIONS)[number];

/** Why an operation was never carried through. Only `late` counts against the generator's fitness. */
export const DROP_REASONS = [
  'late',
  'starved',
  'pruned',
  'stepFailed',
  'abandoned',
  'held',
  'stopped',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

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

export const PHASES = ['baseline', 'storm', 'drain', 'deletes', 'recovery'] as const;

export type Phase = (typeof PHASES)[number];
