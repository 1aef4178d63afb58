/** What a metric is, whoever asks for it and in whatever encoding: names, words, units, numbers. It must not know how any of it is written down. */

/** Label names to values. Values may be anything that a server said. */
export type Labels = Readonly<Record<string, string>>;

/** Base units only (Prometheus' habit): seconds, ratios from 0 to 1, and plain counts that have none. */
export type Unit = 'seconds' | 'ratio';

interface Named {
  /** With its unit last; without `_total`, `_info`, `_bucket`, which the encoding adds. */
  readonly name: string;
  readonly help: string;
  readonly unit?: Unit;
}

export interface NumberPoint {
  readonly labels: Labels;
  readonly value: number;
}

/** A distribution in seconds, kept in microseconds as it was measured. */
export interface HistogramPoint {
  readonly labels: Labels;
  /** Upper bounds, rising. */
  readonly boundsUs: readonly number[];
  /** Not cumulative; the last class has no bound. */
  readonly counts: readonly number[];
  readonly total: number;
  readonly sumUs: number;
  readonly minUs: number;
  readonly maxUs: number;
}

/** A family without points is left out: what is not known is absent, never 0. */
export type Family =
  | (Named & { readonly kind: 'counter' | 'gauge' | 'info'; readonly points: readonly NumberPoint[] })
  | (Named & {
      readonly kind: 'histogram';
      readonly unit: 'seconds';
      readonly points: readonly HistogramPoint[];
    });

/** Adds distributions that share their classes; undefined if there is none. */
export function together(
  labels: Labels,
  parts: readonly Omit<HistogramPoint, 'labels'>[],
): HistogramPoint | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  return {
    labels,
    boundsUs: first.boundsUs,
    counts: first.counts.map((_, place) => parts.reduce((sum, one) => sum + (one.counts[place] ?? 0), 0)),
    total: parts.reduce((sum, one) => sum + one.total, 0),
    sumUs: parts.reduce((sum, one) => sum + one.sumUs, 0),
    minUs: Math.min(...parts.map(({ minUs }) => minUs)),
    maxUs: Math.max(...parts.map(({ maxUs }) => maxUs)),
  };
}
