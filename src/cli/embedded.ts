/** Sets the embedded target up for a profile: as many accounts, and a capacity scaled like the storm. */

import { DEFAULT_CAPACITY, type CapacityConfig } from '../capacity/config.ts';
import type { Profile } from '../profile/schema.ts';
import type { TargetConfig } from '../target/config.ts';
import type { MischiefConfig } from '../target/mischief.ts';
import { NO_SWITCHES, type TargetSwitches } from '../target/switches.ts';
import { awayMailboxes, deadMembers } from '../storm/amplifiers.ts';
import { addressOf, type AccountPattern } from '../storm/audience.ts';

/** The embedded target's names: reserved ones, so that no packet can be for anybody (RFC 2606). */
export const EMBEDDED_DOMAIN = 'lab.test';
export const EMBEDDED_LIST = 'all@lab.test';
export const EMBEDDED_ACCOUNTS = 'user{n}@lab.test';

export interface EmbeddedChoices {
  readonly profile: Profile;
  /** Of the plan: it decides who is away. */
  readonly seed: number;
  readonly mailboxes: number;
  readonly speed: number;
  readonly accounts: AccountPattern;
  readonly password: string;
  readonly tls: boolean;
  readonly smtpPort: number;
  readonly imapPort: number;
  readonly jmapPort?: number;
  readonly probePort?: number;
  readonly switches?: TargetSwitches;
  readonly mischief: MischiefConfig | undefined;
}

/**
 * A mail system that drowns visibly: deliveries as the profile says, and one store behind both doors, so that a
 * backlog of a second makes sign-ins eight times as slow and a crowd of deleters holds deliveries up. The figures are
 * assumptions, chosen to show the shape of the storm; they describe no product.
 */
export function embeddedCapacity(profile: Profile, mailboxes: number, speed: number): CapacityConfig {
  const { copiesPerMailboxMinute, accessServers } = profile.embeddedTarget;
  return {
    ...DEFAULT_CAPACITY,
    deliveriesPerSecond: (copiesPerMailboxMinute * mailboxes * speed) / 60,
    accessServers,
    service: {
      ...DEFAULT_CAPACITY.service,
      signin: { fixedUs: 15_000, perMessageUs: 0 },
      open: { fixedUs: 6_000, perMessageUs: 0 },
      store: { fixedUs: 1_000, perMessageUs: 100 },
      move: { fixedUs: 2_500, perMessageUs: 300 },
      expunge: { fixedUs: 2_000, perMessageUs: 400 },
    },
    deliverySlowsAccess: 5,
    accessSlowsDelivery: 2,
    saturationUs: 1_000_000,
  };
}

/** Everything the target's process needs. */
export function embeddedConfig(choices: EmbeddedChoices): TargetConfig {
  const { profile, mailboxes, speed, accounts, password, tls, smtpPort, imapPort, jmapPort, probePort } =
    choices;
  return {
    host: '127.0.0.1',
    domain: EMBEDDED_DOMAIN,
    accounts: Array.from({ length: mailboxes }, (_, mailbox) => addressOf(accounts, mailbox)),
    password,
    list: EMBEDDED_LIST,
    ...amplifying(choices),
    capacity: embeddedCapacity(profile, mailboxes, speed),
    tls,
    smtpPort,
    imapPort,
    ...(jmapPort === undefined ? {} : { jmapPort }),
    ...(probePort === undefined ? {} : { probePort }),
    switches: choices.switches ?? NO_SWITCHES,
    ...(choices.mischief === undefined ? {} : { mischief: choices.mischief }),
  };
}

/** What the profile says of the list and of people who are away. */
function amplifying({
  profile,
  seed,
  mailboxes,
  accounts,
}: EmbeddedChoices): Pick<TargetConfig, 'listEcho' | 'deadMembers' | 'outOfOffice'> {
  const dead = deadMembers(profile, mailboxes);
  const away = profile.amplifiers?.outOfOffice;
  return {
    ...(profile.list?.echo === false ? { listEcho: false } : {}),
    ...(dead === 0
      ? {}
      : { deadMembers: Array.from({ length: dead }, (_, n) => `gone${n}@${EMBEDDED_DOMAIN}`) }),
    ...(away === undefined
      ? {}
      : {
          outOfOffice: {
            accounts: awayMailboxes(profile, seed, mailboxes).map((mailbox) => addressOf(accounts, mailbox)),
            days: away.days,
          },
        }),
  };
}
