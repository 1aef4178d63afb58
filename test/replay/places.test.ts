/** Places for sessions: never more than there are, never more a user than allowed, and nobody is kept waiting by somebody else's limit. */

import { assert, asyncProperty, array, integer, record } from 'fast-check';
import { expect, test } from 'vitest';

import { SessionPlaces } from '../../src/replay/places.ts';

test('neither limit is ever passed, and everybody gets in', async () => {
  const visits = array(record({ mailbox: integer({ min: 0, max: 4 }), turns: integer({ min: 0, max: 5 }) }), {
    maxLength: 60,
  });
  const limits = record({ all: integer({ min: 1, max: 6 }), each: integer({ min: 1, max: 3 }) });
  await assert(
    asyncProperty(visits, limits, async (people, { all, each }) => {
      const places = new SessionPlaces(all, each);
      const inside: number[] = [];
      let most = 0;
      let mostOfOne = 0;
      let served = 0;
      await Promise.all(
        people.map(({ mailbox, turns }) =>
          places.within(mailbox, async () => {
            inside.push(mailbox);
            most = Math.max(most, inside.length);
            mostOfOne = Math.max(mostOfOne, inside.filter((one) => one === mailbox).length);
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            inside.splice(inside.indexOf(mailbox), 1);
            served += 1;
          }),
        ),
      );
      expect(served).toBe(people.length);
      expect(most).toBeLessThanOrEqual(all);
      expect(mostOfOne).toBeLessThanOrEqual(each);
    }),
  );
});

test('somebody with too many sessions waits; whoever comes after does not', async () => {
  const places = new SessionPlaces(10, 1);
  let leave = (): void => undefined;
  const first = places.within(1, () => new Promise<void>((resolve) => (leave = resolve)));
  let second = false;
  const waiting = places.within(1, () => {
    second = true;
  });
  expect(await places.within(2, () => 'in')).toBe('in');
  expect(second).toBe(false);
  leave();
  await Promise.all([first, waiting]);
  expect(second).toBe(true);
});

test('a lasting session takes a place of its person, and none of the others', async () => {
  const places = new SessionPlaces(1, 2);
  places.hold(1);
  expect(await places.within(1, () => 'in')).toBe('in');
});
