/** How long each wait may last before we stop believing in an answer. Numbers only. */

/** All in microseconds. Each starts when the wait starts and is not extended by a trickle of bytes. */
export interface Deadlines {
  /** Connecting, TLS, greeting and sign-in together. */
  readonly openUs: number;
  /** Any command not named below. */
  readonly commandUs: number;
  /** SMTP DATA, until 354. */
  readonly dataUs: number;
  /** SMTP message and final dot, until the verdict. */
  readonly finalDotUs: number;
  /** The polite goodbye (QUIT, LOGOUT): we leave anyway. */
  readonly goodbyeUs: number;
}

const MINUTE_US = 60_000_000;

/** RFC 5321 §4.5.3.2: 5 minutes a command, 2 for DATA, 10 after the final dot. IMAP has no numbers of its own. */
export const DEADLINES: Deadlines = {
  openUs: 5 * MINUTE_US,
  commandUs: 5 * MINUTE_US,
  dataUs: 2 * MINUTE_US,
  finalDotUs: 10 * MINUTE_US,
  goodbyeUs: 5_000_000,
};

/** The defaults with what the caller set. */
export function withDefaults(given: Partial<Deadlines> | undefined): Deadlines {
  return { ...DEADLINES, ...given };
}
