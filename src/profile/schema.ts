/** The shape of a profile, as zod schemas: every key, its unit, its default and why it exists. Reads no file. */

import { z } from 'zod';
import { OPERATIONS } from '../words.ts';
import { amplifiers, list } from './amplifier-schema.ts';
import { anySubject, bytes, duration, rate, real, share, speed, subject, text, whole } from './leaves.ts';
import { cohorts } from './cohorts-schema.ts';
import { content } from './content-schema.ts';
import { misbehave } from './misbehave-schema.ts';
import { circadian, replyMode, simulation } from './storm-schema.ts';
import { mailApi } from './mail-apis.ts';
import { guardExpected, objectives, probes } from './questions-schema.ts';
import { failsBeforeTheEnd, parseThreshold, THRESHOLD_FORM, type Threshold } from './threshold.ts';

const thresholdText = z
  .string({ error: THRESHOLD_FORM })
  .meta({ description: THRESHOLD_FORM })
  .transform((line, context): Threshold => {
    const read = parseThreshold(line, OPERATIONS);
    if (read.ok) return read.threshold;
    context.addIssue({ code: 'custom', message: read.expected, input: line });
    return z.NEVER;
  });

/** What is not set stays absent, so that a threshold says the same in either form. */
const thresholdBlock = z
  .strictObject({
    threshold: thresholdText,
    abortOnFail: z
      .boolean({ error: 'true or false' })
      .meta({ description: 'End the run (exit 110) as soon as the threshold has failed for certain' })
      .optional(),
    severity: z
      .enum(['fail', 'warn'], { error: 'fail or warn' })
      .meta({ description: 'warn: a failure is told and changes neither status nor exit' })
      .optional(),
  })
  .superRefine(({ threshold, abortOnFail, severity }, context) => {
    if (abortOnFail !== true) return;
    const message = !failsBeforeTheEnd(threshold)
      ? 'false: only `over` windows and count(...) < or <= of an operation, with a limit that is no baseline, can fail for certain before the end'
      : severity === 'warn'
        ? 'false: a warning ends no run'
        : undefined;
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['abortOnFail'], message });
  })
  .transform(
    ({ threshold, abortOnFail, severity }): Threshold => ({
      ...threshold,
      ...(abortOnFail === true ? { abortOnFail } : {}),
      ...(severity === 'warn' ? { severity } : {}),
    }),
  );

const threshold = z.union([thresholdText, thresholdBlock], {
  error: `${THRESHOLD_FORM}, or { threshold, abortOnFail, severity }`,
});

const source = z.strictObject({
  claim: text('What the source is used for'),
  source: text('Where it can be read, or how it was derived'),
  grade: z
    .enum(['S', 'S2', 'D', 'M', 'A'], {
      error: 'S (read), S2 (secondary), D (derived), M (memory) or A (assumption)',
    })
    .meta({ description: 'Evidence grade' }),
});

const population = z.strictObject({
  mailboxes: whole(2, 10_000_000, 'Mailboxes the real storm hit; the cascade is drawn from all of them'),
  scaledTo: whole(2, 10_000_000, 'Mailboxes a run uses unless --mailboxes says otherwise'),
  repliesPerPerson: whole(1, 100, 'How often one person replies at most').default(2),
});

/** Twelve days: a phase's seconds number its background, 20 bits of them. */
const LONGEST_PHASE_US = 12 * 86_400_000_000;

/** A phase lasts longer than nothing: an empty storm would hold no blast. */
const length = (description: string) =>
  duration(description).refine((us) => us >= 1 && us <= LONGEST_PHASE_US, {
    error: 'more than 0s and at most 12d',
  });

const phases = z.strictObject({
  baseline: length('Real time before the storm; never compressed'),
  storm: length('Storm time from the blast to the last reply; compressed by speed'),
  maxDrain: length('Real time the backlog may take to clear before the deletes start').refine(
    (us) => us >= 1_000_000,
    {
      error: 'at least 1s: the end of a drain is announced ahead',
    },
  ),
  deletes: length('Storm time of the delete wave; compressed by speed'),
  recovery: length('Real time after the delete wave; never compressed'),
});

const thinking = z.strictObject({
  fastShare: real(0, 1, 'Weight of the quick log-normal'),
  fastMedian: duration('Median of the quick answers, storm time'),
  fastSigma: real(0, 5, 'Sigma of its logarithm'),
  slowMedian: duration('Median of the considered answers, storm time'),
  slowSigma: real(0, 5, 'Sigma of its logarithm'),
});

const replies = z.strictObject({
  directReplies: real(0, 1_000, 'Mean reply-alls that the blast itself provokes (mu0)'),
  branchingRatio: real(0, 5, 'Mean reply-alls that one reply-all provokes (n)'),
  replyAlls: z
    .strictObject({
      low: whole(0, 100_000, 'Lowest credible K'),
      high: whole(0, 100_000, 'Highest credible K'),
      chosen: whole(0, 100_000, 'The K at which the cascade is cut'),
    })
    .refine((k) => k.low <= k.chosen && k.chosen <= k.high, { error: 'low <= chosen <= high' }),
  maxDepth: whole(1, 1_000, 'Longest chain of replies to replies').default(40),
  ignitionDelay: duration('Storm time before anybody answers').default(0),
  fatigue: whole(
    1,
    1_000_000,
    'After so many reply-alls each provokes 1/e of what it would have at first; none where it is not set',
  ).optional(),
  circadian: circadian.optional(),
  mode: replyMode.optional(),
  thinking,
});

/** Sessions that stand open beside the journeys, in every phase. */
const clients = z.strictObject({
  poll: z
    .strictObject({
      sessions: whole(1, 200_000, 'Clients that look at intervals'),
      every: duration('Real time between two looks; never compressed').refine((us) => us >= 1_000_000, {
        error: 'at least 1s',
      }),
    })
    .optional(),
  idle: z.strictObject({ sessions: whole(1, 200_000, 'Clients that wait in IDLE (RFC 2177)') }).optional(),
  push: z
    .strictObject({
      sessions: whole(1, 200_000, 'Clients that ask for NOTIFY (RFC 5465), or IDLE where it is not offered'),
    })
    .optional(),
});

const canaries = z.strictObject({
  rate: rate('Clinical messages per real second, in every phase'),
  fromOutside: share('Share that comes from outside, through --inbound; 0% by default').optional(),
  watchers: whole(1, 10_000, 'Mailboxes that wait for them, each with an open session'),
  deadline: duration('Visible later than this after its intended instant is late; never compressed'),
  giveUpAfter: duration('How long a watcher waits before the canary counts as unfinished'),
  subjects: z.array(subject('A clinical subject'), { error: 'a list of subjects' }).min(1),
});

const deleteStrategy = z.strictObject({
  selection: z
    .enum(['one', 'page', 'range', 'search', 'sweep'], { error: 'one, page, range, search or sweep' })
    .meta({
      description:
        'one by one; a page at a time; first to last junk message; search for the subject and select all; a rule, late arrivals included',
    }),
  disposal: z
    .enum(['trash', 'expunge', 'emptyTrash'], { error: 'trash, expunge or emptyTrash' })
    .meta({ description: 'Move to Trash; remove for good; move to Trash and empty all of it later' }),
  share: share('Share of the deleters'),
});

const deletes = z.strictObject({
  users: share('Share of the mailboxes whose owner deletes'),
  arrival: duration('Storm time over which the deleters arrive'),
  click: duration('Storm time between two clicks'),
  pageSize: whole(1, 1_000, 'Messages on one page').default(50),
  emptyAfter: duration(
    'Storm time between the last click and the emptying of Trash; one click where it is not set',
  ).optional(),
  mix: z
    .array(deleteStrategy, { error: 'a list of strategies' })
    .min(1)
    .refine((mix) => Math.abs(mix.reduce((sum, entry) => sum + entry.share, 0) - 1) < 1e-6, {
      error: 'shares that add up to 100%',
    }),
});

const limits = z.strictObject({
  smtpConnections: whole(1, 10_000, 'Submission connections in all').default(40),
  imapConnections: whole(1, 100_000, 'Mailbox connections in all').default(400),
  sessionsPerUser: whole(
    3,
    1_000,
    'Mailbox sessions of one person at once, lasting ones included; a server may refuse more (Dovecot: 10 a user and address)',
  ).optional(),
  recipientsPerEnvelope: whole(
    1,
    50_000,
    'Recipients in one transaction (RFC 5321 section 4.5.3.1.8 grants 100)',
  ).default(100),
  ledgerMemory: bytes(
    'Memory of the ledger; a storm too large for it is followed in a sample of its mailboxes; 400 MB by default',
  ).optional(),
  sweeps: whole(1, 1_000, 'Mailboxes read at once by preflight, census and purge').default(16),
  lateLimit: duration('A submission this late is dropped and counted against the generator').default(
    60_000_000,
  ),
});

const quiescence = z.strictObject({
  sample: whole(1, 1_000, 'Mailboxes whose arrivals are watched').default(5),
  quietFor: duration(
    'No arrival for so long means quiet, where no queue probe answers; at least the target retry interval',
  ).default(60_000_000),
  maxWait: duration('Longest wait for quiet before the census').default(90_000_000),
});

const caps = z.strictObject({
  messages: whole(1, 1_000_000_000, 'Messages submitted'),
  copies: whole(1, 1_000_000_000_000, 'Copies, counted by list members'),
  bytes: bytes('Bytes of all copies'),
  connections: whole(1, 1_000_000, 'Connections at once'),
  wall: duration('Wall time of the whole run'),
});

const stopCondition = z.strictObject({
  errors: share('Share of attempts that are refused or unknown'),
  over: duration('Window of real time'),
});

const blastRadius = z.strictObject({
  name: text('What --target-is must repeat'),
  cidrs: z.array(z.union([z.cidrv4(), z.cidrv6()], { error: 'a network such as 10.1.2.0/24' })),
  recipientDomains: z.array(text('A domain mail may be sent to')),
});

const embeddedTarget = z.strictObject({
  copiesPerMailboxMinute: real(
    0.001,
    1e9,
    'Deliveries per mailbox and storm minute: scaled with the storm',
  ).default(9),
  accessServers: whole(1, 10_000, 'Sign-ins, opens and deletes served at once').default(8),
  misbehave: misbehave.optional(),
});

/** The whole profile, key by key. Unknown keys are errors. */
const shape = z.strictObject({
  profile: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'a name in lower case, digits and dashes' }),
  title: text('One line for a report'),
  why: text('What this storm shows and why anyone would replay it'),
  sources: z.array(source),
  population,
  seed: whole(0, Number.MAX_SAFE_INTEGER, 'Seed of everything drawn unless --seed says otherwise').default(1),
  speed: speed('Compression of storm time unless --speed says otherwise'),
  phases,
  deletesStart: z
    .enum(['afterDrain', 'atMaxDrain'], { error: 'afterDrain or atMaxDrain' })
    .default('afterDrain')
    .meta({
      description:
        'afterDrain: when quiet; atMaxDrain: at that set instant, among late arrivals if there are any',
    }),
  blast: z.strictObject({
    subject: anySubject('Subject of the message to all'),
    body: z.string().default(''),
  }),
  replies,
  list: list.optional(),
  amplifiers: amplifiers.optional(),
  content: content.optional(),
  cohorts: cohorts.optional(),
  bystanders: z.strictObject({
    rate: rate('Ordinary messages of the full population, storm time; scales with mailboxes and speed'),
    fromOutside: share('Share that comes from outside, through --inbound; 0% by default').optional(),
  }),
  readers: z.strictObject({
    rate: rate('People who sign in afresh, open and look, per real second'),
    patience: duration('How long a person waits for one step').default(30_000_000),
    retries: whole(
      0,
      20,
      'How often somebody tries again who was turned away or lost patience; 0 by default',
    ).optional(),
    retryAfter: duration(
      'Real time before another attempt, drawn evenly up to twice this; never compressed; 5s by default',
    ).optional(),
  }),
  clients: clients.optional(),
  canaries,
  deletes,
  limits: limits.default(() => limits.parse({})),
  quiescence: quiescence.default(() => quiescence.parse({})),
  maxOutstandingCopies: whole(
    1,
    1_000_000_000_000,
    'Copies the target may owe before replies are held back',
  ).optional(),
  caps: caps.optional(),
  stopConditions: z.array(stopCondition).default([]),
  blastRadius: blastRadius.optional(),
  mailApi: mailApi.optional(),
  embeddedTarget: embeddedTarget.default(() => embeddedTarget.parse({})),
  simulate: simulation.optional(),
  objectives: objectives.optional(),
  guardExpected: guardExpected.optional(),
  probes: probes.optional(),
  warmUp: duration(
    'Thresholds do not see what ended so early in the baseline (notebooks of 1 s); the record keeps all; 0s by default',
  ).optional(),
  thresholds: z.array(threshold).default([]),
});

/** What no key can say of itself. Issues carry the path of the key that is wrong. */
export const profileSchema = shape.superRefine((profile, context) => {
  if (profile.deletes.arrival > profile.phases.deletes) {
    const message = 'at most phases.deletes: who comes later would never delete';
    context.addIssue({ code: 'custom', path: ['deletes', 'arrival'], message });
  }
  if (profile.canaries.giveUpAfter < profile.canaries.deadline) {
    const message = 'at least canaries.deadline: a canary given up before it is not late yet';
    context.addIssue({ code: 'custom', path: ['canaries', 'giveUpAfter'], message });
  }
  if (profile.warmUp !== undefined && profile.warmUp >= profile.phases.baseline) {
    const message = 'less than phases.baseline: nothing of it would be left to judge';
    context.addIssue({ code: 'custom', path: ['warmUp'], message });
  }
  for (const [index, { subject: judged, withinUs }] of profile.thresholds.entries()) {
    if (withinUs === undefined || judged.phase !== 'recovery' || withinUs < profile.phases.recovery) continue;
    const message = 'within less than phases.recovery: nothing would be left that could fail';
    context.addIssue({ code: 'custom', path: ['thresholds', index], message });
  }
});

/** A profile after defaults: durations in microseconds, sizes in bytes, rates per second, shares of 1. */
export type Profile = z.output<typeof profileSchema>;

/** JSON Schema (draft 2020-12) of what a profile file may hold. */
export function profileJsonSchema(): unknown {
  return z.toJSONSchema(profileSchema, { target: 'draft-2020-12', io: 'input' });
}
