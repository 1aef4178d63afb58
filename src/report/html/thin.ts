/** Fewer points that draw the same line: of each column of the picture the first, the least, the most and the last (M4). It averages nothing away. */

/** What is thinned: a value over a stretch of time, null where it is not known. */
interface Stretch {
  readonly fromUs: number;
  readonly value: number | null;
}

/** Columns of some four pixels: narrower than a line is wide with its edge. */
const COLUMNS = 160;

/**
 * At most five points a column: first, least, most, last, and one gap. What fits anyway stays as it is. See U. Jugel et
 * al., "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 7(10), 2014.
 */
export function thinned<T extends Stretch>(points: readonly T[], columns = COLUMNS): readonly T[] {
  if (points.length <= columns * 2) return points;
  const startUs = points[0]?.fromUs ?? 0;
  const spanUs = Math.max(1, (points.at(-1)?.fromUs ?? 0) - startUs);
  const kept: T[] = [];
  let open: T[] = [];
  let column = 0;
  for (const point of points) {
    const own = Math.min(columns - 1, Math.floor(((point.fromUs - startUs) / spanUs) * columns));
    if (own !== column) {
      kept.push(...extremes(open));
      open = [];
      column = own;
    }
    open.push(point);
  }
  return [...kept, ...extremes(open)];
}

/** The points of a column that its picture needs, in their order. */
function extremes<T extends Stretch>(points: readonly T[]): readonly T[] {
  const known = points.filter(({ value }) => value !== null);
  const needed = new Set<T | undefined>([known[0], known.at(-1), points.find(({ value }) => value === null)]);
  let [least, most] = [known[0], known[0]];
  for (const point of known) {
    if ((point.value ?? 0) < (least?.value ?? 0)) least = point;
    if ((point.value ?? 0) > (most?.value ?? 0)) most = point;
  }
  needed.add(least).add(most);
  return points.filter((point) => needed.has(point));
}
