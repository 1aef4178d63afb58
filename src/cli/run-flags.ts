/** The flags of `run`, read into choices or into every problem at once. Connects to nothing. */

import { availableParallelism } from 'node:os';
import type { Argv } from 'yargs';
import { strangersAt } from '../profile/at-doors.ts';
import type { Profile } from '../profile/schema.ts';
import { REPLY_MODES, type ReplyMode } from '../profile/storm-schema.ts';
import { parseSpeed } from '../units.ts';
import { USUAL_DOORS, type Doors } from '../words.ts';
import { withAccessFlags, type AccessFlags } from './access-flags.ts';
import type { MischiefConfig } from '../target/mischief.ts';
import { type DashboardFlags, withDashboardFlags } from './dashboard.ts';
import { doorsOf, meantDoors } from './doors.ts';
import { EMBEDDED_ACCOUNTS } from './embedded.ts';
import { type Gauge, readGauges } from './gauge.ts';
import { type MetricsChoices, type MetricsFlags, readMetrics, withMetricsFlags } from './metrics-flags.ts';
import { MISBEHAVE_FLAG, readMisbehave } from './misbehave-flag.ts';
import { tooFew } from './identities.ts';
import { readNamed, type NamedTarget } from './named-target.ts';
import { type SubmitFlags, withPolicyFlags } from './submit-flags.ts';

/** Most load threads: beyond that a machine has no cores for them. */
const MAX_WORKERS = 64;

/** Flags that shape the plan: shared by run and plan. */
export function withPlanFlags<T>(argv: Argv<T>) {
  return argv
    .option('mailboxes', {
      type: 'number',
      requiresArg: true,
      describe: "Mailboxes to use; the profile's population.scaledTo by default",
    })
    .option('speed', {
      type: 'string',
      requiresArg: true,
      describe:
        "Compression of storm time, for example 60x, or max for no gaps at all; the profile's by default",
    })
    .option('seed', {
      type: 'number',
      requiresArg: true,
      describe: "Seed of everything drawn; the profile's by default",
    })
    .option('mode', {
      choices: REPLY_MODES,
      requiresArg: true,
      describe:
        "When a reply leaves: by the plan (open), or once its author saw what it answers (coupled); the profile's, else open",
    });
}

/** Flags that say how mail gets in. */
function withSubmitFlags<T>(argv: Argv<T>) {
  return argv
    .option('submit', {
      type: 'string',
      requiresArg: true,
      describe:
        'Submission server: smtp://, smtps://, lmtp://, jmap+http(s):// or http(s)://host:port (--mail-api); without it the embedded target, by SMTP or with jmap by JMAP',
    })
    .option('inbound', {
      type: 'string',
      requiresArg: true,
      describe:
        'Where mail from outside is handed in without a sign-in: smtp://host:port, 25 by default; the profile says how much there is (fromOutside)',
    })
    .option('list', {
      type: 'string',
      requiresArg: true,
      describe: 'Address the target expands to everybody; without it every recipient is addressed',
    })
    .option('relay-user', {
      type: 'string',
      requiresArg: true,
      describe: 'Submit everything as this account instead of as each author',
    })
    .option('relay-password-env', {
      type: 'string',
      requiresArg: true,
      default: 'REPLYSTORM_RELAY_PASSWORD',
      describe: "Environment variable with that account's password",
    });
}

/** All flags of run. */
export function withRunFlags<T>(argv: Argv<T>) {
  return withDashboardFlags(
    withMetricsFlags(withPolicyFlags(withSubmitFlags(withAccessFlags(withPlanFlags(argv))))),
  )
    .option('queue-probe', {
      type: 'string',
      requiresArg: true,
      describe: 'Command (or loopback URL) that prints how many messages the target still owes',
    })
    .option('probe', {
      type: 'string',
      array: true,
      nargs: 1,
      requiresArg: true,
      describe:
        'A gauge to draw beside the storm: NAME=URL on this machine, NAME=command:COMMAND, with a unit NAME[UNIT]=...; may be given again',
    })
    .option('workers', {
      type: 'number',
      requiresArg: true,
      describe: 'Load threads; one beside the embedded target, else cores minus one',
    })
    .option('spin', {
      type: 'boolean',
      default: false,
      describe: 'Load threads look at the clock without pause: less lag, at the price of a core each',
    })
    .option('tls', {
      type: 'boolean',
      default: false,
      describe: 'Embedded target: offer STARTTLS with a generated authority',
    })
    .option('misbehave', MISBEHAVE_FLAG)
    .option('allow-foreign', {
      type: 'boolean',
      default: false,
      describe: 'Run although mailboxes hold mail that is not ours; it is never touched',
    })
    .option('provisioned', {
      type: 'string',
      requiresArg: true,
      describe: 'Id of the provision whose mail is ours too',
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'The run directory; runs/<run id> by default',
    })
    .option('json', { type: 'boolean', default: false, describe: 'record.json on standard output' })
    .option('quiet', { type: 'boolean', default: false, describe: 'Nothing but the last line' })
    .option('yes', { type: 'boolean', default: false, describe: 'Do not ask before a named target is hit' });
}

export interface PlanFlags {
  readonly mailboxes?: number | undefined;
  readonly speed?: string | undefined;
  readonly seed?: number | undefined;
  readonly mode?: ReplyMode | undefined;
}

export interface RunFlags extends PlanFlags, AccessFlags, SubmitFlags, MetricsFlags, DashboardFlags {
  readonly profile: string;
  readonly submit?: string | undefined;
  readonly inbound?: string | undefined;
  readonly list?: string | undefined;
  readonly relayUser?: string | undefined;
  readonly relayPasswordEnv: string;
  readonly queueProbe?: string | undefined;
  readonly probe?: readonly string[] | undefined;
  readonly workers?: number | undefined;
  readonly tls: boolean;
  readonly misbehave?: string | undefined;
  readonly spin: boolean;
  readonly allowForeign: boolean;
  readonly provisioned?: string | undefined;
  readonly out?: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly yes: boolean;
}

export interface PlanChoices {
  readonly mailboxes: number;
  readonly speed: number;
  readonly seed: number;
  readonly mode: ReplyMode;
  /** SMTP and IMAP unless a run goes through others. */
  readonly doors?: Doors;
}

export interface RunChoices {
  readonly plan: PlanChoices;
  readonly workers: number;
  /** Undefined: the embedded target. */
  readonly named: NamedTarget | undefined;
  /** The operator's gauges, of flags and profile. */
  readonly gauges: readonly Gauge[];
  /** What the embedded target does wrong on purpose. */
  readonly mischief: MischiefConfig | undefined;
  readonly metrics: MetricsChoices;
}

/** The plan's size, speed and seed: flags over the profile. */
export function readPlanChoices(flags: PlanFlags, profile: Profile): PlanChoices | readonly string[] {
  const problems: string[] = [];
  const { mailboxes = profile.population.scaledTo, seed = profile.seed } = flags;
  const speed =
    flags.speed === undefined ? { ok: true as const, value: profile.speed } : parseSpeed(flags.speed);
  if (!Number.isInteger(mailboxes) || mailboxes < 2 || mailboxes > 10_000_000)
    problems.push(`--mailboxes: found ${mailboxes}, expected a whole number from 2 to 10000000`);
  if (!Number.isSafeInteger(seed) || seed < 0)
    problems.push(`--seed: found ${seed}, expected a whole number from 0`);
  if (!speed.ok) problems.push(`--speed: found ${JSON.stringify(flags.speed)}, expected ${speed.expected}`);
  if (problems.length > 0 || !speed.ok) return problems;
  return { mailboxes, seed, speed: speed.value, mode: flags.mode ?? profile.replies.mode ?? 'open' };
}

/** Reads all choices of a run; every problem at once. */
export async function readRunChoices(
  flags: RunFlags,
  profile: Profile,
): Promise<
  | { readonly ok: true; readonly choices: RunChoices }
  | { readonly ok: false; readonly problems: readonly string[] }
> {
  const plan = readPlanChoices(flags, profile);
  const problems = 'speed' in plan ? [] : [...plan];
  const meant = meantDoors(flags.submit, flags.mailbox);
  if (meant.kind === 'problem') return { ok: false, problems: [...problems, meant.problem] };
  const named = meant.kind === 'embedded' ? undefined : await readNamed(flags, profile);
  if (named !== undefined && 'problems' in named) problems.push(...named.problems);
  const misbehave = readMisbehave(flags.misbehave, profile.embeddedTarget.misbehave);
  if (!misbehave.ok) problems.push(...misbehave.problems);
  if (named === undefined) problems.push(...embeddedProblems(flags));
  else if ('accounts' in named && 'speed' in plan) {
    const few = tooFew(named.accounts, plan.mailboxes);
    if (few !== undefined) problems.push(few);
  }
  const workers = flags.workers ?? (named === undefined ? 1 : Math.max(1, availableParallelism() - 1));
  if (!Number.isInteger(workers) || workers < 1 || workers > MAX_WORKERS)
    problems.push(`--workers: found ${workers}, expected a whole number from 1 to ${MAX_WORKERS}`);
  const readings = readGauges(flags.probe ?? [], profile);
  if (!readings.ok) problems.push(...readings.problems);
  const metrics = readMetrics(flags, profile);
  if (!('lingerUs' in metrics)) problems.push(...metrics);
  if (problems.length > 0 || !readings.ok || !misbehave.ok || !('speed' in plan) || !('lingerUs' in metrics))
    return { ok: false, problems };
  if (named !== undefined && 'problems' in named) return { ok: false, problems };
  const { gauges } = readings;
  const own = meant.kind === 'embedded' ? meant.doors : USUAL_DOORS;
  const doors = named === undefined ? own : doorsOf(named.submit, named.mailbox);
  const strangers = strangersAt(profile.thresholds, doors);
  if (strangers.length > 0) return { ok: false, problems: strangers };
  return {
    ok: true,
    choices: { plan: { ...plan, doors }, workers, named, gauges, mischief: misbehave.mischief, metrics },
  };
}

/** Flags that mean nothing beside the embedded target are errors: silence would let somebody believe in them. */
function embeddedProblems(flags: RunFlags): string[] {
  const given: string[] = (
    [
      'accounts',
      'accountsFile',
      'masterUser',
      'tokenCommand',
      'passwordFile',
      'passwordCommand',
      'tlsCa',
      'tlsServerName',
      'inbound',
      'relayUser',
      'queueProbe',
      'list',
      'smtpDeadlines',
      'mailApi',
      'sourceAddresses',
    ] as const
  ).filter((name) => flags[name] !== undefined);
  if (flags.reconnect) given.push('reconnect');
  return given.map(
    (name) =>
      `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: found it without --submit and --mailbox, expected both (the embedded target has ${EMBEDDED_ACCOUNTS} and a list of its own)`,
  );
}
