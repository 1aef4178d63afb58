/** Runs as metrics see them, for tests: a moment, a tally and an end put together by hand. No test here. */

import type { HealthPoint } from '../../src/measure/health.ts';
import { Recorder, type TallyDelta } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';
import type { Observed } from '../../src/telemetry/metrics/families.ts';
import { type LiveState, momentOf, type RunIdentity } from '../../src/telemetry/moment.ts';
import { enter, LIMITED, REJECTED, UNKNOWN } from '../measure/notebooks.ts';

export const IDENTITY: RunIdentity = {
  runId: 'run-1',
  title: 'A "small" storm',
  profile: 'small',
  mailboxes: 8,
  speed: 60,
  seed: 7,
  digest: 'abc',
  target: 'embedded, smtp://127.0.0.1:1, imap://127.0.0.1:2',
  doors: { submit: 'smtp', mailbox: 'imap' },
  lengthsUs: { baseline: 1e6, storm: 2e6, drain: 3e6, deletes: 4e6, recovery: 5e6 },
  stormUs: [0],
};

export const HEALTH: HealthPoint = {
  startUs: 0,
  lengthUs: 1e6,
  delayP99Us: 400,
  delayMaxUs: 900,
  utilisation: 0.25,
  cpu: 0.5,
  gcCount: 1,
  gcTotalUs: 2_000,
  gcMaxUs: 1_500,
  sockets: 12,
  lagMaxUs: 800,
  offered: 10,
  takenUp: 10,
  ended: 9,
};

export function tallyOf(...deltas: readonly TallyDelta[]): Tally {
  const tally = new Tally();
  for (const delta of deltas) tally.add(delta, 0);
  return tally;
}

/** A little of everything. */
export function busy(): TallyDelta {
  const recorder = new Recorder();
  enter(recorder, 'journey.send', [90_000, 2_000_000]);
  enter(recorder, 'journey.canary', [40_000], { phase: 'baseline' });
  enter(recorder, 'smtp.submit', [1_500, 30_000]);
  enter(recorder, 'smtp.submit', [700], { outcome: REJECTED });
  enter(recorder, 'smtp.submit', [800, 900], { outcome: LIMITED, induced: true });
  enter(recorder, 'imap.signin', [10_000_000], { outcome: UNKNOWN });
  recorder.planned('journey.read', 'storm', false);
  recorder.dropped('journey.read', 'storm', false, 'late');
  recorder.visible('storm', 1_200_000);
  return recorder.drain();
}

export function observedOf(
  tally: Tally,
  also: Partial<LiveState> = {},
  rest: Partial<Observed> = {},
): Observed {
  const moment = momentOf(IDENTITY, {
    phase: 'storm',
    atUs: 1_500_000,
    phases: [],
    // Metrics take no counts from a moment, and those of a full tally would take long.
    tally: new Tally(),
    health: HEALTH,
    canariesWaiting: 3,
    copiesAccepted: 40,
    owed: 5,
    held: false,
    conditions: [{ limit: 0.5, overUs: 1e7, share: 0.125 }],
    fitness: { status: 'fit', because: [] },
    ...also,
  });
  return {
    runId: IDENTITY.runId,
    version: '0.1.0',
    identity: IDENTITY,
    moment,
    tally,
    ending: undefined,
    ...rest,
  };
}
