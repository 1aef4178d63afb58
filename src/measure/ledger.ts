/** What became of every copy: submissions and deletions as told by the workers, and a census, folded into dispositions. */

import { emptyRows, hasBit, mergeRows, setBit, type BitRows } from './bitmap.ts';

/** How a submission of one copy ended. */
export type Acceptance = 'accepted' | 'rejected' | 'unknown';

/** One message to one person, or a canary. */
export interface DirectEntry {
  readonly number: number;
  readonly recipient: number;
  readonly clinical: boolean;
  acceptance: Acceptance;
}

/** What one worker knows: disjoint by author for acceptances, by mailbox for sightings and deletions. */
export interface LedgerShare {
  /** Rows by list message, bits by mailbox. Under list fan-out one acceptance stands for every member. */
  readonly accepted: BitRows;
  readonly unknown: BitRows;
  /** Rows by mailbox, bits by list message. */
  readonly seen: BitRows;
  readonly asked: BitRows;
  readonly direct: Map<number, DirectEntry>;
  readonly directSeen: Set<number>;
  readonly directAsked: Set<number>;
}

/** Sizes of the matrix. */
export interface LedgerShape {
  readonly mailboxes: number;
  readonly listMessages: number;
}

export function emptyShare(shape: LedgerShape): LedgerShare {
  return {
    accepted: emptyRows(shape.mailboxes),
    unknown: emptyRows(shape.mailboxes),
    seen: emptyRows(shape.listMessages),
    asked: emptyRows(shape.listMessages),
    direct: new Map(),
    directSeen: new Set(),
    directAsked: new Set(),
  };
}

/** Adds one worker's share to the whole. */
export function mergeShare(into: LedgerShare, from: LedgerShare): void {
  for (const part of ['accepted', 'unknown', 'seen', 'asked'] as const) mergeRows(into[part], from[part]);
  for (const [number, entry] of from.direct) into.direct.set(number, entry);
  for (const number of from.directSeen) into.directSeen.add(number);
  for (const number of from.directAsked) into.directAsked.add(number);
}

/** Where the census found a copy. */
export type Place = 'present' | 'trashed' | 'junked';

/** What the final census of all mailboxes found. */
export interface Census {
  /** Rows by mailbox, bits by list message, one set a place. */
  readonly list: Readonly<Record<Place, BitRows>>;
  /** Direct messages found in their own recipient's mailbox. */
  readonly direct: Map<number, Place>;
  /** Copies beyond the first of a message in a mailbox. */
  duplicated: number;
  /** Copies in a mailbox they were not for. */
  misdelivered: number;
  /** Mail of nobody's business: without this run's id or that of the named provision. */
  foreign: number;
  /** Every message that bears this run's id, or its provision's, duplicates included. */
  copiesRemaining: number;
  /** Traced delivery status notifications, `number/mailbox`. */
  readonly bounced: Set<string>;
}

export function emptyCensus(shape: LedgerShape): Census {
  const rows = (): BitRows => emptyRows(shape.listMessages);
  return {
    list: { present: rows(), trashed: rows(), junked: rows() },
    direct: new Map(),
    duplicated: 0,
    misdelivered: 0,
    foreign: 0,
    copiesRemaining: 0,
    bounced: new Set(),
  };
}

/** Enters a found list copy; a second sight of the same one in the same mailbox is a duplicate. */
export function findListCopy(census: Census, mailbox: number, number: number, place: Place): void {
  for (const other of ['present', 'trashed', 'junked'] as const) {
    if (hasBit(census.list[other], mailbox, number)) {
      census.duplicated += 1;
      return;
    }
  }
  setBit(census.list[place], mailbox, number);
}

/** Enters a found direct copy: in its recipient's mailbox, twice there, or in a stranger's. */
export function findDirectCopy(
  census: Census,
  mailbox: number,
  entry: Pick<DirectEntry, 'number' | 'recipient'>,
  place: Place,
): void {
  if (entry.recipient !== mailbox) census.misdelivered += 1;
  else if (census.direct.has(entry.number)) census.duplicated += 1;
  else census.direct.set(entry.number, place);
}

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

/** The ledger's figures. The dispositions add up to `copiesAccepted`. */
export interface LedgerFigures extends Record<Disposition, number> {
  readonly copiesAccepted: number;
  readonly copiesSeen: number;
  /** Submissions whose fate nobody can tell and which no census found. */
  readonly unknown: number;
  readonly duplicated: number;
  readonly misdelivered: number;
  readonly foreign: number;
  readonly copiesRemaining: number;
  /** Of takenByStrategy: still in Trash, and gone for good. */
  readonly takenTrashed: number;
  readonly takenExpunged: number;
  /** Numbers of messages lost, gone unasked and taken, at most MAX_NAMED each, for the report. */
  readonly named: Readonly<
    Record<'lost' | 'goneUnasked' | 'takenByStrategy', readonly { number: number; mailbox: number }[]>
  >;
  /** Disposition of each accepted canary. */
  readonly clinical: ReadonlyMap<number, Disposition>;
}

/** Ids listed per disposition: enough to go and look, few enough to read. */
const MAX_NAMED = 20;

interface CopyFacts {
  readonly acceptance: Acceptance | undefined;
  readonly place: Place | undefined;
  readonly seen: boolean;
  readonly asked: boolean;
  readonly bounced: boolean;
  readonly junk: boolean;
}

/** Folds shares and census into the ledger. `quiescent`: the target owed nothing when the census was taken. */
export function closeLedger(
  shape: LedgerShape,
  share: LedgerShare,
  census: Census,
  quiescent: boolean,
): LedgerFigures {
  const sums = Object.fromEntries(DISPOSITIONS.map((name) => [name, 0])) as Record<Disposition, number>;
  const named = { lost: [], goneUnasked: [], takenByStrategy: [] } as Record<
    'lost' | 'goneUnasked' | 'takenByStrategy',
    { number: number; mailbox: number }[]
  >;
  const clinical = new Map<number, Disposition>();
  let copiesAccepted = 0;
  let copiesSeen = 0;
  let unknown = 0;
  let takenTrashed = 0;
  let unasked = 0;
  const enter = (facts: CopyFacts, number: number, mailbox: number): Disposition | undefined => {
    const everSeen = facts.seen || facts.place !== undefined;
    if (facts.acceptance === 'unknown' && !everSeen) unknown += 1;
    // Found although it was refused: in a mailbox that it was not accepted for.
    if ((facts.acceptance === 'rejected' || facts.acceptance === undefined) && facts.place !== undefined)
      unasked += 1;
    const counts = facts.acceptance === 'accepted' || (facts.acceptance === 'unknown' && everSeen);
    if (!counts) return undefined;
    copiesAccepted += 1;
    if (everSeen) copiesSeen += 1;
    const disposition = disposeOf(facts, quiescent);
    sums[disposition] += 1;
    if (disposition === 'takenByStrategy' && facts.place === 'trashed') takenTrashed += 1;
    if (disposition === 'lost' || disposition === 'goneUnasked' || disposition === 'takenByStrategy') {
      if (named[disposition].length < MAX_NAMED) named[disposition].push({ number, mailbox });
    }
    return disposition;
  };
  for (let number = 0; number < shape.listMessages; number += 1) {
    for (let mailbox = 0; mailbox < shape.mailboxes; mailbox += 1) {
      enter(listFacts(share, census, number, mailbox), number, mailbox);
    }
  }
  for (const entry of share.direct.values()) {
    const disposition = enter(directFacts(share, census, entry), entry.number, entry.recipient);
    if (entry.clinical && disposition !== undefined) clinical.set(entry.number, disposition);
  }
  return {
    ...sums,
    copiesAccepted,
    copiesSeen,
    unknown,
    duplicated: census.duplicated,
    misdelivered: census.misdelivered + unasked,
    foreign: census.foreign,
    copiesRemaining: census.copiesRemaining,
    takenTrashed,
    takenExpunged: sums.takenByStrategy - takenTrashed,
    named,
    clinical,
  };
}

/** The first disposition that fits, in the order of DISPOSITIONS. */
export function disposeOf(facts: CopyFacts, quiescent: boolean): Disposition {
  const { place, asked, junk } = facts;
  if (asked && !junk && place !== 'present') return 'takenByStrategy';
  if (asked && junk && place === undefined) return 'expungedAsAsked';
  if (place !== undefined) return place;
  if (facts.seen) return 'goneUnasked';
  if (facts.bounced) return 'bounced';
  return quiescent ? 'lost' : 'overdue';
}

function listFacts(share: LedgerShare, census: Census, number: number, mailbox: number): CopyFacts {
  const found = (['present', 'trashed', 'junked'] as const).find((place) =>
    hasBit(census.list[place], mailbox, number),
  );
  return {
    acceptance: hasBit(share.accepted, number, mailbox)
      ? 'accepted'
      : hasBit(share.unknown, number, mailbox)
        ? 'unknown'
        : undefined,
    place: found,
    seen: hasBit(share.seen, mailbox, number),
    asked: hasBit(share.asked, mailbox, number),
    bounced: census.bounced.has(`${number}/${mailbox}`),
    junk: true,
  };
}

function directFacts(share: LedgerShare, census: Census, entry: DirectEntry): CopyFacts {
  return {
    acceptance: entry.acceptance,
    place: census.direct.get(entry.number),
    seen: share.directSeen.has(entry.number),
    asked: share.directAsked.has(entry.number),
    bounced: census.bounced.has(`${entry.number}/${entry.recipient}`),
    junk: false,
  };
}
