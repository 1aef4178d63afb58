/** The pictures of the interval log, the waves, the flow and thinned lines: what each must keep. */

import { describe, expect, test } from 'vitest';

import { renderHtml } from '../../src/report/html.ts';
import { evenAxis } from '../../src/report/html/axis.ts';
import { heatGrid, levelBounds } from '../../src/report/html/heat-grid.ts';
import { thinned } from '../../src/report/html/thin.ts';
import { Log, valueAt } from '../../src/report/log-figures.ts';
import { wavesOf } from '../../src/report/waves.ts';
import { elements, readDocument, textOf } from './document.ts';
import { FAILING, PASSING, REFUSED, SPARSE } from './fixtures.ts';
import { busyDay } from './busy-day.ts';
import { drowned } from './log.ts';
import { S } from './parts.ts';

const tally = drowned();
const log = new Log(tally.intervals());

function section(page: string, name: string) {
  const found = elements(readDocument(page), 'section').find(
    ({ attributes }) => attributes['aria-labelledby'] === name,
  );
  if (found === undefined) throw new Error(`no section ${name}`);
  return found;
}

describe('percentiles of a log', () => {
  test('are the tally’s own', () => {
    for (const phase of ['baseline', 'storm'] as const) {
      const spread = log.spread({ operation: 'imap.signin', clock: 'response', phase });
      const summary = tally.summary('imap.signin', phase, ['ok'], 'response');
      expect([0.5, 0.9, 0.99].map((share) => valueAt(spread, share))).toEqual([
        summary.p50,
        summary.p90,
        summary.p99,
      ]);
      expect([spread.total, spread.maxUs]).toEqual([summary.count, summary.max]);
    }
  });
});

describe('heat maps', () => {
  const wanted = { operation: 'imap.signin', clock: 'response' } as const;

  test('hold every stretch of the run, and a single slow one has a box of its own', () => {
    const grid = heatGrid(log, wanted, { startUs: 0, endUs: 153 * S });
    const held = new Set(
      grid.runs.flatMap(({ column, length }) => Array.from({ length }, (_, n) => column + n)),
    );
    expect(grid.columnUs).toBe(2 * S);
    expect([...held].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 77 }, (_, n) => n));
    const top = Math.max(...grid.runs.map(({ row }) => row));
    expect(grid.runs.filter(({ row }) => row === top)).toMatchObject([{ column: 20, length: 1, level: 0 }]);
  });

  test('a day of seconds has no more columns than an hour', () => {
    const [first] = tally.intervals();
    const intervals = Array.from({ length: 86_400 }, (_, at) => ({
      startUs: at * S,
      lengthUs: S,
      series: at === 50_000 ? (first?.series ?? new Map()) : new Map(),
    }));
    const grid = heatGrid(new Log(intervals), wanted, { startUs: 0, endUs: 86_400 * S });
    expect(grid.columnUs).toBe(900 * S);
    expect(new Set(grid.runs.map(({ column }) => column))).toEqual(new Set([55]));
  });

  test('levels begin at one and rise', () => {
    expect(levelBounds(1)).toEqual([1]);
    expect(levelBounds(64)).toEqual([1, 2, 4, 8, 16, 32]);
  });
});

describe('thinned lines', () => {
  const points = Array.from({ length: 86_400 }, (_, at) => ({
    fromUs: at * S,
    toUs: (at + 1) * S,
    value: at === 777 ? 9_999 : at === 60_000 ? null : 100 + (at % 7),
  }));

  test('keep the extremes, the ends and the gaps', () => {
    const few = thinned(points);
    expect(few.length).toBeLessThanOrEqual(5 * 160);
    expect(few.map(({ value }) => value)).toContain(9_999);
    expect(few.some(({ value }) => value === null)).toBe(true);
    expect([few[0], few.at(-1)]).toEqual([points[0], points.at(-1)]);
  });

  test('what fits stays as it is', () => {
    expect(thinned(points.slice(0, 300))).toEqual(points.slice(0, 300));
  });
});

describe('an even axis', () => {
  test.each([
    [0, ['0', '1']],
    [3, ['0', '1', '2', '3']],
    [0.3, ['0', '0.1', '0.2', '0.3']],
    [1_800, ['0', '500', '1,000', '1,500', '2,000']],
  ])('to %d has steps that are told as they are', (most, labels) => {
    expect(evenAxis(most).ticks.map(({ label }) => label)).toEqual(labels);
  });
});

describe('a gauge of the operator’s', () => {
  const gauge = (...values: (number | null)[]): string => {
    const points = values.map((value, n) => ({ atUs: (20 + n) * S, value }));
    const record = { ...FAILING, probes: [{ name: 'drift', unit: 'ms', points }] };
    return textOf(section(renderHtml(record), 'timeline'));
  };

  test('of less than one is told as it is', () => {
    expect(gauge(0.25, 0.04)).toContain('at most 0.25 ms');
  });

  test('below 0 stands at 0, and the page says so', () => {
    expect(gauge(1, -2.5, null)).toContain('what is below 0, down to -2.5 ms, stands at 0');
    expect(gauge(1, 0, null)).not.toContain('below 0');
  });
});

describe('the page with a log', () => {
  const page = renderHtml(FAILING, tally.intervals());

  test('draws what it has, and says so where it has none', () => {
    expect(elements(section(page, 'heat'), 'path').length).toBeGreaterThan(5);
    expect(elements(section(page, 'spectrum'), 'polyline').length).toBeGreaterThan(3);
    for (const name of ['heat', 'spectrum']) {
      expect(elements(section(renderHtml(FAILING), name), 'svg')).toEqual([]);
      expect(textOf(section(renderHtml(FAILING), name))).toContain('Not known: there is no interval log');
    }
  });

  test('tells what the gap means', () => {
    expect(textOf(section(page, 'spectrum'))).toMatch(
      /The gap is what people waited.*service times alone would hide/,
    );
  });

  test('says what people waited for only where the record says that they waited', () => {
    const gap = (waitUs: number | null, lagUs = 400): string => {
      const operations = FAILING.operations.map((one) => ({
        ...one,
        waitUs: { ...one.waitUs, p50: waitUs, p90: waitUs, p99: waitUs, p999: waitUs },
        lagUs: { ...one.lagUs, p99: lagUs },
      }));
      return textOf(section(renderHtml({ ...FAILING, operations }, tally.intervals()), 'spectrum'));
    };
    expect(gap(300 * S)).toContain(
      'before the mail system began with them, mostly for a free connection: at',
    );
    expect(gap(300 * S)).toContain("The generator's own lateness: lag p99 400 µs.");
    // A late generator makes the same gap.
    for (const waited of [120, null])
      expect(gap(waited, 300 * S)).toMatch(/began with them: at .* would hide .*lag p99 5 m 0 s\./);
    for (const waited of [120, null]) expect(gap(waited)).not.toMatch(/free connection|at most .* of it/);
  });

  test('a day of a log fits a message', () => {
    const [point] = FAILING.timeline;
    if (point === undefined) throw new Error('the fixture has a timeline');
    const intervals = Array.from({ length: 86_400 }, (_, at) => ({
      startUs: at * S,
      lengthUs: S,
      // One in eight: as many boxes of the picture, in less time.
      series: at % 8 === 0 ? (tally.intervals()[at % 153]?.series ?? new Map()) : new Map(),
    }));
    const timeline = Array.from({ length: 86_400 }, (_, at) => ({
      ...point,
      startUs: at * S,
      lengthUs: S,
      copiesAccepted: at % 1_000,
    }));
    const long = renderHtml({ ...FAILING, timeline }, intervals);
    expect(Buffer.byteLength(long)).toBeLessThan(400_000);
  });

  test('so does a day of everything that a page can hold', () => {
    const long = renderHtml(...busyDay(FAILING));
    expect(elements(section(long, 'heat'), 'figure')).toHaveLength(8);
    expect(elements(section(long, 'timeline'), 'figure')).toHaveLength(12);
    expect(Buffer.byteLength(long)).toBeLessThan(400_000);
  });
});

describe('a picture of nothing', () => {
  test('is a sentence, not an empty axis', () => {
    const timeline = section(renderHtml(SPARSE), 'timeline');
    expect(elements(timeline, 'svg')).toHaveLength(1);
    expect(textOf(timeline).match(/: not known: no interval has enough samples/g)).toHaveLength(2);
  });
});

describe('the flow', () => {
  test('has every disposition with its number, and none without a census', () => {
    const flow = elements(section(renderHtml(FAILING), 'ledger'), 'svg')
      .map(textOf)
      .join(' ');
    for (const words of ['planned 597,817', 'accepted 597,817', 'lost 7', 'overdue 38', 'takenByStrategy 21'])
      expect(flow).toContain(words);
    expect(elements(section(renderHtml(REFUSED), 'ledger'), 'svg')).toEqual([]);
  });
});

describe('what happened when', () => {
  const shape = {
    stretchUs: S,
    messages: Array.from({ length: 76 }, (_, at) =>
      at === 0 ? 1 : at > 18 && at < 26 ? 30 : at > 48 && at < 56 ? 20 : 0,
    ),
  };

  test('two hills are two waves, ripples are none', () => {
    expect(wavesOf(shape).map(({ replies, withinUs }) => [replies, withinUs])).toEqual([
      [150, 5 * S],
      [100, 5 * S],
    ]);
    // An even level is one wave of any number of ripples.
    const even = Array.from({ length: 60 }, (_, at) => 10 + (at % 2));
    expect(wavesOf({ stretchUs: S, messages: even })).toHaveLength(1);
    expect(wavesOf({ stretchUs: S, messages: [1, 0, 0] })).toEqual([]);
  });

  test('events and waves are numbered alike in the list and in the pictures', () => {
    const events = [
      { atUs: 8 * S, event: 'blast' },
      { atUs: 60 * S, event: 'guard engaged', detail: '3 refused as the profile expects' },
      { atUs: 90 * S, event: 'end', detail: 'stopped by the operator' },
    ];
    const timeline = section(renderHtml({ ...PASSING, events, stormShape: shape }), 'timeline');
    const told = textOf(timeline).replace(/\s+/g, ' ');
    expect(told).toMatch(/1 8\.00 s blast/);
    expect(told).toMatch(/guard engaged 3 refused/);
    expect(told).toMatch(/5 90\.0 s stopped stopped by the operator/);
    expect(
      elements(timeline, 'circle').filter(({ attributes }) => attributes['class'] === 'markdot'),
    ).toHaveLength(10);
  });
});
