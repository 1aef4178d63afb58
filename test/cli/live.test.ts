/** The hub: one moment a second for all who listen, none for nobody, and the verdict's own word on the generator. */

import { expect, test } from 'vitest';

import { identityOf, LiveHub } from '../../src/cli/live.ts';
import { Health } from '../../src/measure/health.ts';
import type { RunState } from '../../src/replay/conduct.ts';
import type { Moment, RunIdentity } from '../../src/telemetry/moment.ts';
import { JOURNEYS } from '../../src/words.ts';
import { enter, ramp } from '../measure/notebooks.ts';
import { planOf, SMOKE } from '../storm/plans.ts';
import { tallyOf } from '../verdict/cases.ts';

const plan = planOf(SMOKE);
const identity = identityOf('run-1', plan, 'abc', {
  kind: 'embedded',
  submit: 'smtp://127.0.0.1:1',
  mailbox: 'imap://127.0.0.1:2',
});

function state(atUs: number, also: Partial<RunState> = {}): RunState {
  return {
    plan,
    phase: 'storm',
    atUs,
    tally: tallyOf(() => undefined),
    progress: { inFlight: 0, canariesWaiting: 2, copiesAccepted: 40, repliesUnderWay: 0 },
    owed: undefined,
    held: false,
    phases: [{ name: 'baseline', startUs: 0, endUs: atUs }],
    health: new Health(JOURNEYS),
    conditions: [],
    ...also,
  };
}

function heardBy(hub: LiveHub): { readonly moments: Moment[]; readonly identities: RunIdentity[] } {
  const heard = { moments: [] as Moment[], identities: [] as RunIdentity[] };
  hub.add((who, moment) => {
    heard.identities.push(who);
    heard.moments.push(moment);
  });
  return heard;
}

test('every listener hears the same moment, once a second at most', () => {
  const hub = new LiveHub();
  const [first, second] = [heardBy(hub), heardBy(hub)];
  hub.begin(identity);
  for (let atUs = -300_000; atUs <= 2_000_000; atUs += 100_000) hub.look(state(atUs));
  expect(first.moments.map(({ atUs }) => atUs)).toEqual([-300_000, 700_000, 1_700_000]);
  expect(second.moments).toEqual(first.moments);
  expect(second.moments[0]).toBe(first.moments[0]);
  expect(first.identities[0]).toBe(identity);
  expect(first.moments[0]).toMatchObject({ owed: null, copiesAccepted: 40, canaries: { waiting: 2 } });
});

test('the beginning of a phase is told at once', () => {
  const hub = new LiveHub();
  const { moments } = heardBy(hub);
  hub.begin(identity);
  for (const [atUs, phase] of [
    [0, 'baseline'],
    [100_000, 'storm'],
    [200_000, 'storm'],
    [1_000_000, 'storm'],
    [1_100_000, 'storm'],
  ] as const)
    hub.look(state(atUs, { phase }));
  expect(moments.map(({ atUs }) => atUs)).toEqual([0, 100_000, 1_100_000]);
});

test('before a run has a name nobody hears of it, nor does who has left', () => {
  const hub = new LiveHub();
  const moments: Moment[] = [];
  const leave = hub.add((_, moment) => void moments.push(moment));
  hub.look(state(0));
  expect(moments).toEqual([]);
  hub.begin(identity);
  hub.look(state(0));
  leave();
  hub.look(state(1_000_000));
  expect(moments.map(({ atUs }) => atUs)).toEqual([0]);
});

test('the storm has its shape from the plan, recalls in their place', () => {
  expect(identity.stormUs).toHaveLength(plan.cascade.length);
  expect(identity.stormUs).toEqual(identity.stormUs.toSorted((a, b) => a - b));
  expect(identity).toMatchObject({ runId: 'run-1', digest: 'abc', mailboxes: plan.mailboxes });
  expect(identity.target).toBe('embedded, smtp://127.0.0.1:1, imap://127.0.0.1:2');
});

test('the generator is fit, unfit or not known by what the verdict would say', () => {
  const hub = new LiveHub();
  const { moments } = heardBy(hub);
  hub.begin(identity);
  const health = new Health(JOURNEYS);
  hub.look(state(0, { health }));
  expect(moments.at(-1)?.fitness).toEqual({ status: 'unknown', because: [] });
  const late = tallyOf((recorder) => enter(recorder, 'journey.read', ramp(2_000, 1_000), { dueUs: 500_000 }));
  hub.look(state(1_000_000, { health, tally: late }));
  expect(moments.at(-1)?.fitness?.status).toBe('unfit');
  expect(moments.at(-1)?.fitness?.because[0]).toContain('the generator was late by itself');
});
