/** What became of the clinical messages, by phase: sent, seen, late, lost. Pure arithmetic over sightings and ledger. */

import type { Phase } from '../words.ts';
import { PHASES } from '../words.ts';
import type { Acceptance, Disposition } from './ledger.ts';
import type { Summary, Tally } from './tally.ts';

/** One canary as its watcher saw it. */
export interface Sighting {
  readonly number: number;
  readonly phase: Phase;
  readonly acceptance: Acceptance;
  /** Microseconds from the intended instant; undefined: not while it was watched for. */
  readonly visibleUs: number | undefined;
  /** How long it was watched for, from the intended instant. */
  readonly watchedUs: number;
}

/**
 * `sent` are all that were submitted, whatever the target answered: a refused test result has not arrived either.
 * `late` were not visible by the deadline; `lost` were accepted and never will be.
 */
export interface CanaryCounts {
  readonly sent: number;
  readonly seen: number;
  readonly late: number;
  readonly lost: number;
}

export interface CanaryPhase extends CanaryCounts {
  readonly phase: Phase;
  /** Submit to visible, of those seen by the watcher. */
  readonly visibleUs: Summary;
}

export interface CanaryFigures extends CanaryCounts {
  readonly byPhase: readonly CanaryPhase[];
}

/** Folds sightings with the census's dispositions, where there is a ledger to ask. */
export function canaryFigures(
  sightings: readonly Sighting[],
  dispositions: ReadonlyMap<number, Disposition> | undefined,
  deadlineUs: number,
  tally: Tally,
): CanaryFigures {
  const byPhase = PHASES.map((phase): CanaryPhase => {
    const counts = canaryCounts(
      sightings.filter((sighting) => sighting.phase === phase),
      dispositions,
      deadlineUs,
    );
    return { phase, ...counts, visibleUs: tally.summary('journey.canary', phase, ['ok'], 'visible') };
  });
  const total = (field: keyof CanaryCounts): number => byPhase.reduce((sum, one) => sum + one[field], 0);
  return { sent: total('sent'), seen: total('seen'), late: total('late'), lost: total('lost'), byPhase };
}

/** Counts what became of some canaries. */
export function canaryCounts(
  sightings: readonly Sighting[],
  dispositions: ReadonlyMap<number, Disposition> | undefined,
  deadlineUs: number,
): CanaryCounts {
  const fates = sightings.map((one) => fateOf(one, dispositions?.get(one.number), deadlineUs));
  return {
    sent: fates.length,
    seen: fates.filter((fate) => fate.seen).length,
    late: fates.filter((fate) => fate.late).length,
    lost: fates.filter((fate) => fate.lost).length,
  };
}

interface Fate {
  readonly seen: boolean;
  readonly late: boolean;
  readonly lost: boolean;
}

function fateOf(sighting: Sighting, disposition: Disposition | undefined, deadlineUs: number): Fate {
  const { acceptance, visibleUs, watchedUs } = sighting;
  if (visibleUs !== undefined) return { seen: true, late: visibleUs > deadlineUs, lost: false };
  if (acceptance === 'rejected') return { seen: false, late: true, lost: false };
  const found = isFound(disposition);
  const lost = isLost(disposition);
  // An unknown submission that the census found did arrive; when, nobody saw. One that a stop cut short is not late yet.
  const waitedOut = acceptance === 'unknown' ? !found : watchedUs >= deadlineUs;
  return { seen: found, late: waitedOut && !lost, lost };
}

function isLost(disposition: Disposition | undefined): boolean {
  return disposition === 'lost' || disposition === 'goneUnasked' || disposition === 'bounced';
}

/** Nobody reads their clinical mail in Junk: what lies there is not visible. */
function isFound(disposition: Disposition | undefined): boolean {
  const hidden = disposition === 'overdue' || disposition === 'junked';
  return disposition !== undefined && !isLost(disposition) && !hidden;
}
