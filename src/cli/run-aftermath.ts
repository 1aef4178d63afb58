/** What a run's record says beyond counts and times: readings, recovery, aftermath, replies. It puts facts into the pure rooms' hands and judges nothing. */

import { readingFigures } from '../measure/reading-figures.ts';
import type { Profile } from '../profile/schema.ts';
import type { RecordedOperation, RunRecord } from '../record/record.ts';
import type { Conducted } from '../replay/conduct.ts';
import { ENTER_OBJECTIVE_US } from '../replay/mailbox.ts';
import type { QueueReading } from '../replay/quiescence.ts';
import { listMessage, type Plan } from '../storm/plan.ts';
import { aftermathFigures } from '../verdict/aftermath.ts';
import { recoveryFigures } from '../verdict/recovery.ts';
import { DIP_RATIO, secondDip } from '../verdict/second-dip.ts';
import type { Phase } from '../words.ts';

/** So many sign-ins failing is a major incident (an assumption: the rest of a usual objective of 95 %). */
const MAJOR_SHARE = 0.05;

export interface AftermathFacts {
  readonly profile: Profile;
  readonly plan: Plan;
  readonly conducted: Conducted;
  readonly readings: readonly QueueReading[];
  readonly owedUnit: 'copies' | 'messages' | undefined;
  readonly operations: readonly RecordedOperation[];
}

/** The blocks of the record that need a run which took place and whose workers all told what they saw. */
export function aftermathOf(
  facts: AftermathFacts,
): Required<Pick<RunRecord, 'readings' | 'recovery' | 'aftermath' | 'replies'>> {
  const { profile, plan, conducted, operations } = facts;
  const { zeroUs, spans, tally, drainedUs, report } = conducted;
  const {
    enter = ENTER_OBJECTIVE_US,
    tolerance = DIP_RATIO,
    majorIncident = MAJOR_SHARE,
  } = profile.objectives ?? {};
  const p90 = (phase: Phase): number | null =>
    operations.find((one) => one.operation === 'journey.read' && one.phase === phase)?.responseUs.p90 ?? null;
  const dip = { baseline: p90('baseline'), deletes: p90('deletes'), recovery: p90('recovery') };
  const probed = facts.owedUnit !== undefined;
  return {
    readings: readingFigures(report.readings, {
      zeroUs,
      endUs: zeroUs + (spans.at(-1)?.endUs ?? 0),
      watchers: plan.watchers,
      blastNotTo: profile.list?.echo === false ? listMessage(plan, 0).author : undefined,
      mailboxes: plan.mailboxes,
      objectiveUs: enter,
      guardExpected: profile.guardExpected !== undefined,
    }),
    recovery: {
      ...recoveryFigures({
        tally,
        phases: spans,
        doors: plan.doors,
        drainedUs,
        probed,
        tolerance,
        majorShare: majorIncident,
      }),
      secondDip: secondDip(dip, drainedUs !== null),
    },
    aftermath: aftermathFigures({
      tally,
      phases: spans,
      doors: plan.doors,
      owed: facts.readings.map(({ atUs, owed }) => ({ atUs: atUs - zeroUs, owed })),
      owedUnit: facts.owedUnit,
      drainedUs,
      arrivalsUs: report.readings.arrivals.map(({ atUs }) => atUs - zeroUs).sort((a, b) => a - b),
      deleters: [...report.readings.deleters].map(
        ([second, atOnce]) => [second - Math.round(zeroUs / 1e6), atOnce] as const,
      ),
    }),
    replies: repliesDrawn(plan.cascade),
  };
}

/** The replies as they were drawn; a message that takes one back answers nothing. */
export function repliesDrawn(cascade: Plan['cascade']): NonNullable<RunRecord['replies']> {
  const replies = cascade.filter(({ number, isRecall }) => number > 0 && isRecall !== true);
  return {
    drawn: replies.length,
    toReplies: replies.filter(({ parent }) => parent > 0).length,
    deepest: replies.reduce((deepest, { depth }) => Math.max(deepest, depth), 0),
  };
}
