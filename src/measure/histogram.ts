/** HDR bucket layout in typed arrays: what the hot path records into. Three significant digits, 1 µs to 1 h. No clock. */

/** Largest value kept, one hour; larger ones are clamped here and counted as clamped. */
export const HIGHEST_US = 3_600_000_000;

const SUB_BUCKET_BITS = 10;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;

/** Buckets of the layout: 22 powers of two above the first 2,048 values, 1,024 each. */
export const BUCKETS = bucketOf(HIGHEST_US) + 1;

/** The bucket of a whole, non-negative value up to HIGHEST_US (the layout of HdrHistogram, 3 digits). */
export function bucketOf(value: number): number {
  const shift = Math.max(0, 31 - Math.clz32(value) - SUB_BUCKET_BITS);
  return shift * SUB_BUCKETS + (value >>> shift);
}

/** The lowest value that falls into a bucket. */
export function lowestValueOf(bucket: number): number {
  const shift = Math.max(0, (bucket >>> SUB_BUCKET_BITS) - 1);
  return (bucket - shift * SUB_BUCKETS) * 2 ** shift;
}

/** One interval's counts of one series, as pairs of bucket and count: what crosses between threads. */
export interface SparseCounts {
  readonly buckets: Uint32Array;
  readonly counts: Uint32Array;
  readonly total: number;
  /** Values above HIGHEST_US, recorded at it. */
  readonly clamped: number;
  /** Exact smallest and largest value in microseconds. */
  readonly minUs: number;
  readonly maxUs: number;
}

/** Records values in constant memory and gives the counts out as a difference since the last time. */
export class HotHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  readonly #touched = new Uint32Array(BUCKETS);
  #touchedCount = 0;
  #total = 0;
  #clamped = 0;
  #minUs = Number.POSITIVE_INFINITY;
  #maxUs = 0;

  /** Records one duration in microseconds. Fractions are cut, negatives count as 0. */
  record(valueUs: number): void {
    let value = valueUs > 0 ? Math.floor(valueUs) : 0;
    if (value < this.#minUs) this.#minUs = value;
    if (value > this.#maxUs) this.#maxUs = value;
    if (value > HIGHEST_US) {
      this.#clamped += 1;
      value = HIGHEST_US;
    }
    const bucket = bucketOf(value);
    const before = this.#counts[bucket] as number;
    if (before === 0) {
      this.#touched[this.#touchedCount] = bucket;
      this.#touchedCount += 1;
    }
    this.#counts[bucket] = before + 1;
    this.#total += 1;
  }

  /** Gives out what was recorded since the last drain and forgets it; `undefined` if nothing was. */
  drain(): SparseCounts | undefined {
    if (this.#total === 0) return undefined;
    const buckets = this.#touched.slice(0, this.#touchedCount);
    const counts = new Uint32Array(buckets.length);
    for (let i = 0; i < buckets.length; i += 1) {
      const bucket = buckets[i] as number;
      counts[i] = this.#counts[bucket] as number;
      this.#counts[bucket] = 0;
    }
    const drained = {
      buckets,
      counts,
      total: this.#total,
      clamped: this.#clamped,
      minUs: this.#minUs,
      maxUs: this.#maxUs,
    };
    this.#touchedCount = 0;
    this.#total = 0;
    this.#clamped = 0;
    this.#minUs = Number.POSITIVE_INFINITY;
    this.#maxUs = 0;
    return drained;
  }
}

/** Adds two sparse counts: associative and commutative, so intervals may be merged in any order. */
export function addCounts(a: SparseCounts, b: SparseCounts): SparseCounts {
  const sums = new Map<number, number>();
  for (const part of [a, b]) {
    for (let i = 0; i < part.buckets.length; i += 1) {
      const bucket = part.buckets[i] as number;
      sums.set(bucket, (sums.get(bucket) ?? 0) + (part.counts[i] as number));
    }
  }
  const ordered = [...sums].sort(([left], [right]) => left - right);
  return {
    buckets: Uint32Array.from(ordered, ([bucket]) => bucket),
    counts: Uint32Array.from(ordered, ([, count]) => count),
    total: a.total + b.total,
    clamped: a.clamped + b.clamped,
    minUs: Math.min(a.minUs, b.minUs),
    maxUs: Math.max(a.maxUs, b.maxUs),
  };
}
