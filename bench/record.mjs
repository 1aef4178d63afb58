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
const values = Uint32Array.from({ length: VALUES }, (_, i) => 10 ** ((((i * 40_503) % VALUES) / VALUES) * 6));

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

/** One operation as the paced load measures it: planned, the clock read as it starts and as it ends, four series, one account. */
function operation(i) {
  recorder.planned('smtp.submit', 'storm', false);
  const dueUs = clock();
  const endedUs = clock() + values[i & (VALUES - 1)];
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
  [
    'record (ours)',
    best((calls) => {
      for (let i = 0; i < calls; i += 1) hot.record(values[i & (VALUES - 1)]);
    }),
    RECORD_NS,
  ],
  [
    'record (perf_hooks createHistogram)',
    best((calls) => {
      for (let i = 0; i < calls; i += 1) native.record(values[i & (VALUES - 1)]);
    }),
  ],
  [
    'record (hdr-histogram-js recordValue, 32 bit)',
    best((calls) => {
      for (let i = 0; i < calls; i += 1) plain.recordValue(values[i & (VALUES - 1)]);
    }),
  ],
  [
    'clock',
    best((calls) => {
      let sum = 0;
      for (let i = 0; i < calls; i += 1) sum += clock();
      return sum;
    }),
  ],
  ['clock + record + account, an operation', best(loop(operation)), OPERATION_NS],
];

const say = (text) => process.stdout.write(`${text}\n`);
const [, oursNs] = rows[0];
say('| what | ns a call, best of 5 | limit | times ours |');
say('|---|---|---|---|');
for (const [name, ns, limit] of rows)
  say(
    `| ${name} | ${ns.toFixed(1)} | ${limit === undefined ? '' : `${limit}`} | ${name.startsWith('record') ? (ns / oursNs).toFixed(1) : ''} |`,
  );

/** Records operations and drains every 20,000, as the load threads do each second. */
function work(operations) {
  for (let i = 0; i < operations; i += 1) {
    operation(i);
    if (i % 20_000 === 0) recorder.drain();
  }
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

// The heap settles in the first of the two; in the second nothing may be added.
const before = work(0);
const after = work(MEMORY_OPERATIONS);
const later = work(MEMORY_OPERATIONS);
const mb = (bytes) => (bytes / 1e6).toFixed(1);
say(
  `\nRSS: ${mb(before)} MB, ${mb(after)} MB after ${MEMORY_OPERATIONS / 1e6} million operations, ${mb(later)} MB after as many again`,
);

const over = rows.filter(([, ns, limit]) => limit !== undefined && ns > limit).map(([name]) => name);
if (over.length > 0) {
  say(`over the limit: ${over.join('; ')}`);
  process.exitCode = 1;
}
