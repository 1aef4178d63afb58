/** The flags that say how much load a calibration makes and where its figures go, whatever it speaks. Connects to nothing. */

import type { Argv } from 'yargs';
import type { Load } from '../replay/calibration.ts';
import type { Pace } from '../storm/schedule.ts';
import { parseDurationUs } from '../units.ts';
import { choice, count, countProblems, text, textOr } from './calibrate-options.ts';

export interface OperationFlags {
  readonly operations?: number | undefined;
  /** Where an engine goes from one to the next. */
  readonly mailboxes?: number | undefined;
  readonly connections: number;
  readonly workers: number;
  readonly rate?: number | undefined;
  readonly duration: string;
  readonly grace: string;
  readonly poisson: boolean;
  readonly seed: number;
  readonly spin: boolean;
  readonly profile?: string | undefined;
  readonly out?: string | undefined;
  readonly json: boolean;
}

/** Adds the flags. `many` says how many operations there are when nobody says. */
export function withLoadFlags<T>(y: Argv<T>, many: string) {
  return y
    .option('operations', {
      type: 'number',
      requiresArg: true,
      describe: `How many, as fast as they go (default: ${many})`,
    })
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
    .option('profile', text('Profile whose blastRadius covers the target; required off loopback'))
    .option('out', text('Directory for calibration.json and intervals.hlog'))
    .option('json', choice(false, 'As one JSON object'));
}

/** The load, as good as it could be read, and what is wrong with it. */
export interface LoadReading {
  readonly load: Load;
  readonly graceUs: number;
  readonly problems: readonly string[];
}

const COUNTS = [
  ['operations', 100_000_000],
  ['mailboxes', 1_000_000],
  ['connections', 10_000],
  ['workers', 64],
] as const;

/** Reads them; every problem at once. `usual` is how many operations there are when nobody says. */
export function readLoad(flags: OperationFlags, usual: number): LoadReading {
  const problems: string[] = countProblems(flags, COUNTS, 'operations');
  if (flags.rate !== undefined && flags.operations !== undefined)
    problems.push(
      '--operations: found it beside --rate, expected one of the two: a pace lasts for --duration',
    );
  const [durationUs = 0, graceUs = 0] = (['duration', 'grace'] as const).map((name) => {
    const read = parseDurationUs(flags[name]);
    if (!read.ok) problems.push(`--${name}: found ${JSON.stringify(flags[name])}, expected ${read.expected}`);
    return read.ok ? read.value : 0;
  });
  return { load: loadOf(flags, usual, durationUs), graceUs, problems };
}

function loadOf(flags: OperationFlags, usual: number, durationUs: number): Load {
  if (flags.rate === undefined) return { kind: 'saturate', messages: flags.operations ?? usual };
  const pace: Pace = flags.poisson
    ? { kind: 'poisson', perSecond: flags.rate, seed: flags.seed }
    : { kind: 'even', perSecond: flags.rate };
  return { kind: 'paced', pace, durationUs };
}

/** How much of a total the workers before this one have. */
export function upTo(total: number, index: number, workers: number): number {
  return Math.floor((index * total) / workers);
}

/** A worker's own share of a total. */
export function shareOf(total: number, index: number, workers: number): number {
  return upTo(total, index + 1, workers) - upTo(total, index, workers);
}

/** A worker's own share of a load: of a pace everybody has the whole and takes his instants. */
export function shareOfLoad(load: Load, index: number, workers: number): Load {
  return load.kind === 'saturate'
    ? { kind: 'saturate', messages: shareOf(load.messages, index, workers) }
    : load;
}
