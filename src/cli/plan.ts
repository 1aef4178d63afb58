/** `plan`: what would be sent, and when. No traffic, no clock. */

import { writeFileSync } from 'node:fs';
import type { Argv } from 'yargs';
import { curveSvg, curveText, type Curve } from '../report/picture.ts';
import { clientCount } from '../storm/clients.ts';
import { stormCurve } from '../storm/curve.ts';
import { makeComposer } from '../storm/messages.ts';
import { recallCount } from '../storm/amplifiers.ts';
import { expectedAmplification, hasAmplifiers } from '../storm/expected.ts';
import { copiesOf, listMessage, makePlan, planTotals, type Plan, type PlanTotals } from '../storm/plan.ts';
import { formatBytes, formatCount, formatDuration, formatSpeed } from '../units.ts';
import { PHASES } from '../words.ts';
import { connectionsOf, sittersOf } from './connections.ts';
import { EMBEDDED_ACCOUNTS, EMBEDDED_LIST } from './embedded.ts';
import { loadProfile } from './files.ts';
import { readPlanChoices, withPlanFlags, type PlanFlags } from './run-flags.ts';
import { SCHEDULE_FORMATS, writeSchedule, type ScheduleFormat } from './schedule.ts';
import { usageError } from './usage.ts';

export interface PlanCommandFlags extends PlanFlags {
  readonly profile: string;
  readonly json: boolean | undefined;
  readonly format: ScheduleFormat | undefined;
  readonly svg: string | undefined;
}

/** The flags of `plan`. */
export function withPlanCommandFlags<T>(argv: Argv<T>) {
  return withPlanFlags(argv)
    .option('json', { type: 'boolean', describe: 'The totals as one JSON object' })
    .option('format', {
      choices: SCHEDULE_FORMATS,
      requiresArg: true,
      describe: 'The whole schedule instead of the totals, a row a journey',
    })
    .option('svg', { type: 'string', requiresArg: true, describe: 'Draws the storm into this file' })
    .conflicts('format', ['json', 'svg']);
}

/** Columns of the terminal's picture, and stretches of the file's. */
const TERMINAL_COLUMNS = 72;
const SVG_STRETCHES = 152;

/** Prints the plan's totals or its schedule; resolves with the exit code. Bytes assume the embedded target's addresses. */
export async function planCommand(flags: PlanCommandFlags): Promise<number> {
  const loaded = loadProfile(flags.profile);
  if (!loaded.ok) return usageError(loaded.problems);
  const choices = readPlanChoices(flags, loaded.profile);
  if (!('speed' in choices)) return usageError(choices);
  const plan = makePlan(loaded.profile, choices);
  if (flags.format !== undefined) {
    await writeSchedule(plan, flags.format, process.stdout);
    return 0;
  }
  if (flags.svg !== undefined) {
    try {
      writeFileSync(flags.svg, curveSvg(curveOf(plan, SVG_STRETCHES)));
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      return usageError([`--svg ${flags.svg}: found no file that can be written (${words})`]);
    }
  }
  const addressing = {
    runId: 'plan',
    accounts: { pattern: EMBEDDED_ACCOUNTS, first: 0 },
    list: EMBEDDED_LIST,
    startedAtMs: 0,
  };
  const totals = planTotals(plan, makeComposer(plan, addressing).sizeOf);
  process.stdout.write(flags.json === true ? totalsJson(plan, totals) : totalsText(plan, totals));
  return 0;
}

/** What the plan's instants are in either mode. */
const MODE_WORDS: Readonly<Record<Plan['mode'], string>> = {
  open: 'open: replies leave by this plan',
  coupled: 'coupled: the same tree; a reply leaves later the later its author sees what it answers, or never',
};

function totalsJson(plan: Plan, totals: PlanTotals): string {
  const { profile, seed, mailboxes, mode, watchers, cohorts } = plan;
  const { digest, messages, copies, bytes, peakCopiesPerSecond, durationUs } = totals;
  const shown = {
    profile: profile.profile,
    seed,
    digest,
    mailboxes,
    messages,
    copies,
    bytes,
    peakCopiesPerSecond,
    durationUs,
    amplification: messages === 0 ? null : copies / messages,
    connections: {
      submit: profile.limits.smtpConnections,
      mailbox: profile.limits.imapConnections,
      watchers: watchers.length,
      clients: clientCount(profile),
      authors: sittersOf(plan),
      inAll: connectionsOf(profile, plan),
    },
    clients: profile.clients ?? null,
    sessionsPerUser: profile.limits.sessionsPerUser ?? null,
    cohorts: cohorts?.names.map((name, cohort) => ({ name, mailboxes: cohorts.sizes[cohort] })) ?? null,
    mode,
    ...(hasAmplifiers(profile) ? { expected: expectedAmplification(plan) } : {}),
  };
  return `${JSON.stringify(shown)}\n`;
}

function totalsText(plan: Plan, totals: PlanTotals): string {
  const { profile, seed, mailboxes, speed, mode, lengthsUs } = plan;
  const { digest, messages, listMessages, copies, bytes, peakCopiesPerSecond, durationUs } = totals;
  const { low, high, chosen } = profile.replies.replyAlls;
  const each = messages === 0 ? 'no data' : formatCount(copies / messages);
  const rows: readonly (readonly [string, string])[] = [
    ['profile', `${profile.profile}: ${profile.title}`],
    ['seed, digest', `${seed}, ${digest}`],
    ['mailboxes', `${formatCount(mailboxes)} standing for ${formatCount(profile.population.mailboxes)}`],
    [
      'reply-alls',
      `${formatCount(listMessages - 1 - recallCount(plan.cascade))} drawn, ${chosen} chosen of ${low} to ${high}`,
    ],
    ['mode', MODE_WORDS[mode]],
    ['messages', formatCount(messages)],
    [
      'copies',
      `${formatCount(copies)}, ${formatBytes(bytes)}${copies === 0 ? '' : `, ${formatBytes(bytes / copies)} each on average`}`,
    ],
    [
      'amplification',
      `${formatCount(copiesOf(plan, listMessage(plan, 0)))} copies of a message to all, ${each} of a message on average`,
    ],
    ...amplifierRows(plan),
    ['peak', `${formatCount(peakCopiesPerSecond)} copies/s`],
    ['connections', connectionWords(plan)],
    ...clientRows(plan),
    ...cohortRows(plan),
    ['duration', `at most ${formatDuration(durationUs)} at ${formatSpeed(speed)}`],
    ...PHASES.map(
      (phase) =>
        [`  ${phase}`, `${phase === 'drain' ? 'at most ' : ''}${formatDuration(lengthsUs[phase])}`] as const,
    ),
  ];
  const lines = [...rows.map(([name, value]) => `${name.padEnd(15)}${value}`), ''];
  return `${[...lines, ...curveText(curveOf(plan, TERMINAL_COLUMNS))].join('\n')}\n`;
}

/** What nobody will have written, from a target that does as the profile says. */
function amplifierRows(plan: Plan): readonly (readonly [string, string])[] {
  const { list, amplifiers } = plan.profile;
  if (!hasAmplifiers(plan.profile)) return [];
  const expected = expectedAmplification(plan);
  const { away, autoReplies, dead, bounces, receiptsAtMost, recalls, senderCopies } = expected;
  const silent = amplifiers?.autoSubmitted === true ? ', who answer no Auto-Submitted mail' : '';
  const rows: readonly (readonly [boolean, string, string])[] = [
    [
      amplifiers?.outOfOffice !== undefined,
      '  auto-replies',
      `${formatCount(autoReplies)} expected, at most ${formatCount(away)} to one author (${formatCount(away)} people away${silent})`,
    ],
    [
      amplifiers?.deadRecipients !== undefined,
      '  bounces',
      `${formatCount(bounces)} expected, ${formatCount(dead)} for each message to all`,
    ],
    [amplifiers?.readReceipts !== undefined, '  receipts', `at most ${formatCount(receiptsAtMost)}`],
    [amplifiers?.recalls !== undefined, '  recalls', `${formatCount(recalls)} more messages to all`],
    [
      list?.replyTo === 'list+sender',
      '  to senders',
      `${formatCount(senderCopies)} second copies expected, of replies to whom they answer`,
    ],
  ];
  return rows.filter(([shown]) => shown).map(([, name, words]) => [name, words]);
}

function connectionWords(plan: Plan): string {
  const { profile, watchers, mode } = plan;
  const { smtpConnections, imapConnections } = profile.limits;
  const { sample } = profile.quiescence;
  const lasting = `${formatCount(watchers.length)} watch, ${formatCount(sample)} tell when it is quiet, ${formatCount(clientCount(profile))} clients stand open`;
  const authors =
    mode === 'coupled' ? `, ${formatCount(sittersOf(plan))} authors wait for what they answer` : '';
  return `at most ${formatCount(connectionsOf(profile, plan))}: ${formatCount(smtpConnections)} to submit, ${formatCount(imapConnections)} to mailboxes; beside them ${lasting}${authors}`;
}

/** Sessions that stand open, by kind; nothing where the profile keeps none. */
function clientRows({ profile: { clients, limits } }: Plan): (readonly [string, string])[] {
  const { poll, idle, push } = clients ?? {};
  const kinds = [
    ...(poll === undefined ? [] : [`${formatCount(poll.sessions)} look each ${formatDuration(poll.every)}`]),
    ...(idle === undefined ? [] : [`${formatCount(idle.sessions)} wait in IDLE`]),
    ...(push === undefined ? [] : [`${formatCount(push.sessions)} are pushed to`]),
  ];
  const most = limits.sessionsPerUser;
  const each = most === undefined ? [] : [`at most ${formatCount(most)} sessions a person`];
  const words = [...kinds, ...each];
  return words.length === 0 ? [] : [['clients', words.join(', ')]];
}

/** Groups of mailboxes; nothing where the profile names none. */
function cohortRows({ cohorts }: Plan): (readonly [string, string])[] {
  if (cohorts === undefined) return [];
  const words = cohorts.names.map(
    (name, cohort) => `${name} ${formatCount(cohorts.sizes[cohort] as number)}`,
  );
  return [['cohorts', `${words.join(', ')} (mailboxes)`]];
}

function curveOf(plan: Plan, stretches: number): Curve {
  const points = stormCurve(plan, stretches).map(({ fromUs, toUs, copies }) => ({
    fromUs,
    toUs,
    perSecond: copies / ((toUs - fromUs) / 1_000_000),
  }));
  return {
    title: `${plan.profile.title}: copies/s of the blast and its replies, planned`,
    note: `copies per second, averaged over ${formatDuration(plan.lengthsUs.storm / stretches)}`,
    points,
  };
}
