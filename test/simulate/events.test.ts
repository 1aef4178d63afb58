/** The heap of processes: in order of instant, then of birth, and never back in time. */

import { array, assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue, type Process } from '../../src/simulate/events.ts';

test('processes go on in order of instant, ties in order of birth', () => {
  assert(
    property(array(integer({ min: 0, max: 30 }), { maxLength: 200 }), (instants) => {
      const queue = new EventQueue();
      const ran: { at: number; born: number; now: number }[] = [];
      // eslint-disable-next-line require-yield -- it ends at its first turn
      function* process(at: number, born: number): Process {
        ran.push({ at, born, now: queue.nowUs });
      }
      for (const [born, at] of instants.entries()) queue.wake(process(at, born), at);
      for (const _ of instants) queue.runNext();
      expect(queue.nextUs).toBe(Number.POSITIVE_INFINITY);
      const expected = instants.map((at, born) => ({ at, born, now: at }));
      expect(ran).toEqual(expected.toSorted((a, b) => a.at - b.at || a.born - b.born));
    }),
  );
});

test('who asks for an instant that has passed goes on at once', () => {
  const queue = new EventQueue();
  const seen: number[] = [];
  function* late(): Process {
    yield 5;
    seen.push(queue.nowUs);
  }
  queue.moveTo(10);
  queue.wake(late(), 3);
  while (Number.isFinite(queue.nextUs)) queue.runNext();
  expect(seen).toEqual([10]);
});
