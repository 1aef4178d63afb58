/** Puts together what a simulation foretold into a RunRecord that says so. Judges nothing, writes nothing. */

import { availableParallelism } from 'node:os';
import { samplesNeeded } from '../measure/tally.ts';
import { recordOperations, recordTimeline } from '../record/operations.ts';
import { SCHEMA_VERSION, type RecordedSimulation, type RunRecord, type Warning } from '../record/record.ts';
import type { SystemConfig } from '../simulate/mail-system.ts';
import type { Simulated } from '../simulate/simulate.ts';
import { recallsOf } from '../storm/amplifiers.ts';
import type { Plan, PlanTotals } from '../storm/plan.ts';
import { PHASES } from '../words.ts';
import type { Exit } from '../verdict/exit.ts';
import { simulatedAmplification } from './amplification.ts';
import type { Verdict } from '../verdict/verdict.ts';

export interface SimulationFacts {
  readonly tool: { readonly name: string; readonly version: string };
  readonly runId: string;
  readonly startedAtMs: number;
  readonly plan: Plan;
  readonly totals: PlanTotals;
  readonly system: SystemConfig;
  readonly simulated: Simulated;
  readonly verdict: Verdict;
  readonly exit: Exit;
}

/** What no model of this kind can say, whatever its figures. */
const CANNOT_KNOW = [
  'whether your system has these limits: they are assumptions until a run or its operator has shown them',
  'what breaks: crashes, full disks, bugs, lost or doubled mail, restarts in a loop',
  'which needed messages people delete along with the junk, and what they get back',
  'retries: who was turned away or lost patience tries again in life, and adds to the load',
  'networks, TLS, clients that stand open all day or fetch everything, answers that the profile does not declare',
  'deliveries held up by a locked mailbox, one copy at a time: copies to everybody are counted, not followed',
  'whether people would have replied less: the replies are those of a mail system that shows each at once',
] as const;

/** The record of a simulation. */
export function simulationRecord(facts: SimulationFacts): RunRecord {
  const { plan, totals, simulated } = facts;
  const { profile, seed, mailboxes, speed, lengthsUs } = plan;
  const { replyAlls } = profile.replies;
  const { digest, messages, listMessages, copies, bytes, peakCopiesPerSecond, durationUs } = totals;
  const sizes = { messages, listMessages, copies, bytes, peakCopiesPerSecond, durationUs };
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: facts.tool,
    runId: facts.runId,
    simulated: true,
    simulation: simulationOf(facts),
    startedAt: new Date(facts.startedAtMs).toISOString(),
    machine: {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cores: availableParallelism(),
    },
    profile: {
      name: profile.profile,
      title: profile.title,
      why: profile.why.trim(),
      populationMailboxes: profile.population.mailboxes,
      replyAllsLow: replyAlls.low,
      replyAllsHigh: replyAlls.high,
      replyAllsChosen: replyAlls.chosen,
      canaryDeadlineUs: profile.canaries.deadline,
    },
    plan: { seed, digest, mailboxes, speed, ...sizes, ...recallsOf(plan.cascade), workers: 0 },
    target: null,
    phases: simulated.spans,
    drain: {
      drainedUs: simulated.drainedUs,
      quiescent: true,
      owedAtEnd: 0,
      pressure: (lengthsUs.storm + simulated.drainedUs) / lengthsUs.storm,
      profileOfferedPerSecond:
        ((1 + replyAlls.chosen) * profile.population.mailboxes) / (profile.phases.storm / 1e6),
    },
    generator: null,
    operations: recordOperations(simulated.tally),
    ledger: null,
    amplification: simulatedAmplification(plan, simulated),
    canaries: simulated.canaries,
    patience: null,
    census: null,
    timeline: recordTimeline(simulated.tally, simulated.readings),
    errors: simulated.tally.errors(),
    refusals: simulated.tally.refusals(),
    warnings: warningsOf(simulated),
    verdict: facts.verdict,
    exit: facts.exit,
  };
}

function simulationOf({ system, simulated }: SimulationFacts): RecordedSimulation {
  const { capacity, discipline, mailboxLock, maxSessions, maxOwedCopies } = system;
  const { storm } = simulated;
  const limit = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    system: {
      deliveriesPerSecond: capacity.deliveriesPerSecond,
      accessServers: capacity.accessServers,
      signInsPerSecond: capacity.accessServers / (capacity.service.signin.fixedUs / 1e6),
      discipline,
      mailboxLock,
      maxSessions: limit(maxSessions),
      maxOwedCopies: limit(maxOwedCopies),
    },
    copiesAccepted: simulated.copiesAccepted,
    toAll: { accepted: storm.accepted, refused: storm.refused, pruned: storm.pruned },
    guardFromUs: simulated.guardFromUs ?? null,
    owedPeak: simulated.peakOwed,
    owedAtStormEnd: simulated.owedAtStormEnd,
    canaryDelays: delaysOf(simulated),
    clicksInARow: simulated.clicksInARow,
    cannotKnow: CANNOT_KNOW,
  };
}

function delaysOf({ delays }: Simulated): RecordedSimulation['canaryDelays'] {
  return PHASES.map((phase) => {
    const sorted = Float64Array.from(
      delays.filter((one) => one.phase === phase),
      ({ delayUs }) => delayUs,
    ).sort();
    const at = (percentile: number): number | null => {
      if (sorted.length < samplesNeeded(percentile)) return null;
      return Math.round(sorted[Math.ceil((percentile / 100) * sorted.length) - 1] ?? 0);
    };
    const maxUs = sorted.length === 0 ? null : Math.round(sorted.at(-1) ?? 0);
    return { phase, count: sorted.length, p50Us: at(50), p90Us: at(90), maxUs };
  });
}

function warningsOf({ clicksInARow }: Simulated): readonly Warning[] {
  if (clicksInARow === 1) return [];
  return [
    {
      seen: `people who delete one by one or by the page had ${clicksInARow} clicks simulated as one piece of work`,
      matters:
        'the work is all there, and so are the waits between clicks; how single commands took turns is coarser',
      attempt: 'fewer mailboxes, where each click is simulated by itself',
    },
  ];
}
