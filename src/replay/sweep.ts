/** Goes through many mailboxes at a bounded pace, signed in one by one: for preflight, pilot, census, provision and purge. */

import pLimit from 'p-limit';
import type { Clock } from '../measure/outcome.ts';
import type { ImapConnection } from '../protocol/imap/connection.ts';
import type { Folder } from '../protocol/imap/folders.ts';
import { openImap } from '../protocol/imap/open.ts';
import { addressOf } from '../storm/audience.ts';
import { mailboxSettings, type Access } from './context.ts';
import { credentialsOf, isFinalRefusal, signInTo } from './sign-ins.ts';

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
  work: (mailbox: number, connection: ImapConnection) => Promise<string | undefined>,
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
    const entering = enter(settings, mailbox);
    const entered = await unlessStopped(entering, signal);
    if (entered === 'stopped') {
      void entering.then((late) => 'kind' in late || late.destroy());
      return stopped();
    }
    if ('kind' in entered) {
      failures.push(entered);
      authenticationFailures = entered.kind === 'auth' ? authenticationFailures + 1 : 0;
      if (entered.kind !== 'auth' || authenticationFailures >= AUTHENTICATION_FAILURES) over = true;
      return;
    }
    authenticationFailures = 0;
    const problem = await underSignal(entered, signal, () => work(mailbox, entered));
    if (problem !== undefined && isStopped()) stopped();
    else if (problem !== undefined) failures.push({ kind: 'protocol', mailbox, words: problem });
    await entered.logout();
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

/** Works on a connection that a stop tears down, so that whatever waits for an answer ends then. */
async function underSignal<T>(
  connection: ImapConnection,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const hangUp = (): void => connection.destroy();
  signal?.addEventListener('abort', hangUp, { once: true });
  try {
    return await work();
  } finally {
    signal?.removeEventListener('abort', hangUp);
  }
}

async function enter(settings: SweepSettings, mailbox: number): Promise<ImapConnection | SweepFailure> {
  const { access, clock } = settings;
  const opening = await openImap(mailboxSettings(access, clock, SWEEP_PATIENCE_US));
  if (opening.connection === undefined)
    return { kind: opening.failure ?? 'refused', mailbox, words: opening.message };
  const address = addressOf(access.accounts, mailbox);
  const credentials = await credentialsOf(access, mailbox);
  const signIn = await signInTo(opening.connection, access, mailbox, credentials, clock);
  if (signIn.outcome.kind === 'ok') return opening.connection;
  opening.connection.destroy();
  const words = signIn.outcome.kind === 'rejected' ? signIn.outcome.text : signIn.outcome.because;
  const kind = isFinalRefusal(signIn.outcome) ? 'auth' : 'refused';
  return { kind, mailbox, words: `${address} could not sign in: ${words}` };
}

/** Folders a census reads: selectable, and no virtual view of mail that lies elsewhere (RFC 6154). */
export async function realFolders(connection: ImapConnection): Promise<readonly Folder[] | string> {
  const listed = await connection.list();
  if (listed.value === undefined) return `LIST: ${wordsOf(listed.outcome)}`;
  const skip = ['\\noselect', '\\nonexistent', '\\all', '\\flagged', '\\important'];
  return listed.value.filter((folder) => !skip.some((attribute) => folder.attributes.has(attribute)));
}

/** What a server said that was not ok. */
export function wordsOf(outcome: {
  readonly kind: string;
  readonly text?: string;
  readonly because?: string;
}): string {
  return outcome.text ?? outcome.because ?? outcome.kind;
}
