/** A watcher in virtual time: what a wake-up costs, what comes during a look, and what the mail system tells it. */

import { expect, test } from 'vitest';
import { UNLIMITED_CAPACITY } from '../../src/capacity/config.ts';
import { Recorder } from '../../src/measure/recorder.ts';
import { OWN_CONNECTIONS } from '../../src/simulate/connections.ts';
import { EventQueue } from '../../src/simulate/events.ts';
import { MailSystem } from '../../src/simulate/mail-system.ts';
import { Watcher } from '../../src/simulate/watcher.ts';

const SERVICE = {
  ...UNLIMITED_CAPACITY.service,
  poll: { fixedUs: 100, perMessageUs: 0 },
  headers: { fixedUs: 1_000, perMessageUs: 10 },
};

/** A system of ten mailboxes that delivers a copy each 100 ms, with a watcher of one of them. */
function watched(mailbox: number) {
  const events = new EventQueue();
  const recorder = new Recorder();
  const system = new MailSystem(
    {
      capacity: { ...UNLIMITED_CAPACITY, deliveriesPerSecond: 10, service: SERVICE },
      discipline: 'fifo',
      mailboxLock: false,
      maxSessions: 10,
      maxOwedCopies: 1e9,
      caps: OWN_CONNECTIONS,
    },
    10,
  );
  const watcher = new Watcher({ events, recorder, system, phase: () => 'storm' }, mailbox);
  system.observe(mailbox, watcher);
  events.wake(watcher.run(), 0);
  const goOn = (): void => {
    for (;;) {
      system.deliverUntil(Math.min(events.nextUs, 1e9));
      if (!Number.isFinite(events.nextUs)) return;
      events.runNext();
    }
  };
  return { events, system, watcher, goOn };
}

test('sees mail after the wake-up and the look that it costs', () => {
  const { events, system, watcher, goOn } = watched(3);
  let seenUs = 0;
  events.runNext();
  system.accept(0, 3, (atUs) =>
    watcher.arrived(atUs, () => {
      seenUs = events.nowUs;
    }),
  );
  goOn();
  // Delivered after 100 ms; told for 100 us; one header.
  expect(seenUs).toBeCloseTo(100_000 + 100 + 1_010, 6);
});

test('is told of its own copy of a message to everybody, in order of mailboxes, and of ordinary mail', () => {
  const { events, system, goOn } = watched(3);
  const told: number[] = [];
  system.observe(3, {
    arrived: (atUs) => {
      told.push(atUs);
      return false;
    },
    changed: () => false,
  });
  events.runNext();
  system.accept(0, 'list');
  system.accept(0, 5);
  system.accept(0, 3);
  goOn();
  expect(told.map(Math.round)).toEqual([400_000, 1_200_000]);
});

test('what comes during a look is looked at before the session rests', () => {
  const { events, system, watcher, goOn } = watched(3);
  const seen: number[] = [];
  const note = (): void => void seen.push(Math.round(events.nowUs));
  events.runNext();
  watcher.arrived(0, note);
  events.runNext();
  watcher.arrived(0, note);
  events.runNext();
  watcher.arrived(events.nowUs, note);
  goOn();
  // The first two were told of together; the third came meanwhile: its look begins where the first ends.
  expect(seen).toEqual([1_120, 1_120, 2_130]);
  expect(system.owed).toBe(0);
});
