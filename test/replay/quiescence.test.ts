/** When a probe's answers mean quiet, and since when: in pretended time. */

import { afterEach, expect, test, vi } from 'vitest';
import { Quiescence, type QuiescenceSettings } from '../../src/replay/quiescence.ts';

afterEach(() => {
  vi.useRealTimers();
});

const MS = 1_000;

/** Asks ten times a second; the answers in order, then 0. */
async function asked(answers: readonly number[]): Promise<Quiescence> {
  vi.useFakeTimers();
  let nowUs = 0;
  const left = [...answers];
  const quiescence = new Quiescence({
    access: undefined as unknown as QuiescenceSettings['access'],
    clock: () => nowUs,
    probe: () => Promise.resolve(left.shift() ?? 0),
    lookMs: 100,
    sample: [],
    mailboxes: 10,
    quietForUs: 0,
  });
  quiescence.start();
  for (let look = 1; look < answers.length; look += 1) {
    nowUs = look * 100 * MS;
    await vi.advanceTimersByTimeAsync(100);
  }
  return quiescence;
}

test('two readings of 0 a second apart are quiet, counted from the instant that is asked for', async () => {
  const quiescence = await asked([5, ...Array.from({ length: 11 }, () => 0)]);
  expect(quiescence.quietSince(0)).toBe(true);
  expect(quiescence.quietSince(150 * MS)).toBe(false);
  expect(quiescence.quietFromUs(0)).toBe(100 * MS);
  await quiescence.close();
});

test('what the queue holds between them is other mail; what it holds at the end is not quiet', async () => {
  const between = await asked([9, 9, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 0]);
  expect(between.quietSince(0)).toBe(true);
  expect(between.quietFromUs(0)).toBe(200 * MS);
  expect(between.quietFromUs(400 * MS)).toBe(500 * MS);
  await between.close();
  const owing = await asked([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
  expect(owing.quietSince(0)).toBe(false);
  await owing.close();
});

test('a queue that owed something a second ago is not quiet yet', async () => {
  const quiescence = await asked([0, 4, ...Array.from({ length: 10 }, () => 0)]);
  expect(quiescence.quietSince(0)).toBe(false);
  await quiescence.close();
});

test('fewer readings than a second holds are not quiet', async () => {
  const quiescence = await asked([0, 0, 0, 0, 0]);
  expect(quiescence.quietSince(0)).toBe(false);
  await quiescence.close();
});
