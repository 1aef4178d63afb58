/** Goes through many mailboxes at a bounded pace, signed in one by one: for preflight, pilot, census, provision and purge. */

import pLimit from 'p-limit';
import type { Clock } from '../measure/outcome.ts';
import type { MailClient } from './clients/client.ts';
import { enterAs, unrecorded } from './clients/enter.ts';
import type { Access } from './context.ts';

/** A sweep is patient: it runs before or after the storm, and a slow target is no reason to report nothing. */
const SWEEP_PATIENCE_US = 120_000_000;

/** Authentication failures in a row after which a sweep gives up: no lock-out storm. */
const AUTHENTICATION_FAILURES = 5;

export interface SweepSettings {
  readonly access: Access;
  readonly clock: Clock;
  readonly mailboxes: readonly number[];
  /** Mailboxes at once. */
  readonly atOnce: number;
  readonly signal?: AbortSignal | undefined;
  /** Adds up what the sweep itself cost. */
  readonly meter?: SweepMeter | undefined;
}

/** What a sweep cost, so that it can be told apart from the storm. */
export interface SweepMeter {
  /** Read from mailbox servers. */
  bytes: number;
  messages: number;
}

/** Why a sweep could not do all mailboxes. `kind` separates what a person has to mend. */
export interface SweepFailure {
  readonly kind: 'refused' | 'tls' | 'auth' | 'timeout' | 'protocol' | 'stopped';
  readonly mailbox: number;
  readonly words: string;
}

/**
 * Does `work` in each mailbox. Stops at the first failure that is not one mailbox's own: if the server is unreachable
 * or untrusted, nine hundred more tries tell nothing new.
 */
export async function sweep(
  settings: SweepSettings,
  work: (mailbox: number, client: MailClient) => Promise<string | undefined>,
): Promise<readonly SweepFailure[]> {
  const { signal } = settings;
  const limit = pLimit(settings.atOnce);
  const failures: SweepFailure[] = [];
  let authenticationFailures = 0;
  let over = false;
  const isStopped = (): boolean => signal?.aborted === true;
  const visit = async (mailbox: number): Promise<void> => {
    if (over) return;
    const stopped = (): void => {
      over = true;
      failures.push({ kind: 'stopped', mailbox, words: 'stopped by the operator' });
    };
    if (isStopped()) return stopped();
    const { access, clock } = settings;
    const entering = enterAs({ access, clock, mailbox, patienceUs: SWEEP_PATIENCE_US, recorded: unrecorded });
    const entered = await unlessStopped(entering, signal);
    if (entered === 'stopped') {
      void entering.then((late) => 'failure' in late || late.destroy());
      return stopped();
    }
    if ('failure' in entered) {
      const { failure, words } = entered;
      failures.push({ kind: failure, mailbox, words });
      authenticationFailures = failure === 'auth' ? authenticationFailures + 1 : 0;
      if (failure !== 'auth' || authenticationFailures >= AUTHENTICATION_FAILURES) over = true;
      return;
    }
    authenticationFailures = 0;
    const problem = await underSignal(entered, signal, () => work(mailbox, entered));
    if (problem !== undefined && isStopped()) stopped();
    else if (problem !== undefined) failures.push({ kind: 'protocol', mailbox, words: problem });
    await entered.leave();
    if (settings.meter !== undefined) settings.meter.bytes += entered.bytesRead;
  };
  // One at a time until somebody could sign in: a wrong password must not be tried on sixteen accounts at once.
  const mailboxes = [...settings.mailboxes];
  for (let next = mailboxes.shift(); next !== undefined; next = mailboxes.shift()) {
    await visit(next);
    if (authenticationFailures === 0) break;
  }
  await Promise.all(mailboxes.map((mailbox) => limit(() => visit(mailbox))));
  return failures;
}

/** All mailboxes of a run: 0 to n-1. */
export function allMailboxes(count: number): number[] {
  return Array.from({ length: count }, (_, mailbox) => mailbox);
}

/** What comes of it, or `stopped` if the operator does not wait for it. */
export async function unlessStopped<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | 'stopped'> {
  if (signal === undefined) return work;
  let stop = (): void => undefined;
  const stopped = new Promise<'stopped'>((resolve) => {
    stop = () => resolve('stopped');
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Works with a client that a stop tears down, so that whatever waits for an answer ends then. */
async function underSignal<T>(
  client: MailClient,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const hangUp = (): void => client.destroy();
  signal?.addEventListener('abort', hangUp, { once: true });
  try {
    return await work();
  } finally {
    signal?.removeEventListener('abort', hangUp);
  }
}
