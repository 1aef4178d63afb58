/** The schedule's three forms tell of the same journeys, and a slow reader holds the writer back. */

import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { scheduleLines, writeSchedule } from '../../src/cli/schedule.ts';
import { journeysOf, planOf, SMOKE, smokeWith } from '../storm/plans.ts';

const PLAN = planOf(SMOKE, { mailboxes: 30 });
const textOf = (format: 'json' | 'csv' | 'ndjson'): string => [...scheduleLines(PLAN, format)].join('');

test('json, ndjson and csv hold every journey once, in order', () => {
  const rows = JSON.parse(textOf('json')) as Record<string, string | number | null>[];
  const ids = journeysOf(PLAN).map(({ id }) => id);
  expect(rows.map((row) => row['id'])).toEqual(ids);
  const lines = textOf('ndjson').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(rows);
  const [head, ...records] = textOf('csv').trimEnd().split('\r\n');
  const columns = head?.split(',') ?? [];
  expect(columns).toEqual(Object.keys(rows[0] ?? {}));
  expect(records).toEqual(rows.map((row) => columns.map((column) => row[column] ?? '').join(',')));
});

test('copies add up to what the plan makes, a message to all by its members', () => {
  const rows = JSON.parse(textOf('json')) as { copies: number | null; recipient: unknown }[];
  const list = rows.filter(({ recipient }) => recipient === 'list');
  expect(list.map(({ copies }) => copies)).toEqual(PLAN.cascade.map(() => 30));
  expect(rows.filter(({ copies }) => copies === 1).length).toBeGreaterThan(0);
});

test('no more is drawn than the reader has taken and one piece on its way', async () => {
  let drawn = 0;
  const busy = planOf(smokeWith({ canaries: { rate: 300 } }), { mailboxes: 30 });
  const counted = new Proxy(
    { ...busy },
    {
      get: (plan, key) => {
        // Copies are counted for every message as its row is made.
        if (key === 'mailboxes') drawn += 1;
        return Reflect.get(plan, key) as unknown;
      },
    },
  );
  const pieces: string[] = [];
  const ahead: number[] = [];
  const reader = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write: (piece: Buffer | string, _encoding, done) => {
      pieces.push(piece.toString());
      ahead.push(drawn);
      setImmediate(done);
    },
  });
  await writeSchedule(counted, 'ndjson', reader);
  expect(pieces.join('')).toBe([...scheduleLines(busy, 'ndjson')].join(''));
  expect(pieces.length).toBeGreaterThan(10);
  // When the first piece is taken, no more than a third of the rows may have been made.
  expect(ahead[0] ?? drawn).toBeLessThan(drawn / 3);
});

test('a reader that leaves is no mistake', async () => {
  const gone = Object.assign(new Error('closed'), { code: 'EPIPE' });
  const reader = new Writable({ write: (_piece, _encoding, done) => done(gone) });
  await expect(writeSchedule(PLAN, 'csv', reader)).resolves.toBeUndefined();
  const broken = new Writable({ write: (_piece, _encoding, done) => done(new Error('disk')) });
  await expect(writeSchedule(PLAN, 'csv', broken)).rejects.toThrow('disk');
});
