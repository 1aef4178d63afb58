/** A run as metrics: what the tally counted is what a scraper reads, what nobody knows is absent, and no counter ever falls. */

import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { pruning } from '../../src/measure/cascade.ts';
import type { Outcome, Rejected } from '../../src/measure/outcome.ts';
import { Recorder, type TallyDelta } from '../../src/measure/recorder.ts';
import { CODES_OF_AN_OPERATION } from '../../src/measure/refusals.ts';
import type { Tally } from '../../src/measure/tally.ts';
import { exposition } from '../../src/telemetry/metrics/exposition.ts';
import { familiesOf, type Observed } from '../../src/telemetry/metrics/families.ts';
import { DROP_REASONS, OPERATIONS, type OperationName, type Phase, PHASES } from '../../src/words.ts';
import { enter, LIMITED, OK, REJECTED, UNKNOWN } from '../measure/notebooks.ts';
import { type ReadFamily, type ReadSample, readExposition } from './exposition-reader.ts';
import { busy, observedOf, tallyOf } from './observed.ts';

function scrape(observed: Observed): ReadonlyMap<string, ReadFamily> {
  return readExposition(exposition(familiesOf(observed), 'openmetrics'), 'openmetrics');
}

function samplesOf(families: ReadonlyMap<string, ReadFamily>, name: string): readonly ReadSample[] {
  return families.get(name)?.samples ?? [];
}

/** The one value with these labels; undefined where there is none. */
function valueOf(
  families: ReadonlyMap<string, ReadFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  return samplesOf(families, name).find(
    (sample) =>
      Object.keys(sample.labels).length === Object.keys(labels).length &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;
}

const outcomes: readonly Outcome[] = [OK, REJECTED, LIMITED, UNKNOWN, { kind: 'dropped', by: 'abandoned' }];

const REFUSED: Rejected = {
  kind: 'rejected',
  code: 550,
  temporary: false,
  limiter: false,
  greylist: false,
  overQuota: false,
  text: 'no',
};

interface Entry {
  readonly operation: OperationName;
  readonly phase: Phase;
  readonly outcome: Outcome;
  readonly us: number;
}

const entries = array<Entry>(
  record({
    operation: constantFrom(...OPERATIONS),
    phase: constantFrom(...PHASES),
    outcome: constantFrom(...outcomes),
    us: integer({ min: 0, max: 4_000_000_000 }),
  }),
  { minLength: 1, maxLength: 12 },
);

function deltaOfAll(all: readonly Entry[]): TallyDelta {
  const recorder = new Recorder();
  for (const { operation, us, ...rest } of all) enter(recorder, operation, [us], rest);
  return recorder.drain();
}

describe('counts', () => {
  test('are the tally’s: operations by outcome, distributions by bucket, percentiles within a bucket', () => {
    assert(
      property(array(entries, { minLength: 1, maxLength: 4 }), (notebooks) => {
        const tally = tallyOf(...notebooks.map(deltaOfAll));
        const families = scrape(observedOf(tally));
        expectCounts(tally, families);
        for (const one of notebooks.flat()) expectDistribution(tally, families, one);
      }),
      { numRuns: 12 },
    );
  });

  test('never fall, whatever comes next, not even when replies turn out to be pruned', () => {
    assert(
      property(array(entries, { minLength: 2, maxLength: 5 }), (notebooks) => {
        const starved = new Recorder();
        for (const operation of ['journey.send', 'smtp.submit'] as const) {
          starved.planned(operation, 'storm', false);
          starved.dropped(operation, 'storm', false, 'starved');
        }
        const tally = tallyOf(starved.drain());
        let before = counters(scrape(observedOf(tally)));
        for (const delta of [...notebooks.map(deltaOfAll), pruning(1, 'smtp.submit')]) {
          tally.add(delta, 0);
          const now = counters(scrape(observedOf(tally)));
          for (const [key, value] of before) expect(now.get(key), key).toBeGreaterThanOrEqual(value);
          before = now;
        }
      }),
      { numRuns: 12 },
    );
  });

  test('a counter that falls would be noticed', () => {
    const families = scrape(observedOf(tallyOf(busy())));
    const before = counters(families);
    expect([...before.keys()].some((key) => key.includes('parentUnseen'))).toBe(false);
    expect(before.size).toBeGreaterThan(50);
    const fallen = counters(scrape(observedOf(tallyOf())));
    expect(fallen.size).toBeLessThan(before.size);
    // As the test above compares: what is there no more has fallen too.
    const below = [...before].filter(([key, value]) => !((fallen.get(key) ?? Number.NaN) >= value));
    expect(below.map(([key]) => key)).toContainEqual(expect.stringMatching(/imap\.signin/));
  });

  test('refusals tell a limiter’s from others', () => {
    const families = scrape(observedOf(tallyOf(busy())));
    const labels = { operation: 'smtp.submit', enhanced: '' };
    const name = 'replystorm_refusals';
    expect(valueOf(families, name, { ...labels, code: '550', limiter: 'false' })).toBe(1);
    expect(valueOf(families, name, { ...labels, code: '421', limiter: 'true' })).toBe(2);
    expect(samplesOf(families, name)).toHaveLength(2);
  });
});

describe('what is not known', () => {
  test('is absent, and becomes a number when it is', () => {
    const nothing = {
      owed: undefined,
      health: undefined,
      fitness: { status: 'unknown', because: [] },
      conditions: [{ limit: 0.5, overUs: 1e7, share: null }],
    } as const;
    const unknown = scrape(observedOf(tallyOf(), nothing));
    const known = scrape(observedOf(tallyOf(), {}));
    const names = [
      'replystorm_copies_owed',
      'replystorm_generator_fit',
      'replystorm_generator_cpu_ratio',
      'replystorm_stop_condition_ratio',
    ];
    for (const name of names) {
      expect(unknown.has(name), name).toBe(false);
      expect(known.has(name), name).toBe(true);
    }
    expect(valueOf(known, 'replystorm_copies_owed')).toBe(5);
    expect(known.has('replystorm_verdict')).toBe(false);
  });

  test('before the baseline there is a phase and nothing else', () => {
    const early = { identity: undefined, moment: undefined, tally: undefined };
    const families = scrape(observedOf(tallyOf(), {}, early));
    expect([...families.keys()]).toEqual(['replystorm_phase']);
    expect(valueOf(families, 'replystorm_phase', { phase: 'before' })).toBe(1);
  });

  test('the end has a verdict, an exit code and a ledger, or none', () => {
    const ending = { status: 'fail', exitCode: 99, ledger: { present: 4, lost: 1 } } as const;
    const ended = scrape(observedOf(tallyOf(busy()), {}, { ending }));
    expect(valueOf(ended, 'replystorm_verdict', { status: 'fail' })).toBe(1);
    expect(valueOf(ended, 'replystorm_verdict', { status: 'pass' })).toBe(0);
    expect(valueOf(ended, 'replystorm_exit_code')).toBe(99);
    expect(valueOf(ended, 'replystorm_ledger_copies', { disposition: 'lost' })).toBe(1);
    expect(valueOf(ended, 'replystorm_phase', { phase: 'end' })).toBe(1);
    const open = scrape(observedOf(tallyOf(), {}, { ending: { ...ending, ledger: null } }));
    expect(open.has('replystorm_ledger_copies')).toBe(false);
  });
});

test('a server that makes up codes and texts cannot make the page grow without end', () => {
  const recorder = new Recorder();
  for (let i = 0; i < 5_000; i += 1) {
    const outcome = { ...REJECTED, code: i, enhanced: `5.${i % 7}.${i}`, text: `no ${i}` };
    enter(recorder, 'smtp.submit', [i], { outcome });
  }
  const families = scrape(observedOf(tallyOf(recorder.drain())));
  expect(samplesOf(families, 'replystorm_refusals')).toHaveLength(CODES_OF_AN_OPERATION + 1);
  const all = samplesOf(families, 'replystorm_refusals').reduce((sum, { value }) => sum + value, 0);
  expect(all).toBe(5_000);
});

test('all that can be is within the bound that the documentation names', () => {
  const recorder = new Recorder();
  for (const operation of OPERATIONS)
    for (const phase of PHASES) {
      for (const outcome of outcomes) enter(recorder, operation, [1_000], { phase, outcome });
      for (const reason of DROP_REASONS) recorder.dropped(operation, phase, false, reason);
    }
  for (const operation of OPERATIONS)
    for (let code = 0; code < CODES_OF_AN_OPERATION; code += 1) {
      enter(recorder, operation, [1], { outcome: { ...REFUSED, code } });
      enter(recorder, operation, [1], { outcome: { ...REFUSED, limiter: true, code } });
    }
  for (const phase of PHASES) recorder.visible(phase, 1);
  const families = scrape(observedOf(tallyOf(recorder.drain())));
  const samples = [...families.values()].reduce((sum, one) => sum + one.samples.length, 0);
  expect(samples).toBeGreaterThan(15_000);
  expect(samples).toBeLessThanOrEqual(20_000);
});

/** Every counter and every bucket by name and labels. */
function counters(families: ReadonlyMap<string, ReadFamily>): ReadonlyMap<string, number> {
  return new Map(
    [...families.values()]
      .filter(({ type }) => type === 'counter' || type === 'histogram')
      .flatMap(({ samples }) =>
        samples.map(({ name, labels, value }) => [`${name}${JSON.stringify(labels)}`, value] as const),
      ),
  );
}

function expectCounts(tally: Tally, families: ReadonlyMap<string, ReadFamily>): void {
  for (const { operation, phase, intents, induced } of tally.operations()) {
    for (const outcome of ['ok', 'rejected', 'unknown'] as const) {
      const labels = { operation, phase, outcome };
      expect(valueOf(families, 'replystorm_operations', labels)).toBe(intents[outcome] + induced[outcome]);
    }
    const dropped = DROP_REASONS.reduce((sum, reason) => sum + intents.dropped[reason], 0);
    const labels = { operation, phase, outcome: 'dropped' };
    expect(valueOf(families, 'replystorm_operations', labels)).toBe(dropped);
  }
}

/** What was recorded like this one: as many as the histogram holds, the largest in the last bucket that anything is in. */
function expectDistribution(
  tally: Tally,
  families: ReadonlyMap<string, ReadFamily>,
  { operation, phase, outcome }: Entry,
): void {
  const name = 'replystorm_operation_response_seconds';
  const { count, max } = tally.summary(operation, phase, [outcome.kind], 'response');
  const wanted: Readonly<Record<string, string>> = { operation, phase, outcome: outcome.kind };
  const group = samplesOf(families, name).filter(({ labels }) =>
    Object.entries(wanted).every(([label, value]) => labels[label] === value),
  );
  expect(group.find((sample) => sample.name === `${name}_count`)?.value).toBe(count);
  const full = group.find((sample) => sample.name === `${name}_bucket` && sample.value === count);
  const bound = Number(full?.labels['le']?.replace('+Inf', 'Infinity'));
  expect(bound).toBeGreaterThanOrEqual(((max ?? 0) / 1e6) * 0.999);
}
