/** How often people tried before they got in, and how many gave up, by phase. Pure counting; it decides nothing about trying again. */

import { PHASES, type Phase } from '../words.ts';

/** Of the journeys that may be tried again: counts by number of attempts. */
export interface PhasePatience {
  readonly phase: Phase;
  /** Journeys that succeeded at the first attempt, at the second, ... */
  readonly succeededAfter: readonly number[];
  /** Journeys whose last attempt failed too. */
  readonly gaveUp: number;
}

/** One thread's counts; plain data that it can post. */
export type PatienceShare = Map<Phase, { readonly succeededAfter: number[]; gaveUp: number }>;

/** Counts one journey that is over. `attempts` from 1. */
export function notePatience(share: PatienceShare, phase: Phase, attempts: number, succeeded: boolean): void {
  const counts = countsOf(share, phase);
  if (succeeded) add(counts.succeededAfter, attempts - 1, 1);
  else counts.gaveUp += 1;
}

/** Adds one thread's counts to the whole. Associative and commutative. */
export function mergePatience(into: PatienceShare, from: PatienceShare): void {
  for (const [phase, { succeededAfter, gaveUp }] of from) {
    const counts = countsOf(into, phase);
    for (const [index, count] of succeededAfter.entries()) add(counts.succeededAfter, index, count);
    counts.gaveUp += gaveUp;
  }
}

/** The counts in order of phases; phases without a journey are absent. */
export function patienceFigures(share: PatienceShare): readonly PhasePatience[] {
  return PHASES.flatMap((phase) => {
    const counts = share.get(phase);
    return counts === undefined ? [] : [{ phase, ...counts }];
  });
}

function countsOf(share: PatienceShare, phase: Phase): { readonly succeededAfter: number[]; gaveUp: number } {
  const known = share.get(phase) ?? { succeededAfter: [], gaveUp: 0 };
  share.set(phase, known);
  return known;
}

function add(counts: number[], index: number, count: number): void {
  while (counts.length <= index) counts.push(0);
  counts[index] = (counts[index] as number) + count;
}
