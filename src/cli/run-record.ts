/** Puts together what a run found into its RunRecord and the files of the run directory. Judges nothing, writes nothing itself. */

import type { CanaryFigures } from '../measure/canaries.ts';
import { cohortFigures } from '../measure/cohorts.ts';
import { mailboxWith } from '../measure/copy-table.ts';
import { intervalLog } from '../measure/hlog.ts';
import { ENTERED } from '../measure/ledger-share.ts';
import type { LedgerFigures } from '../measure/ledger.ts';
import type { MannerFigure } from '../measure/manners.ts';
import type { Profile } from '../profile/schema.ts';
import { patienceFigures } from '../measure/patience.ts';
import { recordOperations, recordTimeline } from '../record/operations.ts';
import { answerQuestions } from '../record/questions/questions.ts';
import {
  SCHEMA_VERSION,
  type RecordedAmplification,
  type RecordedLedger,
  type RecordedProbe,
  type RunRecord,
  type Warning,
} from '../record/record.ts';
import type { CensusCost } from '../replay/census.ts';
import type { Conducted, RunEvent } from '../replay/conduct.ts';
import type { QueueReading } from '../replay/quiescence.ts';
import { recallsOf } from '../storm/amplifiers.ts';
import { plannedMail, type Plan, type PlanTotals } from '../storm/plan.ts';
import type { Exit } from '../verdict/exit.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { USUAL_DOORS } from '../words.ts';
import { runEvents, stormShapeOf } from './record-events.ts';
import { machineOf, offeredPerSecond, profileOf } from './record-parts.ts';
import { aftermathOf } from './run-aftermath.ts';

/** Everything known at the end of a run; what was never reached is undefined. */
export interface RunFacts {
  readonly tool: { readonly name: string; readonly version: string };
  readonly runId: string;
  readonly startedAtMs: number;
  readonly profile: Profile;
  readonly plan: Plan | undefined;
  readonly totals: PlanTotals | undefined;
  readonly workers: number;
  readonly target: RunRecord['target'];
  readonly conducted: Conducted | undefined;
  readonly readings: readonly QueueReading[];
  /** What the queue probe counts; undefined: there is none. */
  readonly owedUnit: 'copies' | 'messages' | undefined;
  readonly probes: readonly RecordedProbe[];
  readonly events: readonly RunEvent[];
  readonly command: string;
  readonly ledger: LedgerFigures | undefined;
  readonly amplification: RecordedAmplification | undefined;
  readonly manners: readonly MannerFigure[] | undefined;
  readonly canaries: CanaryFigures | undefined;
  readonly census: CensusCost | undefined;
  readonly verdict: Verdict;
  readonly exit: Exit;
  readonly warnings: readonly Warning[];
}

/** The record of a run, wherever it ended. */
export function buildRecord(facts: RunFacts): RunRecord {
  const record = withoutQuestions(facts);
  return { ...record, questions: answerQuestions(record) };
}

function withoutQuestions(facts: RunFacts): RunRecord {
  const { profile, plan, totals, conducted } = facts;
  const zeroUs = conducted?.zeroUs ?? 0;
  const operations = conducted === undefined ? [] : recordOperations(conducted.tally);
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: facts.tool,
    runId: facts.runId,
    simulated: false,
    startedAt: new Date(facts.startedAtMs).toISOString(),
    machine: machineOf(),
    profile: profileOf(profile),
    plan: plan === undefined || totals === undefined ? null : planOf(plan, totals, facts.workers),
    target: facts.target,
    ...(plan === undefined ? {} : { doors: plan.doors }),
    command: facts.command,
    ...happened(facts),
    phases: conducted?.spans ?? [],
    drain: drainOf(facts),
    generator:
      conducted === undefined ? null : { health: conducted.health.points(), worst: conducted.health.worst() },
    operations,
    ...aftermath(facts, operations),
    ...(facts.probes.length === 0 ? {} : { probes: facts.probes }),
    ledger:
      facts.ledger === undefined || plan === undefined || conducted === undefined
        ? null
        : ledgerOf(facts.ledger, plan, conducted),
    amplification: facts.amplification ?? null,
    manners: facts.manners ?? null,
    canaries: facts.canaries ?? null,
    cohorts: cohortsOf(facts),
    cascade: conducted?.cascade ?? null,
    patience:
      conducted === undefined || conducted.report.heard < facts.workers
        ? null
        : patienceFigures(conducted.report.patience),
    census: facts.census ?? null,
    timeline:
      conducted === undefined
        ? []
        : recordTimeline(
            conducted.tally,
            facts.readings.map(({ atUs, owed }) => ({ atUs: atUs - zeroUs, owed })),
            plan?.doors ?? USUAL_DOORS,
          ),
    errors: conducted?.tally.errors() ?? [],
    refusals: conducted?.tally.refusals() ?? [],
    warnings: facts.warnings,
    verdict: facts.verdict,
    exit: facts.exit,
  };
}

function happened({ plan, conducted, events }: RunFacts): Partial<RunRecord> {
  if (plan === undefined || conducted === undefined) return {};
  const stormShape = stormShapeOf(plan);
  return {
    events: runEvents(events, conducted.spans, conducted.tally),
    ...(stormShape === undefined ? {} : { stormShape }),
  };
}

/** What a lost shard's people saw is not known: a part of it would look like all. */
function aftermath(facts: RunFacts, operations: RunRecord['operations']): Partial<RunRecord> {
  const { profile, plan, conducted, readings, owedUnit, workers } = facts;
  if (plan === undefined || conducted === undefined || conducted.report.heard < workers) return {};
  return aftermathOf({ profile, plan, conducted, readings, owedUnit, operations });
}

/** The interval log of a run; an empty log where nothing was measured. */
export function buildIntervalLog(facts: RunFacts): string {
  const { conducted, startedAtMs } = facts;
  return intervalLog(conducted?.tally.intervals() ?? [], startedAtMs + (conducted?.zeroUs ?? 0) / 1_000);
}

function planOf(plan: Plan, totals: PlanTotals, workers: number): RunRecord['plan'] {
  const { digest, messages, listMessages, copies, bytes, peakCopiesPerSecond, durationUs } = totals;
  const { seed, mailboxes, speed } = plan;
  return {
    seed,
    digest,
    mailboxes,
    speed,
    messages,
    listMessages,
    ...recallsOf(plan.cascade),
    copies,
    bytes,
    peakCopiesPerSecond,
    durationUs,
    workers,
  };
}

function drainOf({ profile, plan, conducted }: RunFacts): RunRecord['drain'] {
  const stormUs = plan?.lengthsUs.storm ?? 0;
  const drainedUs = conducted?.drainedUs ?? null;
  return {
    drainedUs,
    quiescent: conducted?.quiescent ?? false,
    owedAtEnd: conducted?.owedAtEnd ?? null,
    // Offered over (copies / (storm + drain)) = (storm + drain) / storm: the copies cancel out.
    pressure: drainedUs === null || stormUs === 0 ? null : (stormUs + drainedUs) / stormUs,
    profileOfferedPerSecond: offeredPerSecond(profile),
  };
}

/** What a lost shard's people felt is not known: a part of the figures would look like all of them. */
function cohortsOf({ profile, plan, conducted, ledger, workers }: RunFacts): RunRecord['cohorts'] {
  if (plan?.cohorts === undefined || conducted === undefined || conducted.report.heard < workers) return null;
  const { reads, canaries, share } = conducted.report;
  return cohortFigures(plan.cohorts, {
    reads,
    sightings: canaries,
    watcherOf: (canary) => mailboxWith(share.direct, canary, ENTERED),
    dispositions: ledger?.clinical,
    deadlineUs: profile.canaries.deadline,
  });
}

function ledgerOf(ledger: LedgerFigures, plan: Plan, conducted: Conducted): RecordedLedger {
  const { clinical: _clinical, copiesTold: _told, ...figures } = ledger;
  const { messages, copies } = plannedMail(plan, conducted.drainLengthUs);
  return { messages, listMessages: plan.cascade.length, copiesPlanned: copies, ...figures };
}
