/** Whom we trust over TLS: options for a handshake, and what to do when it fails. It must not resume a session. */

import { isIP } from 'node:net';
import { createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';

export interface Trust {
  /** The name the certificate must carry. */
  readonly serverName: string;
  /** PEM; undefined means the system's roots. */
  readonly ca?: string | undefined;
  /** Do not verify. Loud and recorded by the caller. */
  readonly insecure?: boolean | undefined;
}

/** Reading a PEM bundle takes milliseconds: one context a bundle, and a run has one or two. */
const CONTEXT_LIMIT = 8;
const contexts = new Map<string, SecureContext>();

/** Handshake options. Throws on a PEM that cannot be read. */
export function handshakeOptions(trust: Trust): ConnectionOptions {
  return {
    // `host` is what the certificate is checked against; SNI may not carry an address (RFC 6066 §3).
    host: trust.serverName,
    ...(isIP(trust.serverName) === 0 ? { servername: trust.serverName } : {}),
    secureContext: contextFor(trust.ca),
    rejectUnauthorized: trust.insecure !== true,
  };
}

/** What a failed handshake means and what to do about it. */
export function trustProblem(error: NodeJS.ErrnoException, trust: Trust): string {
  const code = error.code ?? '';
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `certificate of ${trust.serverName} is not signed by anyone trusted (${code}): name its authority with --tls-ca`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `certificate is not for ${trust.serverName}: name the right one with --tls-server-name (${error.message})`;
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return `certificate of ${trust.serverName} is out of its dates (${code})`;
    default:
      return `TLS handshake with ${trust.serverName} failed: ${error.message}`;
  }
}

function contextFor(ca: string | undefined): SecureContext {
  const key = ca ?? '';
  const known = contexts.get(key);
  if (known !== undefined) return known;
  if (contexts.size >= CONTEXT_LIMIT) contexts.clear();
  const made = createSecureContext({ minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) });
  contexts.set(key, made);
  return made;
}
