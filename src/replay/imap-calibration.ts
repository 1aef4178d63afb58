/** What an IMAP calibration is asked for: plain data between threads, and the closed list of its operations. It must not do any. */

import type { TargetRequest } from '../profile/guard.ts';
import type { Accounts } from '../storm/audience.ts';
import type { SignIns } from './sign-ins.ts';
import type { OperationName } from '../words.ts';
import type { Load } from './calibration.ts';

/**
 * `signin`: a connection and a sign-in. `noop`: on warm connections, pipelined where there is no pace. `fetch`: headers of a
 * whole INBOX on a warm connection. `delete`: sign in, open, flag everything, expunge. `census`: sign in, read all folders.
 */
export const IMAP_LOADS = ['signin', 'noop', 'fetch', 'delete', 'census'] as const;

export type ImapLoad = (typeof IMAP_LOADS)[number];

/** Under which name of the closed list each counts; what it is made of is recorded beside it, as induced. */
export const IMAP_OPERATION: Readonly<Record<ImapLoad, OperationName>> = {
  signin: 'imap.signin',
  noop: 'imap.poll',
  fetch: 'imap.headers',
  delete: 'journey.delete',
  census: 'journey.read',
};

/** Loads that keep their connections, signed in and opened before the zero. */
export const WARM_LOADS: ReadonlySet<ImapLoad> = new Set(['noop', 'fetch']);

export interface ImapCalibrationStart {
  readonly request: TargetRequest;
  readonly shard: { readonly index: number; readonly count: number };
  readonly zeroUs: number;
  /** `messages` counts operations here. */
  readonly load: Load;
  readonly graceUs: number;
  readonly operation: ImapLoad;
  readonly mailboxes: number;
  /** Operations of the workers before this one: the first mailbox of its share. */
  readonly firstOperation: number;
  readonly connections: number;
  readonly spin: boolean;
  readonly accounts: Accounts;
  readonly signIns: SignIns;
  readonly ca: string | undefined;
  readonly serverName: string | undefined;
  readonly tlsInsecure: boolean;
}
