/** A real server stopped for six seconds under a paced load: the figures must show the stall as a person behind it would have felt it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import type { Summary } from '../../src/measure/tally.ts';
import { describeWith, missingCommands } from './gate.ts';
import { replystorm } from './program.ts';
import { startSmtpSink } from './smtp-sink.ts';

const RATE = 200;
const LOAD_SECONDS = 20;
const FREEZE_AFTER_MS = 7_000;
const FREEZE_MS = 6_000;

/** The machine is shared: an attempt at which the generator itself was late proves nothing either way. */
const ATTEMPTS = 3;

const CLOSE = 0.02;

interface Paced {
  readonly messages: number;
  readonly ok: number;
  readonly serviceUs: Summary;
  readonly responseUs: Summary;
  readonly waitUs: Summary;
  readonly lagUs: Summary;
  readonly verdict: { readonly status: string };
}

/** One load with the server stopped in its midst; says what was measured and how long the stop really was. */
async function frozenLoad(): Promise<{ code: number; said: Paced; stallUs: number }> {
  const sink = await startSmtpSink();
  try {
    const submit = `smtp://127.0.0.1:${sink.port}?tls=off`;
    const flags = ['--rate', `${RATE}`, '--duration', `${LOAD_SECONDS}s`, '--connections', '10', '--json'];
    const running = replystorm(['calibrate', 'smtp', '--submit', submit, ...flags], '');
    await sleep(FREEZE_AFTER_MS);
    const from = performance.now();
    sink.signal('SIGSTOP');
    await sleep(FREEZE_MS);
    sink.signal('SIGCONT');
    const stallUs = (performance.now() - from) * 1_000;
    const { code, stdout } = await running;
    return { code, said: JSON.parse(stdout) as Paced, stallUs };
  } finally {
    await sink.stop();
  }
}

/** Of a load of T, frozen for F, the top share p of responses begins at F − p·T: the stalled are spread evenly from F to 0. */
function closeTo(seenUs: number | null, stallUs: number, share: number): boolean {
  const expectedUs = stallUs - share * LOAD_SECONDS * 1e6;
  return seenUs !== null && Math.abs(seenUs / expectedUs - 1) < CLOSE;
}

describeWith(missingCommands({ 'smtp-sink': 'postfix' }), 'a stall of the server', () => {
  test('is in the response times in full, in the wait, and not in our lag', {
    timeout: 200_000,
  }, async () => {
    const seen: unknown[] = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const { code, said, stallUs } = await frozenLoad();
      const { serviceUs, responseUs, waitUs, lagUs, verdict } = said;
      seen.push({ code, stallUs, serviceUs, responseUs, waitUs, lagUs });
      // Whatever else the machine does, every message is accounted for.
      expect(said).toMatchObject({ messages: RATE * LOAD_SECONDS, ok: RATE * LOAD_SECONDS });
      expect(responseUs.count).toBe(RATE * LOAD_SECONDS);
      const asFelt = closeTo(responseUs.p90, stallUs, 0.1) && closeTo(responseUs.p99, stallUs, 0.01);
      if (code !== 0 || !asFelt) continue;
      expect(verdict.status).toBe('pass');
      expect(lagUs.p99).toBeLessThan(10_000);
      expect(serviceUs.p50).toBeLessThan(50_000);
      // By service times alone ten of four thousand were slow: no percentile that they support shows it.
      expect(serviceUs.p99).toBeLessThan(stallUs / 4);
      expect(waitUs.p90).toBeGreaterThan((responseUs.p90 ?? 0) * 0.95);
      return;
    }
    expect.fail(`no attempt was fit and showed the stall: ${JSON.stringify(seen, null, 1)}`);
  });
});
