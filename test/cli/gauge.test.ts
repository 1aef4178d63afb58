/** The operator's gauges: what may be asked, at which intervals, and in how much memory. The clock is pretended. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { type Gauge, Gauges, readGauges } from '../../src/cli/gauge.ts';
import type { Profile } from '../../src/profile/schema.ts';
import { smokeWith } from '../storm/plans.ts';

const S = 1_000_000;

const problems = (flags: readonly string[], change: Partial<Profile> = {}): readonly string[] => {
  const read = readGauges(flags, smokeWith(change));
  return read.ok ? [] : read.problems;
};

describe('what may be asked', () => {
  test('commands and loopback URLs of flags, with a unit or without', () => {
    const read = readGauges(
      ['queue[messages]=command:postqueue -j | wc -l', 'load=http://127.0.0.1:9/load', 'six=http://[::1]:9/'],
      smokeWith({}),
    );
    expect(read.ok && read.gauges.map(({ name, unit }) => [name, unit])).toEqual([
      ['queue', 'messages'],
      ['load', null],
      ['six', null],
    ]);
  });

  test('loopback URLs of the profile, and those within its blastRadius', () => {
    const probes = [
      { name: 'near', url: 'http://127.0.0.1:9/' },
      { name: 'far', url: 'http://10.1.2.3:9/', unit: 'jobs', every: 5 * S },
    ];
    const blastRadius = { name: 'lab', cidrs: ['10.1.2.0/24'], recipientDomains: [] };
    const read = readGauges([], smokeWith({ probes, blastRadius }));
    expect(read.ok && read.gauges.map(({ name, everyUs }) => [name, everyUs])).toEqual([
      ['near', 2 * S],
      ['far', 5 * S],
    ]);
    expect(problems([], { probes })).toEqual([expect.stringMatching(/^probes\[1\]\.url: .*10\.1\.2\.3/)]);
  });

  test.each([
    ['a flag without a source', ['queue'], /expected NAME=URL/],
    ['neither URL nor command', ['queue=wc -l'], /expected NAME=URL/],
    ['another machine', ['load=http://10.1.2.3/'], /expected a loopback address/],
    ['a name that leads somewhere', ['load=http://localhost.example/'], /expected a loopback address/],
    ['two of one name', ['a=http://127.0.0.1/', 'a=command:true'], /names that differ/],
  ] as const)('not %s', (_, flags, words) => {
    expect(problems(flags)).toEqual([expect.stringMatching(words)]);
  });

  test('no name in a profile, whatever it resolves to, and no command', () => {
    const blastRadius = { name: 'lab', cidrs: ['0.0.0.0/0'], recipientDomains: [] };
    for (const url of ['http://gauge.test/', 'file:///etc/passwd', 'command:true'])
      expect(problems([], { probes: [{ name: 'a', url }], blastRadius })).toHaveLength(1);
  });
});

describe('asking', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const clock = (): number => Date.now() * 1_000;

  const asked = async (ask: Gauge['ask'], seconds: number): Promise<readonly (number | null)[]> => {
    const startUs = clock();
    const gauges = new Gauges([{ name: 'g', unit: null, everyUs: S, ask }], clock);
    gauges.start();
    await vi.advanceTimersByTimeAsync(seconds * 1_000 - 1);
    gauges.close();
    await vi.advanceTimersByTimeAsync(10_000);
    const points = gauges.recorded(startUs)[0]?.points ?? [];
    expect(points[0]?.atUs).toBe(0);
    return points.map(({ value }) => value);
  };

  test('goes on at its interval until closed, and no answer is a gap', async () => {
    let count = 0;
    const values = await asked(() => Promise.resolve((count += 1) === 2 ? undefined : count), 4);
    expect(values).toEqual([1, null, 3, 4]);
    expect(count).toBe(4);
  });

  test('never asks twice at once, nor once more after it was closed', async () => {
    let open = 0;
    let most = 0;
    let calls = 0;
    const values = await asked(async () => {
      calls += 1;
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      open -= 1;
      return 1;
    }, 20);
    expect(most).toBe(1);
    // The eighth was being asked when it was closed: its answer came too late, and nobody asked again.
    expect(calls).toBe(8);
    expect(values).toHaveLength(7);
  });

  test('keeps at most 900 points, in order, and every peak', async () => {
    let count = 0;
    const values = await asked(() => Promise.resolve((count += 1) === 777 ? 5_000 : 1), 4_000);
    expect(count).toBe(4_000);
    expect(values.length).toBeLessThanOrEqual(900);
    expect(values.length).toBeGreaterThan(400);
    expect(Math.max(...values.map((value) => value ?? 0))).toBe(5_000);
  });
});
