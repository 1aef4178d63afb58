/** The ways in which one accepted copy can end, and which of them it is. It counts nothing. */

import type { Acceptance } from './ledger-share.ts';

/** Where the census found a copy. */
export type Place = 'present' | 'trashed' | 'junked';

export const DISPOSITIONS = [
  'takenByStrategy',
  'expungedAsAsked',
  'present',
  'trashed',
  'junked',
  'goneUnasked',
  'bounced',
  'overdue',
  'lost',
] as const;

/** How one accepted copy ended: exactly one each, the first that fits in the order of DISPOSITIONS. */
export type Disposition = (typeof DISPOSITIONS)[number];

/** All that is known of one copy. */
export interface CopyFacts {
  readonly acceptance: Acceptance | undefined;
  readonly place: Place | undefined;
  readonly seen: boolean;
  readonly asked: boolean;
  readonly bounced: boolean;
  readonly junk: boolean;
}

/** Copies that are named one by one, so that somebody can go and look. */
export const NAMED = [
  'lost',
  'goneUnasked',
  'takenByStrategy',
  'bounced',
  'overdue',
  'misdelivered',
  'duplicated',
] as const;

export type Named = (typeof NAMED)[number];

export interface CopyName {
  readonly number: number;
  readonly mailbox: number;
}

/** Copies named of each kind: enough to go and look, few enough to keep in a record. */
export const MAX_NAMED = 100;

/** The first disposition that fits, in the order of DISPOSITIONS; `lost` takes it that a bounce would have been read. */
export function disposeOf(facts: CopyFacts, quiescent: boolean): Disposition {
  const { place, asked, junk } = facts;
  if (asked && !junk && place !== 'present') return 'takenByStrategy';
  if (asked && junk && place === undefined) return 'expungedAsAsked';
  if (place !== undefined) return place;
  if (facts.seen) return 'goneUnasked';
  if (facts.bounced) return 'bounced';
  return quiescent ? 'lost' : 'overdue';
}
