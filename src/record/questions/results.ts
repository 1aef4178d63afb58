/** Did the test results get through: how late, how deep, how many missing. Reads a record; judges nothing. */

import { formatCount, formatDuration } from '../../units.ts';
import { PHASES } from '../../words.ts';
import type { RunRecord } from '../record.ts';
import {
  known,
  looksOf,
  ninetieth,
  ofAll,
  operationIn,
  type Answer,
  type Question,
  timesIn,
  unknown,
  watchedIn,
} from './answers.ts';

export const RESULT_QUESTIONS: readonly Question[] = [
  {
    id: 1,
    short: 'result read',
    question: 'During the storm, how long did a test result take from being sent to being read?',
    ask: (record) => {
      const found = operationIn(record, 'journey.canary', 'storm');
      const notOk = found === undefined ? 0 : found.planned - found.ok;
      return ninetieth(
        found?.responseUs,
        'test results sent in the storm, until their text was fetched',
        `; ${formatCount(notOk)} never got so far and count with the time they were waited for`,
      );
    },
  },
  {
    id: 10,
    short: 'long results',
    question: 'Could long results and pictures (64 KiB and more) still be fetched?',
    ask: (record) => {
      const bodies = record.readings?.largeBodies;
      if (bodies === undefined || bodies.asked === 0)
        return unknown('share', 'no test result of 64 KiB or more was there to be fetched');
      return known(
        bodies.fetched / bodies.asked,
        'share',
        `${ofAll(bodies.fetched, bodies.asked)} fetched whole`,
      );
    },
  },
  { id: 12, short: 'mail age', question: 'How old was mail when it finally showed?', ask: ageOnArrival },
  {
    id: 17,
    short: 'buried',
    question: 'How deep did a test result lie under the storm when its reader came?',
    ask: buried,
  },
  {
    id: 18,
    short: 'missing results',
    question: 'How many test results were missing, as against late?',
    ask: missing,
  },
  {
    id: 19,
    short: 'deadline missed',
    question: 'How many of the test results that somebody waited for missed their deadline?',
    ask: ({ canaries, profile, ledger }) => {
      if (canaries === null || canaries.sent === 0) return unknown('share', 'no test result was sent');
      const deadline = formatDuration(profile.canaryDeadlineUs);
      // Without a reading of the mailboxes none are lost in the record, and nobody knows.
      const lost = ledger === null ? '' : `, ${formatCount(canaries.lost)} lost`;
      const missed = canaries.late + canaries.lost;
      return known(
        missed / canaries.sent,
        'share',
        `of ${formatCount(canaries.sent)} sent, ${formatCount(canaries.late)} were not visible within ${deadline}${lost}; sent and seen by one clock`,
      );
    },
  },
  {
    id: 33,
    short: 'from outside',
    question: 'How late was mail from outside?',
    ask: (record) => {
      const outside = record.readings?.age.byKind.outside;
      if (outside === undefined || record.target?.inbound == null)
        return unknown(
          'us',
          'no mail came in from outside: it needs --inbound, and a profile with fromOutside',
        );
      return ninetieth(outside, 'messages from outside until they showed', `; ${watchedIn(record)}`);
    },
  },
];

function ageOnArrival(record: RunRecord): Answer {
  const age = record.readings?.age;
  if (age === undefined) return unknown('us', 'nobody watched mail arrive');
  const { list, bystander, clinical } = age.byKind;
  const kinds = `; to everybody: ${timesIn(list)}; test results: ${timesIn(clinical)}; ordinary: ${timesIn(bystander)}; ${watchedIn(record)}`;
  return ninetieth(age.byPhase.storm, 'messages sent in the storm, from when they were meant', kinds);
}

function buried(record: RunRecord): Answer {
  const unit = 'storm messages above it';
  const depth = record.readings?.depth;
  if (depth === undefined || depth.storm.count + depth.drain.count === 0)
    return unknown(unit, 'no test result was fetched before people began to delete');
  const deepest = Math.max(depth.storm.max ?? 0, depth.drain.max ?? 0);
  const screens = PHASES.flatMap((phase) => {
    const { looks, storm, other } = record.readings?.screens[phase] ?? { looks: 0, storm: 0, other: 0 };
    if (storm + other === 0) return [];
    const junk = Math.round((100 * storm) / (storm + other));
    return [`${phase} ${junk} % (${formatCount(looks)} looks)`];
  });
  return known(
    deepest,
    unit,
    `the deepest of ${formatCount(depth.storm.count)} fetched in the storm (median ${depth.storm.p50 ?? 'not known'}) and ${formatCount(depth.drain.count)} in the drain (median ${depth.drain.p50 ?? 'not known'}); storm mail on the first screen: ${screens.join(', ')}`,
  );
}

function missing(record: RunRecord): Answer {
  const { canaries, ledger } = record;
  const unit = 'test results missing';
  if (canaries === null || canaries.sent === 0) return unknown(unit, 'no test result was sent');
  if (ledger === null)
    return unknown(unit, 'nobody read the mailboxes at the end, so late and missing look alike');
  const ids = (canaries.unaccounted ?? []).map(({ number, fate }) => `${number} ${fate}`);
  const named = ids.length === 0 ? '' : `; unaccounted for: ${ids.join(', ')}`;
  return known(
    canaries.lost,
    unit,
    `of ${formatCount(canaries.sent)} sent, ${formatCount(canaries.seen)} seen, ${formatCount(canaries.late)} late, by ${formatCount(looksOf(record))} looks and a reading of every mailbox at the end${named}`,
  );
}
