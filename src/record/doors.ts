/** Which operation stands for what people did, in a record of a run through whatever doors. It counts nothing. */

import {
  operationAt,
  USUAL_DOORS,
  type Deed,
  type Doors,
  type MailboxDoor,
  type OperationName,
} from '../words.ts';
import type { RunRecord } from './record.ts';

/** How people reached the mail system. Older records do not say: there was SMTP and IMAP alone. */
export function doorsOf({ doors }: Pick<RunRecord, 'doors'>): Doors {
  return doors ?? USUAL_DOORS;
}

/** The operation that stands for what people did in this run. */
export function operationFor(record: Pick<RunRecord, 'doors'>, deed: Deed): OperationName {
  return operationAt(doorsOf(record), deed);
}

/** What getting in is called where it is counted, one and many. */
export interface EntryNoun {
  readonly one: string;
  readonly many: string;
  /** Getting in and opening, as two things or as the one they are. */
  readonly andOpening: string;
}

const SIGN_IN: EntryNoun = { one: 'sign-in', many: 'sign-ins', andOpening: 'sign-in, opening' };

const ENTRIES: Readonly<Record<MailboxDoor, EntryNoun>> = {
  imap: SIGN_IN,
  jmap: SIGN_IN,
  // Each request carries its credentials.
  http: { one: 'listing', many: 'listings', andOpening: 'listing' },
};

export function entryNoun(record: Pick<RunRecord, 'doors'>): EntryNoun {
  return ENTRIES[doorsOf(record).mailbox];
}
