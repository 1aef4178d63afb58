/** The flags of `calibrate imap`, read into a load or into every problem at once. Connects to nothing. */

import type { Argv } from 'yargs';
import type { Load } from '../replay/calibration.ts';
import { IMAP_LOADS, type ImapLoad } from '../replay/imap-calibration.ts';
import type { Pace } from '../storm/schedule.ts';
import { parseDurationUs } from '../units.ts';
import { tooFew } from './identities.ts';
import { type AccessFlags, type NamedAccess, readAccess, withAccessFlags } from './access-flags.ts';

export interface CalibrateImapFlags extends AccessFlags {
  readonly protocol: string;
  readonly operation: ImapLoad;
  readonly operations?: number | undefined;
  readonly mailboxes: number;
  readonly connections: number;
  readonly workers: number;
  readonly rate?: number | undefined;
  readonly duration: string;
  readonly grace: string;
  readonly poisson: boolean;
  readonly seed: number;
  readonly spin: boolean;
  readonly yes: boolean;
  readonly profile?: string | undefined;
  readonly out?: string | undefined;
  readonly json: boolean;
}

/** NOOPs of a calibration that does not say how many: some seconds' worth. */
const NOOPS = 100_000;

const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
const textOr = (value: string, describe: string) =>
  ({ type: 'string', requiresArg: true, default: value, describe }) as const;
const count = (value: number, describe: string) =>
  ({ type: 'number', requiresArg: true, default: value, describe }) as const;
const choice = (describe: string) => ({ type: 'boolean', default: false, describe }) as const;

/** The flags of calibrate imap. */
export function withCalibrateImapFlags<T>(y: Argv<T>) {
  return withAccessFlags(y)
    .positional('protocol', {
      type: 'string',
      choices: ['imap'] as const,
      demandOption: true,
      describe: 'Engine',
    })
    .option('operation', {
      choices: IMAP_LOADS,
      requiresArg: true,
      default: 'signin' as const,
      describe:
        'signin; noop, on warm connections; fetch, the headers of an INBOX; delete, which empties INBOX, foreign mail too, and demands --yes; census, of all folders',
    })
    .option('operations', {
      type: 'number',
      requiresArg: true,
      describe: `How many, as fast as they go (default: each mailbox once; noop ${NOOPS})`,
    })
    .option('mailboxes', count(100, 'Mailboxes, one after the other'))
    .option('connections', count(10, 'Connections in all'))
    .option('workers', count(1, 'Load threads'))
    .option('rate', {
      type: 'number',
      requiresArg: true,
      describe: 'Operations a second: paced, for --duration, not as fast as it goes',
    })
    .option('duration', textOr('60s', 'How long a paced calibration lasts'))
    .option('grace', textOr('60s', 'How long after it the last answers are waited for'))
    .option('poisson', choice('Paced: memoryless arrivals instead of even ones'))
    .option('seed', count(1, 'Seed of memoryless arrivals'))
    .option('spin', choice('Look at the clock without pause: less lag, at the price of a core a worker'))
    .option('yes', choice('Yes, empty these INBOXes'))
    .option('profile', text('Profile whose blastRadius covers the target; required off loopback'))
    .option('out', text('Directory for calibration.json and intervals.hlog'))
    .option('json', choice('As one JSON object'));
}

export type CalibrateImapChoices =
  | {
      readonly ok: true;
      readonly access: NamedAccess;
      readonly load: Load;
      readonly graceUs: number;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

const COUNTS = [
  ['operations', 100_000_000],
  ['mailboxes', 1_000_000],
  ['connections', 10_000],
  ['workers', 64],
] as const;

/** Reads all choices; every problem at once. */
export async function readCalibrateImapChoices(flags: CalibrateImapFlags): Promise<CalibrateImapChoices> {
  const access = await readAccess(flags);
  const problems: string[] = access.ok ? [] : [...access.problems];
  if (flags.tokenCommand !== undefined)
    problems.push('--token-command: found it, expected passwords: a calibration fetches no tokens');
  const few = access.ok ? tooFew(access.access.accounts, flags.mailboxes) : undefined;
  if (few !== undefined) problems.push(few);
  for (const [name, most] of COUNTS) {
    const value = flags[name];
    if (value !== undefined && (!Number.isInteger(value) || value < 1 || value > most))
      problems.push(`--${name}: found ${value}, expected a whole number from 1 to ${most}`);
  }
  if (flags.connections < flags.workers)
    problems.push(
      `--connections: found ${flags.connections}, expected at least one a worker (${flags.workers})`,
    );
  if (flags.rate !== undefined && !(flags.rate > 0 && flags.rate <= 1e9))
    problems.push(`--rate: found ${flags.rate}, expected operations a second above 0`);
  if (flags.rate !== undefined && flags.operations !== undefined)
    problems.push(
      '--operations: found it beside --rate, expected one of the two: a pace lasts for --duration',
    );
  if (flags.operation === 'delete' && !flags.yes)
    problems.push(
      '--operation: found delete without --yes, expected --yes: it empties every INBOX it is given, foreign mail too',
    );
  const durations = (['duration', 'grace'] as const).map((name) => {
    const read = parseDurationUs(flags[name]);
    if (!read.ok) problems.push(`--${name}: found ${JSON.stringify(flags[name])}, expected ${read.expected}`);
    return read.ok ? read.value : 0;
  });
  if (problems.length > 0 || !access.ok) return { ok: false, problems };
  const [durationUs = 0, graceUs = 0] = durations;
  return { ok: true, access: access.access, load: loadOf(flags, durationUs), graceUs };
}

function loadOf(flags: CalibrateImapFlags, durationUs: number): Load {
  if (flags.rate === undefined) {
    const { operation, mailboxes } = flags;
    return { kind: 'saturate', messages: flags.operations ?? (operation === 'noop' ? NOOPS : mailboxes) };
  }
  const pace: Pace = flags.poisson
    ? { kind: 'poisson', perSecond: flags.rate, seed: flags.seed }
    : { kind: 'even', perSecond: flags.rate };
  return { kind: 'paced', pace, durationUs };
}
