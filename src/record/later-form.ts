/** The form of what records tell beyond times and counts, which older ones do not have: when it was over, what it cost, what people saw. It judges no run. */

import { z } from 'zod';
import { PHASES } from '../words.ts';

const words = z.string();
const number = z.number();
const maybe = z.number().nullable();

/** Times of one clock. */
export const SUMMARY_FORM = z.looseObject({
  count: number,
  min: maybe.default(null),
  p50: maybe,
  p90: maybe,
  p99: maybe,
  p999: maybe.default(null),
  max: maybe,
});

const times = SUMMARY_FORM;

/** How people reached the mail system. */
export const DOORS_FORM = z.looseObject({
  submit: z.enum(['smtp', 'jmap', 'http']),
  mailbox: z.enum(['imap', 'jmap', 'http']),
});

/** The operator's own gauges. */
export const PROBE_FORM = z.looseObject({
  name: words,
  unit: words.nullable(),
  points: z.array(z.looseObject({ atUs: number, value: maybe })),
});

/** Questions with answers, or with reasons why there are none. */
export const QUESTION_FORM = z
  .looseObject({
    id: number,
    question: words,
    answer: z.union([number, words, z.null()]),
    unit: words.nullable(),
    evidence: words,
    reason: words.optional(),
  })
  .refine(({ answer, reason }) => answer !== null || reason !== undefined, {
    message: 'expected an answer, or the reason why there is none',
  });

/** A manner that this version does not know is told of nowhere: its name may be any. */
export const MANNER_FORM = z.looseObject({
  manner: words,
  count: number,
  looked: number,
  named: z.array(z.looseObject({ number, mailbox: maybe })),
});

/** What the storm's messages came to. */
export const AMPLIFICATION_FORM = z.looseObject({
  intendedRecipients: number,
  messages: number,
  copies: number,
  secondCopies: maybe,
  autoReplies: maybe,
  bounces: maybe,
  receipts: number,
  recalls: number,
  hottest: z.looseObject({ autoReplies: number, bounces: number, receipts: number }).nullable(),
  deliveredPerMessage: maybe,
});

/** When it was over. */
export const RECOVERY_FORM = z.looseObject({
  tolerance: number,
  percentile: maybe,
  windowUs: number,
  windows: z.array(
    z.looseObject({
      startUs: number,
      endUs: number,
      state: z.enum(['asBefore', 'worse', 'unknown']),
      worse: z.array(words),
      major: z.boolean().nullable(),
    }),
  ),
  firstWorseUs: maybe,
  systemNormalUs: maybe,
  systemEstimated: z.boolean(),
  userNormalUs: maybe,
  userBecause: words,
  regainedUs: maybe,
  lostAgainUs: maybe,
  majorIncidentUs: maybe,
  majorShare: number,
  secondDip: z.enum(['yes', 'none', 'backlog', 'no data']),
});

/** What it cost. */
export const AFTERMATH_FORM = z.looseObject({
  forecast: z
    .looseObject({
      unit: words,
      owedAtStormEnd: number,
      deliveredPerSecond: number,
      forecastUs: number,
      actualUs: number,
    })
    .nullable(),
  forecastBecause: words,
  silences: z.array(z.looseObject({ startUs: number, endUs: number })).nullable(),
  silencesBecause: words,
  silenceUs: maybe,
  waited: z.looseObject({ us: number, journeys: number, operations: z.array(words) }).nullable(),
  deleting: z.array(
    z.looseObject({ from: number, to: number, seconds: number, signIns: number, signInP50Us: maybe }),
  ),
  headroom: z.looseObject({ deliveredPerSecond: number, baselinePerSecond: number }).nullable(),
});

const byPhase = <T extends z.ZodType>(form: T) =>
  z.looseObject(Object.fromEntries(PHASES.map((phase) => [phase, form])));

const lines = z.looseObject({ secured: number, plain: number });

/** What people saw beside their times. */
export const READINGS_FORM = z.looseObject({
  watched: z.looseObject({ mailboxes: number, of: number }),
  blast: z.looseObject({ sentUs: maybe, of: number.optional(), seen: number, lastAfterUs: maybe }),
  age: z.looseObject({
    byKind: z.looseObject({ list: times, bystander: times, clinical: times, outside: times }),
    byPhase: byPhase(times),
  }),
  depth: byPhase(times),
  screens: byPhase(z.looseObject({ looks: number, storm: number, other: number })),
  doors: z.looseObject({
    mailboxes: number,
    attempts: number,
    failed: number,
    withoutAccess: times,
    longestFromUs: maybe,
    stillShut: number,
    poorBefore: number,
    poorInStorm: number,
    poorSince: number,
    objectiveUs: number,
  }),
  toAll: z.looseObject({ accepted: number, refused: number, unknown: number }),
  guard: z.looseObject({
    expected: z.boolean(),
    firstUs: maybe,
    refused: number,
    letThroughAfter: number,
    bystandersBlocked: number,
  }),
  lines: z.looseObject({ submit: lines, mailbox: lines }),
  largeBodies: z.looseObject({ asked: number, fetched: number }),
});

/** The replies as they were drawn. */
export const REPLIES_FORM = z.looseObject({ drawn: number, toReplies: number, deepest: number });
