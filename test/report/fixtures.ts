/** Records as runs leave them: one that passed, one that failed, one refused before anything happened. No test here. */

import { SCHEMA_VERSION, type RecordedLedger, type RunRecord } from '../../src/record/record.ts';
import type { Finding } from '../../src/verdict/finding.ts';
import {
  canaries,
  cohorts,
  generator,
  NO_TIMES,
  operation,
  operations,
  PHASE_SPANS,
  refusal,
  S,
  timeline,
} from './parts.ts';

const LEDGER: RecordedLedger = {
  messages: 3_412,
  listMessages: 595,
  copiesPlanned: 597_817,
  copiesAccepted: 597_817,
  copiesSeen: 597_817,
  present: 180_310,
  trashed: 209_107,
  junked: 0,
  expungedAsAsked: 208_379,
  takenByStrategy: 21,
  goneUnasked: 0,
  bounced: 0,
  overdue: 0,
  lost: 0,
  unknown: 0,
  unknownResolved: 0,
  duplicated: 0,
  misdelivered: 0,
  foreign: 0,
  copiesRemaining: 389_438,
  takenTrashed: 21,
  takenExpunged: 0,
  sample: null,
  overQuota: { refused: 0, notified: 0, clinical: 0, named: [] },
  notices: [],
  untraced: 0,
  named: {
    takenByStrategy: [
      { number: 1_204, mailbox: 17 },
      { number: 1_377, mailbox: 240 },
    ],
  },
};

const PASSED: readonly Finding[] = [
  {
    check: 'every planned operation is accounted for',
    status: 'pass',
    observed: '12874 operations, 0 sums broken',
    limit: 'planned = ok + rejected + unknown + dropped',
    because: 'in every phase, worker and shard',
  },
  {
    check: 'every accepted copy is accounted for',
    status: 'pass',
    observed: '597817 of 597817 copies',
    limit: 'dispositions add up to copiesAccepted',
    because: 'each accepted copy ends in exactly one disposition',
  },
  {
    check: 'ledger: lost',
    status: 'pass',
    observed: '0 copies',
    limit: '0 copies',
    because: 'accepted, never seen, no notification, and the target owed nothing any more',
  },
  {
    check: 'canaries: rate(late) <= 1%',
    status: 'pass',
    observed: '18 of 3037 canaries',
    limit: '<= 1.00 %',
    because: 'the threshold holds',
  },
  {
    check: 'imap.signin{phase:recovery}: p(90) < 1s',
    status: 'pass',
    observed: '38.2 ms of 176 samples',
    limit: '< 1.00 s',
    because: 'the threshold holds',
  },
  {
    check: 'generator: lag',
    status: 'pass',
    observed: 'imap.signin: p99 1.64 ms of 3374',
    limit: 'p99 <= 50.0 ms',
    because: 'operations were taken up when they were due',
  },
];

/** A storm that the mail system came through. */
export const PASSING: RunRecord = {
  schemaVersion: SCHEMA_VERSION,
  tool: { name: 'replystorm', version: '0.1.0' },
  runId: '20161114-082900-7f3a',
  simulated: false,
  startedAt: '2016-11-14T08:29:00.000Z',
  machine: { node: 'v20.20.0', platform: 'linux x64', cores: 8 },
  profile: {
    name: 'nhs-2016',
    title: 'NHSmail, 14-15 November 2016',
    why: 'A blank message with the subject "test" went by a bug to every mailbox, and some hundreds answered to all.',
    populationMailboxes: 840_000,
    replyAllsLow: 80,
    replyAllsHigh: 600,
    replyAllsChosen: 594,
    canaryDeadlineUs: 20 * S,
  },
  plan: {
    seed: 42,
    digest: 'sha256:9f2c6f1f5e0b7a3d4c8e91aa02b3c4d5',
    mailboxes: 1_000,
    speed: 60,
    messages: 3_412,
    listMessages: 595,
    copies: 597_817,
    bytes: 3_814_220_133,
    peakCopiesPerSecond: 20_874.5,
    durationUs: 162 * S,
    workers: 4,
  },
  target: {
    kind: 'embedded',
    submit: 'smtp://127.0.0.1:42525',
    inbound: null,
    mailbox: 'imap://127.0.0.1:42143',
    fanOut: 'list',
    tls: 'off',
    tlsVerified: null,
  },
  phases: PHASE_SPANS,
  drain: {
    drainedUs: 21.4 * S,
    quiescent: true,
    owedAtEnd: 0,
    pressure: 1.173,
    profileOfferedPerSecond: 109_649,
  },
  generator: generator(),
  operations: operations(1),
  ledger: LEDGER,
  canaries: canaries(18, 0, 1),
  cohorts: cohorts(),
  cascade: {
    mode: 'open',
    planned: 594,
    sent: 594,
    accepted: 594,
    refused: 0,
    unknown: 0,
    starved: null,
    pruned: null,
    hypothetical: 0,
    unsent: {},
    seenAfterUs: null,
    branchingRatio: 0.83,
  },
  patience: [{ phase: 'storm', succeededAfter: [3_100, 40], gaveUp: 2 }],
  census: { mailboxes: 1_000, unread: 0, messages: 389_438, passes: 1, tookUs: 4_210_000, bytes: 91_000_000 },
  timeline: timeline(),
  errors: [],
  refusals: [],
  warnings: [],
  verdict: { status: 'pass', findings: PASSED },
  exit: { code: 0, reason: 'pass' },
};

const FAILED: readonly Finding[] = [
  ...PASSED.filter(({ check }) => !check.startsWith('ledger') && !check.startsWith('imap')),
  {
    check: 'ledger: lost',
    status: 'fail',
    observed: '7 copies',
    limit: '0 copies',
    because: 'accepted, never seen, no notification, and the target owed nothing any more',
  },
  {
    check: 'imap.signin{phase:recovery}: p(90) < 1s',
    status: 'fail',
    observed: '1.53 s of 176 samples',
    limit: '< 1.00 s',
    because: 'the threshold is crossed',
  },
  {
    check: 'journey.canary{phase:recovery}: p(99) < 2s',
    status: 'no-data',
    observed: null,
    limit: '< 2.00 s',
    because: '158 samples, p(99) needs 1000',
  },
  {
    check: 'journey.read{phase:recovery}: p(90) < 2s',
    status: 'invalid',
    observed: '4.71 s of 176 samples',
    limit: '< 2.00 s',
    because: 'the generator was not fit to time this; it saw 4.71 s of 176 samples',
  },
];

/** A storm that lost mail, on a target that stayed slow. */
export const FAILING: RunRecord = {
  ...PASSING,
  cohorts: null,
  generator: generator({ delayP99Us: 61_000, lagMaxUs: 480_000, spinning: true, utilisationP90: null }),
  runId: '20161114-093100-03bc',
  drain: { ...PASSING.drain, drainedUs: null, quiescent: false, owedAtEnd: 4_120, pressure: 3.4 },
  operations: operations(40),
  ledger: {
    ...LEDGER,
    present: LEDGER.present - 57,
    lost: 7,
    goneUnasked: 9,
    overdue: 38,
    bounced: 3,
    misdelivered: 2,
    takenExpunged: 6,
    takenTrashed: 15,
    named: {
      lost: [{ number: 88, mailbox: 401 }],
      goneUnasked: [
        { number: 12, mailbox: 9 },
        { number: 13, mailbox: 9 },
      ],
    },
  },
  canaries: canaries(211, 4, 3),
  refusals: [
    refusal('imap.signin', 'NO', 'UNAVAILABLE', 412, 'Temporary authentication failure.'),
    refusal('smtp.submit', '452', '4.3.1', 11, 'Insufficient system storage for user7@lab.test'),
    refusal('imap.store', 'UIDVALIDITY', null, 1, 'UIDVALIDITY was 5 and is 6'),
  ],
  errors: [
    { text: '451 4.3.2 <u17@mail.test>: system not accepting messages, try again later', count: 412 },
    { text: 'imap.signin: no greeting within 30 s', count: 41 },
  ],
  warnings: [
    {
      seen: 'the deadline of 20 s is longer than the baseline of 8 s',
      matters: 'a canary of the baseline may be judged by what the storm did to it',
      attempt: 'a longer baseline, or a shorter deadline',
    },
  ],
  verdict: { status: 'fail', findings: FAILED },
  exit: {
    code: 99,
    reason:
      'ledger: lost: 7 copies (allowed 0 copies); imap.signin{phase:recovery}: p(90) < 1s: 1.53 s of 176 samples (allowed < 1.00 s)',
  },
};

/** Refused by the guard: nothing was planned, sent or counted. */
export const REFUSED: RunRecord = {
  ...PASSING,
  generator: null,
  runId: '20161114-100000-e001',
  plan: null,
  target: null,
  phases: [],
  drain: {
    drainedUs: null,
    quiescent: false,
    owedAtEnd: null,
    pressure: null,
    profileOfferedPerSecond: 109_649,
  },
  operations: [],
  ledger: null,
  canaries: null,
  cohorts: null,
  cascade: null,
  patience: null,
  census: null,
  timeline: [],
  verdict: { status: 'no-data', findings: [] },
  exit: { code: 113, reason: 'mail.example.com resolves to 192.0.2.7, which is outside the blast radius' },
};

/** Stopped early: phases and rows are there, but hardly any figure. */
export const SPARSE: RunRecord = {
  ...PASSING,
  generator: null,
  runId: '20161114-101500-0a0a',
  phases: PHASE_SPANS.slice(0, 1),
  drain: { ...REFUSED.drain },
  operations: [operation('imap.signin', 'baseline', 14_000, { ok: 7 })],
  ledger: null,
  canaries: {
    sent: 0,
    seen: 0,
    late: 0,
    lost: 0,
    byPhase: [{ phase: 'baseline', sent: 0, seen: 0, late: 0, lost: 0, visibleUs: NO_TIMES }],
  },
  timeline: [
    {
      startUs: 0,
      lengthUs: S,
      copiesAccepted: 0,
      signInP50Us: null,
      signInMaxUs: null,
      canaryP50Us: null,
      canaryMaxUs: null,
      owed: null,
    },
  ],
  verdict: {
    status: 'no-data',
    findings: [
      {
        check: 'every accepted copy is accounted for',
        status: 'no-data',
        observed: null,
        limit: 'dispositions add up to copiesAccepted',
        because: 'stopped before the census',
      },
    ],
  },
  exit: { code: 105, reason: 'stopped by the operator' },
};

/** A record whose every word is written by somebody who means harm. */
export function hostile(words: string): RunRecord {
  return {
    ...FAILING,
    runId: words,
    startedAt: words,
    tool: { name: words, version: words },
    machine: { ...FAILING.machine, node: words, platform: words },
    profile: { ...FAILING.profile, name: words, title: words, why: words },
    plan: FAILING.plan === null ? null : { ...FAILING.plan, digest: words },
    target: FAILING.target === null ? null : { ...FAILING.target, submit: words, mailbox: words, tls: words },
    ledger:
      FAILING.ledger === null ? null : { ...FAILING.ledger, named: { [words]: [{ number: 1, mailbox: 2 }] } },
    errors: [{ text: words, count: 1 }],
    refusals: [refusal('imap.signin', words, words, 1, words)],
    warnings: [{ seen: words, matters: words, attempt: words }],
    command: words,
    events: [{ atUs: 20 * S, event: words, detail: words }],
    probes: [{ name: words, unit: words, points: [{ atUs: 20 * S, value: 3 }] }],
    verdict: {
      status: 'fail',
      findings: FAILED.map((finding) => ({
        check: words,
        status: finding.status,
        observed: words,
        limit: words,
        because: words,
      })),
    },
    exit: { code: 99, reason: words },
  };
}
