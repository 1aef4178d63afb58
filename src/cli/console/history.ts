/** What a view remembers of past moments: bounded, pure, a new value for each moment. It keeps no times of operations. */

import type { Moment } from '../../telemetry/moment.ts';

/** One second of the past. */
export interface Past {
  readonly atUs: number;
  readonly owed: number | null;
  readonly copiesAccepted: number;
  readonly journeysDue: number;
  readonly journeysOk: number;
}

/** A kind of error, and when its count last grew. */
export interface News {
  readonly text: string;
  readonly count: number;
  readonly grewAtUs: number;
}

export interface History {
  readonly past: readonly Past[];
  /** The one that grew last comes first. */
  readonly news: readonly News[];
}

export const NO_HISTORY: History = { past: [], news: [] };

/** A screen has no more columns than this to show them in; past it, of each two neighbours one is kept. */
const MOST_PAST = 900;

/** Rates are taken over at least so long: one second's would jump. */
const RATE_OVER_US = 5_000_000;

/** The history with one moment more. */
export function remember({ past, news }: History, moment: Moment): History {
  const { atUs, owed, copiesAccepted, journeys } = moment;
  const latest: Past = {
    atUs,
    owed,
    copiesAccepted,
    journeysDue: journeys.planned,
    journeysOk: journeys.ok,
  };
  return { past: [...(past.length < MOST_PAST ? past : thinned(past)), latest], news: newsOf(news, moment) };
}

/** Of each two neighbours the one at which more was owed, so that no peak is lost. */
function thinned(past: readonly Past[]): readonly Past[] {
  return past.flatMap((one, index) => {
    if (index % 2 === 1) return [];
    const next = past[index + 1];
    return [next !== undefined && (next.owed ?? -1) > (one.owed ?? -1) ? next : one];
  });
}

function newsOf(before: readonly News[], { errors, atUs }: Moment): readonly News[] {
  return errors
    .map(({ text, count }): News => {
      const known = before.find((one) => one.text === text);
      return known !== undefined && known.count === count ? known : { text, count, grewAtUs: atUs };
    })
    .sort((a, b) => b.grewAtUs - a.grewAtUs || b.count - a.count);
}

/** Journeys a second, over the last five; null where there is nothing to compare with yet. */
export function ratesOf({ past }: History): { readonly due: number; readonly ok: number } | null {
  const last = past.at(-1);
  if (last === undefined) return null;
  const first = past.findLast(({ atUs }) => last.atUs - atUs >= RATE_OVER_US) ?? past[0];
  const seconds = first === undefined ? 0 : (last.atUs - first.atUs) / 1e6;
  if (first === undefined || seconds <= 0) return null;
  return {
    due: (last.journeysDue - first.journeysDue) / seconds,
    ok: (last.journeysOk - first.journeysOk) / seconds,
  };
}

/** Copies accepted until an instant, straight between two moments. */
export function acceptedUntil({ past }: History, atUs: number): number {
  const next = firstFrom(past, atUs);
  if (next >= past.length) return past.at(-1)?.copiesAccepted ?? 0;
  const after = past[next];
  const before = past[next - 1];
  if (after === undefined || before === undefined) return 0;
  const share = (atUs - before.atUs) / (after.atUs - before.atUs);
  return before.copiesAccepted + share * (after.copiesAccepted - before.copiesAccepted);
}

/** The most that was owed between two instants, or what was owed last before them; undefined before the first moment. */
export function owedWithin({ past }: History, fromUs: number, untilUs: number): number | null | undefined {
  const until = firstFrom(past, untilUs);
  const within = past.slice(firstFrom(past, fromUs), until);
  if (within.length === 0) return past[until - 1]?.owed;
  return within.reduce<number | null>(
    (most, { owed }) => (owed === null ? most : Math.max(most ?? 0, owed)),
    null,
  );
}

/** Index of the first at or after an instant, or how many there are: by halves, since a frame asks for every column. */
function firstFrom(past: readonly Past[], atUs: number): number {
  let low = 0;
  let high = past.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((past[middle] as Past).atUs < atUs) low = middle + 1;
    else high = middle;
  }
  return low;
}
