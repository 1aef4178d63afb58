/** Scales and their ticks: numbers to places on a picture. It draws nothing. */

import { formatCount } from '../../units.ts';

/** A scale: where a value lies between 0 (low end) and 1, and the values worth a line. */
export interface Axis {
  readonly at: (value: number) => number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];

/** Real seconds from `startUs`, with at most a dozen labels. */
export function timeAxis(startUs: number, endUs: number): Axis {
  const span = Math.max(1, endUs - startUs);
  const seconds = span / 1_000_000;
  const step = STEPS_S.find((one) => seconds / one <= 12) ?? Math.ceil(seconds / 12);
  const inMinutes = step >= 120;
  const ticks: { value: number; label: string }[] = [];
  for (let at = 0; at <= seconds + 1e-9; at += step) {
    const label = inMinutes ? `${formatCount(at / 60)} min` : `${formatCount(at)} s`;
    ticks.push({ value: startUs + at * 1_000_000, label });
  }
  return { at: (value) => (value - startUs) / span, ticks };
}

/** From zero in even steps of 1, 2 or 5; of whole numbers, unless all there is is less than one. */
export function evenAxis(most: number): Axis {
  const top = most > 0 ? most : 1;
  const rough = top / 4;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const even = ([1, 2, 5, 10].find((one) => one * decade >= rough) ?? 10) * decade;
  const step = most > 0 && most < 1 ? even : Math.max(1, even);
  const count = Math.ceil(top / step);
  const ticks = Array.from({ length: count + 1 }, (_, index) => ({
    value: index * step,
    label: step < 1 ? String(+(index * step).toPrecision(2)) : formatCount(index * step),
  }));
  return { at: (value) => value / (count * step), ticks };
}

const DECADES = [
  '1 µs',
  '10 µs',
  '100 µs',
  '1 ms',
  '10 ms',
  '100 ms',
  '1 s',
  '10 s',
  '100 s',
  '1,000 s',
  '10,000 s',
];

/** Durations by powers of ten: a sign-in of 30 ms and one of 30 s both stay readable. */
export function decadeAxis(leastUs: number, mostUs: number): Axis {
  const low = Math.min(DECADES.length - 2, Math.max(0, Math.floor(Math.log10(Math.max(1, leastUs)))));
  const high = Math.min(DECADES.length - 1, Math.max(low + 1, Math.ceil(Math.log10(Math.max(1, mostUs)))));
  const ticks = DECADES.slice(low, high + 1).map((label, index) => ({ value: 10 ** (low + index), label }));
  return {
    at: (value) => Math.min(1, Math.max(0, (Math.log10(Math.max(1, value)) - low) / (high - low))),
    ticks,
  };
}

/** Percentiles by nines: the axis is 1/(1−p), each step to the right ten times rarer. As far as `samples` reach. */
export function ninesAxis(samples: number): Axis {
  const nines = Math.min(6, Math.max(1, Math.ceil(Math.log10(Math.max(1, samples / 10)) - 1e-9)));
  const whole = Array.from({ length: nines + 1 }, (_, nine) => ({
    value: 10 ** nine,
    label: `${+(100 - 100 / 10 ** nine).toFixed(4)} %`,
  }));
  return {
    at: (value) => Math.min(1, Math.max(0, Math.log10(Math.max(1, value)) / nines)),
    ticks: [...whole.slice(0, 1), { value: 2, label: '50 %' }, ...whole.slice(1)],
  };
}
