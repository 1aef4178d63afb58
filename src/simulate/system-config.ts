/** The limits a simulation keeps to: what a profile says over a base that its caller names. Data only. */

import type { CapacityConfig } from '../capacity/config.ts';
import type { Profile } from '../profile/schema.ts';
import { OWN_CONNECTIONS, type ConnectionCaps } from './connections.ts';
import type { SystemConfig } from './mail-system.ts';

/** A rate as the time of one piece on one of so many servers. */
function perServerUs(servers: number, perSecond: number): number {
  return (servers / perSecond) * 1_000_000;
}

/**
 * The system that a profile describes; `base` answers for what it leaves open. A storm that is scaled down is simulated
 * as the run that would replay it, whose people share its connections; at full size they have their own, as in life.
 */
export function systemConfig(profile: Profile, base: CapacityConfig, mailboxes: number): SystemConfig {
  const rules = profile.simulate ?? {};
  const servers = rules.accessServers ?? base.accessServers;
  const { service } = base;
  const signin =
    rules.signInsPerSecond === undefined
      ? service.signin
      : { fixedUs: perServerUs(servers, rules.signInsPerSecond), perMessageUs: 0 };
  const expunging =
    rules.expungesPerSecond === undefined
      ? undefined
      : { perMessageUs: perServerUs(servers, rules.expungesPerSecond) };
  return {
    capacity: {
      ...base,
      deliveriesPerSecond: rules.deliveriesPerSecond ?? base.deliveriesPerSecond,
      accessServers: servers,
      service: {
        ...service,
        signin,
        move: { ...service.move, ...expunging },
        expunge: { ...service.expunge, ...expunging },
      },
    },
    discipline: rules.discipline ?? 'fifo',
    mailboxLock: rules.mailboxLock ?? false,
    maxSessions: rules.maxSessions ?? Number.POSITIVE_INFINITY,
    maxOwedCopies: rules.maxOwedCopies ?? Number.POSITIVE_INFINITY,
    caps: capsOf(profile, mailboxes),
  };
}

function capsOf({ simulate, limits, population }: Profile, mailboxes: number): ConnectionCaps {
  const fullSize = mailboxes >= population.mailboxes;
  if ((simulate?.connections ?? (fullSize ? 'own' : 'capped')) === 'own') return OWN_CONNECTIONS;
  const { smtpConnections, imapConnections, sessionsPerUser = Number.POSITIVE_INFINITY } = limits;
  return { submission: smtpConnections, mailbox: imapConnections, perPerson: sessionsPerUser };
}
