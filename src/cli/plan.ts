/** `plan`: what would be sent, and when. No traffic, no clock. */

import { makeComposer } from '../storm/messages.ts';
import { makePlan, planTotals } from '../storm/plan.ts';
import { formatBytes, formatCount, formatDuration } from '../units.ts';
import { PHASES } from '../words.ts';
import { EMBEDDED_ACCOUNTS, EMBEDDED_LIST } from './embedded.ts';
import { loadProfile } from './files.ts';
import { readPlanChoices, type PlanFlags } from './run-flags.ts';
import { usageError } from './usage.ts';

export interface PlanCommandFlags extends PlanFlags {
  readonly profile: string;
  readonly json: boolean;
}

/** Prints the plan's totals; resolves with the exit code. Bytes assume the embedded target's addresses. */
export function planCommand(flags: PlanCommandFlags): number {
  const loaded = loadProfile(flags.profile);
  if (!loaded.ok) return usageError(loaded.problems);
  const choices = readPlanChoices(flags, loaded.profile);
  if (!('speed' in choices)) return usageError(choices);
  const plan = makePlan(loaded.profile, choices);
  const addressing = {
    runId: 'plan',
    accounts: { pattern: EMBEDDED_ACCOUNTS, first: 0 },
    list: EMBEDDED_LIST,
    startedAtMs: 0,
  };
  const totals = planTotals(plan, makeComposer(plan, addressing).sizeOf);
  const { digest, messages, copies, bytes, peakCopiesPerSecond, durationUs, listMessages } = totals;
  if (flags.json) {
    const shown = {
      profile: loaded.profile.profile,
      seed: choices.seed,
      digest,
      mailboxes: choices.mailboxes,
      messages,
      copies,
      bytes,
      peakCopiesPerSecond,
      durationUs,
    };
    process.stdout.write(`${JSON.stringify(shown)}\n`);
    return 0;
  }
  const { low, high, chosen } = loaded.profile.replies.replyAlls;
  const rows: readonly (readonly [string, string])[] = [
    ['profile', `${loaded.profile.profile}: ${loaded.profile.title}`],
    ['seed, digest', `${choices.seed}, ${digest}`],
    [
      'mailboxes',
      `${formatCount(choices.mailboxes)} standing for ${formatCount(loaded.profile.population.mailboxes)}`,
    ],
    ['reply-alls', `${formatCount(listMessages - 1)} drawn, ${chosen} chosen of ${low} to ${high}`],
    ['messages', formatCount(messages)],
    ['copies', `${formatCount(copies)}, ${formatBytes(bytes)}`],
    ['peak', `${formatCount(peakCopiesPerSecond)} copies/s`],
    ['duration', `at most ${formatDuration(durationUs)} at ${choices.speed}x`],
    ...PHASES.map(
      (phase) =>
        [
          `  ${phase}`,
          `${phase === 'drain' ? 'at most ' : ''}${formatDuration(plan.lengthsUs[phase])}`,
        ] as const,
    ),
  ];
  process.stdout.write(rows.map(([name, value]) => `${name.padEnd(14)}${value}\n`).join(''));
  return 0;
}
