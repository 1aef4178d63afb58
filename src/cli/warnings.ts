/** The closed list of warnings before and about a run: what was seen, why it matters, what to try. */

import type { HealthWorst } from '../measure/health.ts';
import type { Profile } from '../profile/schema.ts';
import type { Warning } from '../record/record.ts';
import { recallCount } from '../storm/amplifiers.ts';
import type { Plan } from '../storm/plan.ts';
import { formatDuration } from '../units.ts';
import { lagLimitUs } from '../verdict/fitness.ts';
import { FITNESS_LIMITS } from '../verdict/fitness-limits.ts';
import { PHASES } from '../words.ts';

export interface WarningFacts {
  readonly profile: Profile;
  readonly plan: Plan;
  readonly tlsInsecure: boolean;
  readonly embedded: boolean;
  /** The target has a door for mail from outside. */
  readonly inbound: boolean;
  /** One envelope to many is one message there: whoever deletes it takes it from all of them. */
  readonly sharedCopies: boolean;
  /** Null: some connection was in the clear, or none was made. */
  readonly tlsVerified: boolean | null;
  /** How the generator fared; undefined where no load was run. */
  readonly health: HealthWorst | undefined;
  readonly threads: Threads;
}

/** What the generator has and could have. */
export interface Threads {
  readonly workers: number;
  readonly cores: number;
}

/** All warnings that apply. */
export function warningsOf(facts: WarningFacts): readonly Warning[] {
  const { profile, plan } = facts;
  const warnings: Warning[] = [];
  const { deadline } = profile.canaries;
  const short = PHASES.filter((phase) => plan.lengthsUs[phase] < deadline);
  if (short.length > 0) {
    warnings.push({
      seen: `the canaries' deadline of ${formatDuration(deadline)} is longer than ${short.join(', ')}`,
      matters:
        'deadlines are not compressed with the storm: a canary can be late only if the trouble outlives its phase',
      attempt: 'a lower --speed, or a shorter canaries.deadline',
    });
  }
  const drawn = plan.cascade.length - 1 - recallCount(plan.cascade);
  const { low, chosen } = profile.replies.replyAlls;
  if (drawn < chosen) {
    warnings.push({
      seen: `this seed draws ${drawn} reply-alls, the profile chose ${chosen}`,
      matters:
        drawn < low
          ? `it is a smaller storm than the lowest credible one (${low})`
          : 'it is a smaller storm than the one the profile is named for',
      attempt: 'another --seed',
    });
  }
  if (plan.mailboxes < profile.population.mailboxes) {
    warnings.push({
      seen: `${plan.mailboxes} mailboxes stand for ${profile.population.mailboxes}`,
      matters:
        'a pass says that a smaller storm was passed; no time here may be extrapolated to the full population',
      attempt: 'more --mailboxes, with a target whose capacity is scaled likewise',
    });
  }
  if (plan.mode === 'coupled' && plan.speed !== 1) warnings.push(exaggerated(plan.speed));
  warnings.push(...doorWarnings(facts), ...apiWarnings(facts), ...amplifierWarnings(facts));
  warnings.push(...targetWarnings(facts));
  if (facts.health !== undefined)
    warnings.push(...generatorWarnings(facts.health, lagLimitUs(profile), facts.threads));
  return warnings;
}

/** Thinking is compressed, the mail system's delays are not: each second of delay weighs as much as `speed` of them. */
export function exaggerated(speed: number): Warning {
  return {
    seen: `replies waited for what they answer (coupled) at ${speed}x`,
    matters: `exaggerated: people thought ${speed} times faster and the mail system did not deliver faster, so a delay of 1 s cost the conversation ${speed} s, and more of it starved than would in life`,
    attempt: '--speed 1x; or --mode open beside it, for the storm that does not slow itself',
  };
}

/** What a mail API does that a mail system would not. */
function apiWarnings({ plan, sharedCopies }: WarningFacts): readonly Warning[] {
  if (plan.doors.mailbox !== 'http') return [];
  const warnings: Warning[] = [
    {
      seen: 'mailboxes were read through a mail API, which knows no Trash',
      matters:
        'whoever throws mail away deletes it for good: nothing that was taken by mistake can be had back',
      attempt: 'IMAP or JMAP, where the mail system speaks them',
    },
  ];
  if (sharedCopies)
    warnings.push({
      seen: 'this mail API keeps one message for all recipients of an envelope, and envelopes had many',
      matters: 'the first who deletes it takes it from everybody, which the ledger counts as gone unasked',
      attempt: 'limits: { recipientsPerEnvelope: 1 } in the profile',
    });
  return warnings;
}

/** Mail that should come from outside, where nobody lets it in. */
function doorWarnings({ profile, inbound, embedded }: WarningFacts): readonly Warning[] {
  const outside = Math.max(profile.bystanders.fromOutside ?? 0, profile.canaries.fromOutside ?? 0);
  if (outside === 0 || inbound) return [];
  return [
    {
      seen: `up to ${percent(outside)} of a kind of mail should come from outside, and there is no --inbound`,
      matters:
        'it was handed in by its people like all other mail: the door for mail from outside was not tried',
      attempt: embedded
        ? '--submit, --mailbox and --inbound with a staging system of your own: the embedded target has no such door'
        : '--inbound smtp://host:25',
    },
  ];
}

/** Answers that only a target gives: who is away and who is gone there, no profile decides. */
function amplifierWarnings({ profile, embedded }: WarningFacts): readonly Warning[] {
  const { outOfOffice, deadRecipients = 0 } = profile.amplifiers ?? {};
  if (embedded || (outOfOffice === undefined && deadRecipients === 0)) return [];
  return [
    {
      seen: 'the profile declares people who are away, or list members whose mailbox is gone',
      matters:
        'the pilot let their answers pass; how many there were is the mail system’s own doing, and the record counts what came',
      attempt: 'as many accounts with an auto-reply, and dead list members, as the profile says',
    },
  ];
}

/** What the target was, and how it was spoken to. */
function targetWarnings(facts: WarningFacts): readonly Warning[] {
  const warnings: Warning[] = [];
  if (facts.tlsInsecure) {
    warnings.push({
      seen: 'certificates were not verified (--tls-insecure)',
      matters: 'nobody knows who answered: confidentiality has no data',
      attempt: '--tls-ca with the authority that signed the certificate',
    });
  }
  if (!facts.embedded && facts.tlsVerified === null) {
    warnings.push({
      seen: 'connections were not all under TLS',
      matters: 'passwords and mail crossed in the clear: confidentiality has no data',
      attempt: '?tls=required in --submit and --mailbox, or smtps:// and imaps://',
    });
  }
  if (facts.embedded) {
    warnings.push({
      seen: 'the target was the embedded one',
      matters: 'its limits are a model: the figures show the shape of the storm, not any product',
      attempt: '--submit and --mailbox with a staging system of your own',
    });
  }
  return warnings;
}

/** This share of a limit of fitness is near it. */
const NEAR = 0.8;

/** Warnings about the generator: symptoms that void nothing yet. `lagLimit` is that of the run, in microseconds. */
export function generatorWarnings(
  health: HealthWorst,
  lagLimit: number,
  threads: Threads,
): readonly Warning[] {
  const { utilisationP90, cpuP90, gcShare, gcMaxUs } = health;
  const { cpu, utilisation, garbage } = FITNESS_LIMITS;
  const warnings: Warning[] = [];
  if (cpuP90 !== null && cpuP90 >= (cpu.value / 100) * NEAR) {
    warnings.push({
      seen: `the generator used ${percent(cpuP90)} of its ${threads.cores} core(s) at p90`,
      matters:
        'with no core left over, its lag and event loop are next; a mail system on the same machine is already slower for it',
      attempt:
        'a machine of its own with more cores, or a smaller storm: fewer --mailboxes or a lower --speed',
    });
  }
  if (utilisationP90 !== null && utilisationP90 >= (utilisation.value / 100) * NEAR) {
    warnings.push({
      seen: `the busiest load thread was busy ${percent(utilisationP90)} of the time at p90; ${utilisation.value} % is the limit`,
      matters: 'answers wait for a busy thread to read them, and the wait is counted as the target’s',
      attempt: roomFor(threads),
    });
  }
  const share = gcShare ?? 0;
  if (share >= (garbage.value / 100) * NEAR || (gcMaxUs ?? 0) > lagLimit) {
    warnings.push({
      seen: `garbage collection took ${percent(share)} of a load thread's time, ${formatDuration(gcMaxUs ?? 0)} at a stretch`,
      matters: 'nothing is read or sent meanwhile: the largest times may be the generator’s own',
      attempt: roomFor(threads),
    });
  }
  return warnings;
}

/** More threads only where there are cores for them. */
function roomFor({ workers, cores }: Threads): string {
  return workers < cores
    ? `--workers ${cores}: this machine has ${cores} cores and ${workers} load thread(s)`
    : 'a machine with more cores, or a smaller load: every core has its load thread already';
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
