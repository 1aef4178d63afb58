/** A mail system's manners in sentences: what each figure means, and how hard was looked. It counts and judges nothing. */

import type { Manner } from '../measure/manners.ts';
import type { RecordedManner, RunRecord } from '../record/record.ts';
import { formatCount } from '../units.ts';

/** One line of the table. */
export interface MannerLine {
  readonly name: Manner;
  readonly meaning: string;
  readonly count: string;
  /** Somebody's mail was harmed, or may have been. */
  readonly harm: boolean;
}

/** What is counted besides: those in the ledger's own tables have their sentence there. */
type Told = Exclude<Manner, 'duplicated' | 'misdelivered' | 'overdue'>;

const MEANINGS: Readonly<
  Record<Told, { readonly meaning: string; readonly looked: string; readonly harm: boolean }>
> = {
  invented: {
    meaning: "Messages with this run's marks that nobody sent.",
    looked: 'messages of this run found',
    harm: true,
  },
  corrupted: {
    meaning: 'The body differs from the one that was sent.',
    looked: 'bodies compared',
    harm: true,
  },
  refusedToGo: {
    meaning: 'The delete was confirmed, and the copy is there; where messages have no UIDs, perhaps again.',
    looked: 'mailboxes whose deletes were all confirmed',
    harm: true,
  },
  resurrected: {
    meaning: 'The delete was confirmed, and the copy is back under a new number.',
    looked: 'mailboxes with UIDs whose deletes were all confirmed',
    harm: true,
  },
  downgraded: {
    meaning:
      'No TLS to be had, where it was required (nothing was sent then) or had been offered before (then it was).',
    looked: 'connections tried',
    harm: true,
  },
  reordered: {
    meaning:
      'Overtaken in the INBOX by a message to everybody that was handed in later; SMTP promises no order.',
    looked: 'copies whose order is known',
    harm: false,
  },
  unanswered: {
    meaning: 'The answer to the submission never came; the census tells what was taken, where it can.',
    looked: 'submissions',
    harm: false,
  },
  deferred: {
    meaning: 'Refused for now, by no limiter; a mail program would have tried again.',
    looked: 'submissions',
    harm: false,
  },
  overQuota: {
    meaning: 'Refused because a mailbox was full.',
    looked: 'submissions, and refusals by mailboxes',
    harm: true,
  },
  strayed: {
    meaning: "Mail that is not this run's came while it ran.",
    looked: 'messages found',
    harm: false,
  },
  stalled: {
    meaning: 'Stretches of 2.5 s or more in which mail was owed and nothing left the queue.',
    looked: 'seconds of looking',
    harm: false,
  },
};

/** The lines of a record; none where it has no such figures. */
export function mannerLines({ manners }: RunRecord): readonly MannerLine[] {
  return (manners ?? []).flatMap((figure): MannerLine[] => {
    if (!isTold(figure.manner)) return [];
    const { meaning, looked, harm } = MEANINGS[figure.manner];
    const words =
      figure.looked === 0
        ? `${meaning} Nobody could look.`
        : `${meaning} Of ${formatCount(figure.looked)} ${looked}.`;
    const count = figure.looked === 0 ? '–' : formatCount(figure.count);
    return [{ name: figure.manner, meaning: words, count, harm: harm && figure.count > 0 }];
  });
}

/** Mailboxes as numbers: enough to look into the matter, and no name. */
export function placesOf({ named }: RecordedManner): readonly string[] {
  return named.map(({ number, mailbox }) =>
    mailbox === null ? `message ${number}` : `message ${number} in mailbox ${mailbox}`,
  );
}

function isTold(manner: Manner): manner is Told {
  return Object.hasOwn(MEANINGS, manner);
}
