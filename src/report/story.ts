/** What happened to the people, in plain sentences computed from the record. It judges nothing and names nobody. */

import { entryNoun, operationFor } from '../record/doors.ts';
import type { RunRecord } from '../record/record.ts';
import { formatCount, formatDuration } from '../units.ts';
import { amplificationSentence } from './amplification.ts';
import { cascadeStory } from './cascade.ts';
import { counted, countInWords, isKnown, lostOf, operationIn, repliesDrawn } from './figures.ts';
import { MOMENTS } from './moments.ts';

/** The summary's sentences, in the order of events. */
export function tellStory(record: RunRecord): readonly string[] {
  return [
    storm(record),
    ...amplificationSentence(record),
    ...cascadeStory(record),
    ...signIns(record),
    ...results(record),
    ...wronglyDeleted(record),
    ...over(record),
  ];
}

function storm(record: RunRecord): string {
  const { plan, ledger } = record;
  if (plan === null) return 'The run ended before a storm was planned, and nothing was sent.';
  const replies = repliesDrawn(record) ?? 0;
  const { cascade } = record;
  const answered =
    replies === 0
      ? 'nobody answered to all'
      : cascade?.mode === 'coupled'
        ? `${formatCount(cascade.sent)} of the ${counted(replies, 'reply', 'replies')} drawn went to everybody as well`
        : `${counted(replies, 'reply', 'replies')} went to everybody as well`;
  if (record.phases.length === 0)
    return `A storm was planned (${counted(plan.mailboxes, 'mailbox', 'mailboxes')}, ${counted(replies, 'reply', 'replies')} to all), but the run ended before its first message.`;
  const copies =
    record.simulation !== undefined
      ? `the model accepted ${formatCount(record.simulation.copiesAccepted)} of ${counted(plan.copies, 'planned copy', 'planned copies')}`
      : ledger === null
        ? 'how many copies the mail system accepted is not known'
        : `the mail system accepted ${formatCount(ledger.copiesAccepted)}${ledger.sample === null ? ` of ${counted(ledger.copiesPlanned, 'planned copy', 'planned copies')}` : ` copies in the sample of ${formatCount(ledger.sample.mailboxes)} of ${formatCount(ledger.sample.of)} mailboxes that was followed`}`;
  return `One message went to ${counted(plan.mailboxes, 'mailbox', 'mailboxes')} by mistake and ${answered}; ${copies}.`;
}

function signIns(record: RunRecord): string[] {
  const entry = operationFor(record, 'signIn');
  const { one: noun, many } = entryNoun(record);
  const found = MOMENTS.map(({ phase }) => operationIn(record, entry, phase));
  if (found.every((one) => one === undefined || one.responseUs.count === 0))
    return [`How long a ${noun} took is not known.`];
  const times = MOMENTS.map(({ words }, index) => {
    const seen = found[index]?.responseUs;
    if (isKnown(seen?.p90)) return `${formatDuration(seen.p90)} ${words}`;
    if (isKnown(seen?.max))
      return `not known ${words} (too few: ${formatCount(seen.count)}, the slowest ${formatDuration(seen.max)})`;
    return `not known ${words}`;
  });
  const signIn = record.operations.filter(({ operation }) => operation === entry);
  const planned = signIn.reduce((sum, one) => sum + one.planned, 0);
  const failed = signIn.reduce((sum, one) => sum + one.planned - one.ok, 0);
  return [
    `Nine ${many} in ten took at most ${listed(times)}.`,
    failed === 0
      ? `All ${formatCount(planned)} ${many} succeeded.`
      : `Of ${formatCount(planned)} ${many} ${formatCount(failed)} did not succeed.`,
  ];
}

function results(record: RunRecord): string[] {
  const { canaries, profile } = record;
  if (canaries === null || canaries.sent === 0) return ['How late test results came is not known.'];
  const deadline = formatDuration(profile.canaryDeadlineUs);
  const lost = lostOf(record, canaries.lost);
  const lostWords = isKnown(lost)
    ? `${formatCount(lost)} were lost`
    : `how many ${record.simulated ? 'would be' : 'were'} lost is not known`;
  const counts = `Of ${counted(canaries.sent, 'test result', 'test results')} ${formatCount(canaries.seen)} were seen, ${formatCount(canaries.late)} came later than ${deadline} or not while somebody waited, and ${lostWords}.`;
  const phases = MOMENTS.map(({ phase }) => canaries.byPhase.find((one) => one.phase === phase)?.visibleUs);
  const slowest = Math.max(-1, ...canaries.byPhase.map(({ visibleUs }) => visibleUs.max ?? -1));
  const times = MOMENTS.map(({ words }, index) => {
    const p90 = phases[index]?.p90;
    return isKnown(p90) ? `within ${formatDuration(p90)} ${words}` : `not known ${words}`;
  });
  const slowestWords =
    slowest < 0 ? 'how long the slowest took is not known' : `the slowest took ${formatDuration(slowest)}`;
  const timed = phases.some((one) => isKnown(one?.p90))
    ? `Of those seen, nine in ten were visible ${listed(times)}; ${slowestWords}.`
    : `By when nine in ten were visible is not known; ${slowestWords}.`;
  return [counts, timed];
}

function wronglyDeleted(record: RunRecord): string[] {
  const { ledger } = record;
  if (ledger === null)
    return [
      'What was wrongly deleted or lost is not known: there is no reading of the mailboxes at the end.',
    ];
  const { takenByStrategy, takenTrashed, takenExpunged, goneUnasked, lost, overdue } = ledger;
  const taken =
    takenByStrategy === 0
      ? 'Nobody, in clearing up, deleted a message that was needed.'
      : `Clearing up took ${counted(takenByStrategy, 'needed message', 'needed messages')} along: ${formatCount(takenTrashed)} can be had back from Trash, ${formatCount(takenExpunged)} cannot.`;
  const gone =
    goneUnasked + lost === 0
      ? 'The mail system itself lost nothing that it had accepted'
      : `The mail system itself lost ${counted(lost, 'copy', 'copies')} and removed ${formatCount(goneUnasked)} that nobody had asked it to`;
  const late =
    overdue === 0 ? '' : `; ${counted(overdue, 'copy was', 'copies were')} still on the way at the end`;
  return [taken, `${gone}${late}.`];
}

function over(record: RunRecord): string[] {
  const { drainedUs, quiescent, owedAtEnd } = record.drain;
  if (record.phases.length === 0) return ['When it would have been over is not known.'];
  let drained = 'When the mail system had delivered what the storm left behind is not known';
  if (drainedUs === 0) drained = 'When the storm ended, the mail system owed nothing';
  else if (isKnown(drainedUs))
    drained = `The mail system had delivered everything it owed ${formatDuration(drainedUs)} after the storm's end`;
  const rest = quiescent
    ? 'it was at rest when the run ended'
    : `it was not seen to come to rest before the run ended (copies still owed: ${countInWords(owedAtEnd)})`;
  return [`${drained}; ${rest}.`];
}

/** `a, b and c`. */
function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}
