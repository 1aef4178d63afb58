/** A simulation against closed forms and against its own books: what goes in comes out, when it must. */

import { describe, expect, test } from 'vitest';
import { DEFAULT_CAPACITY, UNLIMITED_CAPACITY, type CapacityConfig } from '../../src/capacity/config.ts';
import type { Profile } from '../../src/profile/schema.ts';
import { randomStream } from '../../src/random.ts';
import { OWN_CONNECTIONS } from '../../src/simulate/connections.ts';
import { MailSystem, type SystemConfig } from '../../src/simulate/mail-system.ts';
import { simulate, type Simulated } from '../../src/simulate/simulate.ts';
import { systemConfig } from '../../src/simulate/system-config.ts';
import { plannedIntents } from '../../src/storm/plan.ts';
import { judgePrediction } from '../../src/verdict/prediction.ts';
import { PHASES } from '../../src/words.ts';
import { planOf, SMOKE, smokeWith } from '../storm/plans.ts';

const SECOND = 1e6;

function system(capacity: Partial<CapacityConfig> = {}, changes: Partial<SystemConfig> = {}): SystemConfig {
  return {
    capacity: { ...UNLIMITED_CAPACITY, ...capacity },
    discipline: 'fifo',
    mailboxLock: false,
    maxSessions: Number.POSITIVE_INFINITY,
    maxOwedCopies: Number.POSITIVE_INFINITY,
    caps: OWN_CONNECTIONS,
    ...changes,
  };
}

/** Nothing but the blast. */
const BURST = smokeWith({
  bystanders: { rate: 0 },
  readers: { rate: 0 },
  canaries: { rate: 0 },
  replies: { directReplies: 0 },
  deletes: { users: 0 },
});

function within(share: number, found: number, expected: number): void {
  expect(Math.abs(found / expected - 1), `${found} for ${expected}`).toBeLessThan(share);
}

/** Every planned operation of a simulation has ended, and the plan agrees. */
function expectSums(profile: Profile, plan: ReturnType<typeof planOf>, simulated: Simulated): void {
  const planned = new Map(
    PHASES.map((phase) => {
      const untilUs = phase === 'drain' ? simulated.drainLengthUs : Number.POSITIVE_INFINITY;
      return [phase, plannedIntents(plan, phase, untilUs)] as const;
    }),
  );
  const { tally, canaries, spans } = simulated;
  const { verdict } = judgePrediction(profile, planned, { tally, canaries, phases: spans });
  expect(verdict.findings[0]).toMatchObject({
    check: 'every planned operation is accounted for',
    status: 'pass',
  });
}

describe('closed forms', () => {
  test.each([50, 400, 3_000])('a burst of N copies is gone after N/%d seconds', (deliveriesPerSecond) => {
    const plan = planOf(BURST, { mailboxes: 20_000, speed: 60 });
    const simulated = simulate(plan, system({ deliveriesPerSecond }));
    expect(simulated.copiesAccepted).toBe(20_000);
    within(0.02, (simulated.drainedUs + plan.lengthsUs.storm) / SECOND, 20_000 / deliveriesPerSecond);
  });

  test.each([0.5, 0.8])('memoryless mail at a load of %d waits as in M/D/1', (load) => {
    const perSecond = 100;
    const mail = new MailSystem(system({ deliveriesPerSecond: perSecond }), 10);
    const stream = randomStream(5, 'test.arrivals', 0);
    const count = 400_000;
    let nowUs = 0;
    let waitedUs = 0;
    let told = 0;
    for (let i = 0; i < count; i += 1) {
      nowUs += (-Math.log(1 - stream.uniform()) * SECOND) / (perSecond * load);
      mail.deliverUntil(nowUs);
      const atUs = nowUs;
      mail.accept(nowUs, 3, (doneUs) => {
        waitedUs += doneUs - atUs - SECOND / perSecond;
        told += 1;
        return false;
      });
    }
    mail.deliverUntil(Number.MAX_SAFE_INTEGER);
    expect(told).toBe(count);
    within(0.02, waitedUs / count, ((load / (1 - load)) * (SECOND / perSecond)) / 2);
  });
});

describe('books', () => {
  test.each([
    ['idle', {}, {}],
    ['drowning', { deliveriesPerSecond: 20, accessServers: 1, service: DEFAULT_CAPACITY.service }, {}],
    ['locked', { ...DEFAULT_CAPACITY, accessServers: 1 }, { mailboxLock: true }],
    ['limited', { ...DEFAULT_CAPACITY, deliveriesPerSecond: 30 }, { maxSessions: 2, maxOwedCopies: 200 }],
  ] as const)(
    '%s: every planned operation ends once, every accepted copy is delivered',
    (_, capacity, changes) => {
      const plan = planOf(SMOKE);
      const simulated = simulate(plan, system(capacity, changes));
      expectSums(SMOKE, plan, simulated);
      expect(simulated.readings.at(-1)?.owed).toBe(0);
      const { accepted, refused, pruned } = simulated.storm;
      const turnedAway = Object.values(refused).reduce((sum, one) => sum + one, 0);
      expect(accepted + turnedAway + pruned).toBe(plan.cascade.length);
      expect(simulated.canaries.sent).toBeGreaterThan(0);
    },
  );

  test('the same plan and system give the same answer; a faster one is done sooner', () => {
    const plan = planOf(SMOKE);
    const once = simulate(plan, system({ deliveriesPerSecond: 40 }));
    const again = simulate(plan, system({ deliveriesPerSecond: 40 }));
    expect(again.delays).toEqual(once.delays);
    expect(again.tally.operations()).toEqual(once.tally.operations());
    const faster = simulate(plan, system({ deliveriesPerSecond: 80 }));
    expect(faster.drainedUs).toBeLessThan(once.drainedUs);
    expect(faster.peakOwed).toBeLessThan(once.peakOwed);
  });

  test('phases follow one another; a drain ends a second after nothing is owed', () => {
    const { spans, drainedUs, drainLengthUs } = simulate(planOf(SMOKE), system({ deliveriesPerSecond: 150 }));
    expect(spans.map(({ name }) => name)).toEqual(PHASES);
    for (const [index, { startUs }] of spans.entries()) expect(startUs).toBe(spans[index - 1]?.endUs ?? 0);
    expect(drainedUs).toBeGreaterThan(0);
    expect(drainLengthUs).toBeCloseTo(drainedUs + SECOND, 3);
  });

  test('clicks in rows do the same work as clicks one by one', () => {
    const mail = (): MailSystem => new MailSystem(system({ ...DEFAULT_CAPACITY, accessServers: 1 }), 5);
    const [rows, single] = [mail(), mail()];
    const together = rows.work(0, 0, 'move', 40, 40);
    let one = 0;
    for (let i = 0; i < 40; i += 1) one = single.work(one, 0, 'move', 1);
    expect(together).toBeCloseTo(one, 6);
  });
});

describe('limits', () => {
  const refusedConnects = (simulated: Simulated): number =>
    simulated.tally
      .operations()
      .filter(({ operation }) => operation === 'imap.connect')
      .reduce((sum, { intents }) => sum + intents.rejected, 0);

  test('sessions beyond the most are turned away by a limiter', () => {
    const slow = { ...DEFAULT_CAPACITY, accessServers: 1, accessSlowsDelivery: 0 };
    expect(refusedConnects(simulate(planOf(SMOKE), system(slow)))).toBe(0);
    expect(refusedConnects(simulate(planOf(SMOKE), system(slow, { maxSessions: 1 })))).toBeGreaterThan(0);
  });

  test('a full queue puts submissions off, and what answers them is never written', () => {
    const plan = planOf(SMOKE, { mailboxes: 100 });
    const { storm } = simulate(plan, system({ deliveriesPerSecond: 50 }, { maxOwedCopies: 100 }));
    expect(storm.refused.full).toBeGreaterThan(0);
    expect(storm.pruned).toBeGreaterThan(0);
  });

  test('mail to one person overtakes the storm where it goes first', () => {
    const plan = planOf(SMOKE, { mailboxes: 500 });
    const slowest = (discipline: SystemConfig['discipline']): number => {
      const { delays } = simulate(plan, system({ deliveriesPerSecond: 500 }, { discipline }));
      return Math.max(...delays.filter(({ phase }) => phase === 'storm').map(({ delayUs }) => delayUs));
    };
    expect(slowest('fifo')).toBeGreaterThan(10 * SECOND);
    expect(slowest('singlesFirst')).toBeLessThan(SECOND);
  });

  test('a lock makes a mailbox wait for its own expunge and for no other', () => {
    const mail = new MailSystem(system({ ...DEFAULT_CAPACITY }, { mailboxLock: true }), 5);
    const doneUs = mail.work(0, 2, 'expunge', 100);
    expect(mail.lockedUntilUs(2)).toBe(doneUs);
    mail.work(0, 3, 'headers', 100);
    for (const mailbox of [0, 3]) expect(mail.lockedUntilUs(mailbox)).toBeLessThanOrEqual(0);
  });

  test('a profile’s rates become times of the servers', () => {
    const profile = {
      ...SMOKE,
      simulate: { accessServers: 50, signInsPerSecond: 2_000, expungesPerSecond: 10_000 },
    };
    const { capacity } = systemConfig(profile, DEFAULT_CAPACITY, 16);
    expect(capacity.service.signin).toEqual({ fixedUs: 25_000, perMessageUs: 0 });
    expect(capacity.service.expunge.perMessageUs).toBe(5_000);
    expect(systemConfig(SMOKE, DEFAULT_CAPACITY, 16).capacity).toEqual(DEFAULT_CAPACITY);
  });
});
