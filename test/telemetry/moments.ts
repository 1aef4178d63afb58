/** Made-up seconds of a run for the tests of what shows them. */

import type { FeltColumn, Glance } from '../../src/telemetry/dashboard/glance.ts';
import type { Summary } from '../../src/measure/tally.ts';
import type { Moment, RunIdentity } from '../../src/telemetry/moment.ts';

export const IDENTITY: RunIdentity = {
  runId: '20261128-120000-abcd',
  title: 'A storm that never was',
  profile: 'made-up',
  mailboxes: 8,
  speed: 60,
  seed: 3,
  digest: '0'.repeat(32),
  target: 'embedded, smtp://127.0.0.1:1, imap://127.0.0.1:2',
  doors: { submit: 'smtp', mailbox: 'imap' },
  lengthsUs: { baseline: 1e6, storm: 6e6, drain: 5e6, deletes: 1e6, recovery: 1e6 },
  stormUs: [0, 2e6, 3e6],
};

export const NONE: Summary = {
  count: 0,
  min: null,
  p50: null,
  p90: null,
  p99: null,
  p999: null,
  max: null,
};

/** The moment of one second. */
export function momentAt(second: number, changes: Partial<Moment> = {}): Moment {
  return {
    atUs: second * 1e6,
    phase: 'storm',
    phases: [{ name: 'storm', startUs: 0, endUs: second * 1e6 }],
    leftUs: 1e6,
    held: false,
    owed: second,
    copiesAccepted: second,
    canaries: { waiting: 0, visibleUs: null },
    journeys: { planned: second * 10, ok: second * 9 },
    operations: [],
    errors: [],
    refusals: [],
    health: null,
    conditions: [],
    ...changes,
  };
}

export function columnAt(second: number, us = 1_000, count = 1): FeltColumn {
  const times = { count, p50Us: us, maxUs: us };
  return { fromUs: second * 1e6, toUs: (second + 1) * 1e6, signIn: times, result: times, heat: [count, 0] };
}

/** All that is shown of one second. */
export function glanceAt(second: number, changes: Partial<Moment> = {}, felt = [columnAt(second)]): Glance {
  return {
    moment: momentAt(second, changes),
    standing: { thresholds: [] },
    resultUs: NONE,
    resultBeforeUs: NONE,
    felt,
    means: [],
  };
}
