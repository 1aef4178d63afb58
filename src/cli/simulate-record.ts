/** Puts together what a simulation foretold into a RunRecord that says so. Judges nothing, writes nothing. */

import { samplesNeeded } from '../measure/tally.ts';
import { recordOperations, recordTimeline } from '../record/operations.ts';
import { answerQuestions } from '../record/questions/questions.ts';
import { SCHEMA_VERSION, type RecordedSimulation, type RunRecord, type Warning } from '../record/record.ts';
import { simulationEvents, stormShapeOf } from './record-events.ts';
import { machineOf, offeredPerSecond, profileOf } from './record-parts.ts';
import type { SystemConfig } from '../simulate/mail-system.ts';
import type { Simulated } from '../simulate/simulate.ts';
import { recallsOf } from '../storm/amplifiers.ts';
import type { Plan, PlanTotals } from '../storm/plan.ts';
import { PHASES } from '../words.ts';
import { exaggerated } from './warnings.ts';
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
  readonly command: string;
}

/** What no model of this kind can say, whatever its figures. */
const CANNOT_KNOW = [
  'whether your system has these limits: they are assumptions until a run or its operator has shown them',
  'what breaks: crashes, full disks, bugs, lost or doubled mail, restarts in a loop',
  'which needed messages people delete along with the junk, and what they get back',
  'retries: who was turned away or lost patience tries again in life, and adds to the load',
  'networks, TLS, the milliseconds of timers, clients that stand open all day or fetch everything, answers that the profile does not declare',
  'deliveries held up by a locked mailbox, one copy at a time: copies to everybody are counted, not followed',
] as const;

/** What only one mode of the replies leaves open. */
const CANNOT_KNOW_IN = {
  open: 'whether people would have replied less: the replies are those of a mail system that shows each at once',
  coupled:
    'what the looking of those who wait to answer costs: here it is free, and seen a hundredth of the wait too late at most',
} as const;

/** The record of a simulation. */
export function simulationRecord(facts: SimulationFacts): RunRecord {
  const record = withoutQuestions(facts);
  return { ...record, questions: answerQuestions(record) };
}

function withoutQuestions(facts: SimulationFacts): RunRecord {
  const { plan, totals, simulated } = facts;
  const { profile, seed, mailboxes, speed, lengthsUs } = plan;
  const { digest, messages, listMessages, copies, bytes, peakCopiesPerSecond, durationUs } = totals;
  const stormShape = stormShapeOf(plan);
  const sizes = { messages, listMessages, copies, bytes, peakCopiesPerSecond, durationUs };
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: facts.tool,
    runId: facts.runId,
    simulated: true,
    simulation: simulationOf(facts),
    startedAt: new Date(facts.startedAtMs).toISOString(),
    machine: machineOf(),
    profile: profileOf(profile),
    plan: { seed, digest, mailboxes, speed, ...sizes, ...recallsOf(plan.cascade), workers: 0 },
    target: null,
    doors: plan.doors,
    command: facts.command,
    events: simulationEvents(plan, simulated.spans, simulated.guardFromUs),
    ...(stormShape === undefined ? {} : { stormShape }),
    phases: simulated.spans,
    drain: {
      drainedUs: simulated.drainedUs,
      quiescent: true,
      owedAtEnd: 0,
      pressure: (lengthsUs.storm + simulated.drainedUs) / lengthsUs.storm,
      profileOfferedPerSecond: offeredPerSecond(profile),
    },
    generator: null,
    operations: recordOperations(simulated.tally),
    ledger: null,
    amplification: simulatedAmplification(plan, simulated),
    canaries: simulated.canaries,
    cohorts: null,
    cascade: simulated.cascade,
    patience: null,
    census: null,
    timeline: recordTimeline(simulated.tally, simulated.readings, plan.doors),
    errors: simulated.tally.errors(),
    refusals: simulated.tally.refusals(),
    warnings: warningsOf(plan, simulated),
    verdict: facts.verdict,
    exit: facts.exit,
  };
}

function simulationOf({ plan, system, simulated }: SimulationFacts): RecordedSimulation {
  const { capacity, discipline, mailboxLock, maxSessions, maxOwedCopies, caps } = system;
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
      submissionConnections: limit(caps.submission),
      mailboxConnections: limit(caps.mailbox),
    },
    copiesAccepted: simulated.copiesAccepted,
    toAll: { accepted: storm.accepted, refused: storm.refused, pruned: storm.pruned },
    guardFromUs: simulated.guardFromUs ?? null,
    owedPeak: simulated.peakOwed,
    owedAtStormEnd: simulated.owedAtStormEnd,
    canaryDelays: delaysOf(simulated),
    clicksInARow: simulated.clicksInARow,
    waitedForConnection: simulated.waitedForConnection,
    cannotKnow: [...CANNOT_KNOW, CANNOT_KNOW_IN[plan.mode]],
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

function warningsOf(
  { mode, speed }: Plan,
  { clicksInARow, waitedForConnection }: Simulated,
): readonly Warning[] {
  const coupled = mode === 'coupled' && speed !== 1 ? [exaggerated(speed)] : [];
  const rows: Warning = {
    seen: `people who delete one by one or by the page had ${clicksInARow} clicks simulated as one piece of work`,
    matters:
      'the work is all there, and so are the waits between clicks; how single commands took turns is coarser',
    attempt: 'fewer mailboxes, where each click is simulated by itself',
  };
  const shared: Warning = {
    seen: `${waitedForConnection} messages or sessions waited for a connection: limits.smtpConnections or limits.imapConnections were taken`,
    matters: 'a run would make people wait the same; in life everybody has a connection of their own',
    attempt: '--set connections=own, or higher limits in the profile',
  };
  return [...coupled, ...(clicksInARow > 1 ? [rows] : []), ...(waitedForConnection > 0 ? [shared] : [])];
}
