/** OAuth 2 bearer tokens as SASL says them: OAUTHBEARER (RFC 7628) and XOAUTH2 (its unregistered elder). It must not get or renew a token. */

import type { Credentials } from './connect.ts';

export type BearerMechanism = 'OAUTHBEARER' | 'XOAUTH2';

/** One sign-in by token, ready to be said. */
export interface Bearer {
  readonly mechanism: BearerMechanism;
  /** The one message of the mechanism, base64. */
  readonly blob: string;
  /** What answers an error challenge before the server says its NO: RFC 7628 §3.2.3, and an empty line for XOAUTH2. */
  readonly afterError: string;
}

/** Why there is no such sign-in: `ARGUMENT` or `UNSUPPORTED`, and words for the operator. */
export interface NoBearer {
  readonly code: 'ARGUMENT' | 'UNSUPPORTED';
  readonly refused: string;
}

const CTRL_A = '\u0001';

/** Prefers the registered mechanism. Never falls back to one that takes a password: the token is the one secret we were given. */
export function chooseBearer(
  offered: (mechanism: BearerMechanism) => boolean,
  credentials: Credentials,
): Bearer | NoBearer {
  const { login, token = '', authorizationId = '' } = credentials;
  const who = authorizationId === '' ? login : authorizationId;
  // RFC 6750 §2.1 is narrower still; what must not pass is what could end the field or the line.
  if (!/^[\u0021-\u007e]+$/.test(token)) {
    return { code: 'ARGUMENT', refused: 'this token is empty or holds what no bearer token may hold' };
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what must not pass
  if (/[\u0000-\u001f\u007f]/.test(who)) {
    return { code: 'ARGUMENT', refused: 'a login with control characters cannot be sent' };
  }
  if (offered('OAUTHBEARER')) {
    // saslname, RFC 5801 §4: its two own characters are written otherwise.
    const name = who.replaceAll('=', '=3D').replaceAll(',', '=2C');
    return made('OAUTHBEARER', `n,a=${name},${CTRL_A}auth=Bearer ${token}${CTRL_A}${CTRL_A}`, 'AQ==');
  }
  if (offered('XOAUTH2')) {
    return made('XOAUTH2', `user=${who}${CTRL_A}auth=Bearer ${token}${CTRL_A}${CTRL_A}`, '');
  }
  return {
    code: 'UNSUPPORTED',
    refused: 'signing in by token needs OAUTHBEARER or XOAUTH2, which the server does not offer here',
  };
}

/** The `status` of an error challenge (RFC 7628 §3.2.2), for example `invalid_token`; undefined where it has none. */
export function bearerError(challenge: string): string | undefined {
  try {
    const said: unknown = JSON.parse(Buffer.from(challenge, 'base64').toString('utf8'));
    if (typeof said !== 'object' || said === null || !('status' in said)) return undefined;
    return typeof said.status === 'string' ? said.status.slice(0, 60) : undefined;
  } catch {
    return undefined;
  }
}

function made(mechanism: BearerMechanism, message: string, afterError: string): Bearer {
  return { mechanism, blob: Buffer.from(message).toString('base64'), afterError };
}
