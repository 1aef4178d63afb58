/** Judges a load without a plan: was the generator fit, and was every message accounted for. Pure. */

import type { HealthWorst } from '../measure/health.ts';
import type { Tally } from '../measure/tally.ts';
import type { ExitReason } from './exit.ts';
import { checkLoadFitness, type ShardsHeard } from './fitness.ts';
import { checkSums } from './ledger-checks.ts';
import { concludeFrom, type Verdict } from './verdict.ts';

/** A verdict on a calibration; `paced` loads are judged on their lag too. */
export function judgeLoad(
  tally: Tally,
  health: HealthWorst,
  shards: ShardsHeard,
  paced: boolean,
): { readonly verdict: Verdict; readonly reasons: readonly ExitReason[] } {
  return concludeFrom([
    checkSums(new Map(), tally.operations(), shards),
    ...checkLoadFitness(tally, health, shards, paced),
  ]);
}
