/** Was everything kept, to those it was for, and is nobody blamed: lost, taken, confidential, who was hurt. Reads a record; judges nothing. */

import { formatCount } from '../../units.ts';
import type { RunRecord } from '../record.ts';
import { known, ofAll, sampleWords, type Answer, type Question, timesIn, unknown } from './answers.ts';

export const KEPT_QUESTIONS: readonly Question[] = [
  {
    id: 15,
    short: 'taken along',
    question: 'How many needed messages were deleted along with the junk?',
    ask: taken,
  },
  { id: 16, short: 'lost', question: 'How many messages did the mail system lose?', ask: lost },
  {
    id: 20,
    short: 'cohorts',
    question: 'Which people were worse off in the storm: clinicians, offices, others?',
    ask: cohorts,
  },
  { id: 31, short: 'confidential', question: 'Did mail stay confidential?', ask: confidential },
  { id: 34, short: 'people named', question: 'How many people does this report name?', ask: named },
];

/** What a figure of the ledger is of, where that is not every mailbox. */
function sampledTail(ledger: NonNullable<RunRecord['ledger']>): string {
  const sampled = sampleWords(ledger);
  return sampled === '' ? '' : `; all this of${sampled}`;
}

function taken({ ledger }: RunRecord): Answer {
  const unit = 'needed messages';
  if (ledger === null) return unknown(unit, 'nobody read the mailboxes at the end');
  if (ledger.trashed + ledger.expungedAsAsked + ledger.takenByStrategy === 0)
    return unknown(unit, 'nobody deleted anything');
  return known(
    ledger.takenByStrategy,
    unit,
    `${formatCount(ledger.takenTrashed)} of them can be had back from Trash, ${formatCount(ledger.takenExpunged)} cannot; every message whose removal was asked for is known by its number; people cleared up as people do${sampledTail(ledger)}`,
  );
}

function lost({ ledger, census }: RunRecord): Answer {
  const unit = 'copies';
  if (ledger === null || ledger.copiesAccepted === 0)
    return unknown(unit, 'nobody read the mailboxes at the end, or nothing was ever accepted');
  const read =
    census === null
      ? ''
      : `; ${ofAll(census.mailboxes - census.unread, census.mailboxes)} mailboxes read at the end`;
  // A bounce that lies in a mailbox outside the sample was read by nobody.
  const unread = '; what may have come back to somebody outside it counts as still on the way';
  const sampled = sampledTail(ledger);
  return known(
    ledger.lost + ledger.goneUnasked,
    unit,
    `of ${formatCount(ledger.copiesAccepted)} accepted: ${formatCount(ledger.lost)} never came, ${formatCount(ledger.goneUnasked)} vanished unasked; ${formatCount(ledger.overdue)} still on the way, ${formatCount(ledger.bounced)} came back, of ${formatCount(ledger.unknown)} nobody can know${read}${sampled}${sampled === '' ? '' : unread}`,
  );
}

/** Whose reading was slowest in the storm, with what every cohort felt beside it. */
function cohorts(record: RunRecord): Answer {
  const all = record.cohorts ?? [];
  if (all.length < 2) return unknown(null, 'the profile names no cohorts, so everybody is one');
  const felt = all.map(({ name, mailboxes, byPhase }) => {
    const storm = byPhase.find(({ phase }) => phase === 'storm');
    return { name, mailboxes, reads: storm?.reads, canaries: storm?.canaries };
  });
  const told = felt.map(({ name, mailboxes, reads, canaries }) => {
    const read =
      reads === undefined
        ? 'nobody read'
        : `${ofAll(reads.ok, reads.ended)} read (${timesIn(reads.responseUs)})`;
    const late =
      canaries === undefined
        ? ''
        : `, ${ofAll(canaries.late + canaries.lost, canaries.sent)} test results late or lost`;
    return `${name} (${formatCount(mailboxes)} mailboxes): ${read}${late}`;
  });
  const slowest = felt
    .flatMap(({ name, reads }) => (reads?.responseUs.p50 == null ? [] : [{ name, us: reads.responseUs.p50 }]))
    .sort((a, b) => b.us - a.us);
  const evidence = `in the storm: ${told.join('; ')}`;
  if (slowest.length < felt.length || slowest[0] === undefined)
    return unknown(null, 'too few readers of one of the cohorts in the storm', evidence);
  return known(`${slowest[0].name} waited longest`, null, evidence);
}

function confidential({ ledger, readings, target }: RunRecord): Answer {
  if (ledger === null || readings === undefined || target === null)
    return unknown(null, 'nobody read the mailboxes at the end');
  const { submit, mailbox } = readings.lines;
  const [secured, plain] = [submit.secured + mailbox.secured, submit.plain + mailbox.plain];
  const evidence = `${ofAll(secured, secured + plain)} connections under TLS (${target.tls}); ${formatCount(ledger.misdelivered)} of ${formatCount(ledger.copiesAccepted)} copies in a mailbox they were not for${sampledTail(ledger)}`;
  if (ledger.misdelivered > 0) return known('no: mail lay in a mailbox it was not for', null, evidence);
  if (target.tlsVerified === false)
    return unknown(
      null,
      'certificates were not verified (--tls-insecure), so nobody knows who listened',
      evidence,
    );
  if (secured === 0)
    return unknown(null, 'the target was spoken to in the clear: there was no TLS to give up', evidence);
  if (plain > 0 && target.tls.includes('off'))
    return unknown(
      null,
      'one side was spoken to in the clear by choice: the whole way is not known',
      evidence,
    );
  if (plain > 0) return known('no: some connections were in the clear', null, evidence);
  return known('yes', null, evidence);
}

const ADDRESS = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;

/** What the reports print as it stands; refusals' own words are printed without addresses. */
function named(record: RunRecord): Answer {
  const texts = [
    record.profile.title,
    record.profile.why,
    record.exit.reason,
    ...record.verdict.findings.flatMap(({ check, observed, because }) => [check, observed ?? '', because]),
    ...record.warnings.flatMap(({ seen, matters, attempt }) => [seen, matters, attempt]),
  ];
  const found = new Set(texts.flatMap((text) => text.match(ADDRESS) ?? []));
  return known(
    found.size,
    'people',
    `addresses in ${formatCount(texts.length)} texts of this record; people are numbers here`,
  );
}
