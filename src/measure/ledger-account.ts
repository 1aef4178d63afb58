/** A ledger being added up, one copy or one word of 32 at a time. Both ways give the same figures; it reads no matrix. */

import { countBits } from './bitmap.ts';
import {
  DISPOSITIONS,
  disposeOf,
  MAX_NAMED,
  NAMED,
  type CopyFacts,
  type CopyName,
  type Disposition,
  type Named,
} from './dispositions.ts';
import type { LedgerShape } from './ledger-share.ts';

/** The figures an account ends with. */
export interface AccountFigures extends Record<Disposition, number> {
  readonly copiesAccepted: number;
  readonly copiesSeen: number;
  readonly listCopiesAccepted: number;
  readonly unknownResolved: number;
  readonly unknown: number;
  readonly misdelivered: number;
  readonly takenTrashed: number;
  readonly takenExpunged: number;
  readonly named: Readonly<Record<Named, readonly CopyName[]>>;
}

export class Account {
  readonly #quiescent: boolean;
  readonly #shape: LedgerShape;
  readonly #bounceRead: ((number: number) => boolean) | undefined;
  readonly #dispositions = Object.fromEntries(DISPOSITIONS.map((name) => [name, 0])) as Record<
    Disposition,
    number
  >;
  readonly #named = Object.fromEntries(NAMED.map((name): [Named, CopyName[]] => [name, []])) as Record<
    Named,
    CopyName[]
  >;
  #copiesAccepted = 0;
  #copiesSeen = 0;
  #listCopiesAccepted = 0;
  #unknownResolved = 0;
  #unknown = 0;
  #takenTrashed = 0;
  #misdelivered = 0;

  constructor(quiescent: boolean, shape: LedgerShape, bounceRead?: (number: number) => boolean) {
    this.#quiescent = quiescent;
    this.#shape = shape;
    this.#bounceRead = bounceRead;
  }

  /** Enters one copy of a message to one person; its disposition, if it was accepted. */
  enter(facts: CopyFacts, name: CopyName): Disposition | undefined {
    const everSeen = facts.seen || facts.place !== undefined;
    // A copy that was found, or that came back, had been accepted.
    const evidence = everSeen || facts.bounced;
    const { acceptance } = facts;
    if (acceptance === 'unknown' && !evidence) this.#unknown += 1;
    // Found although it was refused: in a mailbox that it was not accepted for.
    if ((acceptance === 'rejected' || acceptance === undefined) && facts.place !== undefined)
      this.stray(name);
    if (acceptance !== 'accepted' && !(acceptance === 'unknown' && evidence)) return undefined;
    this.#copiesAccepted += 1;
    if (acceptance === 'unknown') this.#unknownResolved += 1;
    if (everSeen) this.#copiesSeen += 1;
    const ended = disposeOf(facts, this.#quiescent);
    const disposition = ended === 'lost' && !this.#isProven(name.number) ? 'overdue' : ended;
    this.#dispositions[disposition] += 1;
    if (disposition === 'takenByStrategy' && facts.place === 'trashed') this.#takenTrashed += 1;
    if (isNamed(disposition)) this.name(disposition, name);
    return disposition;
  }

  /**
   * Enters 32 copies of messages to everybody in one mailbox, a bit each: what was accepted, left unknown, seen, asked
   * to be deleted, the two bits of its place (low alone: present, high alone: trashed, both: junked), and came back.
   */
  enterWord(
    row: number,
    word: number,
    accepted: number,
    unknown: number,
    seen: number,
    asked: number,
    low: number,
    high: number,
    bounced: number,
  ): void {
    const found = low | high;
    if ((accepted | unknown | found) === 0) return;
    const everSeen = seen | found;
    const resolved = unknown & ~accepted & (everSeen | bounced);
    const ours = accepted | resolved;
    this.#unknown += countBits(unknown & ~ours);
    const strays = found & ~accepted & ~unknown;
    if (strays !== 0) this.#misdelivered += this.#nameBits('misdelivered', strays, row, word);
    if (ours === 0) return;
    const copies = countBits(ours);
    this.#copiesAccepted += copies;
    this.#listCopiesAccepted += copies;
    this.#unknownResolved += countBits(resolved);
    this.#copiesSeen += countBits(ours & everSeen);
    const dispositions = this.#dispositions;
    dispositions.present += countBits(ours & low & ~high);
    dispositions.trashed += countBits(ours & high & ~low);
    dispositions.junked += countBits(ours & low & high);
    const nowhere = ours & ~found;
    if (nowhere === 0) return;
    dispositions.expungedAsAsked += countBits(nowhere & asked);
    const missing = nowhere & ~asked;
    if (missing === 0) return;
    const unseen = missing & ~seen;
    dispositions.goneUnasked += this.#nameBits('goneUnasked', missing & seen, row, word);
    dispositions.bounced += this.#nameBits('bounced', unseen & bounced, row, word);
    const never = unseen & ~bounced;
    const lost = this.#quiescent ? this.#provenIn(never, word) : 0;
    dispositions.lost += this.#nameBits('lost', lost, row, word);
    dispositions.overdue += this.#nameBits('overdue', never & ~lost, row, word);
  }

  /** That no bounce was found says something only where one would have been read. */
  #isProven(number: number): boolean {
    return this.#bounceRead === undefined || this.#bounceRead(number);
  }

  #provenIn(bits: number, word: number): number {
    if (this.#bounceRead === undefined) return bits;
    let proven = 0;
    for (let left = bits; left !== 0; left &= left - 1) {
      const bit = left & -left;
      if (this.#bounceRead(word * 32 + 31 - Math.clz32(bit))) proven |= bit;
    }
    return proven;
  }

  /** A copy in a mailbox it was not for. */
  stray(name: CopyName): void {
    this.#misdelivered += 1;
    this.name('misdelivered', name);
  }

  name(kind: Named, name: CopyName): void {
    if (this.#named[kind].length < MAX_NAMED) this.#named[kind].push(name);
  }

  figures(): AccountFigures {
    return {
      ...this.#dispositions,
      copiesAccepted: this.#copiesAccepted,
      copiesSeen: this.#copiesSeen,
      listCopiesAccepted: this.#listCopiesAccepted,
      unknownResolved: this.#unknownResolved,
      unknown: this.#unknown,
      misdelivered: this.#misdelivered,
      takenTrashed: this.#takenTrashed,
      takenExpunged: this.#dispositions.takenByStrategy - this.#takenTrashed,
      named: this.#named,
    };
  }

  /** Names the copies of a word's bits, as long as there is room; how many they are. */
  #nameBits(kind: Named, bits: number, row: number, word: number): number {
    for (let left = bits; left !== 0 && this.#named[kind].length < MAX_NAMED; left &= left - 1) {
      const mailbox = this.#shape.sample?.mailboxes[row] ?? row;
      this.#named[kind].push({ number: word * 32 + 31 - Math.clz32(left & -left), mailbox });
    }
    return countBits(bits);
  }
}

function isNamed(disposition: Disposition): disposition is Disposition & Named {
  return (NAMED as readonly string[]).includes(disposition);
}
