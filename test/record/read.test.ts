/** Records read from text: today's as they are, older ones filled up, newer and broken ones refused with one reason. */

import { expect, test } from 'vitest';

import { answerQuestions } from '../../src/record/questions/questions.ts';
import { readRecord } from '../../src/record/read.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { renderHtml } from '../../src/report/html.ts';
import { BY_HTTP, BY_JMAP } from '../report/door-fixtures.ts';
import { FAILING, PASSING, REFUSED, SPARSE } from '../report/fixtures.ts';
import { FULL } from './full.ts';

const TOLD_ALL: RunRecord = { ...FULL, questions: answerQuestions(FULL) };

test.each([PASSING, FAILING, REFUSED, SPARSE, BY_JMAP, BY_HTTP, TOLD_ALL])(
  'today’s comes back whole',
  (record) => {
    expect(readRecord(JSON.stringify(record))).toEqual({ ok: true, record });
  },
);

test('what is not known to this version is kept', () => {
  const reading = readRecord(JSON.stringify({ ...PASSING, invention: { a: [1, null] } }));
  expect(reading).toMatchObject({ ok: true, record: { invention: { a: [1, null] } } });
});

test('an older record is filled up with “not known”, and the page is written of it', () => {
  const {
    generator: _g,
    cohorts: _c,
    cascade: _d,
    patience: _p,
    census: _s,
    refusals: _r,
    simulated: _m,
    ...older
  } = PASSING;
  const { sample: _x, overQuota: _q, notices: _n, untraced: _u, ...ledger } = PASSING.ledger ?? {};
  const operations = PASSING.operations.map(({ induced: _i, ...one }) => one);
  const reading = readRecord(JSON.stringify({ ...older, ledger, operations }));
  if (!reading.ok) throw new Error(reading.problem);
  expect(reading.record).toMatchObject({
    generator: null,
    cohorts: null,
    cascade: null,
    simulated: false,
    refusals: [],
  });
  expect(renderHtml(reading.record)).toContain('no load was run');
});

const broken = (change: object): string => JSON.stringify({ ...PASSING, ...change });

test.each([
  ['', /^found no JSON \(the file is empty\)/],
  ['{"schemaVersion":1,', /^found no JSON/],
  ['[]', /^found no schemaVersion/],
  ['null', /^found no schemaVersion/],
  [JSON.stringify({ ...PASSING, schemaVersion: 2 }), /^found schemaVersion 2, expected at most 1/],
  [JSON.stringify({ ...PASSING, timeline: 'long' }), /^timeline: /],
  [JSON.stringify({ ...PASSING, plan: { seed: 'x' } }), /^plan\./],
  ['{"schemaVersion":1}', /./],
  [broken({ doors: { submit: 'smtp', mailbox: 'pop3' } }), /^doors\.mailbox: /],
  [broken({ probes: [{ name: 'load', unit: null }] }), /^probes\.0\.points: /],
  [broken({ questions: [{ id: 1, question: 'q', unit: null, evidence: 'e' }] }), /^questions\.0\.answer: /],
  [
    broken({ questions: [{ id: 1, question: 'q', answer: null, unit: null, evidence: 'e' }] }),
    /^questions\.0: expected an answer, or the reason why there is none$/,
  ],
  [broken({ manners: [{ manner: 'lost', count: 1, looked: 1 }] }), /^manners\.0\.named: /],
  [broken({ amplification: { messages: 3 } }), /^amplification\./],
  [broken({ recovery: { ...FULL.recovery, windows: null } }), /^recovery\.windows: /],
  [broken({ aftermath: { ...FULL.aftermath, silences: undefined } }), /^aftermath\.silences: /],
  [broken({ readings: { ...FULL.readings, toAll: null } }), /^readings\.toAll: /],
  [broken({ patience: [{ phase: 'storm' }] }), /^patience\.0\.succeededAfter: /],
  [broken({ plan: { ...PASSING.plan, recalls: 'two' } }), /^plan\.recalls: /],
  [
    broken({
      ledger: { ...PASSING.ledger, notices: [{ kind: 'odd', status: null, about: 'list', count: 1 }] },
    }),
    /^ledger\.notices\.0\.kind: /,
  ],
  [
    broken({
      ledger: {
        ...PASSING.ledger,
        overQuota: { refused: 1, notified: 0, clinical: 1, named: [{ number: 1, mailbox: 2 }] },
      },
    }),
    /^ledger\.overQuota\.named\.0\.junk: /,
  ],
])('%# is refused with one reason', (text, reason) => {
  const reading = readRecord(text);
  expect(reading.ok).toBe(false);
  expect(reading.ok ? '' : reading.problem).toMatch(reason);
  expect(reading.ok ? '' : reading.problem).not.toContain('\n');
});
