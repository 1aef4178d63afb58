/** Opens a wire to an approved endpoint, ready for the greeting. It must not connect to anything the guard did not pin. */

import type { Clock, ProtocolOutcome } from '../measure/outcome.ts';
import type { ApprovedEndpoint } from '../profile/guard.ts';
import { type Deadlines, withDefaults } from './deadlines.ts';
import type { Ending, OpenFailure } from './ending.ts';
import { Wire } from './wire.ts';

/** Everything needed to reach one server. */
export interface ConnectionSettings {
  readonly endpoint: ApprovedEndpoint;
  /** Integer microseconds from the plan's zero. */
  readonly clock: Clock;
  /** PEM; undefined means the system's roots. */
  readonly ca?: string | undefined;
  /** The name the certificate must carry, where it is not the endpoint's host. */
  readonly serverName?: string | undefined;
  /** Skip verification. The caller must say so loudly and record it. */
  readonly tlsInsecure?: boolean | undefined;
  /** Source address, so that per-address limiters can be spread over. */
  readonly localAddress?: string | undefined;
  readonly deadlines?: Partial<Deadlines> | undefined;
}

export interface Credentials {
  readonly login: string;
  /** Not used, and may be empty, where there is a token. */
  readonly password: string;
  /** OAuth 2 bearer (RFC 6750): signs in by OAUTHBEARER or XOAUTH2, never by a mechanism that takes a password. */
  readonly token?: string | undefined;
  /** Whom to act as, where the login is a master user (RFC 4616 §2). */
  readonly authorizationId?: string | undefined;
}

/** What every opening answers, whichever protocol. */
export interface Opening {
  readonly outcome: ProtocolOutcome;
  /** Absent when the outcome is `ok`. */
  readonly failure?: OpenFailure;
  /** For the operator: what happened and what to do. Empty when the outcome is `ok`. */
  readonly message: string;
  readonly startedUs: number;
  readonly endedUs: number;
  /** The connection was under TLS when the opening ended. */
  readonly tls: boolean;
}

/**
 * TCP, and TLS where the endpoint begins with it. The opening deadline starts here and runs on through greeting and
 * sign-in until the caller arms another. Never throws; a failure is on `wire.ending`.
 */
export async function openWire(settings: ConnectionSettings): Promise<Wire> {
  const { endpoint } = settings;
  const wire = new Wire(
    { address: endpoint.address, port: endpoint.port, localAddress: settings.localAddress },
    {
      serverName: settings.serverName ?? endpoint.host,
      ca: settings.ca,
      insecure: settings.tlsInsecure,
    },
  );
  wire.arm(withDefaults(settings.deadlines).openUs);
  const ending = await wire.connected();
  if (ending === undefined && isImplicit(endpoint)) await wire.secured();
  return wire;
}

/** TLS comes first, before any greeting (RFC 8314 §3). */
function isImplicit(endpoint: ApprovedEndpoint): boolean {
  return endpoint.tls === 'implicit' || endpoint.protocol === 'smtps' || endpoint.protocol === 'imaps';
}

/** The operator's line about a failed opening: where, what, and what the ending says to do. */
export function openMessage(endpoint: ApprovedEndpoint, ending: Ending): string {
  const where = `${endpoint.protocol}://${endpoint.host}:${endpoint.port} (${endpoint.address})`;
  return `${where}: ${ending.text}`;
}
