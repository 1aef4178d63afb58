/** What only a simulation says, in lines for a terminal and in words for the page. It decides nothing. */

import { operationFor } from '../record/doors.ts';
import type { RecordedSimulation, RunRecord } from '../record/record.ts';
import { formatCount } from '../units.ts';
import { countInWords, isKnown, timeInWords, timeOrDash } from './figures.ts';

/** The mark that every rendering of a simulated record bears. */
export const SIMULATED_MARK =
  "SIMULATED: a model's prediction; no mail system was asked and nothing was sent";

/** The model's limits in one sentence. */
export function systemWords({ system }: RecordedSimulation): string {
  const { deliveriesPerSecond, accessServers, signInsPerSecond, discipline, mailboxLock } = system;
  const limits = [
    `${formatCount(deliveriesPerSecond)} deliveries/s`,
    `${formatCount(accessServers)} access servers (${formatCount(signInsPerSecond)} sign-ins/s if nothing else)`,
    discipline === 'fifo' ? 'first in, first out' : 'mail to one person first',
    ...(mailboxLock ? ['a lock on each mailbox'] : []),
    ...(isKnown(system.maxSessions) ? [`at most ${formatCount(system.maxSessions)} sessions`] : []),
    ...(isKnown(system.submissionConnections)
      ? [
          `a run's ${formatCount(system.submissionConnections)} + ${countInWords(system.mailboxConnections)} connections`,
        ]
      : []),
    ...(isKnown(system.maxOwedCopies)
      ? [`submissions put off at ${formatCount(system.maxOwedCopies)} owed`]
      : []),
  ];
  return limits.join(', ');
}

/** What became of the messages to everybody. */
export function toAllWords({ toAll, copiesAccepted, guardFromUs }: RecordedSimulation): string {
  const refused = Object.entries(toAll.refused)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${formatCount(count)} refused (${REASONS[reason] ?? reason})`);
  const parts = [
    `${formatCount(toAll.accepted)} messages to everybody accepted`,
    ...refused,
    ...(toAll.pruned > 0 ? [`${formatCount(toAll.pruned)} never written`] : []),
  ];
  const guard = isKnown(guardFromUs)
    ? `; the guard took hold ${timeInWords(guardFromUs)} after the blast`
    : '';
  return `${parts.join(', ')}; ${formatCount(copiesAccepted)} copies in all${guard}`;
}

const REASONS: Readonly<Record<string, string>> = {
  recipientCap: 'too many recipients',
  threadGuard: 'thread guard',
  listDeleted: 'list deleted',
  full: 'queue full',
};

/** The backlog in one sentence. */
export function backlogWords({ owedPeak, owedAtStormEnd }: RecordedSimulation): string {
  return `at most ${formatCount(owedPeak)} copies, ${formatCount(owedAtStormEnd)} when the storm ended`;
}

/** Lines for a terminal; none for a run. */
export function simulationLines({ simulation }: RunRecord): readonly string[] {
  if (simulation === undefined) return [];
  const delays = simulation.canaryDelays
    .filter(({ count }) => count > 0)
    .map(({ phase, p90Us }) => `${phase} ${timeOrDash(p90Us)}`);
  return [
    SIMULATED_MARK,
    `model         ${systemWords(simulation)}`,
    `storm         ${toAllWords(simulation)}`,
    `backlog       ${backlogWords(simulation)}`,
    `canary delay  p90, waited for or not: ${delays.length === 0 ? 'not known' : delays.join(', ')}`,
    '',
  ];
}

/** What the model cannot say. */
export function cannotKnowLines({ simulation }: RunRecord): readonly string[] {
  if (simulation === undefined) return [];
  return ['', 'a simulation cannot know', ...simulation.cannotKnow.map((one) => `  - ${one}`)];
}

/** The same in one line, where there is no room for more; the first is what everything else rests on. */
export function cannotKnowBriefly({ simulation }: RunRecord): readonly string[] {
  const [first, ...others] = simulation?.cannotKnow ?? [];
  if (first === undefined) return [];
  return ['', `a simulation cannot know ${first} (and ${others.length} things more)`];
}

/** One row a simulated system: the figures that differ. */
export function sweepRow(value: string, record: RunRecord): readonly string[] {
  const { simulation, drain, operations } = record;
  const entry = operationFor(record, 'signIn');
  const signIn = (phase: string): string =>
    timeOrDash(operations.find((one) => one.operation === entry && one.phase === phase)?.responseUs.p90);
  const delay = simulation?.canaryDelays.find(({ phase }) => phase === 'storm');
  return [
    value,
    countInWords(simulation?.toAll.accepted),
    countInWords(simulation?.copiesAccepted),
    countInWords(simulation?.owedPeak),
    timeInWords(drain.drainedUs),
    timeOrDash(delay?.p90Us),
    signIn('storm'),
    signIn('deletes'),
    signIn('recovery'),
  ];
}

/** The heads of those rows. */
export function sweepHead(key: string): readonly string[] {
  return [
    key,
    'messages to all',
    'copies',
    'peak owed',
    'drained after',
    'canary p90',
    'sign-in p90: storm',
    'deletes',
    'recovery',
  ];
}
