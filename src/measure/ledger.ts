/** What became of every copy: submissions and deletions as told by the workers, and a census, folded into dispositions. */

import { emptyRows, hasBit, mergeRows, setBit, type BitRows } from './bitmap.ts';
import type { NotificationBook } from './notifications.ts';

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
  /** Keys of copies (see copyKey): a stranger who sees or deletes a misdelivered copy says nothing of the right one. */
  readonly directSeen: Set<string>;
  readonly directAsked: Set<string>;
}

/** The identity of a copy: (message, mailbox). */
export function copyKey(number: number, mailbox: number): string {
  return `${number}/${mailbox}`;
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
  for (const key of from.directSeen) into.directSeen.add(key);
  for (const key of from.directAsked) into.directAsked.add(key);
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
  /** Keys of the copies that a delivery status notification came back for. */
  readonly bounced: Set<string>;
  /** Keys of list copies found a second time where the path makes two. */
  readonly second: Set<string>;
  /** What our messages brought forth: in neither count of copies. */
  readonly notifications: NotificationBook;
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
    second: new Set(),
    notifications: new Map(),
  };
}

/**
 * Enters a found list copy. `allowed`: how many of it the path makes in that mailbox (0 for an author's own where the
 * list sends none back, 2 for whoever was addressed beside the list); what is beyond is a duplicate.
 */
export function findListCopy(
  census: Census,
  mailbox: number,
  number: number,
  place: Place,
  allowed = 1,
): void {
  const found = (['present', 'trashed', 'junked'] as const).some((other) =>
    hasBit(census.list[other], mailbox, number),
  );
  const key = allowed > 1 && found ? copyKey(number, mailbox) : '';
  if (allowed > 0 && !found) setBit(census.list[place], mailbox, number);
  else if (key !== '' && !census.second.has(key)) census.second.add(key);
  else census.duplicated += 1;
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

/** Dispositions whose copies are named, so that somebody can go and look. */
type Harm = 'lost' | 'goneUnasked' | 'takenByStrategy';

/** The ledger's figures. The dispositions add up to `copiesAccepted`. */
export interface LedgerFigures extends Record<Disposition, number> {
  readonly copiesAccepted: number;
  readonly copiesSeen: number;
  /** Of copiesAccepted: copies of messages to everybody. */
  readonly listCopiesAccepted: number;
  /** Of copiesAccepted: submissions left unknown, whose copy was found or came back. */
  readonly unknownResolved: number;
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
  readonly named: Readonly<Record<Harm, readonly { number: number; mailbox: number }[]>>;
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

/** A ledger being added up, copy by copy. */
class Account {
  readonly dispositions = Object.fromEntries(DISPOSITIONS.map((name) => [name, 0])) as Record<
    Disposition,
    number
  >;
  readonly named: Record<Harm, { number: number; mailbox: number }[]> = {
    lost: [],
    goneUnasked: [],
    takenByStrategy: [],
  };
  copiesAccepted = 0;
  copiesSeen = 0;
  listCopiesAccepted = 0;
  unknownResolved = 0;
  unknown = 0;
  takenTrashed = 0;
  /** Found although it was refused: in a mailbox that it was not accepted for. */
  uninvited = 0;
  readonly #quiescent: boolean;

  constructor(quiescent: boolean) {
    this.#quiescent = quiescent;
  }

  /** Enters one copy; its disposition, if it was accepted. */
  enter(facts: CopyFacts, number: number, mailbox: number): Disposition | undefined {
    const everSeen = facts.seen || facts.place !== undefined;
    // A copy that was found, or that came back, had been accepted.
    const evidence = everSeen || facts.bounced;
    if (facts.acceptance === 'unknown' && !evidence) this.unknown += 1;
    if ((facts.acceptance === 'rejected' || facts.acceptance === undefined) && facts.place !== undefined)
      this.uninvited += 1;
    if (facts.acceptance !== 'accepted' && !(facts.acceptance === 'unknown' && evidence)) return undefined;
    this.copiesAccepted += 1;
    if (facts.acceptance === 'unknown') this.unknownResolved += 1;
    if (facts.junk) this.listCopiesAccepted += 1;
    if (everSeen) this.copiesSeen += 1;
    const disposition = disposeOf(facts, this.#quiescent);
    this.dispositions[disposition] += 1;
    if (disposition === 'takenByStrategy' && facts.place === 'trashed') this.takenTrashed += 1;
    if (isHarm(disposition) && this.named[disposition].length < MAX_NAMED)
      this.named[disposition].push({ number, mailbox });
    return disposition;
  }
}

function isHarm(disposition: Disposition): disposition is Harm {
  return disposition === 'lost' || disposition === 'goneUnasked' || disposition === 'takenByStrategy';
}

/** Folds shares and census into the ledger. `quiescent`: the target owed nothing when the census was taken. */
export function closeLedger(
  shape: LedgerShape,
  share: LedgerShare,
  census: Census,
  quiescent: boolean,
): LedgerFigures {
  const account = new Account(quiescent);
  const clinical = new Map<number, Disposition>();
  for (let number = 0; number < shape.listMessages; number += 1) {
    for (let mailbox = 0; mailbox < shape.mailboxes; mailbox += 1) {
      account.enter(listFacts(share, census, number, mailbox), number, mailbox);
    }
  }
  for (const entry of share.direct.values()) {
    const disposition = account.enter(directFacts(share, census, entry), entry.number, entry.recipient);
    if (entry.clinical && disposition !== undefined) clinical.set(entry.number, disposition);
  }
  const { dispositions, named, copiesAccepted, copiesSeen, listCopiesAccepted, unknownResolved, unknown } =
    account;
  return {
    ...dispositions,
    copiesAccepted,
    copiesSeen,
    listCopiesAccepted,
    unknownResolved,
    unknown,
    duplicated: census.duplicated,
    misdelivered: census.misdelivered + account.uninvited,
    foreign: census.foreign,
    copiesRemaining: census.copiesRemaining,
    takenTrashed: account.takenTrashed,
    takenExpunged: dispositions.takenByStrategy - account.takenTrashed,
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
    // A key for every cell of the matrix would cost more than all the rest of it.
    bounced: census.bounced.size > 0 && census.bounced.has(copyKey(number, mailbox)),
    junk: true,
  };
}

function directFacts(share: LedgerShare, census: Census, entry: DirectEntry): CopyFacts {
  const key = copyKey(entry.number, entry.recipient);
  return {
    acceptance: entry.acceptance,
    place: census.direct.get(entry.number),
    seen: share.directSeen.has(key),
    asked: share.directAsked.has(key),
    bounced: census.bounced.has(key),
    junk: false,
  };
}
