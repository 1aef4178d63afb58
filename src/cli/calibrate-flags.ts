/** The flags of `calibrate`, read into a load or into every problem at once. Connects to nothing. */

import type { Argv } from 'yargs';
import type { EndpointRequest } from '../profile/guard.ts';
import type { Load } from '../replay/calibration.ts';
import type { SubmitPolicy } from '../replay/submit-policy.ts';
import type { AccountPattern } from '../storm/audience.ts';
import type { Pace } from '../storm/schedule.ts';
import { parseBytes, parseDurationUs } from '../units.ts';
import { readAuthority } from './access-flags.ts';
import { choice, count, countProblems, text, textOr } from './calibrate-options.ts';
import { readAccounts } from './identities.ts';
import { readEndpoint } from './endpoints.ts';
import { readSubmitPolicy, type SubmitFlags, withPolicyFlags } from './submit-flags.ts';

export interface CalibrateFlags extends SubmitFlags {
  readonly protocol: string;
  readonly submit: string;
  readonly messages: number;
  readonly recipients: number;
  readonly size: string;
  readonly connections: number;
  readonly workers: number;
  readonly rate?: number | undefined;
  readonly duration: string;
  readonly grace: string;
  readonly poisson: boolean;
  readonly seed: number;
  readonly pipelining: boolean;
  readonly spin: boolean;
  readonly rampTo?: number | undefined;
  readonly accounts: string;
  readonly firstAccount: number;
  readonly signIn: boolean;
  readonly passwordEnv: string;
  readonly tlsCa?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly tlsInsecure: boolean;
  readonly profile?: string | undefined;
  readonly targetIs?: string | undefined;
  readonly out?: string | undefined;
  readonly json: boolean;
}

/** The flags of calibrate. */
export function withCalibrateFlags<T>(y: Argv<T>) {
  return withPolicyFlags(withCalibrateTarget(withCalibrateLoad(y)))
    .option('out', text('Directory for calibration.json and intervals.hlog'))
    .option('json', { type: 'boolean', default: false, describe: 'As one JSON object' });
}

function withCalibrateLoad<T>(y: Argv<T>) {
  return y
    .positional('protocol', {
      type: 'string',
      choices: ['smtp', 'imap', 'http', 'jmap'] as const,
      demandOption: true,
      describe: 'Engine',
    })
    .option('messages', count(10_000, 'Messages to send as fast as they go'))
    .option('recipients', count(1, 'Recipients of each message'))
    .option('size', textOr('1kB', 'Size of each message, for example 10kB'))
    .option('connections', count(10, 'Connections in all'))
    .option('workers', count(1, 'Load threads'))
    .option('rate', {
      type: 'number',
      requiresArg: true,
      describe: 'Copies a second: paced, for --duration, not as fast as it goes',
    })
    .option('ramp-to', {
      type: 'number',
      requiresArg: true,
      describe: 'Paced: from --rate to this many copies a second, in proportion to time',
    })
    .option('duration', textOr('60s', 'How long a paced calibration lasts'))
    .option('grace', textOr('60s', 'Paced: how long what is under way at the end may take'))
    .option('poisson', choice(false, 'Paced: memoryless arrivals instead of even ones'))
    .option('seed', count(1, 'Seed of memoryless arrivals'))
    .option(
      'spin',
      choice(false, 'Look at the clock without pause: less lag, at the price of a core a worker'),
    )
    .option('pipelining', choice(true, '--no-pipelining: one command a round trip'));
}

function withCalibrateTarget<T>(y: Argv<T>) {
  return y
    .option('submit', {
      ...text('smtp://, smtps:// or lmtp://host:port, ?tls=off|required'),
      demandOption: true,
    })
    .option('accounts', textOr('user{n}@lab.test', 'Recipients'))
    .option('first-account', count(0, 'The number that {n} begins with'))
    .option('sign-in', choice(false, 'Sign in as the first account, with the password of --password-env'))
    .option('password-env', textOr('REPLYSTORM_PASSWORD', 'Environment variable with the password'))
    .option('tls-ca', text('PEM file of the authority that signed the target certificate'))
    .option('tls-server-name', text('Name the certificate must carry'))
    .option('tls-insecure', choice(false, 'Do not verify certificates'))
    .option('profile', text('Profile whose blastRadius covers the target; required off loopback'))
    .option('target-is', text("Must equal the profile's blastRadius.name"));
}

export type CalibrateChoices =
  | {
      readonly ok: true;
      readonly submit: EndpointRequest;
      readonly load: Load;
      readonly graceUs: number;
      readonly accounts: AccountPattern;
      readonly sizeBytes: number;
      readonly ca: string | undefined;
      readonly policy: SubmitPolicy;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads all choices; every problem at once. */
export function readCalibrateChoices(flags: CalibrateFlags): CalibrateChoices {
  const problems = countProblems(flags, COUNTS, 'copies');
  const submit = readEndpoint('--submit', flags.submit);
  if (!submit.ok) problems.push(submit.problem);
  if (
    flags.rampTo !== undefined &&
    (flags.rate === undefined || flags.poisson || !(flags.rampTo > 0 && flags.rampTo <= 1e9))
  )
    problems.push(
      `--ramp-to: found ${flags.rampTo}, expected copies a second above 0, beside --rate and without --poisson`,
    );
  const size = parseBytes(flags.size);
  const duration = parseDurationUs(flags.duration);
  if (!size.ok) problems.push(`--size: found ${JSON.stringify(flags.size)}, expected ${size.expected}`);
  if (!duration.ok)
    problems.push(`--duration: found ${JSON.stringify(flags.duration)}, expected ${duration.expected}`);
  const grace = parseDurationUs(flags.grace);
  if (!grace.ok) problems.push(`--grace: found ${JSON.stringify(flags.grace)}, expected ${grace.expected}`);
  const accounts = readAccounts(flags);
  if (typeof accounts === 'string') problems.push(accounts);
  const policy = readSubmitPolicy(flags);
  if (!policy.ok) problems.push(...policy.problems);
  const ca = readAuthority(flags.tlsCa);
  if (typeof ca === 'object') problems.push(ca.problem);
  if (flags.signIn && (process.env[flags.passwordEnv] ?? '') === '')
    problems.push(
      `--password-env: found no environment variable ${flags.passwordEnv}, expected the password in it`,
    );
  if (
    problems.length > 0 ||
    !submit.ok ||
    !size.ok ||
    !duration.ok ||
    !grace.ok ||
    typeof accounts === 'string' ||
    typeof ca === 'object' ||
    !policy.ok
  )
    return { ok: false, problems };
  return {
    ok: true,
    submit: submit.endpoint,
    load: loadOf(flags, duration.value),
    graceUs: grace.value,
    accounts,
    sizeBytes: size.value,
    ca,
    policy: policy.policy,
  };
}

const COUNTS = [
  ['messages', 100_000_000],
  ['recipients', 50_000],
  ['connections', 10_000],
  ['workers', 64],
] as const;

function loadOf(flags: CalibrateFlags, durationUs: number): Load {
  if (flags.rate === undefined) return { kind: 'saturate', messages: flags.messages };
  return { kind: 'paced', pace: paceOf(flags, flags.rate), durationUs };
}

/** Copies a second as messages a second. */
function paceOf(flags: CalibrateFlags, rate: number): Pace {
  const perSecond = rate / flags.recipients;
  if (flags.rampTo !== undefined)
    return { kind: 'ramp', fromPerSecond: perSecond, toPerSecond: flags.rampTo / flags.recipients };
  return flags.poisson ? { kind: 'poisson', perSecond, seed: flags.seed } : { kind: 'even', perSecond };
}
