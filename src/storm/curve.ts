/** The storm's shape over its own phase: copies to everybody in each stretch of time. Arithmetic over the cascade; nothing is drawn. */

import type { Plan } from './plan.ts';

/** Copies of the blast and its replies that leave in one stretch of the storm, real time. */
export interface CurvePoint {
  readonly fromUs: number;
  readonly toUs: number;
  readonly copies: number;
}

/** The storm in `count` even stretches. */
export function stormCurve(plan: Plan, count: number): readonly CurvePoint[] {
  const lengthUs = plan.lengthsUs.storm;
  const copies = new Float64Array(count);
  for (const { stormUs } of plan.cascade) {
    const place = Math.min(count - 1, Math.floor((stormUs / plan.speed / lengthUs) * count));
    copies[place] = (copies[place] as number) + plan.mailboxes;
  }
  return Array.from(copies, (made, place) => ({
    fromUs: (place / count) * lengthUs,
    toUs: ((place + 1) / count) * lengthUs,
    copies: made,
  }));
}
