/** What became of the clinical messages, by phase: sent, seen, late, lost. Pure arithmetic over sightings and ledger. */

import type { Phase } from '../words.ts';
import { PHASES } from '../words.ts';
import type { Disposition } from './ledger.ts';
import type { Summary, Tally } from './tally.ts';

/** One canary as its watcher saw it. */
export interface Sighting {
  readonly number: number;
  readonly phase: Phase;
  readonly accepted: boolean;
  /** Microseconds from the intended instant; undefined: not while it was watched for. */
  readonly visibleUs: number | undefined;
}

/** `sent` are those the target accepted; `late` were not visible by the deadline; `lost` never were and never will be. */
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

/**
 * Folds sightings with the census's dispositions. One found by the census alone was seen, but late; one without a
 * ledger to ask is late, not lost: nobody looked.
 */
export function canaryFigures(
  sightings: readonly Sighting[],
  dispositions: ReadonlyMap<number, Disposition> | undefined,
  deadlineUs: number,
  tally: Tally,
): CanaryFigures {
  const byPhase = PHASES.map((phase): CanaryPhase => {
    const sent = sightings.filter((sighting) => sighting.phase === phase && sighting.accepted);
    const lost = sent.filter((one) => one.visibleUs === undefined && isLost(dispositions?.get(one.number)));
    const late = sent.filter((one) =>
      one.visibleUs === undefined ? !lost.includes(one) : one.visibleUs > deadlineUs,
    );
    const unseen = sent.filter(
      (one) => one.visibleUs === undefined && !isFound(dispositions?.get(one.number)),
    );
    return {
      phase,
      sent: sent.length,
      seen: sent.length - unseen.length,
      late: late.length,
      lost: lost.length,
      visibleUs: tally.summary('journey.canary', phase, ['ok'], 'visible'),
    };
  });
  const total = (field: keyof CanaryCounts): number => byPhase.reduce((sum, one) => sum + one[field], 0);
  return { sent: total('sent'), seen: total('seen'), late: total('late'), lost: total('lost'), byPhase };
}

function isLost(disposition: Disposition | undefined): boolean {
  return disposition === 'lost' || disposition === 'goneUnasked' || disposition === 'bounced';
}

function isFound(disposition: Disposition | undefined): boolean {
  return disposition !== undefined && !isLost(disposition) && disposition !== 'overdue';
}
