/** What a JMAP calibration is asked for: plain data between threads, and the closed list of its operations. It must not do any. */

import type { TargetRequest } from '../profile/guard.ts';
import type { Accounts } from '../storm/audience.ts';
import type { OperationName } from '../words.ts';
import type { Load } from './calibration.ts';
import type { SignIns } from './sign-ins.ts';

/**
 * `session`: the session object, read afresh. `query`: the newest of INBOX, listed and fetched in one request. `search`: by
 * subject, by the first way that can be believed. `sync`: what has changed since the last time. `trash`: INBOX moved to
 * Trash. `delete`: INBOX queried and destroyed, a page a request. `submit`: a message from the owner to himself.
 */
export const JMAP_LOADS = ['session', 'query', 'search', 'sync', 'trash', 'delete', 'submit'] as const;

export type JmapLoad = (typeof JMAP_LOADS)[number];

/** Under which name of the closed list each counts. */
export const JMAP_OPERATION: Readonly<Record<JmapLoad, OperationName>> = {
  session: 'jmap.session',
  query: 'jmap.get',
  search: 'jmap.query',
  sync: 'jmap.query',
  trash: 'jmap.set',
  delete: 'jmap.set',
  submit: 'jmap.submit',
};

export interface JmapCalibrationStart {
  readonly request: TargetRequest;
  readonly shard: { readonly index: number; readonly count: number };
  readonly zeroUs: number;
  /** `messages` counts operations here. */
  readonly load: Load;
  readonly graceUs: number;
  readonly connections: number;
  readonly spin: boolean;
  readonly operation: JmapLoad;
  readonly mailboxes: number;
  /** Operations of the workers before this one: the first mailbox of its share. */
  readonly firstOperation: number;
  /** Where the session is; the well-known place unless named. */
  readonly path: string | undefined;
  /** What `search` looks for. */
  readonly subject: string;
  /** In every message that `submit` makes. */
  readonly runId: string;
  readonly accounts: Accounts;
  readonly signIns: SignIns;
  readonly ca: string | undefined;
  readonly serverName: string | undefined;
  readonly tlsInsecure: boolean;
}
