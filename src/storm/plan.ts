/** (Profile, seed) -> Plan: lazy, ordered journeys of any shard, their totals and their digest. Sees no clock. */

import type { Profile } from '../profile/schema.ts';
import { randomStream } from '../random.ts';
import type { ReplyMode } from '../profile/storm-schema.ts';
import { FASTEST } from '../units.ts';
import { PHASES, USUAL_DOORS, type Doors, type OperationName, type Phase } from '../words.ts';
import { drawRecalls } from './amplifiers.ts';
import { drawMailboxes, mailboxOfPersona, shardOfMailbox } from './audience.ts';
import { backgroundSlice, type BackgroundSettings } from './background.ts';
import { drawCascade, type ListMessage } from './cascade.ts';
import { drawClients, type StandingClient } from './clients.ts';
import { drawPerson, drawWatchingPeople, makeCohorts, type Cohorts } from './cohorts.ts';
import { drawDeleters } from './deleters.ts';
import { digestJourney, emptyDigest, finishDigest, type DigestSum } from './digest.ts';
import {
  JOURNEY_KINDS,
  JOURNEY_OPERATION,
  stepsOf,
  type Journey,
  type JourneyKind,
  type PlannedMessage,
} from './journey.ts';

const SECOND_US = 1_000_000;

/** A plan: everything that follows from profile, seed, mailboxes and speed. Journeys are drawn when asked for. */
export interface Plan {
  readonly profile: Profile;
  readonly seed: number;
  readonly mailboxes: number;
  readonly speed: number;
  /** When replies leave. It shapes no journey: open and coupled share everything that is planned. */
  readonly mode: ReplyMode;
  /** How people reach the target: it shapes no journey either, only the steps each is made of. */
  readonly doors: Doors;
  /** Real length of each phase in microseconds; `drain` is at most this long. */
  readonly lengthsUs: Readonly<Record<Phase, number>>;
  /** The blast and the replies, in order of time; then the recalls, in theirs. */
  readonly cascade: readonly ListMessage[];
  /** Drawn when first asked for. */
  readonly deleters: readonly Journey[];
  readonly watchers: readonly number[];
  /** Sessions that stand open beside the journeys. */
  readonly clients: readonly StandingClient[];
  /** Who the people are; undefined where the profile does not say. */
  readonly cohorts: Cohorts | undefined;
}

export interface PlanChoices {
  readonly seed: number;
  readonly mailboxes: number;
  readonly speed: number;
  /** The profile's unless given. */
  readonly mode?: ReplyMode | undefined;
  /** SMTP and IMAP unless given. */
  readonly doors?: Doors | undefined;
}

/** Which share of the plan: shard `index` of `count`. The plan does not depend on it, only who does what. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

export const WHOLE: Shard = { index: 0, count: 1 };

/** Draws the plan's frame: the cascade, the deleters and the watchers. Background is drawn as it is iterated. */
export function makePlan(profile: Profile, choices: PlanChoices): Plan {
  const { seed, mailboxes, speed } = choices;
  const { phases } = profile;
  const cohorts = makeCohorts(profile, seed, mailboxes);
  const { watchers } = profile.canaries;
  let deleters: readonly Journey[] | undefined;
  return {
    profile,
    seed,
    mailboxes,
    speed,
    mode: choices.mode ?? profile.replies.mode ?? 'open',
    doors: choices.doors ?? USUAL_DOORS,
    lengthsUs: {
      baseline: phases.baseline,
      storm: compressedUs(phases.storm, speed),
      drain: phases.maxDrain,
      deletes: compressedUs(phases.deletes, speed),
      recovery: phases.recovery,
    },
    cascade: withRecalls(profile, seed),
    get deleters() {
      // Hundreds of thousands at full size, and nobody needs them before their phase.
      deleters ??= drawDeleters(profile, seed, mailboxes, speed, cohorts);
      return deleters;
    },
    watchers:
      cohorts === undefined
        ? drawMailboxes(seed, 'watchers', watchers, mailboxes)
        : drawWatchingPeople(cohorts, watchers, seed),
    clients: drawClients(profile, seed, mailboxes),
    cohorts,
  };
}

/** A phase of storm time in real microseconds. Without gaps it still lasts a second: what is done by real seconds needs one. */
function compressedUs(stormUs: number, speed: number): number {
  return speed >= FASTEST ? SECOND_US : Math.ceil(stormUs / speed);
}

/** The journeys of one phase that belong to a shard, in order of (offset, id). */
export function* phaseJourneys(plan: Plan, phase: Phase, shard: Shard = WHOLE): Generator<Journey> {
  const lengthUs = plan.lengthsUs[phase];
  const scheduled = phase === 'storm' ? stormJourneys(plan) : phase === 'deletes' ? plan.deleters : [];
  const settings: BackgroundSettings = plan;
  let next = 0;
  for (let slice = 0; slice * SECOND_US < lengthUs; slice += 1) {
    const endUs = Math.min((slice + 1) * SECOND_US, lengthUs);
    const due: Journey[] = [];
    for (; next < scheduled.length && (scheduled[next] as Journey).offsetUs < endUs; next += 1) {
      due.push(scheduled[next] as Journey);
    }
    for (const journey of backgroundSlice(settings, phase, slice))
      if (journey.offsetUs < endUs) due.push(journey);
    due.sort((a, b) => a.offsetUs - b.offsetUs || a.id - b.id);
    for (const journey of due) if (shardOfMailbox(journey.actor, shard.count) === shard.index) yield journey;
  }
}

/** A list message as a journey's message: its author mapped onto the scaled mailboxes. */
export function listMessage(plan: Plan, number: number): PlannedMessage {
  const drawn = plan.cascade[number] as ListMessage;
  const subject = plan.profile.blast.subject;
  const author = authorOf(plan, drawn.persona);
  return {
    number,
    class: 'storm',
    author,
    recipient: 'list',
    subject: number === 0 ? subject : `${drawn.isRecall === true ? 'Recall' : 'Re'}: ${subject}`,
    role: drawn.role,
    parent: drawn.parent,
    ...answeredBeside(plan, drawn.parent, author),
  };
}

/** Whom a reply addresses beside the list. No mail client answers its owner. */
function answeredBeside(plan: Plan, parent: number, author: number): { readonly alsoTo?: number } {
  const answered = plan.cascade[parent];
  if (plan.profile.list?.replyTo !== 'list+sender' || answered === undefined) return {};
  const alsoTo = authorOf(plan, answered.persona);
  return alsoTo === author ? {} : { alsoTo };
}

function withRecalls(profile: Profile, seed: number): readonly ListMessage[] {
  const replies = drawCascade(profile, seed);
  return [...replies, ...drawRecalls(profile, seed, replies)];
}

/** The mailbox of a persona: anybody's, or of a cohort that replies as readily as the profile says. */
function authorOf({ cohorts, seed, mailboxes }: Plan, persona: number): number {
  const weights = cohorts?.replies;
  const drawn =
    cohorts === undefined || weights === undefined
      ? undefined
      : drawPerson(cohorts, weights, randomStream(seed, 'cohort.author', persona));
  return drawn ?? mailboxOfPersona(persona, seed, mailboxes);
}

/** When a message to everybody is meant to leave in open mode, in real microseconds after the storm's zero. */
export function stormOffsetUs(plan: Pick<Plan, 'cascade' | 'speed'>, number: number): number {
  return Math.floor((plan.cascade[number] as ListMessage).stormUs / plan.speed);
}

function stormJourneys(plan: Plan): Journey[] {
  const journeys = plan.cascade.map((drawn): Journey => {
    const message = listMessage(plan, drawn.number);
    const offsetUs = stormOffsetUs(plan, drawn.number);
    return { id: drawn.number, kind: 'send', phase: 'storm', offsetUs, actor: message.author, message };
  });
  // Recalls have numbers beyond the replies' and leave among them.
  return journeys.sort((a, b) => a.offsetUs - b.offsetUs || a.id - b.id);
}

/** What would be sent. `bytes` are those of all copies: what the mail system has to take in and keep. */
export interface PlanTotals {
  readonly digest: string;
  readonly journeys: number;
  readonly messages: number;
  readonly listMessages: number;
  readonly copies: number;
  readonly bytes: number;
  readonly peakCopiesPerSecond: number;
  /** From the baseline's zero to the end of recovery, the drain at its longest. */
  readonly durationUs: number;
  /** Journeys of each phase by kind, the drain at its longest. */
  readonly kinds: ReadonlyMap<Phase, KindCounts>;
}

/** Messages and copies of a run whose drain ended at `drainUs`: what was withdrawn then was not planned. */
export function plannedMail(
  plan: Plan,
  drainUs: number,
): { readonly messages: number; readonly copies: number } {
  let messages = 0;
  let copies = 0;
  for (const phase of PHASES) {
    for (const { message, offsetUs } of phaseJourneys(plan, phase)) {
      if (message === undefined || (phase === 'drain' && offsetUs >= drainUs)) continue;
      messages += 1;
      copies += copiesOf(plan, message);
    }
  }
  return { messages, copies };
}

/** Goes through the whole plan once and adds it up; `sizeOf` gives a message's bytes on the wire. */
export function planTotals(plan: Plan, sizeOf: (message: PlannedMessage) => number): PlanTotals {
  const sum = emptyDigest();
  let messages = 0;
  let copies = 0;
  let bytes = 0;
  let peak = 0;
  const kinds = new Map<Phase, KindCounts>();
  for (const phase of PHASES) {
    const perSecond = new Map<number, number>();
    const counts = noKinds();
    kinds.set(phase, counts);
    for (const journey of phaseJourneys(plan, phase)) {
      digestJourney(sum, journey);
      counts[journey.kind] += 1;
      if (journey.message === undefined) continue;
      const made = copiesOf(plan, journey.message);
      const second = Math.floor(journey.offsetUs / SECOND_US);
      const total = (perSecond.get(second) ?? 0) + made;
      perSecond.set(second, total);
      messages += 1;
      copies += made;
      bytes += made * sizeOf(journey.message);
      if (total > peak) peak = total;
    }
  }
  return {
    digest: planDigest(plan, sum),
    journeys: sum.count,
    messages,
    listMessages: plan.cascade.length,
    copies,
    bytes,
    peakCopiesPerSecond: peak,
    durationUs: PHASES.reduce((total, phase) => total + plan.lengthsUs[phase], 0),
    kinds,
  };
}

/**
 * Copies a message makes: one a member for the list, one for a person. A copy is counted once however many a path makes,
 * so that whoever is addressed beside the list counts no second time; where the list sends authors nothing back, their
 * own is none.
 */
export function copiesOf(plan: Pick<Plan, 'mailboxes' | 'profile'>, message: PlannedMessage): number {
  if (message.recipient !== 'list') return 1;
  return plan.mailboxes - (plan.profile.list?.echo === false ? 1 : 0);
}

/**
 * The digest of a plan from the sum over its journeys, whoever added it up. The mode of the replies is not in it: two
 * runs with one digest replayed the same tree.
 */
export function planDigest(plan: Plan, sum: DigestSum): string {
  const { mode: _mode, ...replies } = plan.profile.replies;
  // What the embedded target does wrong on purpose says nothing about what is sent to it.
  const { misbehave: _misbehave, ...embeddedTarget } = plan.profile.embeddedTarget;
  // Nor does how it is asked.
  const { mailApi: _mailApi, ...profile } = plan.profile;
  return finishDigest(sum, {
    profile: { ...profile, replies, embeddedTarget },
    seed: plan.seed,
    mailboxes: plan.mailboxes,
    speed: plan.speed,
  });
}

/** The sum over one shard's journeys. */
export function shardDigest(plan: Plan, shard: Shard): DigestSum {
  const sum = emptyDigest();
  for (const phase of PHASES)
    for (const journey of phaseJourneys(plan, phase, shard)) digestJourney(sum, journey);
  return sum;
}

/** Planned intents of a phase, by operation: what the tally must add up to. `untilUs` cuts a drain that ended early. */
export function plannedIntents(plan: Plan, phase: Phase, untilUs: number): Map<OperationName, number> {
  const counts = noKinds();
  for (const journey of phaseJourneys(plan, phase)) {
    if (journey.offsetUs >= untilUs) break;
    counts[journey.kind] += 1;
  }
  return intentsOf(counts, plan.doors);
}

/** The intents of so many journeys, by operation; an operation that no journey sets out to do is not in it. */
export function intentsOf(journeys: KindCounts, doors: Doors): Map<OperationName, number> {
  const steps = stepsOf(doors);
  const counts = new Map<OperationName, number>();
  for (const kind of JOURNEY_KINDS) {
    if (journeys[kind] === 0) continue;
    for (const operation of [JOURNEY_OPERATION[kind], ...steps[kind]])
      counts.set(operation, (counts.get(operation) ?? 0) + journeys[kind]);
  }
  return counts;
}

/** Journeys by kind. */
export type KindCounts = Record<JourneyKind, number>;

function noKinds(): KindCounts {
  return { send: 0, read: 0, delete: 0, canary: 0 };
}

/** Numbers of the canaries meant to be sent less than `untilUs` after the baseline's zero. */
export function canariesBefore(plan: Plan, untilUs: number): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const { kind, offsetUs, message } of untilUs > 0 ? phaseJourneys(plan, 'baseline') : []) {
    if (offsetUs >= untilUs) break;
    if (kind === 'canary' && message !== undefined) numbers.add(message.number);
  }
  return numbers;
}
