/** The storm that the embedded target misbehaves in: its profile, who is struck by the seed alone, and what a run may then say. No test here. */

import { randomStream } from '../../src/random.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { readProfile } from '../../src/profile/read.ts';
import { PHASES } from '../../src/words.ts';
import { makePlan, phaseJourneys, type Plan } from '../../src/storm/plan.ts';
import { FASTEST } from '../../src/units.ts';
import type { Ended, RunFiles } from './program.ts';
import type { Desk } from './story.ts';

/** One in so many, as the rates of this suite say. */
export const ONE_IN = 1_000;

export const PEOPLE = 10;

interface Shape {
  readonly speed?: number;
  /** Who deletes, and how. */
  readonly deleters?: 'nobody' | 'everybody expunges' | 'some, in every way';
  /** Everybody has a session that waits in IDLE. */
  readonly idle?: boolean;
  readonly maxDrain?: string;
  readonly seed?: number;
}

const MIXES: Readonly<Record<NonNullable<Shape['deleters']>, string>> = {
  nobody: 'users: 0%, mix: [{ selection: search, disposal: expunge, share: 100% }]',
  'everybody expunges': 'users: 100%, mix: [{ selection: search, disposal: expunge, share: 100% }]',
  'some, in every way':
    'users: 60%, mix: [{ selection: search, disposal: expunge, share: 40% }, { selection: page, disposal: expunge, share: 30% }, { selection: sweep, disposal: trash, share: 30% }]',
};

/** A storm of forty replies to ten people, without a threshold: only the ledger speaks. */
export function unrulyProfile({
  deleters = 'some, in every way',
  idle = false,
  maxDrain = '12s',
}: Shape): string {
  return `profile: unruly
title: A storm for a target that misbehaves
why: Each misbehaviour is to be found by its own check, and by no other.
sources:
  - { claim: every figure in this profile, source: chosen to be short, grade: A }
population: { mailboxes: 100, scaledTo: ${PEOPLE}, repliesPerPerson: 5 }
speed: 60x
seed: 5
phases: { baseline: 300ms, storm: 1m, maxDrain: ${maxDrain}, deletes: 1m, recovery: 600ms }
blast: { subject: test, body: Please ignore. }
replies:
  directReplies: 40
  branchingRatio: 0.9
  replyAlls: { low: 0, high: 60, chosen: 40 }
  maxDepth: 8
  ignitionDelay: 1s
  thinking: { fastShare: 0.9, fastMedian: 10s, fastSigma: 0.5, slowMedian: 20s, slowSigma: 0.5 }
bystanders: { rate: 6/s }
readers: { rate: 10/s, patience: 10s }
${idle ? `clients: { idle: { sessions: ${PEOPLE} } }\n` : ''}canaries:
  rate: 2/s
  watchers: 3
  deadline: 2s
  giveUpAfter: 2s
  subjects: [Blood test results]
deletes: { arrival: 20s, click: 1s, ${MIXES[deleters]} }
quiescence: { maxWait: 3s }
`;
}

export function unrulyPlan(shape: Shape): Plan {
  const read = readProfile(unrulyProfile(shape));
  if (!read.ok) throw new Error(read.problems.map((problem) => JSON.stringify(problem)).join('\n'));
  const { speed = FASTEST, seed = read.profile.seed } = shape;
  return makePlan(read.profile, { seed, mailboxes: PEOPLE, speed });
}

/** A copy, or a message where the mailbox is 0 for all. */
export interface Victim {
  readonly number: number;
  readonly mailbox: number;
}

/** The decision, derived here once more from what the target promises: a stream of (seed, misdeed, message, mailbox). */
export function isStruck(seed: number, misdeed: string, { number, mailbox }: Victim): boolean {
  return randomStream(seed, `misbehave.${misdeed}.${number}`, mailbox).uniform() < 1 / ONE_IN;
}

/** Copies of messages to everybody. */
export function listCopies(plan: Plan): Victim[] {
  return plan.cascade.flatMap(({ number }) =>
    Array.from({ length: PEOPLE }, (_, mailbox) => ({ number, mailbox })),
  );
}

/** Mail to one person, of whatever phase: what of the drain was withdrawn was never sent. */
export function directCopies(plan: Plan): Victim[] {
  return PHASES.flatMap((phase) =>
    [...phaseJourneys(plan, phase)].flatMap(({ message }) =>
      message === undefined || message.recipient === 'list'
        ? []
        : [{ number: message.number, mailbox: message.recipient }],
    ),
  );
}

/** Mail to one person that is sent for certain: before the drain. */
export function certainCopies(plan: Plan): Victim[] {
  return (['baseline', 'storm'] as const).flatMap((phase) =>
    [...phaseJourneys(plan, phase)].flatMap(({ message }) =>
      message === undefined || message.recipient === 'list'
        ? []
        : [{ number: message.number, mailbox: message.recipient }],
    ),
  );
}

/** Every message as a whole. */
export function messagesOf(copies: readonly Victim[]): Victim[] {
  return [...new Set(copies.map(({ number }) => number))].map((number) => ({ number, mailbox: 0 }));
}

/** The first seed by which a handful of the candidates is struck. */
export function seedFor(
  misdeed: string,
  candidates: readonly Victim[],
  suits: (victims: readonly Victim[], seed: number) => boolean = (victims) => victims.length >= 2,
): { readonly seed: number; readonly victims: readonly Victim[] } {
  for (let seed = 1; seed < 100_000; seed += 1) {
    const victims = candidates.filter((candidate) => isStruck(seed, misdeed, candidate));
    if (victims.length <= 6 && suits(victims, seed)) return { seed, victims };
  }
  throw new Error(`no seed by which ${misdeed} strikes a handful`);
}

/** Findings that are no plain pass, but for what the generator and the thresholds say. */
export function tripped(record: RunRecord): string[] {
  return record.verdict.findings
    .filter(({ check, status }) => status !== 'pass' && !/^(generator|target):/.test(check))
    .map(({ check }) => check);
}

/** The storm by one seed, without gaps, against an embedded target that behaves. */
export function cleanRun(desk: Desk, seed: number): Promise<Ended & RunFiles> {
  const profile = desk.write('clean.yaml', unrulyProfile({}));
  return desk.run([profile, '--speed', 'max', '--seed', String(seed), '--quiet']);
}
