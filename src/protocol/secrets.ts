/** Takes secrets back out of what a server says. It must not keep them. */

import type { Rejected } from '../measure/outcome.ts';

/** A server that echoes a password must not get it into a record: each occurrence is struck out. */
export function withoutSecrets(rejected: Rejected, secrets: readonly string[]): Rejected {
  let { text, enhanced } = rejected;
  for (const secret of secrets) {
    if (secret === '') continue;
    text = text.replaceAll(secret, '[secret]');
    if (enhanced !== undefined && holds(enhanced.toUpperCase(), secret.toUpperCase())) enhanced = '[secret]';
  }
  return { ...rejected, text, ...(enhanced === undefined ? {} : { enhanced }) };
}

/** A code may have been put into upper case on its way; a secret of a few letters is part of many an honest code. */
function holds(code: string, secret: string): boolean {
  return code === secret || (secret.length >= SHORTEST_PART && code.includes(secret));
}

const SHORTEST_PART = 6;
