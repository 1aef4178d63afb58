/** The command line that a record keeps, so that its storm can be run again: every choice that shapes it, no secret, no name. */

import { shellWord } from '../report/command.ts';
import { formatSpeed } from '../units.ts';
import type { PlanChoices } from '../storm/plan.ts';
import type { PlanFlags, RunChoices, RunFlags } from './run-flags.ts';

/** How a flag is kept: as it was given, or as a word that says what belongs there. */
type Kept = 'shown' | 'ACCOUNTS' | 'COMMAND' | 'FILE' | 'LIST' | 'PROBE' | 'USER';

/**
 * What is an account, a list's address, or a command or file of the operator's own is not told: a command may hold a
 * secret, and a record is passed around.
 */
const KEPT: readonly (readonly [keyof RunFlags, Kept])[] = [
  ['submit', 'shown'],
  ['mailbox', 'shown'],
  ['inbound', 'shown'],
  ['list', 'LIST'],
  ['accounts', 'ACCOUNTS'],
  ['accountsFile', 'FILE'],
  ['masterUser', 'USER'],
  ['relayUser', 'USER'],
  ['passwordFile', 'FILE'],
  ['passwordCommand', 'COMMAND'],
  ['tokenCommand', 'COMMAND'],
  ['queueProbe', 'PROBE'],
  ['mailApi', 'shown'],
  ['tlsCa', 'FILE'],
  ['tlsServerName', 'shown'],
  ['targetIs', 'shown'],
  ['smtpDeadlines', 'shown'],
  ['sourceAddresses', 'shown'],
  ['misbehave', 'shown'],
  ['provisioned', 'shown'],
];

const SWITCHES: readonly (keyof RunFlags)[] = ['tls', 'tlsInsecure', 'reconnect', 'spin', 'allowForeign'];

/** What `run` was asked for. */
export function runCommandLine(
  flags: RunFlags,
  { plan, workers }: Pick<RunChoices, 'plan' | 'workers'>,
): string {
  const kept = KEPT.flatMap(([name, how]) => {
    const value = flags[name];
    if (typeof value !== 'string') return [];
    return [`--${dashed(name)} ${how === 'shown' ? shellWord(withoutUser(value)) : how}`];
  });
  const switches = SWITCHES.filter((name) => flags[name] === true).map((name) => `--${dashed(name)}`);
  const first =
    flags.accounts !== undefined && flags.firstAccount !== 0 ? [`--first-account ${flags.firstAccount}`] : [];
  return [
    ...started('run', flags.profile, plan),
    `--workers ${workers}`,
    ...kept,
    ...first,
    ...switches,
  ].join(' ');
}

/** What `simulate` was asked for. */
export function simulateCommandLine(
  { profile, set }: PlanFlags & { readonly profile: string; readonly set: string | undefined },
  plan: PlanChoices,
): string {
  return [
    ...started('simulate', profile, plan),
    ...(set === undefined ? [] : [`--set ${shellWord(set)}`]),
  ].join(' ');
}

function started(command: string, profile: string, plan: PlanChoices): readonly string[] {
  const { seed, mailboxes, speed, mode } = plan;
  const size = `--seed ${seed} --mailboxes ${mailboxes} --speed ${formatSpeed(speed)} --mode ${mode ?? 'open'}`;
  return [`replystorm ${command} ${shellWord(profile)}`, size];
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A URL may carry who signs in. */
function withoutUser(value: string): string {
  return value.replace(/:\/\/[^/\s@]*@/, '://');
}
