/** Could people get in and send: sign-in, opening, sending, trying again, how long shut out, how many. Reads a record; judges nothing. */

import { formatCount, formatDuration } from '../../units.ts';
import type { Deed } from '../../words.ts';
import { entryNoun, operationFor } from '../doors.ts';
import type { RunRecord } from '../record.ts';
import {
  known,
  ninetieth,
  ofAll,
  operationIn,
  type Answer,
  type Question,
  timesIn,
  unknown,
} from './answers.ts';

export const ACCESS_QUESTIONS: readonly Question[] = [
  {
    id: 2,
    short: 'longest shut out',
    question: 'What was the longest that anybody could not get into a mailbox?',
    ask: shutOut,
  },
  {
    id: 7,
    short: 'sign-ins ok',
    question: 'During the storm, how many sign-ins succeeded?',
    ask: (record) => succeeded(record, 'signIn', entryNoun(record).many),
  },
  {
    id: 8,
    short: 'opening',
    question: 'During the storm, how long did opening a mailbox take, once signed in?',
    ask: (record) => {
      const open = operationFor(record, 'open');
      const before = operationIn(record, open, 'baseline')?.responseUs;
      const more = before === undefined ? '' : `; before the storm: ${timesIn(before)}`;
      return ninetieth(operationIn(record, open, 'storm')?.responseUs, 'openings in the storm', more);
    },
  },
  {
    id: 9,
    short: 'sending ok',
    question: 'During the storm, how much of the mail that people tried to send was taken?',
    ask: (record) => succeeded(record, 'submit', 'submissions'),
  },
  { id: 11, short: 'attempts', question: 'How often did people try before they got in?', ask: attempts },
  {
    id: 26,
    short: 'slow mailboxes',
    question: 'How many mailboxes were slower to get into than they should be?',
    ask: accounts,
  },
  {
    id: 27,
    short: 'mailboxes hurt',
    question: 'What share of the mailboxes did one message to everybody hurt?',
    ask: (record) => {
      const doors = record.readings?.doors;
      if (doors === undefined || doors.mailboxes === 0)
        return unknown('share', 'nobody tried to get into a mailbox');
      return known(
        doors.poorInStorm / doors.mailboxes,
        'share',
        `${ofAll(doors.poorInStorm, doors.mailboxes)} mailboxes that somebody tried to get into had an attempt fail or take over ${formatDuration(doors.objectiveUs)} while the storm lasted or drained; ${formatCount(doors.poorBefore)} had one before`,
      );
    },
  },
];

function succeeded(record: RunRecord, deed: Deed, what: string): Answer {
  const found = operationIn(record, operationFor(record, deed), 'storm');
  if (found === undefined) return unknown('share', `no ${what} in the storm`);
  const guarded = found.expected ?? 0;
  const { planned, ok, rejected, unknown: open, dropped, responseUs } = found;
  const asked = planned - guarded;
  if (asked === 0) return unknown('share', `all ${what} in the storm were refused by the guard, as expected`);
  return known(
    ok / asked,
    'share',
    `${ofAll(ok, asked)} ${what}; refused ${formatCount(rejected - guarded)}, unknown ${formatCount(open)}, not carried through ${formatCount(dropped)}${guarded > 0 ? `, and ${formatCount(guarded)} that the guard refused as expected` : ''}; ${timesIn(responseUs)}`,
  );
}

function shutOut(record: RunRecord): Answer {
  const doors = record.readings?.doors;
  if (doors === undefined || doors.withoutAccess.max === null)
    return unknown('us', 'nobody tried to get into a mailbox');
  const shut =
    doors.stillShut > 0
      ? `; ${formatCount(doors.stillShut)} still shut when the run ended: at least so long`
      : '';
  return known(
    doors.withoutAccess.max,
    'us',
    `${formatCount(doors.attempts)} attempts at ${formatCount(doors.mailboxes)} mailboxes, ${formatCount(doors.failed)} failed; longest of each mailbox: ${timesIn(doors.withoutAccess)}${shut}; between two attempts nobody looked`,
  );
}

function accounts(record: RunRecord): Answer {
  const doors = record.readings?.doors;
  if (doors === undefined || doors.mailboxes === 0)
    return unknown('mailboxes', 'nobody tried to get into a mailbox');
  return known(
    doors.poorSince,
    'mailboxes',
    `of ${formatCount(doors.mailboxes)} that somebody tried (${formatCount(doors.attempts)} attempts), since the blast; should be: in within ${formatDuration(doors.objectiveUs)}; before the storm ${formatCount(doors.poorBefore)} were`,
  );
}

function attempts({ patience }: RunRecord): Answer {
  if (patience === null) return unknown('attempts', 'not all workers told how often people tried');
  const after = patience.filter(({ phase }) => phase !== 'baseline');
  let people = 0;
  let tries = 0;
  for (const { succeededAfter } of after)
    for (const [index, count] of succeededAfter.entries()) {
      people += count;
      tries += count * (index + 1);
    }
  const gaveUp = after.reduce((sum, one) => sum + one.gaveUp, 0);
  const evidence = `${formatCount(people)} people got in after ${formatCount(tries)} attempts since the blast, ${formatCount(gaveUp)} gave up`;
  if (people === 0) return unknown('attempts', 'nobody got in', evidence);
  if (gaveUp > 0 && tries === people)
    return unknown('attempts', 'nobody tried a second time: the profile sets no readers.retries', evidence);
  return known(tries / people, 'attempts', evidence);
}
