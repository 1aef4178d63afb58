/** Moments of a pretended run for the tests of the terminal's view: all made up, all in the middle of a bad hour. No test here. */

import { NO_HISTORY, remember, type History } from '../../src/cli/console/history.ts';
import type { Moment, MomentOperation, RunIdentity } from '../../src/telemetry/moment.ts';
import type { OperationName, Phase } from '../../src/words.ts';

const SECOND = 1_000_000;

export const IDENTITY: RunIdentity = {
  runId: '20260301-090000-abcd',
  title: 'Everybody answers everybody',
  profile: 'made-up',
  mailboxes: 100,
  speed: 60,
  seed: 7,
  digest: '0123456789abcdef',
  target: 'named, smtp://mail.example:25 (TLS required), imap://mail.example:143 (TLS required)',
  doors: { submit: 'smtp', mailbox: 'imap' },
  lengthsUs: {
    baseline: 10 * SECOND,
    storm: 60 * SECOND,
    drain: 180 * SECOND,
    deletes: 30 * SECOND,
    recovery: 20 * SECOND,
  },
  // A conversation that flares up and dies away.
  stormUs: Array.from({ length: 90 }, (_, k) => Math.round(60 * SECOND * (k / 90) ** 1.6)),
  stormCopies: 9_000,
};

function summary(count: number, scaleUs: number): MomentOperation['responseUs'] {
  const known = (least: number, us: number): number | null => (count >= least ? us : null);
  return {
    count,
    min: known(1, scaleUs / 2),
    p50: known(20, scaleUs),
    p90: known(100, 3 * scaleUs),
    p99: known(1_000, 9 * scaleUs),
    p999: null,
    max: known(1, 12 * scaleUs),
  };
}

export function operation(
  name: OperationName,
  phase: Phase,
  count: number,
  also: Partial<MomentOperation> = {},
): MomentOperation {
  return {
    operation: name,
    phase,
    planned: count,
    ok: count,
    rejected: 0,
    unknown: 0,
    dropped: 0,
    responseUs: summary(count, 21_300),
    ...also,
  };
}

/** Half a minute into the storm. */
export const STORM: Moment = {
  atUs: 40 * SECOND,
  phase: 'storm',
  phases: [
    { name: 'baseline', startUs: 0, endUs: 10 * SECOND },
    { name: 'storm', startUs: 10 * SECOND, endUs: 40 * SECOND },
  ],
  leftUs: 260 * SECOND,
  held: true,
  owed: 2_345,
  copiesAccepted: 4_300,
  canaries: { waiting: 3, visibleUs: summary(120, 1_210_000) },
  journeys: { planned: 1_300, ok: 1_240 },
  operations: [
    operation('smtp.connect', 'storm', 40),
    operation('smtp.submit', 'storm', 1_210, { rejected: 31, unknown: 2 }),
    operation('imap.connect', 'storm', 900),
    operation('imap.signin', 'storm', 900),
    operation('imap.open', 'storm', 900),
    operation('imap.poll', 'storm', 12_000),
    operation('journey.read', 'baseline', 90),
    operation('journey.send', 'storm', 60, { rejected: 31, unknown: 2 }),
    operation('journey.read', 'storm', 900),
    operation('journey.canary', 'storm', 124, { dropped: 1 }),
  ],
  errors: [
    { text: 'smtp.submit: 451 4.3.0 ann@mail.example try later\u001b[2J', count: 31 },
    { text: 'smtp.submit: timed out', count: 2 },
  ],
  refusals: [],
  health: {
    startUs: 39 * SECOND,
    lengthUs: SECOND,
    delayP99Us: 1_900,
    delayMaxUs: 4_200,
    utilisation: 0.34,
    cpu: 0.61,
    gcCount: 2,
    gcTotalUs: 2_000,
    gcMaxUs: 1_200,
    sockets: 40,
    lagMaxUs: 3_400,
    offered: 30,
    takenUp: 30,
    ended: 29,
  },
  conditions: [
    { limit: 0.5, overUs: 30 * SECOND, share: 0.031 },
    { limit: 0.04, overUs: 10 * SECOND, share: 0.031 },
  ],
  fitness: { status: 'fit', because: [] },
};

/** Nobody has told anything yet. */
export const NOTHING: Moment = {
  ...STORM,
  atUs: 0,
  phase: 'baseline',
  phases: [],
  held: false,
  owed: null,
  copiesAccepted: 0,
  canaries: { waiting: 0, visibleUs: null },
  journeys: { planned: 0, ok: 0 },
  operations: [],
  errors: [],
  health: null,
  conditions: [{ limit: 0.5, overUs: 30 * SECOND, share: null }],
  fitness: { status: 'unknown', because: [] },
};

/** The seconds before a moment: copies come steadily, what is owed grows and is not known for a while. */
export function historyUntil(moment: Moment): History {
  let history = NO_HISTORY;
  const seconds = Math.floor(moment.atUs / SECOND);
  for (let second = 0; second < seconds; second += 1) {
    const share = Math.max(0, (second - 10) / (seconds - 10));
    const unknown = second >= 24 && second < 28;
    history = remember(history, {
      ...moment,
      atUs: second * SECOND,
      copiesAccepted: Math.round(moment.copiesAccepted * share),
      owed: unknown ? null : Math.round((moment.owed ?? 0) * share ** 2),
      journeys: {
        planned: Math.round((moment.journeys.planned * second) / seconds),
        ok: Math.round((moment.journeys.ok * second) / seconds),
      },
      errors: second < 30 ? moment.errors.slice(1) : moment.errors,
    });
  }
  return remember(history, moment);
}
