/** How big this storm was beside the real one, and what that allows to say. It extrapolates nothing. */

import { doorsOf } from '../../record/doors.ts';
import type { RunRecord } from '../../record/record.ts';
import { FASTEST, formatBytes, formatCount } from '../../units.ts';
import { unnamed } from '../clean.ts';
import { countInWords, isKnown, ratioOrDash, repliesDrawn, timeInWords } from '../figures.ts';
import { markup, NOTHING, type Markup } from '../markup.ts';

/** The section. */
export function scaleSection(record: RunRecord): Markup {
  const { profile, plan, drain, machine, target } = record;
  const replies = repliesDrawn(record);
  const pairs: readonly (readonly [string, string])[] = [
    ['Population', `${formatCount(profile.populationMailboxes)} mailboxes in the real storm`],
    ['Mailboxes here', countInWords(plan?.mailboxes)],
    [
      'Replies to all',
      `${replies === null ? 'not known' : `${formatCount(replies)} drawn`}; ${range(profile)}`,
    ],
    ['Planned', plan === null ? 'not known' : plannedWords(plan)],
    [
      'Offered here',
      plan === null ? 'not known' : `at most ${ratioOrDash(plan.peakCopiesPerSecond)} copies/s`,
    ],
    [
      'Offered by the real storm',
      `${ratioOrDash(drain.profileOfferedPerSecond)} copies/s, to its own population`,
    ],
    ['Pressure', pressureWords(drain.pressure)],
    [
      'Storm delivered',
      isKnown(drain.drainedUs) ? `${timeInWords(drain.drainedUs)} after its end` : 'not known',
    ],
    ['Owed at the end', isKnown(drain.owedAtEnd) ? `${formatCount(drain.owedAtEnd)} copies` : 'not known'],
    ['Doors', doorWords(record)],
    ['Speed', plan === null ? 'not known' : speedWords(plan.speed)],
    ['Mail system', target === null ? 'not known: no target was approved' : targetWords(target)],
    [
      'Plan',
      plan === null
        ? 'not known: none was made'
        : `seed ${plan.seed}; the plan is the same if its digest is ${plan.digest}`,
    ],
    ['Written by', `${record.tool.name} ${record.tool.version}`],
    ['Generator', `${workers(plan)}${machine.cores} cores, ${machine.platform}, Node ${machine.node}`],
  ];
  const items = pairs.map(([term, words]) => markup`<dt>${term}</dt><dd>${words}</dd>\n`);
  return markup`<section aria-labelledby="scale"><h2 id="scale">Scale and environment</h2>
${smaller(record)}<dl>${items}</dl>
<p class="note">${profile.why}</p>
</section>
`;
}

function doorWords(record: RunRecord): string {
  const { submit, mailbox } = doorsOf(record);
  return `messages handed in by ${submit.toUpperCase()}, mailboxes opened by ${mailbox.toUpperCase()}`;
}

function smaller({ plan, profile }: RunRecord): Markup {
  if (plan === null) return NOTHING;
  if (plan.mailboxes >= profile.populationMailboxes)
    return markup`<p>This storm was replayed at the size of the real population.</p>\n`;
  return markup`<p>This is a scaled-down storm: what passes here <strong>passed a smaller storm</strong> (${formatCount(plan.mailboxes)} of ${formatCount(profile.populationMailboxes)} mailboxes). Nothing in this report is extrapolated to the full population, times least of all.</p>\n`;
}

function range({ replyAllsLow, replyAllsHigh, replyAllsChosen }: RunRecord['profile']): string {
  const [low, high, chosen] = [replyAllsLow, replyAllsHigh, replyAllsChosen].map(formatCount);
  return `the profile chooses ${chosen} from a range of ${low} to ${high}`;
}

function workers(plan: RunRecord['plan']): string {
  return plan === null ? '' : `${plan.workers} ${plan.workers === 1 ? 'worker' : 'workers'}, `;
}

function plannedWords(plan: NonNullable<RunRecord['plan']>): string {
  return `${formatCount(plan.messages)} messages, ${formatCount(plan.listMessages)} of them to the list, ${formatCount(plan.copies)} copies, ${formatBytes(plan.bytes)}`;
}

function pressureWords(pressure: number | null): string {
  return isKnown(pressure)
    ? `${ratioOrDash(pressure)}: offered copies/s over the drain rate seen; above 1 a backlog grows`
    : 'not known: no backlog was seen to drain';
}

function speedWords(speed: number): string {
  if (speed >= FASTEST) return 'max: the storm ran without its gaps, in order, as fast as it went';
  return speed === 1
    ? '1x: the storm ran in its own time'
    : `${speed}x: one real second of the storm stood for ${speed} of its own; deadlines, patience and thresholds are real seconds`;
}

function targetWords(target: NonNullable<RunRecord['target']>): string {
  const kind = target.kind === 'embedded' ? 'the embedded one' : 'a named one';
  const fanOut =
    target.fanOut === 'list' ? 'a list that it expands itself' : 'one recipient each from the generator';
  const verified = { true: ', certificate verified', false: ', certificate NOT verified', null: '' }[
    String(target.tlsVerified) as 'true' | 'false' | 'null'
  ];
  return `${kind}; submits to ${unnamed(target.submit)}, reads from ${unnamed(target.mailbox)}; fan-out by ${fanOut}; TLS ${target.tls}${verified}`;
}
