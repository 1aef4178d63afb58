/** The flags of `calibrate imap`, read into a load or into every problem at once. Connects to nothing. */

import type { Argv } from 'yargs';
import type { Load } from '../replay/calibration.ts';
import { IMAP_LOADS, type ImapLoad } from '../replay/imap-calibration.ts';
import type { Pace } from '../storm/schedule.ts';
import { parseDurationUs } from '../units.ts';
import { choice, count, countProblems, text, textOr } from './calibrate-options.ts';
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
    .option('poisson', choice(false, 'Paced: memoryless arrivals instead of even ones'))
    .option('seed', count(1, 'Seed of memoryless arrivals'))
    .option(
      'spin',
      choice(false, 'Look at the clock without pause: less lag, at the price of a core a worker'),
    )
    .option('yes', choice(false, 'Yes, empty these INBOXes'))
    .option('profile', text('Profile whose blastRadius covers the target; required off loopback'))
    .option('out', text('Directory for calibration.json and intervals.hlog'))
    .option('json', choice(false, 'As one JSON object'));
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
  problems.push(...countProblems(flags, COUNTS, 'operations'));
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
