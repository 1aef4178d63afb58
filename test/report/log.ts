/** A tally as a run of the fixtures' length leaves it, for pictures of its interval log. No test here. */

import { Recorder } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';
import { logNormal, randomStream } from '../../src/random.ts';
import { PHASE_SPANS, S } from './parts.ts';

const OK = { kind: 'ok', evidence: '250' } as const;

/** Forty sign-ins and readings a second, a hundred times slower in the storm; in second 40 one sign-in of five minutes. */
export function drowned(): Tally {
  const tally = new Tally();
  const stream = randomStream(7, 'report.log', 0);
  for (let second = 0; second < 153; second += 1) {
    const phase = PHASE_SPANS.findLast(({ startUs }) => startUs <= second * S)?.name ?? 'baseline';
    const recorder = new Recorder();
    for (let one = 0; one < 40; one += 1) {
      const median = phase === 'storm' ? 1_500_000 : 15_000;
      const serviceUs = Math.round(logNormal(stream, median, 0.6));
      const slowest = second === 40 && one === 0 ? 300 * S : serviceUs;
      const instants = { intendedUs: 0, dueUs: 300, startedUs: Math.round(serviceUs * 0.4), induced: false };
      for (const operation of ['imap.signin', 'journey.read'] as const) {
        recorder.planned(operation, phase, false);
        recorder.sample({ operation, phase, outcome: OK, ...instants, endedUs: Math.round(slowest * 1.4) });
      }
    }
    tally.add(recorder.drain(), second * S);
  }
  return tally;
}
