/** When it was over, and what it had cost: backlog, two kinds of normal, forecast, waiting, deleting. Reads a record; judges nothing. */

import { formatCount, formatDuration } from '../../units.ts';
import { BACKGROUND_OPERATIONS, type Phase } from '../../words.ts';
import { entryNoun } from '../doors.ts';
import type { RunRecord } from '../record.ts';
import { known, ofAll, type Answer, type Question, unknown } from './answers.ts';

export const AFTERWARDS_QUESTIONS: readonly Question[] = [
  {
    id: 13,
    short: 'second dip',
    question: 'Did deleting the junk slow everything down a second time?',
    ask: secondDip,
  },
  {
    id: 14,
    short: 'sign-in while deleting',
    question: 'How long did a sign-in take while most people were deleting?',
    ask: deleting,
  },
  { id: 23, short: 'backlog gone', question: 'How long after the storm was the backlog gone?', ask: backlog },
  {
    id: 24,
    short: 'people behind system',
    question: 'How long after the mail system were people back to normal?',
    ask: gap,
  },
  {
    id: 25,
    short: 'forecast error',
    question: 'By how much was the forecast wrong, made when the storm ended?',
    ask: forecast,
  },
  { id: 28, short: 'waited', question: 'How much longer did people wait than before?', ask: waited },
  {
    id: 30,
    short: 'headroom',
    question: 'How many times its usual traffic could the mail system deliver?',
    ask: headroom,
  },
  {
    id: 32,
    short: 'residual errors',
    question: 'Once it was over, how much still went wrong in ordinary traffic?',
    ask: residual,
  },
];

function secondDip({ recovery }: RunRecord): Answer {
  if (recovery === undefined || recovery.secondDip === 'no data')
    return unknown(null, 'too few readers before the storm, while people deleted, or afterwards');
  const { regainedUs, lostAgainUs, windowUs } = recovery;
  const windows =
    regainedUs !== null && lostAgainUs !== null
      ? `as before again at ${formatDuration(regainedUs)}, lost again at ${formatDuration(lostAgainUs)}`
      : 'no window was as before and the next worse';
  const words = {
    yes: 'yes',
    none: 'no',
    backlog: 'slower, but the backlog was still being delivered',
  } as const;
  return known(
    words[recovery.secondDip],
    null,
    `readers' p90 while deleting against before and after; in windows of ${formatDuration(windowUs)} after the storm: ${windows}`,
  );
}

function deleting(record: RunRecord): Answer {
  const { aftermath } = record;
  const entry = entryNoun(record);
  const bands = aftermath?.deleting ?? [];
  const last = bands.findLast(({ signInP50Us }) => signInP50Us !== null);
  if (bands.length === 0) return unknown('us', 'nobody deleted');
  const told = bands.map(({ from, to, signIns, signInP50Us, seconds }) => {
    const time = signInP50Us === null ? 'not known' : formatDuration(signInP50Us);
    return `${from} to ${to} at once: ${time} (${formatCount(signIns)} ${entry.many} in ${formatCount(Math.round(seconds))} s)`;
  });
  const evidence = `median ${entry.one} by people deleting in the same second: ${told.join('; ')}`;
  if (last === undefined || last.signInP50Us === null)
    return unknown('us', `too few ${entry.many} while people deleted`, evidence);
  return known(last.signInP50Us, 'us', evidence);
}

function backlog({ drain, timeline, phases }: RunRecord): Answer {
  if (drain.drainedUs === null)
    return unknown(
      'us',
      phases.some(({ name }) => name === 'drain')
        ? 'the backlog was not seen to go before people began to delete'
        : 'the run ended before the storm did',
    );
  const owed = timeline.flatMap(({ owed: one }) => (one === null ? [] : [one]));
  const peak =
    owed.length === 0
      ? 'how much was owed is not known without a queue probe'
      : `at most ${formatCount(Math.max(...owed))} owed, in ${formatCount(owed.length)} looks`;
  const pressure = drain.pressure === null ? 'not known' : drain.pressure.toPrecision(3);
  return known(drain.drainedUs, 'us', `${peak}; pressure (offered over delivered) ${pressure}`);
}

function gap(record: RunRecord): Answer {
  const { recovery } = record;
  if (recovery === undefined) return unknown('us', 'the run did not get so far');
  const { systemNormalUs, userNormalUs, systemEstimated, userBecause, tolerance, percentile, windowUs } =
    recovery;
  const judged = recovery.windows.filter(({ state }) => state !== 'unknown').length;
  const rule = `people: ${userBecause}; ${entryNoun(record).andOpening} and test results within ${tolerance} times that before at p${percentile ?? '-'}, ${ofAll(judged, recovery.windows.length)} windows of ${formatDuration(windowUs)} with enough samples; mail system: ${systemEstimated ? 'last arrival in a sample of mailboxes, an estimate' : 'queue empty by the probe, and traffic as before'}`;
  if (systemNormalUs === null)
    return unknown('us', 'the mail system was not seen to come back to normal', rule);
  if (userNormalUs === null) return unknown('us', userBecause, rule);
  return known(userNormalUs - systemNormalUs, 'us', rule);
}

function forecast({ aftermath }: RunRecord): Answer {
  if (aftermath === undefined) return unknown('us', 'the run did not get so far');
  const { forecast: made, forecastBecause } = aftermath;
  if (made === null) return unknown('us', forecastBecause);
  const { owedAtStormEnd, unit, deliveredPerSecond, forecastUs, actualUs } = made;
  return known(
    forecastUs - actualUs,
    'us',
    `${formatCount(owedAtStormEnd)} ${unit} owed, ${formatCount(Math.round(deliveredPerSecond))} delivered a second in the storm: forecast ${formatDuration(forecastUs)}, in truth ${formatDuration(actualUs)}`,
  );
}

function waited({ aftermath, plan }: RunRecord): Answer {
  const waiting = aftermath?.waited ?? null;
  if (waiting === null || plan === null)
    return unknown('person-minutes', 'too few journeys before the storm to compare with');
  return known(
    waiting.us / 6e7,
    'person-minutes',
    `beyond the median before the storm, over ${formatCount(waiting.journeys)} journeys (${waiting.operations.join(', ')}) of the simulated people of ${formatCount(plan.mailboxes)} mailboxes; no statement about more`,
  );
}

function headroom({ aftermath }: RunRecord): Answer {
  const found = aftermath?.headroom ?? null;
  if (found === null)
    return unknown('times', 'no backlog was seen to be worked off, so its limit was not met');
  return known(
    found.deliveredPerSecond / found.baselinePerSecond,
    'times',
    `${formatCount(Math.round(found.deliveredPerSecond))} copies delivered a second until the backlog was gone, ${found.baselinePerSecond.toPrecision(3)} a second before the storm; under the storm's own mix, at this size`,
  );
}

function residual(record: RunRecord): Answer {
  const failed = (phase: Phase): { readonly planned: number; readonly notOk: number } => {
    const found = record.operations.filter(
      ({ operation, phase: its }) =>
        its === phase && !operation.startsWith('journey.') && !BACKGROUND_OPERATIONS.includes(operation),
    );
    const planned = found.reduce((sum, one) => sum + one.planned, 0);
    return { planned, notOk: found.reduce((sum, one) => sum + one.planned - one.ok, 0) };
  };
  const [before, after] = [failed('baseline'), failed('recovery')];
  if (after.planned === 0) return unknown('share', 'the run did not get to its recovery');
  return known(
    after.notOk / after.planned,
    'share',
    `${ofAll(after.notOk, after.planned)} attempts after the deletes did not go well, ${ofAll(before.notOk, before.planned)} before the storm; the rate of ordinary traffic is the same`,
  );
}
