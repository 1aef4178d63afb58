/** Approved endpoints, a clock and a certificate for tests. It must not reach beyond loopback. */

import { generate } from 'selfsigned';
import type { ConnectionSettings } from '../../../src/protocol/connect.ts';
import {
  approveTarget,
  type ApprovedEndpoint,
  type EndpointProtocol,
  type TlsMode,
} from '../../../src/profile/guard.ts';

/** A loopback endpoint, approved by the guard like any other. */
export function endpoint(
  protocol: EndpointProtocol,
  port: number,
  tls: TlsMode = 'off',
  host = 'localhost',
): ApprovedEndpoint {
  const request = { protocol, host, port, tls };
  const decision = approveTarget({
    submit: request,
    mailbox: request,
    submitAddresses: ['127.0.0.1'],
    mailboxAddresses: ['127.0.0.1'],
    domains: ['lab.test'],
    hasStopCondition: false,
    hasCaps: false,
  });
  if (!decision.ok) throw new Error(decision.refusals.join('; '));
  return decision.target.submit;
}

export function clock(): number {
  return Math.round(performance.now() * 1_000);
}

/** Settings for a test: a deadline long enough for a busy machine, short enough to fail in time. */
export function settings(
  protocol: EndpointProtocol,
  port: number,
  more: Partial<ConnectionSettings> & { readonly tls?: TlsMode; readonly host?: string } = {},
): ConnectionSettings {
  const { tls, host, ...rest } = more;
  return { endpoint: endpoint(protocol, port, tls, host), clock, ...rest };
}

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Self-signed, so its own authority. */
export async function certificate(name = 'localhost'): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: name }], {
    algorithm: 'sha256',
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  return { key: made.private, cert: made.cert };
}
