/** The form of a record.json, as far as anything of ours reads it, and what stands where an older record says nothing. It judges no run. */

import { z } from 'zod';
import { PHASES } from '../words.ts';
import {
  AFTERMATH_FORM,
  AMPLIFICATION_FORM,
  DOORS_FORM,
  MANNER_FORM,
  PROBE_FORM,
  QUESTION_FORM,
  READINGS_FORM,
  RECOVERY_FORM,
  REPLIES_FORM,
  SUMMARY_FORM,
} from './later-form.ts';

const words = z.string();
const number = z.number();
const maybe = z.number().nullable();
const phase = z.enum(PHASES);

/** Counts that an older record did not keep: nothing of the kind was counted there, so none were. */
const zero = z.number().default(0);

const operation = z.looseObject({
  operation: words,
  phase,
  planned: number,
  ok: number,
  rejected: number,
  unknown: number,
  dropped: number,
  droppedBy: z.record(z.string(), z.number()),
  induced: zero,
  responseUs: SUMMARY_FORM,
  responseOkUs: SUMMARY_FORM,
  serviceUs: SUMMARY_FORM,
  waitUs: SUMMARY_FORM,
  lagUs: SUMMARY_FORM,
});

const place = z.looseObject({ number, mailbox: number });

const ledger = z.looseObject({
  messages: number,
  listMessages: number,
  copiesPlanned: number,
  copiesAccepted: number,
  copiesSeen: number,
  present: number,
  trashed: number,
  junked: number,
  expungedAsAsked: number,
  takenByStrategy: number,
  goneUnasked: number,
  bounced: number,
  overdue: number,
  lost: number,
  unknown: number,
  unknownResolved: zero,
  duplicated: number,
  misdelivered: number,
  foreign: number,
  copiesRemaining: number,
  takenTrashed: number,
  takenExpunged: number,
  sample: z.looseObject({ mailboxes: number, of: number }).nullable().default(null),
  overQuota: z
    .looseObject({
      refused: number,
      notified: number,
      clinical: number,
      named: z.array(z.looseObject({ number, mailbox: number, junk: number })),
    })
    .default({ refused: 0, notified: 0, clinical: 0, named: [] }),
  notices: z
    .array(
      z.looseObject({
        kind: z.enum(['bounce', 'delay', 'autoReply', 'receipt']),
        status: words.nullable(),
        about: words,
        count: number,
      }),
    )
    .default([]),
  untraced: zero,
  named: z.record(z.string(), z.array(place)).default({}),
});

const canaryCounts = { sent: number, seen: number, late: number, lost: number };

const canaries = z.looseObject({
  ...canaryCounts,
  byPhase: z.array(z.looseObject({ phase, ...canaryCounts, visibleUs: SUMMARY_FORM })),
});

const cohortFelt = {
  canaries: z.looseObject({ ...canaryCounts, visibleUs: SUMMARY_FORM }),
  reads: z.looseObject({ ended: number, ok: number, responseUs: SUMMARY_FORM }),
};

const cohort = z.looseObject({
  name: words,
  mailboxes: number,
  ...cohortFelt,
  byPhase: z.array(z.looseObject({ phase, ...cohortFelt })),
});

const point = z.looseObject({
  startUs: number,
  lengthUs: number,
  copiesAccepted: number,
  signInP50Us: maybe,
  signInMaxUs: maybe,
  canaryP50Us: maybe,
  canaryMaxUs: maybe,
  owed: maybe.default(null),
});

const health = z.looseObject({
  startUs: number,
  lengthUs: number,
  delayP99Us: maybe,
  lagMaxUs: maybe,
  offered: number,
  ended: number,
});

const worst = z.looseObject({
  delayP99Us: maybe,
  delayMaxUs: maybe,
  utilisationP90: maybe,
  spinning: z.boolean(),
  utilisationMax: maybe,
  cpuP90: maybe,
  cpuMax: maybe,
  gcShare: maybe,
  gcMaxUs: maybe,
  socketsMax: maybe,
  lagMaxUs: maybe,
});

const refusal = z.looseObject({
  operation: words,
  code: words,
  enhanced: words.nullable(),
  count: number,
  temporary: zero,
  limited: zero,
  example: words,
});

const finding = z.looseObject({
  check: words,
  status: z.enum(['pass', 'fail', 'no-data', 'invalid']),
  observed: words.nullable(),
  limit: words,
  because: words,
  severity: z.enum(['warn']).optional(),
  kind: z.enum(['ledger', 'fitness', 'threshold']).optional(),
});

const simulation = z.looseObject({
  system: z.looseObject({ deliveriesPerSecond: number, accessServers: number, signInsPerSecond: number }),
  copiesAccepted: number,
  toAll: z.looseObject({ accepted: number, refused: z.record(z.string(), z.number()), pruned: number }),
  guardFromUs: maybe,
  owedPeak: number,
  owedAtStormEnd: number,
  canaryDelays: z.array(z.looseObject({ phase, count: number, p50Us: maybe, p90Us: maybe, maxUs: maybe })),
  clicksInARow: number,
  cannotKnow: z.array(words),
});

const plan = z.looseObject({
  seed: number,
  digest: words,
  mailboxes: number,
  speed: number,
  messages: number,
  listMessages: number,
  recalls: number.optional(),
  copies: number,
  bytes: number,
  peakCopiesPerSecond: number,
  durationUs: number,
  workers: number,
});

const target = z.looseObject({
  kind: z.enum(['embedded', 'named']),
  submit: words,
  inbound: words.nullable().default(null),
  mailbox: words,
  fanOut: z.enum(['list', 'generator']),
  tls: words,
  tlsVerified: z.boolean().nullable(),
});

const profile = z.looseObject({
  name: words,
  title: words,
  why: words,
  populationMailboxes: number,
  replyAllsLow: number,
  replyAllsHigh: number,
  replyAllsChosen: number,
  canaryDeadlineUs: number,
});

const warning = z.looseObject({ seen: words, matters: words, attempt: words });

const cascade = z.looseObject({
  mode: z.enum(['open', 'coupled']),
  planned: number,
  sent: number,
  accepted: number,
  refused: number,
  unknown: number,
  starved: z.looseObject({ branches: number, replies: number }).nullable(),
  pruned: maybe,
  hypothetical: maybe,
  unsent: z.record(z.string(), z.number()),
  seenAfterUs: z.looseObject({ count: number, p50: maybe, p90: maybe, max: maybe }).nullable(),
  branchingRatio: maybe,
});

/** Everything beyond it is kept as it stands; what was added since the first records of the version has a default. */
export const RECORD_FORM = z.looseObject({
  schemaVersion: z.literal(1),
  tool: z.looseObject({ name: words, version: words }),
  runId: words,
  simulated: z.boolean().default(false),
  simulation: simulation.optional(),
  startedAt: words,
  machine: z.looseObject({ node: words, platform: words, cores: number }),
  profile,
  plan: plan.nullable(),
  target: target.nullable(),
  doors: DOORS_FORM.optional(),
  phases: z.array(z.looseObject({ name: phase, startUs: number, endUs: number })),
  drain: z.looseObject({
    drainedUs: maybe,
    quiescent: z.boolean(),
    owedAtEnd: maybe,
    pressure: maybe,
    profileOfferedPerSecond: number,
  }),
  generator: z
    .looseObject({ health: z.array(health), worst })
    .nullable()
    .default(null),
  operations: z.array(operation),
  ledger: ledger.nullable(),
  amplification: AMPLIFICATION_FORM.nullish(),
  manners: z.array(MANNER_FORM).nullish(),
  canaries: canaries.nullable(),
  cohorts: z.array(cohort).nullable().default(null),
  cascade: cascade.nullable().default(null),
  patience: z
    .array(z.looseObject({ phase, succeededAfter: z.array(number), gaveUp: number }))
    .nullable()
    .default(null),
  census: z.looseObject({}).nullable().default(null),
  readings: READINGS_FORM.optional(),
  recovery: RECOVERY_FORM.optional(),
  aftermath: AFTERMATH_FORM.optional(),
  replies: REPLIES_FORM.optional(),
  probes: z.array(PROBE_FORM).optional(),
  questions: z.array(QUESTION_FORM).optional(),
  timeline: z.array(point),
  errors: z.array(z.looseObject({ text: words, count: number })).default([]),
  refusals: z.array(refusal).default([]),
  warnings: z.array(warning).default([]),
  events: z.array(z.looseObject({ atUs: number, event: words, detail: words.optional() })).optional(),
  stormShape: z.looseObject({ stretchUs: number, messages: z.array(number) }).optional(),
  command: words.optional(),
  verdict: z.looseObject({
    status: z.enum(['pass', 'fail', 'invalid', 'no-data']),
    findings: z.array(finding),
  }),
  exit: z.looseObject({ code: number, reason: words }),
});
