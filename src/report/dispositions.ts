/** The ledger in sentences: what each disposition and each figure beside the sum means. It counts nothing itself. */

import { DISPOSITIONS, type Disposition } from '../measure/dispositions.ts';
import type { RecordedLedger } from '../record/record.ts';

/** One line of the ledger. */
export interface LedgerLine {
  readonly name: string;
  readonly meaning: string;
  readonly copies: number;
  /** Harm done to somebody's mail, whoever did it. */
  readonly harm: boolean;
}

const MEANINGS: Readonly<Record<Disposition, { readonly meaning: string; readonly harm: boolean }>> = {
  takenByStrategy: {
    meaning:
      'A clinical or ordinary message that a delete of the storm took along: the way of deleting did this.',
    harm: true,
  },
  expungedAsAsked: { meaning: 'Junk, nowhere now, and a delete we sent named it.', harm: false },
  present: { meaning: 'In INBOX or any folder but Trash and Junk.', harm: false },
  trashed: { meaning: 'In Trash, recoverable; junk moved there as asked ends here.', harm: false },
  junked: { meaning: 'In Junk; a test result here is not visible.', harm: false },
  goneUnasked: {
    meaning: 'Seen earlier, nowhere now, and no delete we sent named it: the mail system did this.',
    harm: true,
  },
  bounced: { meaning: 'A notification of failed delivery came back.', harm: true },
  overdue: {
    meaning:
      'Never seen, while the mail system was still at work; of a sample also what may have bounced to a mailbox outside it.',
    harm: true,
  },
  lost: { meaning: 'Never seen, no notification, and the mail system had come to rest.', harm: true },
};

/** The dispositions in the ledger's order; they add up to the accepted copies. */
export function dispositionLines(ledger: RecordedLedger): readonly LedgerLine[] {
  return DISPOSITIONS.map((name) => ({ name, copies: ledger[name], ...MEANINGS[name] }));
}

/** The sum of the dispositions. */
export function dispositionSum(ledger: RecordedLedger): number {
  return DISPOSITIONS.reduce((sum, name) => sum + ledger[name], 0);
}

/** Figures beside the sum: no part of it. */
export function besideLines(ledger: RecordedLedger): readonly LedgerLine[] {
  return [
    {
      name: 'unknown',
      meaning: 'Accepted or not, we cannot know: the answer never came and the copy was not found.',
      copies: ledger.unknown,
      harm: false,
    },
    {
      name: 'duplicated',
      meaning: 'More copies than the path makes.',
      copies: ledger.duplicated,
      harm: true,
    },
    {
      name: 'misdelivered',
      meaning: 'In a mailbox it was not for.',
      copies: ledger.misdelivered,
      harm: true,
    },
    {
      name: 'foreign',
      meaning: "Mail that is not this run's, such as another run's leftovers.",
      copies: ledger.foreign,
      harm: false,
    },
    {
      name: 'copiesRemaining',
      meaning: "This run's mail still in the mailboxes at the end, in all folders; a purge removes it.",
      copies: ledger.copiesRemaining,
      harm: false,
    },
  ];
}
