/** The view of a run as text: what it shows at each size, and what it never does: be too wide, too tall, or say 0 for what is not known. */

import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { assert, boolean, nat, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { bar, spark } from '../../src/cli/console/charts.ts';
import { plainLine } from '../../src/cli/console/figures.ts';
import { frame } from '../../src/cli/console/frame.ts';
import { NO_HISTORY, ratesOf, remember } from '../../src/cli/console/history.ts';
import { cut, ink, paintFor, widthOf } from '../../src/cli/console/ink.ts';
import { clockOf, laterBy } from '../../src/cli/console/progress.ts';
import type { Moment } from '../../src/telemetry/moment.ts';
import { PHASES } from '../../src/words.ts';
import { historyUntil, IDENTITY, NOTHING, operation, STORM } from './moments.ts';

const drawn = (moment: Moment, cols: number, rows: number): readonly string[] =>
  frame(moment, historyUntil(moment), IDENTITY, { cols, rows });

const text = (moment: Moment, cols = 100, rows = 60): string => drawn(moment, cols, rows).join('\n');

describe('at every size', () => {
  test.each([
    [199, 57],
    [100, 40],
    [79, 21],
    [39, 7],
  ])('the storm at %i by %i', async (cols, rows) => {
    const golden = join(import.meta.dirname, `../golden/console-${cols}x${rows}.txt`);
    await expect(`${drawn(STORM, cols, rows).join('\n')}\n`).toMatchFileSnapshot(golden);
  });

  test('it is never wider or taller than it may be, whatever it is told', () => {
    const words = string({ unit: 'grapheme', maxLength: 60 });
    assert(
      property(nat(250), nat(70), words, boolean(), (cols, rows, word, isQuiet) => {
        const errors = [{ text: word, count: 1_234_567 }];
        const moment: Moment = { ...(isQuiet ? NOTHING : STORM), errors };
        const identity = { ...IDENTITY, title: word, target: word };
        const lines = frame(moment, historyUntil(moment), identity, { cols, rows });
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) {
          expect(widthOf(line)).toBeLessThanOrEqual(cols);
          // oxlint-disable-next-line no-control-regex
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
    );
  });

  test('what matters most stays longest', () => {
    expect(drawn(STORM, 39, 1)[0]).toMatch(/^STORM {2}0:30 of 1:00/);
    const six = drawn(STORM, 39, 6).join('\n');
    for (const word of ['STORM', 'target', 'results', 'generator', 'stop', 'errors'])
      expect(six).toContain(word);
    expect(six).not.toContain('journey');
  });

  test('a row keeps its place when errors come and operations go', () => {
    const place = (moment: Moment, word: string): number =>
      drawn(moment, 79, 21).findIndex((line) => line.startsWith(word));
    const calm = { ...STORM, errors: [], operations: [] };
    for (const word of ['target', 'results', 'generator', 'stop', 'storm', 'errors'])
      expect(place(calm, word), word).toBe(place(STORM, word));
  });
});

describe('what is not known', () => {
  test('is never 0', () => {
    const lines = text(NOTHING);
    expect(lines).toContain('owes not known');
    expect(lines).toContain('visible not known');
    expect(lines).toContain('fitness not known yet');
    expect(lines).toContain('too few attempts to tell');
    expect(lines).toContain('lag –');
    expect(lines).not.toContain('now 0 %');
  });

  test('is a question mark in a sparkline, nothing yet is a blank, and nothing a dot', () => {
    expect(spark([0, null, 1, 8, undefined], 1, 8)).toEqual(['·?▁█ ']);
    expect(spark([0, null, 1, 8, 12], 2, 8)).toEqual(['   ██', '·?▂██']);
    expect(text(STORM)).toMatch(/owed +·+▁+.*\?\?/);
  });

  test('a percentile without samples is a dash', () => {
    const few = { ...STORM, operations: [operation('journey.read', 'storm', 5)] };
    expect(text(few)).toMatch(/journey\.read +5 +– +– +– +256 ms/);
  });
});

test('journeys come first, then the doors, and what sessions do by themselves last', () => {
  const order = drawn(STORM, 199, 59)
    .map((line) => /^([a-z]+\.[a-z]+) /.exec(line)?.[1])
    .filter((name) => name !== undefined);
  expect(order).toEqual([
    'journey.send',
    'journey.read',
    'journey.canary',
    'imap.signin',
    'imap.open',
    'smtp.submit',
    'smtp.connect',
    'imap.connect',
    'imap.poll',
  ]);
});

test('of what a server said no address is shown and no escape code obeyed', () => {
  expect(text(STORM)).toContain('451 4.3.0 …@mail.example try later');
  expect(text(STORM)).not.toContain('ann@');
  expect(text(STORM)).not.toContain('\u001b');
});

test('the error that came last is first', () => {
  const lines = drawn(STORM, 100, 40).filter((line) => line.includes('smtp.submit:'));
  expect(lines[0]).toMatch(/^errors +31x +0:10 ago/);
  expect(lines[1]).toMatch(/^ +2x +0:40 ago/);
});

test('the nearest stop condition comes first, with how near it is', () => {
  const lines = drawn(STORM, 100, 40).filter((line) => line.includes('errors 3.1 %'));
  expect(lines[0]).toMatch(/^stop +errors 3\.1 % of 4 % +in 10\.0 s +━+╸?─+$/);
  expect(lines).toHaveLength(2);
});

test('replies that are held back are told beside the clock', () => {
  expect(drawn(STORM, 79, 21).join('\n')).toContain('REPLIES HELD');
  expect(text({ ...STORM, held: false })).not.toContain('REPLIES HELD');
});

test('why a generator is unfit comes before its figures', () => {
  const fitness = { status: 'unfit', because: ['the generator was late by itself'] } as const;
  expect(drawn({ ...STORM, fitness }, 79, 21).join('\n')).toContain(
    'UNFIT so far  the generator was late by itself',
  );
});

describe('phases', () => {
  const at = (phase: Moment['phase'], spentUs: number): Moment => {
    const begun = phase === 'end' ? PHASES : PHASES.slice(0, PHASES.indexOf(phase) + 1);
    const phases = begun.map((name, index) => {
      const last = index === begun.length - 1;
      return { name, startUs: index * 1e6, endUs: index * 1e6 + (last ? spentUs : 1e6) };
    });
    return { ...STORM, phase, phases, atUs: (begun.length - 1) * 1e6 + spentUs };
  };

  test('the drain may end before its time, and says so', () => {
    const drain = text(at('drain', 60e6), 79, 21);
    expect(drain).toContain('DRAIN  1:00 of at most 3:00');
    expect(drain).toMatch(/━+╸?┄+ +33 %/);
    expect(text(STORM, 79, 21)).toMatch(/━+╸?─+ +50 %/);
  });

  test('a plan carried out is waited for', () => {
    expect(text(at('recovery', 25e6))).toContain('RECOVERY  over, waiting 0:05 for the last answers');
    expect(text(at('end', 25e6))).toContain('PLAN CARRIED OUT');
  });

  test('between two moments only time passes', () => {
    const later = laterBy(STORM, 2e6);
    expect(text(later)).toContain('STORM  0:32 of 1:00');
    expect(text(later)).toContain('at most 4:18 left');
    expect(later.phases[0]).toBe(STORM.phases[0]);
  });

  test('a bar is full at its end and empty at its start', () => {
    expect(bar(0, 4)).toEqual({ done: '', left: '────' });
    expect(bar(0.4, 4, true)).toEqual({ done: '━╸', left: '┄┄' });
    expect(bar(7, 4)).toEqual({ done: '━━━━', left: '' });
  });

  test('clocks are whole seconds', () => {
    expect([-1, 999_999, 61e6, 3_723e6].map(clockOf)).toEqual(['0:00', '0:00', '1:01', '1:02:03']);
  });
});

describe('the axis', () => {
  const axis = (moment: Moment): string => drawn(moment, 79, 21).find((line) => line.includes('┴')) ?? 'none';

  test('the cursor is halfway when the storm is', () => {
    const line = axis(STORM);
    expect(line.indexOf('▲')).toBe(10 + Math.floor((79 - 10 - 22) / 2));
    expect(line).toContain('┴storm');
  });

  test('it does not move with every second once the storm is over', () => {
    const drain = (atUs: number): Moment => ({
      ...STORM,
      atUs,
      phase: 'drain',
      phases: [...STORM.phases, { name: 'drain', startUs: 70e6, endUs: atUs }],
    });
    expect(axis(drain(72e6)).replace('▲', '─')).toBe(axis(drain(75e6)).replace('▲', '─'));
    expect(axis(drain(90e6))).toContain('┴drain');
  });
});

describe('history', () => {
  test('is bounded and keeps its peak', () => {
    let history = NO_HISTORY;
    for (let second = 0; second < 5_000; second += 1)
      history = remember(history, { ...NOTHING, atUs: second * 1e6, owed: second === 777 ? 99 : 1 });
    expect(history.past.length).toBeLessThanOrEqual(901);
    expect(Math.max(...history.past.map(({ owed }) => owed ?? 0))).toBe(99);
    expect(history.past.at(-1)?.atUs).toBe(4_999e6);
  });

  test('a rate needs two moments', () => {
    const one = remember(NO_HISTORY, NOTHING);
    expect(ratesOf(NO_HISTORY)).toBeNull();
    expect(ratesOf(one)).toBeNull();
    const two = remember(one, { ...NOTHING, atUs: 2e6, journeys: { planned: 30, ok: 10 } });
    expect(ratesOf(two)).toEqual({ due: 15, ok: 5 });
  });
});

describe('ink', () => {
  test('without colours every word still says the same', () => {
    const history = historyUntil(STORM);
    const size = { cols: 100, rows: 40 };
    const coloured = frame(STORM, history, IDENTITY, size, paintFor(true));
    expect(coloured.join('')).toContain('\u001b[');
    expect(coloured.map(stripVTControlCharacters)).toEqual(frame(STORM, history, IDENTITY, size));
    expect(frame(STORM, history, IDENTITY, size, paintFor(false)).join('')).not.toContain('\u001b');
  });

  test('a character of two columns is never halved', () => {
    expect(cut([ink('日本語')], 4)).toEqual([ink('日'), ink('…', 'dim')]);
    expect(cut([ink('ab'), ink('cdef')], 4)).toEqual([ink('ab'), ink('c'), ink('…', 'dim')]);
  });
});

test('in a plain line the sign-in is what stands for it at the doors', () => {
  const shown = (mailbox: 'imap' | 'jmap' | 'http'): string => {
    const operations = [
      operation('imap.signin', 'storm', 100, { responseUs: { ...STORM_TIMES, p50: 10_000 } }),
      operation('jmap.session', 'storm', 100, { responseUs: { ...STORM_TIMES, p50: 20_000 } }),
      operation('http.list', 'storm', 100, { responseUs: { ...STORM_TIMES, p50: 30_000 } }),
    ];
    const identity = { ...IDENTITY, doors: { submit: 'smtp', mailbox } as const };
    return plainLine(identity, { ...STORM, operations }, NO_HISTORY);
  };
  expect(shown('imap')).toContain('sign-in p50 10.0 ms');
  expect(shown('jmap')).toContain('sign-in p50 20.0 ms');
  expect(shown('http')).toContain('sign-in p50 30.0 ms');
});

const STORM_TIMES = operation('imap.signin', 'storm', 100).responseUs;
