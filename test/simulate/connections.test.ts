/** Connections that people share in virtual time: who waits, whose stays warm, who comes next. */

import { expect, test } from 'vitest';
import { SessionPlaces, SubmissionLines } from '../../src/simulate/connections.ts';
import { EventQueue, type Process } from '../../src/simulate/events.ts';

function runAll(events: EventQueue): void {
  while (Number.isFinite(events.nextUs)) events.runNext();
}

test('so many submissions are under way at once; who waits comes in turn, warm only on their own connection', () => {
  const events = new EventQueue();
  const lines = new SubmissionLines(events, 2, 2);
  const seen: [author: number, atUs: number, warm: boolean][] = [];
  function* submission(author: number): Process {
    const warm = yield* lines.take(author);
    seen.push([author, events.nowUs, warm]);
    yield events.nowUs + 10;
    lines.release(author);
  }
  for (const author of [1, 2, 1, 3]) events.wake(submission(author), 0);
  runAll(events);
  expect(seen).toEqual([
    [1, 0, false],
    [2, 0, false],
    [1, 10, true],
    [3, 10, false],
  ]);
  expect(lines.waited).toBe(2);
});

test('the connection that was unused the longest makes room for another author', () => {
  const events = new EventQueue();
  const lines = new SubmissionLines(events, 2, 2);
  const warm: boolean[] = [];
  function* submission(author: number): Process {
    warm.push(yield* lines.take(author));
    yield events.nowUs + 1;
    lines.release(author);
  }
  for (const [index, author] of [1, 2, 3, 2, 1].entries()) events.wake(submission(author), index * 10);
  runAll(events);
  // 3 took the place of 1, so that 1 has to sign in again.
  expect(warm).toEqual([false, false, false, true, false]);
  expect(lines.waited).toBe(0);
});

test('places are counted in all and a person; nobody waits behind somebody who has too many', () => {
  const events = new EventQueue();
  const places = new SessionPlaces(events, 2, 1);
  const entered: [person: number, atUs: number][] = [];
  function* session(person: number): Process {
    yield* places.enter(person);
    entered.push([person, events.nowUs]);
    yield events.nowUs + 10;
    places.leave(person);
  }
  places.hold(9);
  for (const person of [1, 1, 2, 3, 9]) events.wake(session(person), 0);
  runAll(events);
  expect(entered).toEqual([
    [1, 0],
    [2, 0],
    [1, 10],
    [3, 10],
  ]);
  expect(places.waited).toBe(3);
});
