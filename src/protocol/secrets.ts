/** Takes secrets back out of what a server says. It must not keep them. */

import type { Rejected } from '../measure/outcome.ts';

/** A server that echoes a password must not get it into a record: each occurrence is struck out. */
export function withoutSecrets(rejected: Rejected, secrets: readonly string[]): Rejected {
  let { text } = rejected;
  for (const secret of secrets) {
    if (secret !== '') text = text.replaceAll(secret, '[secret]');
  }
  return { ...rejected, text };
}
