/** The grammar of thresholds: each form is read, each wrong form says what was expected. */

import { assert, constantFrom, integer, property, string, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  failsBeforeTheEnd,
  parseThreshold,
  THRESHOLD_FORM,
  type Threshold,
} from '../../src/profile/threshold.ts';
import { OPERATIONS, PHASES } from '../../src/words.ts';

const read = (text: string): Omit<Threshold, 'text'> | string => {
  const reading = parseThreshold(text, OPERATIONS);
  if (!reading.ok) return reading.expected;
  const { text: _text, ...rest } = reading.threshold;
  return rest;
};

const operation = (name: string, extra: object = {}): object => ({
  kind: 'operation',
  name,
  outcomes: 'all',
  ...extra,
});

const FORMS: readonly [string, object][] = [
  [
    'signin{phase:recovery}: p(90) < 1s',
    {
      subject: operation('signin', { phase: 'recovery' }),
      measure: { kind: 'percentile', percentile: 90 },
      comparator: '<',
      limit: { kind: 'absolute', value: 1e6 },
    },
  ],
  [
    'imap.signin: p(90) < 5s',
    {
      subject: operation('imap.signin'),
      measure: { kind: 'percentile', percentile: 90 },
      comparator: '<',
      limit: { kind: 'absolute', value: 5e6 },
    },
  ],
  [
    'journey.read{phase:recovery,class:ok}: p(99.9) <= 250ms',
    {
      subject: operation('journey.read', { phase: 'recovery', outcomes: 'ok' }),
      measure: { kind: 'percentile', percentile: 99.9 },
      comparator: '<=',
      limit: { kind: 'absolute', value: 250_000 },
    },
  ],
  [
    'journey.read{phase:recovery}: p(90) < 2 * baseline',
    {
      subject: operation('journey.read', { phase: 'recovery' }),
      measure: { kind: 'percentile', percentile: 90 },
      comparator: '<',
      limit: { kind: 'baseline', value: 2 },
    },
  ],
  [
    'smtp.submit: rate(rejected) <= 1.5%',
    {
      subject: operation('smtp.submit'),
      measure: { kind: 'rate', of: 'rejected' },
      comparator: '<=',
      limit: { kind: 'absolute', value: 0.015 },
    },
  ],
  [
    'smtp.submit{ phase : storm , class : all }: count(ok) >= 100',
    {
      subject: operation('smtp.submit', { phase: 'storm' }),
      measure: { kind: 'count', of: 'ok' },
      comparator: '>=',
      limit: { kind: 'absolute', value: 100 },
    },
  ],
  [
    'canaries{phase:storm}: rate(late) <= 1%',
    {
      subject: { kind: 'canaries', name: 'canaries', outcomes: 'all', phase: 'storm' },
      measure: { kind: 'rate', of: 'late' },
      comparator: '<=',
      limit: { kind: 'absolute', value: 0.01 },
    },
  ],
  [
    '  ledger:count(takenByStrategy)<=100  ',
    {
      subject: { kind: 'ledger', name: 'ledger', outcomes: 'all' },
      measure: { kind: 'count', of: 'takenByStrategy' },
      comparator: '<=',
      limit: { kind: 'absolute', value: 100 },
    },
  ],
  [
    'journey.read{phase:storm}: p(99) < 2s over 30s for 3',
    {
      subject: operation('journey.read', { phase: 'storm' }),
      measure: { kind: 'percentile', percentile: 99 },
      comparator: '<',
      limit: { kind: 'absolute', value: 2e6 },
      over: { lengthUs: 30e6, inARow: 3 },
    },
  ],
  [
    'smtp.submit: rate(rejected) <= 1% over 1 m',
    {
      subject: operation('smtp.submit'),
      measure: { kind: 'rate', of: 'rejected' },
      comparator: '<=',
      limit: { kind: 'absolute', value: 0.01 },
      over: { lengthUs: 60e6, inARow: 1 },
    },
  ],
  [
    'journey.read{phase:recovery}: p(90) < 1.2 * baseline within 5s',
    {
      subject: operation('journey.read', { phase: 'recovery' }),
      measure: { kind: 'percentile', percentile: 90 },
      comparator: '<',
      limit: { kind: 'baseline', value: 1.2 },
      withinUs: 5e6,
    },
  ],
];

const WRONG: readonly [string, RegExp | string][] = [
  ['', THRESHOLD_FORM],
  ['nonsense', THRESHOLD_FORM],
  ['imap.signin p(90) < 5s', THRESHOLD_FORM],
  ['imap.signin: p(90) = 5s', THRESHOLD_FORM],
  ['imap.signin: p90 < 5s', THRESHOLD_FORM],
  ['imap.signin: avg(90) < 5s', THRESHOLD_FORM],
  ['imap.signin: p(90) <', THRESHOLD_FORM],
  ['imap.signon: p(90) < 5s', /^one of canaries, ledger, signin, open, submit, smtp\.connect/],
  ['imap.signin{phase:night}: p(90) < 5s', /^filters phase:baseline\|storm/],
  ['imap.signin{colour:red}: p(90) < 5s', /^filters/],
  ['imap.signin{class:rejected}: p(90) < 5s', /^filters/],
  ['canaries{class:ok}: rate(late) <= 1%', /^filters/],
  ['ledger{phase:storm}: count(lost) <= 1', /the ledger takes none/],
  ['imap.signin: p(0) < 5s', /^p\(50\) to p\(99\.99\), of an operation$/],
  ['imap.signin: p(100) < 5s', /^p\(50\)/],
  ['imap.signin: p(x) < 5s', /^p\(50\)/],
  ['canaries: p(90) < 5s', /of an operation$/],
  ['ledger: p(90) < 5s', /of an operation$/],
  ['imap.signin: rate(late) <= 1%', 'rate(ok|rejected|unknown|dropped)'],
  ['canaries: count(rejected) <= 1', 'count(late|lost)'],
  ['ledger: count(present) <= 1', /^count\(takenByStrategy\|bounced/],
  ['ledger: rate(lost) <= 1%', 'count(...) of the ledger'],
  ['imap.signin: p(90) < 5', /^a duration such as/],
  ['imap.signin: p(90) < 5%', /^a duration such as/],
  ['imap.signin: p(90) < x * baseline', /^a duration such as/],
  ['canaries: rate(late) <= 0.01', /^a share such as/],
  ['canaries: rate(late) <= 2 * baseline', /^a share such as/],
  ['canaries: count(late) <= 1%', 'a whole number'],
  ['ledger: count(lost) <= 2 * baseline', 'a whole number'],
  ['ledger: count(lost) <= 1.5', 'a whole number'],
  ['imap.open: p(90) < 1s over', /^a duration such as/],
  ['imap.open: p(90) < 1s over x', /^a duration such as/],
  ['imap.open: p(90) < 1s over 0s', 'whole seconds, at least 1s'],
  ['imap.open: p(90) < 1s over 500ms', 'whole seconds, at least 1s'],
  ['imap.open: p(90) < 1s over 1500ms', 'whole seconds, at least 1s'],
  ['imap.open: p(90) < 1s over 5s for 0', 'for 1 to for 1000'],
  ['imap.open: p(90) < 1s over 5s for 1001', 'for 1 to for 1000'],
  ['imap.open: p(90) < 1s over 5s for many', 'for 1 to for 1000'],
  ['imap.open: p(90) < 1s for 3', /^a duration such as/],
  ['imap.open{phase:storm}: p(90) < 1s over 5s within 5s', 'either over or within'],
  ['imap.open: p(90) < 1s within 5s', /^a phase for within/],
  ['imap.open{phase:storm}: count(ok) > 1 within 5s', /^p\(\.\.\.\) or rate/],
  ['imap.open{phase:storm}: p(90) < 1s within 10ms', 'whole seconds, at least 1s'],
  ['canaries: rate(late) <= 1% over 5s', /^no time: only an operation/],
  ['ledger: count(lost) <= 1 over 5s', /^no time: only an operation/],
  ['canaries{phase:storm}: rate(late) <= 1% within 5s', /^no time: only an operation/],
];

describe('thresholds', () => {
  test('recovery is short for reading in recovery', () => {
    const short = parseThreshold('recovery: p(99) < 1.2 * baseline within 5m', OPERATIONS);
    const long = parseThreshold('journey.read{phase:recovery}: p(99) < 1.2 * baseline within 5m', OPERATIONS);
    if (!short.ok || !long.ok) throw new Error('one of them was not read');
    expect({ ...short.threshold, text: '' }).toEqual({ ...long.threshold, text: '' });
    expect(parseThreshold('recovery{phase:storm}: p(99) < 2s', OPERATIONS).ok).toBe(false);
  });

  test.each(FORMS)('%s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test.each(WRONG)('%s is refused', (text, expected) => {
    if (typeof expected === 'string') expect(read(text)).toBe(expected);
    else expect(read(text)).toMatch(expected);
  });

  test('the text is kept as it was written, less the space around it', () => {
    const reading = parseThreshold('  canaries: count(lost) <= 0 ', OPERATIONS);
    expect(reading.ok && reading.threshold.text).toBe('canaries: count(lost) <= 0');
  });

  test('every operation, phase, comparator and percentile of the grammar is read', () => {
    const parts = tuple(
      constantFrom(...OPERATIONS),
      constantFrom(...PHASES),
      constantFrom('<', '<=', '>', '>='),
      integer({ min: 1, max: 9_999 }),
      integer({ min: 0, max: 1_000_000 }),
    );
    assert(
      property(parts, ([name, phase, comparator, hundredths, ms]) => {
        const percentile = hundredths / 100;
        expect(read(`${name}{phase:${phase}}: p(${percentile}) ${comparator} ${ms}ms`)).toEqual({
          subject: operation(name, { phase }),
          measure: { kind: 'percentile', percentile },
          comparator,
          limit: { kind: 'absolute', value: ms * 1_000 },
        });
      }),
    );
  });

  test('any text is answered', () => {
    assert(
      property(string(), string(), (a, b) => {
        const reading = parseThreshold(`${a}: ${b}`, OPERATIONS);
        if (!reading.ok) expect(reading.expected).not.toBe('');
      }),
    );
  });

  test.each([
    ['imap.open: p(90) < 1s', false],
    ['imap.open: p(90) < 1s over 5s', true],
    ['imap.open: count(ok) >= 5 over 5s', true],
    ['imap.open: p(90) < 2 * baseline over 5s', false],
    ['imap.open{phase:storm}: p(90) < 1s within 5s', false],
    ['imap.open: rate(rejected) <= 1%', false],
    ['imap.open: count(rejected) <= 1', true],
    ['imap.open: count(rejected) < 1', true],
    ['imap.open: count(ok) >= 1', false],
    ['canaries: count(late) <= 1', false],
    ['ledger: count(lost) <= 1', false],
  ])('%s can fail for certain before the end: %s', (text, can) => {
    const reading = parseThreshold(text, OPERATIONS);
    expect(reading.ok && failsBeforeTheEnd(reading.threshold)).toBe(can);
  });
});
