/** What the storm itself was: whom it reached, how it grew, where it stalled, what held it. Reads a record; judges nothing. */

import { formatCount, formatDuration } from '../../units.ts';
import { entryNoun } from '../doors.ts';
import type { RunRecord } from '../record.ts';
import {
  blastUs,
  known,
  ofAll,
  sampleWords,
  type Answer,
  type Question,
  unknown,
  watchedIn,
} from './answers.ts';

export const STORM_QUESTIONS: readonly Question[] = [
  {
    id: 3,
    short: 'blast reached',
    question: 'How many mailboxes did the message to everybody reach?',
    ask: coverage,
  },
  {
    id: 4,
    short: 'copies a message',
    question: 'How many copies came of one message that somebody wrote?',
    ask: amplification,
  },
  { id: 5, short: 'replies to all', question: 'How many people replied to all?', ask: replies },
  {
    id: 6,
    short: 'stalls',
    question: 'How often did delivery stand still while mail was owed?',
    ask: stalls,
  },
  {
    id: 21,
    short: 'noticeable after',
    question: 'How long after the blast could anybody tell that something was wrong?',
    ask: detected,
  },
  { id: 22, short: 'guard after', question: 'How long after the blast did the guard step in?', ask: guard },
  {
    id: 29,
    short: 'major incident after',
    question: 'How long after the blast would somebody have declared a major incident?',
    ask: majorIncident,
  },
];

function coverage(record: RunRecord): Answer {
  const { readings, ledger } = record;
  const of = readings?.blast.of ?? readings?.watched.mailboxes ?? 0;
  if (readings === undefined || of === 0 || blastUs(record) === null)
    return unknown('share', 'no mailbox was watched while the message went out');
  const { seen, lastAfterUs } = readings.blast;
  const last =
    lastAfterUs === null ? 'not all had it' : `the last had it after ${formatDuration(lastAfterUs)}`;
  const doubled =
    ledger === null
      ? 'doubled: not known'
      : `doubled copies of any message: ${formatCount(ledger.duplicated)}`;
  return known(
    seen / of,
    'share',
    `${ofAll(seen, of)} watched mailboxes showed it, ${last}; ${doubled}; ${watchedIn(record)}`,
  );
}

function amplification(record: RunRecord): Answer {
  const unit = 'copies a message';
  const { ledger, plan } = record;
  if (ledger === null || plan === null || ledger.messages === 0)
    return unknown(unit, 'nobody read the mailboxes at the end');
  const made = record.amplification ?? null;
  const sampled = sampleWords(ledger);
  // The ledger holds the sample's copies; what the tally counted is of all mailboxes.
  const copies = sampled === '' ? ledger.copiesAccepted : (made?.copies ?? null);
  const messages = sampled === '' ? ledger.messages : (made?.messages ?? 0);
  if (copies === null || messages === 0) return unknown(unit, `only a sample was followed:${sampled}`);
  const aside =
    sampled === '' ? '' : `; counted by the answers to submissions, since the ledger followed${sampled}`;
  const counted = `${formatCount(copies)} copies of ${formatCount(messages)} messages; ${formatCount(ledger.listMessages)} messages were for ${formatCount(plan.mailboxes)} mailboxes each, where one colleague or one list was meant${aside}`;
  if (made === null || made.deliveredPerMessage === null) return known(copies / messages, unit, counted);
  const count = (one: number | null): string => (one === null ? 'not known' : formatCount(one));
  return known(
    made.deliveredPerMessage,
    unit,
    `${counted}; with what nobody wrote: auto-replies ${count(made.autoReplies)}, bounces ${count(made.bounces)}, receipts ${count(made.receipts)}; a message to everybody was for ${formatCount(made.intendedRecipients)} recipients`,
  );
}

function replies(record: RunRecord): Answer {
  const { readings, replies: drawn, timeline, cascade } = record;
  if (readings === undefined) return unknown('replies to all', 'nobody counted what was sent');
  const { accepted, refused, unknown: open } = readings.toAll;
  if (accepted + refused + open === 0) return unknown('replies to all', 'nothing was sent to everybody');
  const recalls = recallsTaken(record);
  if (recalls === null)
    return unknown('replies to all', 'nobody counted which messages to everybody took one back');
  const peak = Math.max(0, ...timeline.map((one) => one.copiesAccepted / (one.lengthUs / 1e6)));
  const drawnRatio = drawn === undefined || drawn.drawn === 0 ? null : drawn.toReplies / drawn.drawn;
  // What came about, where it was counted; else what the plan drew.
  const ratio = cascade?.branchingRatio ?? drawnRatio;
  const branching =
    ratio === null ? 'branching not known' : `${ratio.toFixed(2)} replies provoked by a reply`;
  const starved = cascade?.starved ?? null;
  const mode =
    cascade?.mode === 'coupled'
      ? `each waited to see what it answers${starved === null ? '' : ` (${formatCount(starved.replies)} never did)`}; `
      : '';
  return known(
    Math.max(0, accepted - 1 - recalls),
    'replies to all',
    `${mode}taken by the mail system, beside the blast${recalls === 0 ? '' : ` and ${formatCount(recalls)} that take one back`}; refused ${formatCount(refused)}, unknown ${formatCount(open)}; ${branching}; at most ${formatCount(Math.round(peak))} copies taken in a second`,
  );
}

/** Messages taken that take one back: to everybody, and no replies. Null where they were planned and not counted. */
function recallsTaken(record: RunRecord): number | null {
  return (record.plan?.recalls ?? 0) === 0 ? 0 : (record.amplification?.recalls ?? null);
}

/** The queue's own stalls where a probe looked at it and the books were closed; else what watched mailboxes felt. */
function stalls({ aftermath, manners }: RunRecord): Answer {
  const queue = manners?.find(({ manner }) => manner === 'stalled');
  if (queue !== undefined && queue.looked > 0)
    return known(
      queue.count,
      'stalls',
      `${formatCount(queue.looked)} s of looking at the queue; a stall is a stretch in which it owed mail and none of it left; ${silenceWords(aftermath)}`,
    );
  if (aftermath === undefined) return unknown('stalls', 'nobody watched mail arrive');
  if (aftermath.silences === null) return unknown('stalls', aftermath.silencesBecause);
  return known(
    aftermath.silences.length,
    'silences',
    `whether the queue itself stood still is not known; ${silenceWords(aftermath)}`,
  );
}

function silenceWords(aftermath: RunRecord['aftermath']): string {
  if (aftermath === undefined) return 'silences at watched mailboxes: not known';
  const { silences, silencesBecause, silenceUs } = aftermath;
  if (silences === null) return `silences at watched mailboxes: not known, ${silencesBecause}`;
  const longest = Math.max(0, ...silences.map(({ startUs, endUs }) => endUs - startUs));
  const shortest = silenceUs === null ? '' : ` of ${formatDuration(silenceUs)} or more`;
  return `silences at watched mailboxes${shortest}: ${formatCount(silences.length)}${longest > 0 ? `, the longest ${formatDuration(longest)}` : ''} (${silencesBecause})`;
}

function windowsIn(record: RunRecord): string {
  const { recovery } = record;
  const judged = recovery?.windows.filter(({ state }) => state !== 'unknown').length ?? 0;
  return `${ofAll(judged, recovery?.windows.length ?? 0)} windows of ${formatDuration(recovery?.windowUs ?? 0)} had enough samples of ${entryNoun(record).andOpening} and test results`;
}

function detected(record: RunRecord): Answer {
  const { recovery } = record;
  const sentUs = blastUs(record);
  if (recovery === undefined || recovery.percentile === null || sentUs === null)
    return unknown('us', 'too few samples before the storm to compare with');
  if (recovery.windows.every(({ state }) => state === 'unknown'))
    return unknown('us', 'no window has enough samples', windowsIn(record));
  const rule = `worse: p${recovery.percentile} over ${recovery.tolerance} times that before; ${windowsIn(record)}; nothing here acts against the storm, so there is no time to mitigation`;
  if (recovery.firstWorseUs === null) return known('never worse than before', null, rule);
  return known(recovery.firstWorseUs - sentUs, 'us', rule);
}

function guard(record: RunRecord): Answer {
  const { readings, simulation, ledger } = record;
  if (simulation !== undefined)
    return simulation.guardFromUs === null
      ? unknown('us', 'the simulated system has no guard, or it never had cause to act')
      : known(simulation.guardFromUs, 'us', 'storm time, in the model');
  const sentUs = blastUs(record);
  if (readings === undefined || !readings.guard.expected || sentUs === null)
    return unknown('us', 'the profile does not say how the guard refuses (guardExpected)');
  const { firstUs, refused, letThroughAfter, bystandersBlocked } = readings.guard;
  const { accepted } = readings.toAll;
  const evidence = `${formatCount(refused)} messages to everybody refused as expected, ${formatCount(accepted)} taken, ${formatCount(letThroughAfter)} of them begun after the first refusal; ${formatCount(bystandersBlocked)} messages of bystanders blocked; ${bounces(ledger)}`;
  return firstUs === null
    ? known('never', null, evidence)
    : known(Math.max(0, firstUs - sentUs), 'us', evidence);
}

/** Those that a mitigation may have caused: by what they were about, where the ledger traced them. */
function bounces(ledger: RunRecord['ledger']): string {
  if (ledger === null) return 'bounces: not known';
  const found = ledger.notices.filter(({ kind, about }) => kind === 'bounce' && about === 'list');
  return `bounces of messages to everybody: ${formatCount(found.reduce((sum, { count }) => sum + count, 0))}`;
}

function majorIncident(record: RunRecord): Answer {
  const { recovery } = record;
  const sentUs = blastUs(record);
  const { many } = entryNoun(record);
  const judged = recovery?.windows.filter(({ major }) => major !== null).length ?? 0;
  if (recovery === undefined || judged === 0 || sentUs === null)
    return unknown('us', `no window has enough ${many} to tell`);
  const rule = `more than ${+(recovery.majorShare * 100).toPrecision(2)} % of the ${many} failing in a window; ${judged} windows of ${formatDuration(recovery.windowUs)} had 20 ${many} or more`;
  if (recovery.majorIncidentUs === null) return known('not reached', null, rule);
  return known(recovery.majorIncidentUs - sentUs, 'us', rule);
}
