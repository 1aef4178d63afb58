/** Judges a load without a plan: was the generator fit, and was every message accounted for. Pure. */

import type { HealthWorst } from '../measure/health.ts';
import type { Tally } from '../measure/tally.ts';
import type { ExitReason } from './exit.ts';
import { checkLoadFitness, type LoadUnit, MESSAGES, type ShardsHeard } from './fitness.ts';
import { checkSums } from './ledger-checks.ts';
import type { KindedFinding } from './finding.ts';
import { concludeFrom, type Verdict } from './verdict.ts';

/** A verdict on a calibration; `paced` loads are judged on their lag too. */
export function judgeLoad(
  tally: Tally,
  health: HealthWorst,
  shards: ShardsHeard,
  paced: boolean,
  unit: LoadUnit = MESSAGES,
): { readonly verdict: Verdict; readonly reasons: readonly ExitReason[] } {
  return concludeFrom([
    checkSums(new Map(), tally.operations(), shards),
    ...checkLoadFitness(tally, health, shards, paced, unit),
    checkTaken(tally, unit),
  ]);
}

/** A target that took nothing was not measured, however well the generator did. */
function checkTaken(tally: Tally, { operation: unit, noun }: LoadUnit): KindedFinding {
  const counts = tally.operations().find(({ operation }) => operation === unit)?.intents;
  const { planned = 0, ok = 0 } = counts ?? {};
  const base = { kind: 'threshold', check: `target: took ${noun}`, limit: '> 0' } as const;
  if (ok === 0)
    return {
      ...base,
      status: 'no-data',
      observed: null,
      because: `none of ${planned} was taken: nothing was measured`,
    };
  return {
    ...base,
    status: 'pass',
    observed: `${ok} of ${planned}`,
    because: 'there is something to measure',
  };
}
