/** What the census found, held against what the workers noted: a figure for each of a mail system's manners. Pure; it judges nothing. */

import type { LedgerFigures } from './ledger.ts';
import {
  copyKey,
  MANNERS,
  MAX_NAMED,
  placeOfKey,
  type Manner,
  type MannerFigure,
  type MannerNotes,
  type Place,
} from './manners.ts';

/** One message of this run in a mailbox, by the census. */
export interface FoundCopy {
  /** IMAP's, or where there is none a number of this reading alone. */
  readonly uid: number;
  /** Undefined: it bears the run's mark and no number of ours. */
  readonly number: number | undefined;
  /** `nobodys`: no message of the plan bears that number. `own`: the pilot's, receipts and other mail outside the counts. */
  readonly kind: 'list' | 'direct' | 'own' | 'nobodys';
  readonly inInbox: boolean;
}

/** What an inspection asks the ledger. */
export interface LedgerView {
  /** The ledger follows this mailbox, and the census reads it. */
  readonly follows: (mailbox: number) => boolean;
  /** A delete of ours named this copy. */
  readonly asked: (number: number, mailbox: number) => boolean;
  /** Whom a message to one person was for; undefined where none bears that number. */
  readonly recipientOf: (number: number) => number | undefined;
  /** How many copies of a message its path makes in a mailbox. */
  readonly pathCopies: (number: number, mailbox: number) => number;
}

/** What else a run knows by its end. */
export interface InspectionFacts {
  readonly ledger: LedgerFigures;
  /** Copies found by the census. */
  readonly remaining: number;
  /** Foreign mail: now, and before the run. */
  readonly foreign: { readonly now: number; readonly before: number };
  /** Connections tried, and those refused because TLS could not be had. */
  readonly lines: { readonly tried: number; readonly withoutTls: number };
  /** Commands on mailboxes that were refused because the mailbox was full. */
  readonly fullMailboxes: number;
  /** Stalls and for how many seconds the queue was watched; undefined without a probe. */
  readonly queue: { readonly stalls: number; readonly watchedSeconds: number } | undefined;
}

/** Collects mailbox by mailbox; each is entered once and whole. */
export class Inspection {
  readonly #ledger: LedgerView;
  readonly #notes: MannerNotes;
  readonly #found: Record<Manner, Set<string>>;
  #inOrder = 0;
  /** Mailboxes read whose every delete had been confirmed. */
  #confirmed = 0;
  /** Those of them with UIDs: without, a copy that came back is not to be told from one that never went. */
  #confirmedWithUids = 0;
  #copies = 0;
  /** Extra copies by key: the census's own count of duplicates. */
  readonly #extra = new Map<string, number>();

  constructor(ledger: LedgerView, notes: MannerNotes) {
    this.#ledger = ledger;
    this.#notes = notes;
    this.#found = Object.fromEntries(MANNERS.map((manner) => [manner, new Set<string>()])) as Record<
      Manner,
      Set<string>
    >;
  }

  /** Everything of this run that lies in a mailbox, Sent copies excepted. Without UIDs nobody can tell what came before what. */
  enterMailbox(mailbox: number, copies: readonly FoundCopy[], hasUids = true): void {
    this.#copies += copies.length;
    if ((this.#notes.confirmedUpTo[mailbox] ?? 0) > 0) {
      this.#confirmed += 1;
      if (hasUids) this.#confirmedWithUids += 1;
    }
    const counts = new Map<number, number>();
    for (const copy of copies) {
      const { number, kind, uid } = copy;
      if (kind === 'nobodys' || number === undefined)
        this.#found.invented.add(`${number ?? -uid}/${mailbox}`);
      else if (kind !== 'own') {
        counts.set(number, (counts.get(number) ?? 0) + 1);
        if (kind === 'direct' && this.#isStrange(number, mailbox))
          this.#found.misdelivered.add(copyKey(number, mailbox));
        this.#enterDeleted(mailbox, copy, number, hasUids);
      }
    }
    const twice = new Set<string>();
    for (const [number, count] of counts) {
      const key = copyKey(number, mailbox);
      const extra = count - this.#ledger.pathCopies(number, mailbox);
      if (extra > 0 && !this.#found.misdelivered.has(key)) this.#extra.set(key, extra);
      if (count > 1) twice.add(key);
    }
    if (!hasUids) return;
    this.#enterOrder(
      mailbox,
      copies.filter(({ kind, inInbox }) => kind === 'list' && inInbox),
      twice,
    );
  }

  #isStrange(number: number, mailbox: number): boolean {
    const recipient = this.#ledger.recipientOf(number);
    return recipient !== undefined && recipient !== mailbox;
  }

  /** A copy that a confirmed delete named, and that lies in the INBOX all the same: under its old UID, or a new one; without UIDs it is there, and no more is known. */
  #enterDeleted(mailbox: number, { uid, inInbox }: FoundCopy, number: number, hasUids: boolean): void {
    const upTo = this.#notes.confirmedUpTo[mailbox] ?? 0;
    if (upTo === 0 || !inInbox) return;
    // Of two copies nobody can tell which one was asked for.
    if (this.#ledger.pathCopies(number, mailbox) > 1) return;
    if (this.#ledger.asked(number, mailbox))
      this.#found[!hasUids || uid <= upTo ? 'refusedToGo' : 'resurrected'].add(copyKey(number, mailbox));
  }

  /** Overtaken: it was taken before the submission of one that came to lie before it had begun. */
  #enterOrder(mailbox: number, copies: readonly FoundCopy[], doubled: ReadonlySet<string>): void {
    let latestBeganUs = Number.NEGATIVE_INFINITY;
    for (const { number } of copies.toSorted((a, b) => a.uid - b.uid)) {
      const times = number === undefined ? undefined : this.#notes.taken.get(number);
      const key = copyKey(number ?? -1, mailbox);
      // What came back, or came twice, is told of elsewhere, and of two paths either may be the longer one.
      const twice = doubled.has(key) || this.#extra.has(key) || this.#found.resurrected.has(key);
      if (times === undefined || twice) continue;
      const [beganUs, takenUs] = times;
      this.#inOrder += 1;
      if (latestBeganUs > takenUs) this.#found.reordered.add(key);
      latestBeganUs = Math.max(latestBeganUs, beganUs);
    }
  }

  /** Copies doubled that a delete took before the census could count them. What it took from strangers is only named: the ledger counts it. */
  takenBefore(): { readonly duplicated: number } {
    let duplicated = 0;
    for (const [key, extra] of this.#doubled())
      duplicated += Math.max(0, extra - (this.#extra.get(key) ?? 0));
    for (const key of this.#notes.takenDirect) {
      const { number, mailbox } = placeOfKey(key);
      if (mailbox !== null && this.#ledger.follows(mailbox) && this.#isStrange(number, mailbox))
        this.#found.misdelivered.add(key);
    }
    return { duplicated };
  }

  /** Copies that one listing of a followed mailbox showed beyond those that the path makes. */
  #doubled(): ReadonlyMap<string, number> {
    const doubled = new Map<string, number>();
    for (const [key, second] of this.#notes.doubled) {
      const { number, mailbox } = placeOfKey(key);
      if (mailbox === null || !this.#ledger.follows(mailbox)) continue;
      const extra = second + 1 - this.#ledger.pathCopies(number, mailbox);
      if (extra > 0) doubled.set(key, extra);
    }
    return doubled;
  }

  /** All figures, in the order of MANNERS. `ledger` with what `takenBefore` adds. */
  figures(facts: InspectionFacts): readonly MannerFigure[] {
    const { ledger, foreign, lines, queue } = facts;
    const { bodies, garbled, submissions, unsettled, unsettledCounts } = this.#notes;
    const found = this.#found;
    const accepted = ledger.copiesAccepted;
    const twice = new Set([...this.#extra.keys(), ...this.#doubled().keys()]);
    for (const key of this.#notes.invented) found.invented.add(key);
    const of = (manner: Manner, looked: number, keys: Iterable<string> = found[manner]): MannerFigure => {
      const named = [...keys];
      return { manner, count: named.length, looked, named: named.slice(0, MAX_NAMED).map(placeOfKey) };
    };
    const submitted = (how: 'unanswered' | 'deferred' | 'overQuota'): MannerFigure => {
      const named = [...unsettled].filter(([, one]) => one === how).slice(0, MAX_NAMED);
      return {
        manner: how,
        count: unsettledCounts[how],
        looked: submissions.count,
        named: named.map(([number]): Place => ({ number, mailbox: null })),
      };
    };
    const counted = (manner: Manner, count: number, looked: number): MannerFigure => {
      return { manner, count, looked, named: [] };
    };
    const full = submitted('overQuota');
    // What lay in all mailboxes before the run is nothing to hold against what a sample of them holds after it.
    const comparable = ledger.sample === null || foreign.before === 0;
    const strayLooks = comparable ? this.#copies + foreign.now : 0;
    return [
      { ...of('duplicated', accepted, twice), count: ledger.duplicated },
      { ...of('misdelivered', accepted), count: ledger.misdelivered },
      of('invented', facts.remaining),
      of('corrupted', bodies.compared, garbled),
      of('refusedToGo', this.#confirmed),
      of('resurrected', this.#confirmedWithUids),
      counted('downgraded', lines.withoutTls, lines.tried),
      of('reordered', this.#inOrder),
      { ...counted('overdue', ledger.overdue, accepted), named: ledger.named.overdue },
      submitted('unanswered'),
      submitted('deferred'),
      { ...full, count: full.count + facts.fullMailboxes, looked: full.looked + facts.fullMailboxes },
      counted('strayed', Math.max(0, foreign.now - foreign.before), strayLooks),
      counted('stalled', queue?.stalls ?? 0, queue?.watchedSeconds ?? 0),
    ];
  }
}
