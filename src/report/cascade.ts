/** What became of the conversation, in lines for a terminal and sentences for a person. It decides nothing. */

import type { RecordedCascade, RunRecord } from '../record/record.ts';
import { formatCount } from '../units.ts';
import { counted, isKnown, ratioOrDash, timeInWords } from './figures.ts';

/** How replies left. */
export function modeWords({ mode }: RecordedCascade): string {
  return mode === 'coupled'
    ? 'coupled: a reply left when its author had seen what it answers, and thought about it'
    : 'open: a reply left at its planned instant, however slow the mail system';
}

/** The replies by how they ended. */
export function repliesWords(cascade: RecordedCascade): string {
  const { planned, sent, accepted, refused, unknown, unsent } = cascade;
  const never = Object.entries(unsent).map(([reason, count]) => `${formatCount(count)} dropped (${reason})`);
  const ends = [
    `${formatCount(accepted)} accepted`,
    ...(refused > 0 ? [`${formatCount(refused)} refused`] : []),
    ...(unknown > 0 ? [`${formatCount(unknown)} unknown`] : []),
    ...never,
  ];
  return `${formatCount(sent)} of ${formatCount(planned)} planned were sent: ${ends.join(', ')}`;
}

/** How much of the conversation starved; undefined in open mode. */
export function starvedWords({ starved }: RecordedCascade): string | undefined {
  if (starved === null) return undefined;
  if (starved.replies === 0) return 'no branch of the conversation starved';
  const { branches, replies } = starved;
  const written = replies === 1 ? 'reply was' : 'replies were';
  const answered = replies === 1 ? 'it answers' : 'they answer';
  return `${counted(branches, 'branch', 'branches')} of the conversation starved: ${formatCount(replies)} ${written} never written because what ${answered} never arrived in time`;
}

/** Replies to what was refused: not written in coupled mode, hypothetical in open mode; undefined if there were none. */
export function missingWords({ pruned, hypothetical }: RecordedCascade): string | undefined {
  if (isKnown(pruned) && pruned > 0)
    return `${formatCount(pruned)} pruned: never written because what they answer was refused or never left`;
  if (isKnown(hypothetical) && hypothetical > 0)
    return `${formatCount(hypothetical)} hypothetical: sent although what they answer was refused or never left, as nobody would in life`;
  return undefined;
}

/** The delay from sending to being seen by whoever answers; undefined in open mode. */
export function seenWords({ seenAfterUs }: RecordedCascade): string | undefined {
  if (seenAfterUs === null) return undefined;
  const { count, p50, p90, max } = seenAfterUs;
  if (count === 0) return 'not known: nobody saw what they would answer';
  return `p50 ${timeInWords(p50)}, p90 ${timeInWords(p90)}, max ${timeInWords(max)} (${formatCount(count)} seen by who answers)`;
}

/** The branching ratio that came about. */
export function ratioWords({ branchingRatio }: RecordedCascade): string {
  return isKnown(branchingRatio)
    ? `${ratioOrDash(branchingRatio)} accepted answers to each accepted reply`
    : 'not known: no reply was accepted';
}

/** Lines for a terminal; none where the run ended before its first phase, or every reply of an open storm was accepted. */
export function cascadeLines({ cascade, phases, simulated }: RunRecord): readonly string[] {
  if (phases.length === 0) return [];
  if (cascade === null) return simulated ? [] : ['replies       not known: not all shards told'];
  if (cascade.mode === 'open' && cascade.accepted === cascade.planned && cascade.hypothetical === 0)
    return [];
  const seen = seenWords(cascade);
  return [
    `replies       ${cascade.mode}: ${repliesWords(cascade)}`,
    ...[
      starvedWords(cascade),
      missingWords(cascade),
      seen === undefined ? undefined : `sent until seen ${seen}`,
    ]
      .filter((words) => words !== undefined)
      .map((words) => `  ${words}`),
  ];
}

/** The sentence of the summary about a coupled conversation; none in open mode. */
export function cascadeStory({ cascade }: RunRecord): readonly string[] {
  const starved = cascade === null ? undefined : starvedWords(cascade);
  return starved === undefined ? [] : [`${starved.charAt(0).toUpperCase()}${starved.slice(1)}.`];
}
