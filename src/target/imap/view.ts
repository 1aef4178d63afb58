/** One session's picture of its open folder: sequence numbers, and what it has not been told yet. Writes no socket. */

import type { Copy, Mailbox, Observer } from '../mailbox.ts';

export type FlagText = (flags: number) => string;

export class View implements Observer {
  readonly mailbox: Mailbox;
  readonly readOnly: boolean;
  readonly #onChange: () => void;
  /** By sequence number less one; in UID order, as the folder is. */
  #copies: Copy[];
  /** The highest UID ever announced, also when its copy is gone again. */
  #lastUid: number;
  #flagEpoch: number;
  #expungeEpoch: number;

  constructor(mailbox: Mailbox, readOnly: boolean, onChange: () => void) {
    this.mailbox = mailbox;
    this.readOnly = readOnly;
    this.#onChange = onChange;
    this.#copies = [...mailbox.copies];
    this.#lastUid = mailbox.uidNext - 1;
    this.#flagEpoch = mailbox.flagEpoch;
    this.#expungeEpoch = mailbox.expungeEpoch;
    mailbox.observe(this);
  }

  get copies(): readonly Copy[] {
    return this.#copies;
  }

  close(): void {
    this.mailbox.leave(this);
  }

  changed(): void {
    this.#onChange();
  }

  /** What the client should hear now (RFC 3501 §7.3-7.4), one untagged line each; expunges only where allowed. */
  news(mayExpunge: boolean, flagText: FlagText): string {
    let lines = '';
    if (mayExpunge) lines += this.#expunges();
    lines += this.#flagChanges(flagText);
    const newer = this.mailbox.newerThan(this.#lastUid);
    if (newer.length > 0) {
      for (const copy of newer) this.#copies.push(copy);
      this.#lastUid = newer.at(-1)?.uid ?? this.#lastUid;
      lines += `* ${this.#copies.length} EXISTS\r\n`;
    }
    return lines;
  }

  /** Runs a change of flags that this session answers for itself: its own changes are no news to it. */
  withoutNews(change: () => void): void {
    const upToDate = this.#flagEpoch === this.mailbox.flagEpoch;
    change();
    if (upToDate) this.#flagEpoch = this.mailbox.flagEpoch;
  }

  /** A set such as `1:5,7,*` -> indexes of this view in order, each once; sequence numbers or UIDs. */
  resolve(set: string, byUid: boolean): number[] {
    const ranges = this.#ranges(set, byUid).sort((a, b) => a[0] - b[0]);
    const indexes: number[] = [];
    let next = 0;
    for (const [first, last] of ranges) {
      for (let index = Math.max(first, next); index <= last; index += 1) indexes.push(index);
      next = Math.max(next, last + 1);
    }
    return indexes;
  }

  /** The same as a yes or no for every index, for SEARCH. */
  membership(set: string, byUid: boolean): (index: number) => boolean {
    const members = new Set(this.resolve(set, byUid));
    return (index) => members.has(index);
  }

  /** True if a sequence number of the set does not exist: BAD by RFC 3501 §9 (seq-number). */
  isBeyond(set: string): boolean {
    const highest = Math.max(...set.split(/[:,]/).map((end) => (end === '*' ? 1 : Number(end))));
    const zero = /(?:^|[:,])0+(?:[:,]|$)/.test(set);
    return zero || highest > this.#copies.length || this.#copies.length === 0;
  }

  #ranges(set: string, byUid: boolean): [number, number][] {
    const ranges: [number, number][] = [];
    const lastIndex = this.#copies.length - 1;
    if (lastIndex < 0) return ranges;
    const largest = byUid ? (this.#copies[lastIndex]?.uid ?? 0) : lastIndex + 1;
    for (const range of set.split(',')) {
      const [from = '', to = from] = range.split(':');
      const a = from === '*' ? largest : Number(from);
      const b = to === '*' ? largest : Number(to);
      const low = Math.min(a, b);
      const high = Math.max(a, b);
      const first = byUid ? this.#indexOfUid(low) : low - 1;
      const last = byUid ? this.#indexOfUid(high + 1) - 1 : high - 1;
      if (first <= last) ranges.push([Math.max(0, first), Math.min(last, lastIndex)]);
    }
    return ranges;
  }

  /** Index of the first copy whose UID is at least this one. */
  #indexOfUid(uid: number): number {
    let low = 0;
    let high = this.#copies.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#copies[middle]?.uid ?? 0) < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #expunges(): string {
    if (this.#expungeEpoch === this.mailbox.expungeEpoch) return '';
    this.#expungeEpoch = this.mailbox.expungeEpoch;
    const lines: string[] = [];
    const kept: Copy[] = [];
    for (const copy of this.#copies) {
      if (copy.expunged) lines.push(`* ${kept.length + 1} EXPUNGE\r\n`);
      else kept.push(copy);
    }
    this.#copies = kept;
    return lines.join('');
  }

  #flagChanges(flagText: FlagText): string {
    if (this.#flagEpoch === this.mailbox.flagEpoch) return '';
    const lines: string[] = [];
    for (const [index, copy] of this.#copies.entries()) {
      if (copy.flagEpoch > this.#flagEpoch && !copy.expunged)
        lines.push(`* ${index + 1} FETCH (UID ${copy.uid} FLAGS (${flagText(copy.flags)}))\r\n`);
    }
    this.#flagEpoch = this.mailbox.flagEpoch;
    return lines.join('');
  }
}
