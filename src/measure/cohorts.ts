/** What each cohort felt: its readers' times, its clinical messages. Counts and folds; it knows a cohort by its number and nobody by name. */

import type { Phase } from '../words.ts';
import { PHASES } from '../words.ts';
import { canaryCounts, type CanaryCounts, type Sighting } from './canaries.ts';
import { addCounts, HotHistogram, type SparseCounts } from './histogram.ts';
import type { Disposition } from './ledger.ts';
import { summaryOfCounts, type Summary } from './tally.ts';

/** Reading journeys of one cohort in one phase, as a thread posts them. */
export interface CohortReads {
  readonly cohort: number;
  readonly phase: Phase;
  /** Begun and ended, however. */
  readonly ended: number;
  readonly ok: number;
  /** Response times of all that ended. */
  readonly times: SparseCounts | undefined;
}

interface Cell {
  readonly cohort: number;
  readonly phase: Phase;
  ended: number;
  ok: number;
  readonly histogram: HotHistogram;
}

/** One load thread's notes: a histogram a cohort and phase, made at first use. */
export class CohortNotes {
  readonly #cells = new Map<string, Cell>();

  /** A reading journey of somebody of this cohort is over, so long after it was meant. */
  note(cohort: number, phase: Phase, ok: boolean, responseUs: number): void {
    const key = `${cohort} ${phase}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      cell = { cohort, phase, ended: 0, ok: 0, histogram: new HotHistogram() };
      this.#cells.set(key, cell);
    }
    cell.ended += 1;
    if (ok) cell.ok += 1;
    cell.histogram.record(responseUs);
  }

  /** Gives out everything since the last time. */
  drain(): readonly CohortReads[] {
    const cells = [...this.#cells.values()].map(({ cohort, phase, ended, ok, histogram }) => {
      return { cohort, phase, ended, ok, times: histogram.drain() };
    });
    this.#cells.clear();
    return cells;
  }
}

export interface ReadFigures {
  readonly ended: number;
  readonly ok: number;
  readonly responseUs: Summary;
}

export interface CohortCanaries extends CanaryCounts {
  /** Submit to visible, of those seen by the watcher. */
  readonly visibleUs: Summary;
}

/** What one cohort felt, in one phase or in all. */
export interface CohortFelt {
  readonly canaries: CohortCanaries;
  readonly reads: ReadFigures;
}

export interface CohortFigures extends CohortFelt {
  readonly name: string;
  readonly mailboxes: number;
  readonly byPhase: readonly (CohortFelt & { readonly phase: Phase })[];
}

/** The cohorts as the plan has them. */
export interface CohortList {
  readonly names: readonly string[];
  readonly sizes: readonly number[];
  readonly cohortOf: (mailbox: number) => number;
}

/** What was seen of everybody. */
export interface CohortEvidence {
  readonly reads: readonly CohortReads[];
  readonly sightings: readonly Sighting[];
  /** Who waited for a canary; undefined where it was never submitted. */
  readonly watcherOf: (canary: number) => number | undefined;
  readonly dispositions: ReadonlyMap<number, Disposition> | undefined;
  readonly deadlineUs: number;
}

/** Folds all threads' notes and all sightings into figures by cohort, in the profile's order. */
export function cohortFigures(cohorts: CohortList, evidence: CohortEvidence): readonly CohortFigures[] {
  const sightings: Sighting[][] = cohorts.names.map(() => []);
  for (const sighting of evidence.sightings) {
    const watcher = evidence.watcherOf(sighting.number);
    if (watcher !== undefined) sightings[cohorts.cohortOf(watcher)]?.push(sighting);
  }
  return cohorts.names.map((name, cohort) => {
    const reads = evidence.reads.filter((one) => one.cohort === cohort);
    const seen = sightings[cohort] ?? [];
    return {
      name,
      mailboxes: cohorts.sizes[cohort] ?? 0,
      ...feltOf(seen, reads, evidence),
      byPhase: PHASES.map((phase) => ({
        phase,
        ...feltOf(
          seen.filter((one) => one.phase === phase),
          reads.filter((one) => one.phase === phase),
          evidence,
        ),
      })),
    };
  });
}

function feltOf(
  sightings: readonly Sighting[],
  reads: readonly CohortReads[],
  { dispositions, deadlineUs }: CohortEvidence,
): CohortFelt {
  const visible = new HotHistogram();
  for (const { visibleUs } of sightings) if (visibleUs !== undefined) visible.record(visibleUs);
  const times = reads.flatMap((one) => (one.times === undefined ? [] : [one.times]));
  return {
    canaries: {
      ...canaryCounts(sightings, dispositions, deadlineUs),
      visibleUs: summaryOfCounts(visible.drain()),
    },
    reads: {
      ended: reads.reduce((sum, one) => sum + one.ended, 0),
      ok: reads.reduce((sum, one) => sum + one.ok, 0),
      responseUs: summaryOfCounts(times.length === 0 ? undefined : times.reduce(addCounts)),
    },
  };
}
