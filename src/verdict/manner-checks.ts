/** How the mail system behaved beyond the dispositions, as findings: what is proven against it fails, what may have good reasons is a warning. Pure. */

import type { LedgerFigures } from '../measure/ledger.ts';
import type { Manner, MannerFigure } from '../measure/manners.ts';
import type { KindedFinding } from './finding.ts';
import { sampleWords } from './ledger-checks.ts';

interface Rule {
  /** What is counted. */
  readonly noun: string;
  /** Why one of them matters. */
  readonly because: string;
  /** A warning changes neither status nor exit. */
  readonly fails: boolean;
  /** Read from mailboxes: where only some were followed, it is of those. */
  readonly inMailboxes: boolean;
}

/** What the ledger's own rules judge already is not judged again. */
type Judged = Exclude<Manner, 'duplicated' | 'misdelivered'>;

const RULES: Readonly<Record<Judged, Rule>> = {
  invented: {
    noun: 'messages',
    because: "they bear this run's marks, and nobody sent them",
    fails: true,
    inMailboxes: true,
  },
  corrupted: {
    noun: 'copies',
    because: 'the body differs from the one that was sent',
    fails: true,
    inMailboxes: true,
  },
  refusedToGo: {
    noun: 'copies',
    because: 'the delete was confirmed, and they are there; where messages have no UIDs, perhaps again',
    fails: true,
    inMailboxes: true,
  },
  resurrected: {
    noun: 'copies',
    because: 'the delete was confirmed, and they are back under a new number',
    fails: true,
    inMailboxes: true,
  },
  downgraded: {
    noun: 'connections',
    because: 'no TLS, where it was required (we did not go on) or had been offered before (we did)',
    fails: true,
    inMailboxes: false,
  },
  reordered: {
    noun: 'copies',
    because: 'overtaken by a message that was handed in after they had been taken; SMTP promises no order',
    fails: false,
    inMailboxes: true,
  },
  overdue: {
    noun: 'copies',
    because:
      'accepted, not seen, and the mail system was still at work when we stopped looking; of a sample also what may have come back to a mailbox outside it',
    fails: false,
    inMailboxes: true,
  },
  unanswered: {
    noun: 'submissions',
    because: 'the answer never came; the census tells which of them were taken, where it can',
    fails: false,
    inMailboxes: false,
  },
  deferred: {
    noun: 'submissions',
    because: 'refused for now, by no limiter: a mail program would have tried again',
    fails: false,
    inMailboxes: false,
  },
  overQuota: {
    noun: 'refusals',
    because: 'a mailbox was full',
    fails: false,
    inMailboxes: false,
  },
  strayed: {
    noun: 'messages',
    because: "mail that is not this run's came while it ran",
    fails: false,
    inMailboxes: true,
  },
  stalled: {
    noun: 'stalls',
    because: 'mail was owed and nothing left the queue for 2.5 s or more',
    fails: false,
    inMailboxes: false,
  },
};

const JUDGED = Object.keys(RULES) as readonly Judged[];

/** One finding a rule; none where nothing is known, since then the ledger has no data either. */
export function checkManners(
  figures: readonly MannerFigure[] | undefined,
  sample: LedgerFigures['sample'] = null,
): KindedFinding[] {
  if (figures === undefined) return [];
  return JUDGED.flatMap((manner): KindedFinding[] => {
    const figure = figures.find((one) => one.manner === manner);
    if (figure === undefined) return [];
    const { noun, because, fails, inMailboxes } = RULES[manner];
    const within = inMailboxes ? sampleWords(sample) : '';
    const { count, looked } = figure;
    const base = { kind: 'ledger', check: `ledger: ${manner}`, limit: `0 ${noun}`, because } as const;
    const warning = { severity: 'warn' } as const;
    if (count > 0) {
      const observed = `${count} ${noun}${lookedWords(manner, looked)}${within}`;
      return [{ ...base, status: 'fail', observed, ...(fails ? {} : warning) }];
    }
    // Where there was nothing of a kind to look at, there is nothing to say; that no body was compared is worth a word.
    if (looked === 0 && manner !== 'corrupted') return [];
    if (looked === 0)
      return [{ ...base, status: 'no-data', observed: null, because: NOTHING_COMPARED, ...warning }];
    const observed = `0 ${noun}${lookedWords(manner, looked)}${within}`;
    return [{ ...base, status: 'pass', observed, ...(fails ? {} : warning) }];
  });
}

/** Where it says how hard was looked. */
function lookedWords(manner: Judged, looked: number): string {
  switch (manner) {
    case 'corrupted':
      return ` of ${looked} compared`;
    case 'refusedToGo':
    case 'resurrected':
      return ` in ${looked} mailboxes whose deletes were all confirmed`;
    case 'reordered':
      return ` of ${looked} whose order is known`;
    case 'stalled':
      return ` in ${looked} s of looking`;
    case 'downgraded':
    case 'unanswered':
    case 'deferred':
    case 'overQuota':
      return ` of ${looked}`;
    case 'invented':
    case 'overdue':
    case 'strayed':
      return '';
  }
}

const NOTHING_COMPARED = 'no body could be held against the one that was sent';
