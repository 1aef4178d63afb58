/** One run from the guard to the census, in order. Each stage adds what it learned, or the reason why the run ends there. */

import { randomBytes } from 'node:crypto';
import { canaryFigures, type CanaryFigures } from '../measure/canaries.ts';
import type { LedgerFigures } from '../measure/ledger.ts';
import type { MannerFigure } from '../measure/manners.ts';
import { approveTarget, type TargetRequest } from '../profile/guard.ts';
import type { Profile } from '../profile/schema.ts';
import type { RecordedAmplification } from '../record/record.ts';
import type { CensusCost } from '../replay/census.ts';
import { monotonicUs, runClock } from '../replay/clock.ts';
import { conduct, type Conducted, type RunEvent } from '../replay/conduct.ts';
import type { Access } from '../replay/context.ts';
import type { WorkerStart } from '../replay/messages.ts';
import { flyPilot } from '../replay/pilot.ts';
import { ledgerShapeOf } from '../replay/ledger-shape.ts';
import { Quiescence, type QueueReading } from '../replay/quiescence.ts';
import { domainsOf, drawMailboxes } from '../storm/audience.ts';
import { makeComposer, type Composer } from '../storm/messages.ts';
import {
  canariesBefore,
  makePlan,
  plannedIntents,
  planTotals,
  type Plan,
  type PlanTotals,
} from '../storm/plan.ts';
import { formatBytes, formatCount, formatDuration, formatSpeed } from '../units.ts';
import type { ExitReason } from '../verdict/exit.ts';
import { judge, type Verdict } from '../verdict/verdict.ts';
import { phasesAfter } from '../verdict/windows.ts';
import { PHASES } from '../words.ts';
import { domainOf, guardRequest } from './access-flags.ts';
import { tooFewFiles, tooManySessions } from './connections.ts';
import type { Terminal } from './console/terminal.ts';
import type { Interrupts } from './interrupts.ts';
import { identityOf, type LiveHub } from './live.ts';
import { checkMailboxes, pilotFailure } from './run-before.ts';
import { closeBooks } from './run-census.ts';
import { overCaps } from './run-limits.ts';
import type { RunChoices, RunFlags } from './run-flags.ts';
import { accessTo, bringUp, type BroughtUp } from './run-target.ts';
import { ThresholdWatch } from './threshold-watch.ts';

export interface SessionSettings {
  readonly runId: string;
  readonly flags: RunFlags;
  readonly choices: RunChoices;
  readonly profile: Profile;
  readonly profileText: string;
  readonly terminal: Terminal;
  /** Who watches the run hears of it here. */
  readonly live: LiveHub;
  readonly interrupts: Interrupts;
  readonly event: (event: RunEvent) => void;
  /** Asks a person; true if they mean it. */
  readonly confirm: (question: string) => Promise<boolean>;
}

/** A run id: when, and four characters against two runs in one second. Lower case, digits and dashes only. */
export function newRunId(prefix: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return `${prefix}${stamp}-${randomBytes(2).toString('hex')}`;
}

/** What a run knows of itself, and how it goes on. `go` resolves with the reasons for its end; it never leaves a target running. */
export class RunSession {
  readonly #settings: SessionSettings;
  readonly #zeroUs = monotonicUs();
  readonly clock = runClock(this.#zeroUs);
  readonly startedAtMs = Date.now();
  readonly plan: Plan;
  totals: PlanTotals | undefined;
  target: BroughtUp['shown'] | undefined;
  conducted: Conducted | undefined;
  readings: readonly QueueReading[] = [];
  ledger: LedgerFigures | undefined;
  amplification: RecordedAmplification | undefined;
  manners: readonly MannerFigure[] | undefined;
  canaries: CanaryFigures | undefined;
  census: CensusCost | undefined;
  verdict: Verdict = { status: 'no-data', findings: [] };
  /** Sides whose connections were in the clear. */
  #plainSides: readonly string[] = [];
  #foreignBefore = 0;
  #whyNoLedger = 'the run ended before the census';
  readonly #thresholds: ThresholdWatch;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.plan = makePlan(settings.profile, settings.choices.plan);
    this.#thresholds = new ThresholdWatch(this.plan);
  }

  async go(): Promise<readonly ExitReason[]> {
    const { flags, choices, profile } = this.#settings;
    const up = await bringUp(profile, choices, flags.tls);
    if (typeof up === 'string') return [{ name: 'preflight', because: up }];
    try {
      return await this.#against(up);
    } finally {
      await up.stop();
    }
  }

  async #against(up: BroughtUp): Promise<readonly ExitReason[]> {
    const { profile, choices, flags } = this.#settings;
    this.target = up.shown;
    const domains = [...domainsOf(up.accounts), domainOf(up.listName)];
    const request = await guardRequest(up.submit, up.mailbox, domains, profile, flags.targetIs, up.inbound);
    const decision = approveTarget(request);
    const composer = makeComposer(this.plan, {
      runId: this.#settings.runId,
      accounts: up.accounts,
      list: up.listName,
      inbound: up.inbound !== undefined,
      startedAtMs: this.startedAtMs,
    });
    this.totals = planTotals(this.plan, composer.sizeOf);
    const files = tooManySessions(this.plan) ?? tooFewFiles(profile, this.plan);
    if (files !== undefined) return [{ name: 'preflight', because: files }];
    const over = overCaps(this.plan, this.totals, up.list !== undefined);
    const refusals = [...(decision.ok ? [] : decision.refusals), ...over];
    if (!decision.ok || refusals.length > 0) return [{ name: 'guard', because: refusals.join('; ') }];
    const access = accessTo(up, decision.target, flags, choices.named);
    this.#announce(up);
    if (
      choices.named !== undefined &&
      !(await this.#settings.confirm(`send ${formatCount(this.totals.copies)} copies to ${up.shown.submit}?`))
    ) {
      return [{ name: 'operator', because: 'not confirmed by the operator' }];
    }
    if (up.probe !== undefined && (await up.probe()) === undefined) {
      return [
        {
          name: 'preflight',
          because:
            '--queue-probe: found no whole number in its answer (or none within 10 s), expected how many messages the target owes',
        },
      ];
    }
    const barred = await this.#preflight(access);
    if (barred !== undefined) return [barred];
    const quiescence = this.#quiescence(access, up);
    quiescence.start();
    try {
      const early = await this.#pilot(access, composer, quiescence);
      quiescence.rebase();
      if (early !== undefined) return [early];
      return await this.#storm(access, up, request, quiescence, composer);
    } finally {
      await quiescence.close();
    }
  }

  /** The plan's totals, before the first packet. */
  #announce(up: BroughtUp): void {
    const { terminal, profile, runId, choices } = this.#settings;
    const totals = this.totals as PlanTotals;
    const { mailboxes, speed, seed, mode } = this.plan;
    terminal.line(
      `run ${runId}: ${profile.title}, ${formatCount(mailboxes)} mailboxes at ${formatSpeed(speed)}${mode === 'coupled' ? ', coupled' : ''}, seed ${seed}, digest ${totals.digest}`,
    );
    terminal.line(
      `plan: ${formatCount(totals.messages)} messages, ${formatCount(totals.listMessages)} of them to everybody; ${formatCount(totals.copies)} copies, ${formatBytes(totals.bytes)}; peak ${formatCount(totals.peakCopiesPerSecond)} copies/s; at most ${formatDuration(totals.durationUs)}`,
    );
    terminal.line(
      `target: ${up.shown.kind}, ${up.shown.submit}, ${up.shown.mailbox}, fan-out by the ${up.shown.fanOut === 'list' ? 'target (list)' : 'generator'}, ${choices.workers} worker(s)`,
    );
  }

  #quiescence(access: Access, up: BroughtUp): Quiescence {
    const { profile } = this.#settings;
    return new Quiescence({
      access,
      clock: this.clock,
      probe: up.probe,
      lookMs: up.probeEveryMs,
      sample: quiescenceSample(this.plan, profile.quiescence.sample),
      mailboxes: this.plan.mailboxes,
      quietForUs: profile.quiescence.quietFor,
    });
  }

  async #preflight(access: Access): Promise<ExitReason | undefined> {
    const { profile, flags, interrupts, terminal } = this.#settings;
    const checked = await checkMailboxes({
      sweep: {
        access,
        clock: this.clock,
        atOnce: profile.limits.sweeps,
        signal: interrupts.stop,
        mailboxCount: this.plan.mailboxes,
        provisioned: flags.provisioned,
      },
      allowForeign: flags.allowForeign,
      say: (line) => terminal.line(line),
    });
    if (checked.tls !== undefined) this.#sawTls('mailbox', checked.tls);
    this.#foreignBefore = checked.foreign;
    return checked.barred;
  }

  /** Records what the connections really were: TLS that was only offered to be used proves nothing. */
  #sawTls(side: 'submit' | 'mailbox', tls: boolean): void {
    this.#plainSides = [...this.#plainSides, ...(tls ? [] : [side])];
    if (this.target === undefined) return;
    const tlsVerified = this.#plainSides.length > 0 ? null : !this.#settings.flags.tlsInsecure;
    this.target = { ...this.target, tlsVerified };
  }

  async #pilot(access: Access, composer: Composer, quiescence: Quiescence): Promise<ExitReason | undefined> {
    const { profile, interrupts, terminal, runId, choices } = this.#settings;
    const report = await flyPilot({
      access,
      clock: this.clock,
      atOnce: profile.limits.sweeps,
      signal: interrupts.stop,
      plan: this.plan,
      runId,
      composer,
      closed: choices.named === undefined,
      quietSince: (atUs) => (quiescence.hasProbe ? quiescence.quietSince(atUs) : undefined),
    });
    if (!report.ok) return pilotFailure(report);
    this.#sawTls('submit', report.tls);
    terminal.line(
      `pilot: seen in all ${formatCount(this.plan.mailboxes)} mailboxes within ${formatDuration(report.slowestUs)}, removed again${report.declared === '' ? '' : `; the profile declares what came back: ${report.declared}`}`,
    );
    return undefined;
  }

  async #storm(
    access: Access,
    up: BroughtUp,
    request: TargetRequest,
    quiescence: Quiescence,
    composer: Composer,
  ): Promise<readonly ExitReason[]> {
    const { runId, flags, choices, interrupts, terminal, live, event } = this.#settings;
    const start = this.#startOf(access, up, request);
    live.begin(identityOf(runId, this.plan, (this.totals as PlanTotals).digest, up.shown));
    this.conducted = await conduct({
      plan: this.plan,
      digest: (this.totals as PlanTotals).digest,
      clock: this.clock,
      workers: choices.workers,
      spin: flags.spin,
      shape: ledgerShapeOf(this.plan, access.list === undefined ? 'generator' : 'list'),
      start: (shard) => ({ ...start, shard }),
      quiescence,
      stop: interrupts.stop,
      leave: interrupts.leave,
      event,
      look: (state) => live.look(state),
      tokens: access.tokens,
      failed: (soFar) => this.#thresholds.failed(soFar),
    });
    terminal.settle();
    this.readings = quiescence.readings;
    await this.#census(access, this.conducted, composer);
    return this.#judge(this.conducted);
  }

  /** What every worker is told, whatever its share. */
  #startOf(
    { target: _judgedAgain, tokens, ...access }: Access,
    up: BroughtUp,
    request: TargetRequest,
  ): Omit<WorkerStart, 'matrices' | 'shard'> {
    const { runId, flags, profileText } = this.#settings;
    const { mailboxes, speed, seed, mode, doors } = this.plan;
    return {
      ...access,
      runId,
      profileText,
      seed,
      mailboxes,
      speed,
      mode,
      doors,
      zeroUs: this.#zeroUs,
      startedAtMs: this.startedAtMs,
      request,
      tokenLifetimeUs: tokens?.lifetimeUs,
      listName: up.listName,
      provisioned: flags.provisioned,
      spin: flags.spin,
    };
  }

  async #census(access: Access, conducted: Conducted, composer: Composer): Promise<void> {
    const { interrupts, runId, flags, profile, choices, terminal } = this.#settings;
    const { heard } = conducted.report;
    if (heard < choices.workers) {
      this.#whyNoLedger = `only ${heard} of ${choices.workers} shards told what they sent`;
      return;
    }
    const closed = await closeBooks({
      access,
      plan: this.plan,
      composer,
      copies: (this.totals as PlanTotals).copies,
      clock: this.clock,
      atOnce: profile.limits.sweeps,
      signal: interrupts.leave,
      runId,
      provisioned: flags.provisioned,
      conducted,
      readings: this.readings,
      plainSides: this.#plainSides,
      foreignBefore: this.#foreignBefore,
    });
    this.census = closed.cost;
    this.ledger = closed.ledger;
    this.manners = closed.manners;
    this.amplification = closed.amplification;
    if (closed.unread !== undefined) {
      this.#whyNoLedger = `the census could not read every mailbox: ${closed.unread}`;
      terminal.line(this.#whyNoLedger);
    }
  }

  #judge(conducted: Conducted): readonly ExitReason[] {
    const { profile, choices } = this.#settings;
    const { tally, afterWarmUp, spans, report, stopped, drainLengthUs } = conducted;
    const { deadline } = profile.canaries;
    const canaries = canaryFigures(report.canaries, this.ledger?.clinical, deadline, tally);
    // What a lost shard's watchers saw is not known: a part of the figures would look like all of them.
    if (report.heard === choices.workers) this.canaries = canaries;
    const lengthOf = (phase: (typeof PHASES)[number]): number =>
      phase === 'drain' ? drainLengthUs : Number.POSITIVE_INFINITY;
    const planned = new Map(
      PHASES.map((phase) => [phase, plannedIntents(this.plan, phase, lengthOf(phase))]),
    );
    const cold = canariesBefore(this.plan, profile.warmUp ?? 0);
    const warm = report.canaries.filter(({ number }) => !cold.has(number));
    const { verdict, reasons } = judge({
      profile: this.#thresholds.profile,
      planned,
      tally,
      health: conducted.health.worst(),
      canaries,
      afterWarmUp: {
        tally: afterWarmUp,
        canaries: canaryFigures(warm, this.ledger?.clinical, deadline, afterWarmUp),
      },
      phases: phasesAfter(profile.warmUp ?? 0, spans),
      endedBy: this.#thresholds.endedBy,
      ledger: this.ledger,
      shards: { heard: report.heard, expected: choices.workers },
      whyNoLedger: this.#whyNoLedger,
      manners: this.manners,
    });
    this.verdict = verdict;
    return stopped === undefined ? reasons : [{ name: stopped.kind, because: stopped.words }, ...reasons];
  }
}

/** Mailboxes whose arrivals stand for everybody's: no watchers among them, who get the canaries besides. */
function quiescenceSample(plan: Plan, size: number): readonly number[] {
  const drawn = drawMailboxes(plan.seed, 'quiescence', size + plan.watchers.length, plan.mailboxes);
  const others = drawn.filter((mailbox) => !plan.watchers.includes(mailbox));
  return (others.length > 0 ? others : drawn).slice(0, size);
}
