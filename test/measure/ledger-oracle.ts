/** The ledger closed cell by cell, as one would explain it: an oracle for the word-wise one. Slow, and no test here. */

import { hasBit } from '../../src/measure/bitmap.ts';
import { DISPOSITIONS, disposeOf, type Disposition } from '../../src/measure/dispositions.ts';
import { listPlace, type Census } from '../../src/measure/ledger-census.ts';
import { flagsOf } from '../../src/measure/copy-table.ts';
import { rowOf, type Acceptance, type LedgerShare } from '../../src/measure/ledger-share.ts';
import { isFailed } from '../../src/measure/notices.ts';

/** Every figure of the list messages' matrix, and every copy by its disposition. */
export interface CellFigures {
  readonly dispositions: Readonly<Record<Disposition, number>>;
  copiesAccepted: number;
  copiesSeen: number;
  unknownResolved: number;
  unknown: number;
  misdelivered: number;
  readonly copies: Map<string, Disposition | 'misdelivered'>;
}

/** Goes through the followed mailboxes and messages one by one. */
export function closeCells(share: LedgerShare, census: Census, quiescent: boolean): CellFigures {
  const { shape } = share;
  const figures: CellFigures = {
    dispositions: Object.fromEntries(DISPOSITIONS.map((name) => [name, 0])) as Record<Disposition, number>,
    copiesAccepted: 0,
    copiesSeen: 0,
    unknownResolved: 0,
    unknown: 0,
    misdelivered: 0,
    copies: new Map(),
  };
  for (let mailbox = 0; mailbox < shape.mailboxes; mailbox += 1) {
    const row = rowOf(shape, mailbox);
    if (row < 0) continue;
    for (let number = 0; number < shape.listMessages; number += 1) {
      const acceptance = acceptanceOf(share, number, mailbox, row);
      const place = listPlace(census, row, number);
      const seen = hasBit(share.seen, row, number);
      const asked = hasBit(share.asked, row, number);
      const bounced = isFailed(census.notices, number, mailbox);
      const evidence = seen || place !== undefined || bounced;
      const key = `${number}/${mailbox}`;
      if (acceptance === undefined && place !== undefined) {
        figures.misdelivered += 1;
        figures.copies.set(key, 'misdelivered');
      }
      if (acceptance === 'unknown' && !evidence) figures.unknown += 1;
      if (acceptance === undefined || (acceptance === 'unknown' && !evidence)) continue;
      const disposition = disposeOf({ acceptance, place, seen, asked, bounced, junk: true }, quiescent);
      (figures.dispositions as Record<Disposition, number>)[disposition] += 1;
      figures.copies.set(key, disposition);
      figures.copiesAccepted += 1;
      if (acceptance === 'unknown') figures.unknownResolved += 1;
      if (seen || place !== undefined) figures.copiesSeen += 1;
    }
  }
  return figures;
}

/** A copy set apart stands for itself, whatever its message's answer was. */
function acceptanceOf(
  share: LedgerShare,
  number: number,
  mailbox: number,
  row: number,
): Acceptance | undefined {
  const apart = flagsOf(share.apart, number, mailbox);
  if (apart !== 0) return (apart & 1) !== 0 ? 'accepted' : (apart & 2) !== 0 ? 'unknown' : undefined;
  const [of, at] = share.shape.fanOut === 'list' ? [0, number] : [number, row];
  if (hasBit(share.accepted, of, at)) return 'accepted';
  return hasBit(share.unknown, of, at) ? 'unknown' : undefined;
}
