/** The distribution function of a thinking time, from its formula and not from our draws. No test here. */

import type { Profile } from '../../src/profile/schema.ts';

/** The error function to 1.5e-7 (Abramowitz and Stegun 7.1.26). */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

/** Probability of a thinking time of at most `us`. */
export function mixtureCdf({ replies: { thinking } }: Profile, us: number): number {
  const part = (median: number, sigma: number): number =>
    (1 + erf(Math.log(us / median) / (sigma * Math.SQRT2))) / 2;
  const { fastShare, fastMedian, fastSigma, slowMedian, slowSigma } = thinking;
  return fastShare * part(fastMedian, fastSigma) + (1 - fastShare) * part(slowMedian, slowSigma);
}
