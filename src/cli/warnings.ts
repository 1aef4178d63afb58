/** The closed list of warnings before and about a run: what was seen, why it matters, what to try. */

import type { Profile } from '../profile/schema.ts';
import type { Warning } from '../record/record.ts';
import type { Plan } from '../storm/plan.ts';
import { formatDuration } from '../units.ts';
import { PHASES } from '../words.ts';

export interface WarningFacts {
  readonly profile: Profile;
  readonly plan: Plan;
  readonly tlsInsecure: boolean;
  readonly embedded: boolean;
  /** Null: some connection was in the clear, or none was made. */
  readonly tlsVerified: boolean | null;
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
  const drawn = plan.cascade.length - 1;
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
