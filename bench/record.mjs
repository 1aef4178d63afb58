/** What it costs to measure: a record, a whole operation's clocks and accounts, and memory over ten million of them. Needs `npm run build`. */

import { createHistogram } from 'node:perf_hooks';
import { build } from 'hdr-histogram-js';

import { HotHistogram } from '../dist/measure/histogram.js';
import { Recorder } from '../dist/measure/recorder.js';
import { runClock, monotonicUs } from '../dist/replay/clock.js';

const ROUNDS = 5;
const CALLS = 2_000_000;
const VALUES = 65_536;
const MEMORY_OPERATIONS = 10_000_000;

/** Nanoseconds a record, and a whole operation, may cost. */
const RECORD_NS = 20;
const OPERATION_NS = 200;

// Log-uniform from 1 µs to 1 s, as response times lie, and the same for all: a constant would flatter the caches.
const values = Uint32Array.from({ length: VALUES }, (_, i) => 10 ** (((i * 40_503) % VALUES) / VALUES * 6));

/** Best of the rounds, in nanoseconds a call; the loop itself is part of it. */
function best(run) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = process.hrtime.bigint();
    run(CALLS);
    least = Math.min(least, Number(process.hrtime.bigint() - from) / CALLS);
  }
  return least;
}

const hot = new HotHistogram();
const plain = build({
  bitBucketSize: 32,
  autoResize: false,
  lowestDiscernibleValue: 1,
  highestTrackableValue: 3_600_000_000,
  numberOfSignificantValueDigits: 3,
  useWebAssembly: false,
});
const native = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 });
const recorder = new Recorder();
const clock = runClock(monotonicUs());
const ok = { kind: 'ok', evidence: '250' };

/** One operation as the paced load measures it: planned, taken up, started and ended by the clock, four series, one account. */
function operation(i) {
  recorder.planned('smtp.submit', 'storm', false);
  const dueUs = clock();
  const endedUs = dueUs + values[i & (VALUES - 1)];
  recorder.sample({
    operation: 'smtp.submit',
    phase: 'storm',
    outcome: ok,
    intendedUs: dueUs - (i & 1_023),
    dueUs,
    startedUs: dueUs,
    endedUs,
    induced: false,
  });
}

const loop = (call) => (calls) => {
  for (let i = 0; i < calls; i += 1) call(i);
};

const rows = [
  ['record (ours)', best((calls) => { for (let i = 0; i < calls; i += 1) hot.record(values[i & (VALUES - 1)]); }), RECORD_NS],
  ['record (perf_hooks createHistogram)', best((calls) => { for (let i = 0; i < calls; i += 1) native.record(values[i & (VALUES - 1)]); })],
  ['record (hdr-histogram-js recordValue, 32 bit)', best((calls) => { for (let i = 0; i < calls; i += 1) plain.recordValue(values[i & (VALUES - 1)]); })],
  ['clock', best((calls) => { let sum = 0; for (let i = 0; i < calls; i += 1) sum += clock(); return sum; })],
  ['clock + record + account, an operation', best(loop(operation)), OPERATION_NS],
];

const say = (text) => process.stdout.write(`${text}\n`);
const [, oursNs] = rows[0];
say('| what | ns a call, best of 5 | limit | times ours |');
say('|---|---|---|---|');
for (const [name, ns, limit] of rows)
  say(`| ${name} | ${ns.toFixed(1)} | ${limit === undefined ? '' : `${limit}`} | ${name.startsWith('record') ? (ns / oursNs).toFixed(1) : ''} |`);

recorder.drain();
globalThis.gc?.();
const before = process.memoryUsage.rss();
for (let i = 0; i < MEMORY_OPERATIONS; i += 1) {
  operation(i);
  // As the threads do each second.
  if (i % 20_000 === 0) recorder.drain();
}
globalThis.gc?.();
const after = process.memoryUsage.rss();
const mb = (bytes) => (bytes / 1e6).toFixed(1);
say(`\nRSS over ${MEMORY_OPERATIONS.toLocaleString('en')} operations: ${mb(before)} MB before, ${mb(after)} MB after`);

const over = rows.filter(([, ns, limit]) => limit !== undefined && ns > limit).map(([name]) => name);
if (over.length > 0) {
  say(`over the limit: ${over.join('; ')}`);
  process.exitCode = 1;
}
