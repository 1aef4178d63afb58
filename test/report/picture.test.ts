/** A planned storm as a picture: as high and as wide as it is told, and nothing where there is nothing. */

import { expect, test } from 'vitest';
import { curveSvg, curveText } from '../../src/report/picture.ts';
import { stormCurve } from '../../src/storm/curve.ts';
import { planOf, SMOKE } from '../storm/plans.ts';

const curve = (values: readonly number[]) => ({
  title: 'A storm <&>',
  note: 'copies per second',
  points: values.map((perSecond, i) => ({ fromUs: i * 1e6, toUs: (i + 1) * 1e6, perSecond })),
});

test('the highest stretch fills its column, half of it half', () => {
  const [, ...rows] = curveText(curve([0, 600, 1_200]));
  expect(rows.slice(0, 6).map((row) => row.split('│')[1]?.padEnd(3))).toEqual([
    '  █',
    '  █',
    '  █',
    ' ██',
    ' ██',
    ' ██',
  ]);
  expect(rows[0]).toMatch(/^1,200 │/);
});

test('nothing at all is an empty picture', () => {
  for (const row of curveText(curve([0, 0])).slice(1, 7)) expect(row.trimEnd()).toMatch(/│$/);
});

test('the file stands alone: well-formed names, no script, no other file', () => {
  const svg = curveSvg(curve([1, 5, 3]));
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /);
  expect(svg).toContain('A storm &lt;&amp;&gt;');
  expect(svg).toContain('at most 5 per second');
  expect(svg).not.toMatch(/<script|href|url\(|@import/);
  // A step up or down to each stretch and back to the axis, and each stretch as wide as the others.
  const steps = /<path class="first area" d="M[\d.]+ [\d.]+([^"]*)"/.exec(svg)?.[1] ?? '';
  expect(steps).toMatch(/^v-[\d.]+h[\d.]+v-[\d.]+h[\d.]+v[\d.]+h[\d.]+v[\d.]+$/);
  const lengths = (letter: string) =>
    [...steps.matchAll(new RegExp(`${letter}(-?[\\d.]+)`, 'g'))].map(([, by]) => Number(by));
  expect(lengths('v').reduce((sum, by) => sum + by, 0)).toBeCloseTo(0);
  for (const width of lengths('h')) expect(width).toBeCloseTo(lengths('h')[0] ?? 0, 0);
});

test('the curve holds every copy to everybody, each in its stretch', () => {
  const plan = planOf(SMOKE, { mailboxes: 50 });
  for (const count of [1, 7, 72]) {
    const points = stormCurve(plan, count);
    expect(points.reduce((sum, { copies }) => sum + copies, 0)).toBe(50 * plan.cascade.length);
    for (const { fromUs, toUs, copies } of points) {
      const inside = plan.cascade.filter(({ stormUs }) => stormUs / 60 >= fromUs && stormUs / 60 < toUs);
      expect(copies).toBe(50 * inside.length);
    }
  }
});
