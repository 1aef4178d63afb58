/** How the mail system behaved beyond the dispositions: invented, garbled, out of order, back from the dead. Noted by the workers and the census, folded here; it judges nothing. */

/** What can be told of a mail system's manners. */
export const MANNERS = [
  'duplicated',
  'misdelivered',
  'invented',
  'corrupted',
  'refusedToGo',
  'resurrected',
  'downgraded',
  'reordered',
  'overdue',
  'unanswered',
  'deferred',
  'overQuota',
  'strayed',
  'stalled',
] as const;

export type Manner = (typeof MANNERS)[number];

/** One copy, or one submission: then the mailbox is null. */
export interface Place {
  readonly number: number;
  readonly mailbox: number | null;
}

/** One kind of misbehaviour: how often, out of how many that were looked at, and the first few. */
export interface MannerFigure {
  readonly manner: Manner;
  readonly count: number;
  /** What was looked at, in the same things as `count`; 0: nobody looked, and the count says nothing. */
  readonly looked: number;
  readonly named: readonly Place[];
}

/** Of each kind so many are named: enough to go and look. */
export const MAX_NAMED = 20;

/** How a submission ended that was neither taken nor refused for good. */
export type Unsettled = 'unanswered' | 'deferred' | 'overQuota';

/** Rare by nature; a mail system that does it more often is told by its count alone. */
const MAX_NOTED = 100_000;

/** What one worker noted. Plain data that a thread can post. */
export interface MannerNotes {
  /** Messages to everybody that were taken: when their submission began, and when it was answered. Microseconds. */
  readonly taken: Map<number, readonly [beganUs: number, takenUs: number]>;
  readonly submissions: { count: number };
  readonly unsettled: Map<number, Unsettled>;
  readonly unsettledCounts: Record<Unsettled, number>;
  /** Copies beyond the first that one listing showed at once, by copy: a delete may take them before the census. */
  readonly doubled: Map<string, number>;
  /** Mail to one person that a delete of ours named, by copy, wherever it lay. */
  readonly takenDirect: Set<string>;
  /** What a listing showed under numbers of ours that the plan does not know, by copy. */
  readonly invented: Set<string>;
  /** By mailbox: every delete there was confirmed, and no UID above this was listed. 0: none, or not confirmed. */
  readonly confirmedUpTo: Uint32Array;
  /** Bodies held against what was sent, and the copies that differed. */
  readonly bodies: { compared: number };
  readonly garbled: Set<string>;
}

export function emptyManners(mailboxes: number): MannerNotes {
  return {
    taken: new Map(),
    submissions: { count: 0 },
    unsettled: new Map(),
    unsettledCounts: { unanswered: 0, deferred: 0, overQuota: 0 },
    doubled: new Map(),
    takenDirect: new Set(),
    invented: new Set(),
    confirmedUpTo: new Uint32Array(mailboxes),
    bodies: { compared: 0 },
    garbled: new Set(),
  };
}

/** Adds one worker's notes to the whole. Associative and commutative, but for what is beyond the bound. */
export function mergeManners(into: MannerNotes, from: MannerNotes): void {
  for (const [number, times] of from.taken) into.taken.set(number, times);
  into.submissions.count += from.submissions.count;
  for (const [number, how] of from.unsettled) if (hasRoom(into.unsettled)) into.unsettled.set(number, how);
  for (const how of ['unanswered', 'deferred', 'overQuota'] as const)
    into.unsettledCounts[how] += from.unsettledCounts[how];
  for (const [key, extra] of from.doubled) into.doubled.set(key, Math.max(extra, into.doubled.get(key) ?? 0));
  for (const key of from.takenDirect) into.takenDirect.add(key);
  for (const key of from.invented) into.invented.add(key);
  for (let mailbox = 0; mailbox < from.confirmedUpTo.length; mailbox += 1) {
    const uid = from.confirmedUpTo[mailbox] as number;
    if (uid > (into.confirmedUpTo[mailbox] as number)) into.confirmedUpTo[mailbox] = uid;
  }
  into.bodies.compared += from.bodies.compared;
  for (const key of from.garbled) into.garbled.add(key);
}

/** A submission ended neither way. */
export function noteUnsettled(notes: MannerNotes, number: number, how: Unsettled): void {
  notes.unsettledCounts[how] += 1;
  if (hasRoom(notes.unsettled)) notes.unsettled.set(number, how);
}

/** One listing showed these messages of ours, by number; `isPlanned` tells those that nobody can have sent. */
export function noteListing(
  notes: MannerNotes,
  mailbox: number,
  numbers: readonly number[],
  isPlanned: (number: number) => boolean,
): void {
  const shown = new Set<number>();
  const extra = new Map<number, number>();
  for (const number of numbers) {
    if (shown.has(number)) extra.set(number, (extra.get(number) ?? 0) + 1);
    shown.add(number);
    if (!isPlanned(number) && hasRoom(notes.invented)) notes.invented.add(copyKey(number, mailbox));
  }
  for (const [number, count] of extra) {
    const key = copyKey(number, mailbox);
    if (hasRoom(notes.doubled)) notes.doubled.set(key, Math.max(count, notes.doubled.get(key) ?? 0));
  }
}

/** A delete of ours names mail to one person. */
export function noteTaken(notes: MannerNotes, mailbox: number, number: number): void {
  if (hasRoom(notes.takenDirect)) notes.takenDirect.add(copyKey(number, mailbox));
}

/** A body was held against what was sent. */
export function noteBody(notes: MannerNotes, mailbox: number, number: number, same: boolean): void {
  notes.bodies.compared += 1;
  if (!same && hasRoom(notes.garbled)) notes.garbled.add(copyKey(number, mailbox));
}

function hasRoom(noted: { readonly size: number }): boolean {
  return noted.size < MAX_NOTED;
}

/** The identity of a copy: (message, mailbox). */
export function copyKey(number: number, mailbox: number): string {
  return `${number}/${mailbox}`;
}

/** Keys of copies back into their numbers. */
export function placeOfKey(key: string): Place {
  const [number, mailbox] = key.split('/');
  return { number: Number(number), mailbox: Number(mailbox) };
}
