/** The waves of a storm as it was meant: where replies piled up, and how high. Arithmetic over counts; it knows no page. */

import type { StormShape } from '../record/record.ts';

export interface Wave {
  /** Microseconds after the storm's zero, the middle of the highest stretch. */
  readonly atUs: number;
  /** Replies in the stretches around it. */
  readonly replies: number;
  /** How long those stretches are together. */
  readonly withinUs: number;
}

/** A hill counts as a wave where it stands out by this share of the highest: smaller ones are ripples. */
const STANDS_OUT = 0.25;

/** Stretches on either side that a stretch is seen with. */
const ASIDE = 2;

/** More would be no waves but weather. */
const WAVES_SHOWN = 6;

/** The waves in order of time. Each stretch is seen with two neighbours on either side, so that single replies are no hills. */
export function wavesOf({ stretchUs, messages }: StormShape): readonly Wave[] {
  // The first of all is no reply.
  const replies = messages.map((count, index) => (index === 0 ? Math.max(0, count - 1) : count));
  const around = replies.map((_, at) =>
    replies.slice(Math.max(0, at - ASIDE), at + ASIDE + 1).reduce((sum, count) => sum + count, 0),
  );
  const highest = Math.max(0, ...around);
  if (highest === 0) return [];
  // Replies come by chance: what stands out by less than twice the scatter of so many is no hill either.
  const least = Math.max(highest * STANDS_OUT, 2 * Math.sqrt(highest));
  const tops = around.flatMap((height, at) => (prominence(around, at) >= least ? [{ at, height }] : []));
  const largest = tops.toSorted((a, b) => b.height - a.height).slice(0, WAVES_SHOWN);
  return largest
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, height }) => ({
      atUs: (at + 0.5) * stretchUs,
      replies: height,
      withinUs: (2 * ASIDE + 1) * stretchUs,
    }));
}

/** How far one must come down from here to get to anything higher; on a level top the first place counts. */
function prominence(heights: readonly number[], at: number): number {
  const height = heights[at] ?? 0;
  let lowLeft = height;
  for (let left = at - 1; ; left -= 1) {
    const other = heights[left] ?? -1;
    if (other >= height) break;
    lowLeft = Math.min(lowLeft, Math.max(0, other));
    if (left < 0) break;
  }
  if ((heights[at - 1] ?? -1) >= height) return 0;
  let lowRight = height;
  for (let right = at + 1; ; right += 1) {
    const other = heights[right] ?? -1;
    if (other > height) break;
    lowRight = Math.min(lowRight, Math.max(0, other));
    if (right >= heights.length) break;
  }
  return height - Math.max(lowLeft, lowRight);
}
