/** Credentials as one Authorization header: Basic (RFC 7617) or Bearer (RFC 6750). It must not get or renew any. */

import type { Credentials } from '../connect.ts';

/** Undefined where RFC 7617 §2 leaves no way to say it: a colon in the name, a control character anywhere. */
export function basicHeader(login: string, password: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not pass
  if (login.includes(':') || /[\u0000-\u001f\u007f]/.test(`${login}${password}`)) return undefined;
  return `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`;
}

/** Undefined where the token holds what no bearer token may (RFC 6750 §2.1, not so narrow). */
export function bearerHeader(token: string): string | undefined {
  return /^[\u0021-\u007e]+$/.test(token) ? `Bearer ${token}` : undefined;
}

/** Bearer where there is a token, else Basic. HTTP knows no authorization identity: a master user signs in by its own form. */
export function authorizationOf({ login, password, token }: Credentials): string | undefined {
  return token === undefined ? basicHeader(login, password) : bearerHeader(token);
}
