/** How test messages are addressed, and what every message's bytes must obey on the wire. No test here. */

import { expect } from 'vitest';
import type { Addressing } from '../../src/storm/messages.ts';

export const ADDRESSING: Addressing = {
  runId: 'run-1',
  accounts: { pattern: 'user{n}@lab.test', first: 1 },
  list: 'everyone@lab.test',
  startedAtMs: Date.UTC(2016, 10, 14, 8, 29, 0),
};

/** Every line ends in CRLF, none is longer than SMTP allows, and no CR or LF stands alone. */
export function expectWireLines(bytes: Buffer): void {
  expect(bytes.subarray(-2).toString('latin1')).toBe('\r\n');
  for (const line of bytes.toString('latin1').split('\r\n')) {
    if (/[\r\n\0]/.test(line)) expect(line).not.toMatch(/[\r\n\0]/);
    if (line.length > 998) expect(line.length).toBeLessThanOrEqual(998);
  }
}
