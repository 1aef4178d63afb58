/** What the storm cost beyond single times: the backlog's forecast, stalls, time waited, what deleting did to sign-ins. Pure arithmetic over a tally and what was read beside it. */

import { lowestValueOf } from '../measure/histogram.ts';
import { parseSeriesTag, type SeriesClass } from '../measure/series.ts';
import type { OwedReading } from '../measure/stalls.ts';
import { stretchPercentile } from '../measure/stretch.ts';
import type { Interval, Tally } from '../measure/tally.ts';
import { operationAt, type Doors, type OperationName } from '../words.ts';
import type { PhaseTime } from './windows.ts';

export interface AftermathCase {
  readonly tally: Tally;
  readonly phases: readonly PhaseTime[];
  readonly doors: Doors;
  /** Looks at the queue, from the baseline's zero. */
  readonly owed: readonly OwedReading[];
  /** What the probe counts; undefined: there is none. */
  readonly owedUnit: 'copies' | 'messages' | undefined;
  readonly drainedUs: number | null;
  /** When watched mailboxes saw something arrive, ascending. */
  readonly arrivalsUs: readonly number[];
  /** Most people deleting at once, by second from the baseline's zero. */
  readonly deleters: readonly (readonly [second: number, atOnce: number])[];
}

export interface DrainForecast {
  readonly unit: 'copies' | 'messages';
  readonly owedAtStormEnd: number;
  readonly deliveredPerSecond: number;
  readonly forecastUs: number;
  readonly actualUs: number;
}

export interface DeletingBand {
  /** People deleting at once, from and to. */
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
  readonly signIns: number;
  readonly signInP50Us: number | null;
}

export interface AftermathFigures {
  /** Made at the storm's end from what was owed and the rate seen until then; null with a reason. */
  readonly forecast: DrainForecast | null;
  readonly forecastBecause: string;
  /**
   * Stretches in which nothing arrived in watched mailboxes although every look at the queue found something owed; null
   * with a reason. Whether the queue itself stood still is the manner `stalled`.
   */
  readonly silences: readonly { readonly startUs: number; readonly endUs: number }[] | null;
  readonly silencesBecause: string;
  /** Shortest stretch that counts as a silence. */
  readonly silenceUs: number | null;
  /** Time the simulated people waited beyond the median before the storm. */
  readonly waited: {
    readonly us: number;
    readonly journeys: number;
    readonly operations: readonly OperationName[];
  } | null;
  readonly deleting: readonly DeletingBand[];
  /** Copies delivered a second while a backlog was being worked off, over copies taken a second before the storm. */
  readonly headroom: { readonly deliveredPerSecond: number; readonly baselinePerSecond: number } | null;
}

/** Puts the figures together. */
export function aftermathFigures(theCase: AftermathCase): AftermathFigures {
  return {
    ...forecastOf(theCase),
    ...silencesOf(theCase),
    waited: waitedBeyond(theCase.tally),
    deleting: deletingBands(theCase),
    headroom: headroomOf(theCase),
  };
}

const SECOND_US = 1e6;

/** A shorter silence is how mail comes. */
const LEAST_SILENCE_US = 2 * SECOND_US;

/** So many arrivals must be missing before nothing is a silence and not chance (e^-10). */
const MISSED_ARRIVALS = 10;

/** People whose waiting has a measure of before: who deletes did not do so before the storm. */
const WAITING: readonly OperationName[] = ['journey.read', 'journey.send', 'journey.canary'];

const ALL: readonly SeriesClass[] = ['ok', 'rejected', 'unknown', 'dropped'];

const BANDS = 4;

function spanOf(phases: readonly PhaseTime[], name: PhaseTime['name']): PhaseTime | undefined {
  return phases.find((phase) => phase.name === name);
}

/** How much was handed in during a stretch, in the probe's own unit. */
function offeredIn(
  { tally, doors }: AftermathCase,
  unit: 'copies' | 'messages',
  fromUs: number,
  toUs: number,
): number {
  const submission = operationAt(doors, 'submit');
  return tally.intervals().reduce((sum, interval) => {
    const middleUs = interval.startUs + interval.lengthUs / 2;
    if (middleUs < fromUs || middleUs >= toUs) return sum;
    return sum + (unit === 'copies' ? interval.copiesAccepted : submittedIn(interval, submission));
  }, 0);
}

function submittedIn({ operations }: Interval, submission: OperationName): number {
  let sum = 0;
  for (const { operation, intents, induced } of operations.values())
    if (operation === submission) sum += intents.ok + induced.ok;
  return sum;
}

function forecastOf(theCase: AftermathCase): Pick<AftermathFigures, 'forecast' | 'forecastBecause'> {
  const { phases, owed, owedUnit, drainedUs } = theCase;
  const none = (forecastBecause: string) => ({ forecast: null, forecastBecause });
  const storm = spanOf(phases, 'storm');
  if (owedUnit === undefined) return none('no probe told what the mail system owed');
  if (storm === undefined || spanOf(phases, 'drain') === undefined) return none('the storm did not end');
  if (drainedUs === null) return none('the backlog was not seen to go');
  const atEnd = owed.findLast(({ atUs, owed: one }) => atUs <= storm.endUs && one !== null)?.owed;
  if (atEnd === undefined || atEnd === null) return none('the probe did not answer at the end of the storm');
  if (atEnd === 0) return none('nothing was owed at the end of the storm: there was nothing to forecast');
  const before = owed.findLast(({ atUs, owed: one }) => atUs <= storm.startUs && one !== null)?.owed ?? 0;
  const seconds = (storm.endUs - storm.startUs) / SECOND_US;
  const delivered = offeredIn(theCase, owedUnit, storm.startUs, storm.endUs) + before - atEnd;
  if (delivered <= 0) return none('no delivery was seen during the storm to forecast from');
  const deliveredPerSecond = delivered / seconds;
  const forecastUs = Math.round((atEnd / deliveredPerSecond) * SECOND_US);
  const forecast = {
    unit: owedUnit,
    owedAtStormEnd: atEnd,
    deliveredPerSecond,
    forecastUs,
    actualUs: drainedUs,
  };
  return { forecast, forecastBecause: 'owed at the end of the storm over the rate of delivery during it' };
}

function silencesOf({
  phases,
  owed,
  owedUnit,
  arrivalsUs,
}: AftermathCase): Pick<AftermathFigures, 'silences' | 'silencesBecause' | 'silenceUs'> {
  const none = (silencesBecause: string) => ({ silences: null, silencesBecause, silenceUs: null });
  const storm = spanOf(phases, 'storm');
  if (owedUnit === undefined) return none('no probe told whether anything was owed while nothing came');
  if (storm === undefined) return none('the storm did not begin');
  const owing = owed.filter(({ atUs, owed: one }) => atUs >= storm.startUs && one !== null && one > 0);
  const [first, last] = [owing[0]?.atUs, owing.at(-1)?.atUs];
  const whole = (silencesBecause: string) => ({ silences: [], silencesBecause, silenceUs: null });
  if (first === undefined || last === undefined) return whole('nothing was ever owed when the probe looked');
  if (last <= first) return whole('only one look of the probe found something owed');
  const during = arrivalsUs.filter((atUs) => atUs >= first && atUs <= last);
  const perUs = during.length / (last - first);
  const silenceUs = Math.max(LEAST_SILENCE_US, perUs > 0 ? MISSED_ARRIVALS / perUs : last - first);
  if (during.length < MISSED_ARRIVALS)
    return none(`only ${during.length} arrivals were seen while something was owed`);
  const edges = [first, ...during, last];
  const silences = edges.slice(1).flatMap((endUs, index) => {
    const startUs = edges[index] as number;
    return endUs - startUs >= silenceUs && owedThroughout(owed, startUs, endUs) ? [{ startUs, endUs }] : [];
  });
  return {
    silences,
    silencesBecause: `${during.length} arrivals in watched mailboxes while something was owed`,
    silenceUs,
  };
}

/** Every look in between found something owed, and there was one. */
function owedThroughout(owed: readonly OwedReading[], startUs: number, endUs: number): boolean {
  const looks = owed.filter(({ atUs }) => atUs > startUs && atUs < endUs);
  return looks.length > 0 && looks.every(({ owed: one }) => one !== null && one > 0);
}

function waitedBeyond(tally: Tally): AftermathFigures['waited'] {
  let us = 0;
  let journeys = 0;
  const operations: OperationName[] = [];
  for (const operation of WAITING) {
    const { valueUs } = tally.percentile(operation, 'baseline', ALL, 'response', 50);
    if (valueUs === null) continue;
    operations.push(operation);
    for (const { series } of tally.intervals()) {
      for (const [tag, { buckets, counts }] of series) {
        const of = parseSeriesTag(tag);
        if (of?.operation !== operation || of.clock !== 'response' || of.phase === 'baseline') continue;
        for (let i = 0; i < buckets.length; i += 1) {
          const count = counts[i] as number;
          journeys += count;
          us += count * Math.max(0, lowestValueOf(buckets[i] as number) - valueUs);
        }
      }
    }
  }
  return operations.length === 0 ? null : { us, journeys, operations };
}

/** Sign-ins by how many people were deleting in that second, in bands of equal width. */
function deletingBands({ tally, doors, deleters }: AftermathCase): readonly DeletingBand[] {
  const most = deleters.reduce((highest, [, atOnce]) => Math.max(highest, atOnce), 0);
  if (most === 0) return [];
  const width = Math.ceil(most / BANDS);
  const bySecond = new Map(deleters);
  return Array.from({ length: BANDS }, (_, band): DeletingBand => {
    const from = band * width + 1;
    const to = Math.min(most, from + width - 1);
    const intervals = tally.intervals().filter(({ startUs, lengthUs }) => {
      const atOnce = bySecond.get(Math.floor((startUs + lengthUs / 2) / SECOND_US)) ?? 0;
      return atOnce >= from && atOnce <= to;
    });
    const subject = { operation: operationAt(doors, 'signIn'), phase: undefined };
    const { count, valueUs } = stretchPercentile(intervals, subject, ALL, 50);
    const seconds = intervals.reduce((sum, { lengthUs }) => sum + lengthUs / SECOND_US, 0);
    return { from, to, seconds, signIns: count, signInP50Us: valueUs };
  }).filter(({ from, to }) => from <= to);
}

function headroomOf(theCase: AftermathCase): AftermathFigures['headroom'] {
  const { phases, drainedUs } = theCase;
  const [baseline, storm] = [spanOf(phases, 'baseline'), spanOf(phases, 'storm')];
  if (baseline === undefined || storm === undefined || drainedUs === null || drainedUs === 0) return null;
  const before = offeredIn(theCase, 'copies', baseline.startUs, baseline.endUs);
  const taken = offeredIn(theCase, 'copies', storm.startUs, storm.endUs + drainedUs);
  const baselinePerSecond = before / ((baseline.endUs - baseline.startUs) / SECOND_US);
  const deliveredPerSecond = taken / ((storm.endUs - storm.startUs + drainedUs) / SECOND_US);
  return baselinePerSecond > 0 && deliveredPerSecond > 0 ? { deliveredPerSecond, baselinePerSecond } : null;
}
