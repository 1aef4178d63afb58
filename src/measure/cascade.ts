/** What became of the conversation: each reply's fate, starved branches, the delay from sending to being seen. Pure; it sends nothing. */

import type { DropReason, OperationName } from '../words.ts';
import type { Acceptance } from './ledger-share.ts';
import { emptyCounts, type TallyDelta } from './recorder.ts';
import { samplesNeeded } from './tally.ts';

/** How one message to everybody ended: as the target answered, or why it never left. */
export type ReplyEnd = Acceptance | DropReason;

/** One message to everybody, as the worker of its author tells it. Instants on the run's clock, in microseconds. */
export interface ReplyNote {
  readonly number: number;
  readonly end: ReplyEnd;
  /** When its author set out to send it: undefined if it never left. */
  readonly sentUs: number | undefined;
  /** When its author saw what it answers; undefined in open mode, or if they never did. */
  readonly parentSeenUs: number | undefined;
}

/** One worker's notes by number; plain data that it can post. */
export type ReplyNotes = Map<number, ReplyNote>;

/** The conversation's figures. planned = accepted + refused + unknown + starved + pruned + the rest in `unsent`. */
export interface CascadeFigures {
  readonly mode: 'open' | 'coupled';
  /** Replies that the plan holds; neither the message that they all go back to nor recalls are among them. */
  readonly planned: number;
  /** Of them: left, whatever the target answered. */
  readonly sent: number;
  readonly accepted: number;
  readonly refused: number;
  readonly unknown: number;
  /**
   * Never written, since what they answer was not seen in time. A branch is a starved reply to a message that did
   * leave, with everything that would have followed from it. Null in open mode, where nobody waits to see.
   */
  readonly starved: { readonly branches: number; readonly replies: number } | null;
  /** Never written, since what they answer was refused or never left for another reason; null in open mode. */
  readonly pruned: number | null;
  /** Replies that were sent below a message which the target had refused or never got; null in coupled mode. */
  readonly hypothetical: number | null;
  /** Never left, by any other reason. */
  readonly unsent: Readonly<Partial<Record<DropReason, number>>>;
  /** From the instant a message's author set out to send it until who answers it saw it; null in open mode. */
  readonly seenAfterUs: {
    readonly count: number;
    readonly p50: number | null;
    readonly p90: number | null;
    readonly max: number | null;
  } | null;
  /** Accepted answers to replies, divided by accepted replies: the n that came about. Null without an accepted reply. */
  readonly branchingRatio: number | null;
}

/** The tree: each message to everybody with what it answers; -1 for the first. A recall takes that back and is no reply. */
export type Tree = readonly { readonly parent: number; readonly isRecall?: true }[];

const ACCEPTANCES: readonly ReplyEnd[] = ['accepted', 'rejected', 'unknown'];

/** Folds the notes of all workers. */
export function cascadeFigures(
  mode: 'open' | 'coupled',
  tree: Tree,
  notes: ReadonlyMap<number, ReplyNote>,
): CascadeFigures {
  const ends = endsOf(tree, notes);
  const replies = ends.map((end, number) => ({ end, number })).filter(({ number }) => isReply(tree, number));
  const count = (...among: ReplyEnd[]): number => replies.filter(({ end }) => among.includes(end)).length;
  const coupled = mode === 'coupled';
  const causes = coupled ? causesOf(tree, ends).filter((_, number) => isReply(tree, number)) : [];
  const starved = causes.filter((cause) => cause === 'starvedRoot' || cause === 'starvedBelow').length;
  const accepted = count('accepted');
  const answers = replies.filter(
    ({ end, number }) => end === 'accepted' && parentOf(tree, number) > 0,
  ).length;
  return {
    mode,
    planned: replies.length,
    sent: count('accepted', 'rejected', 'unknown'),
    accepted,
    refused: count('rejected'),
    unknown: count('unknown'),
    starved: coupled
      ? { branches: causes.filter((cause) => cause === 'starvedRoot').length, replies: starved }
      : null,
    pruned: coupled ? causes.filter((cause) => cause === 'pruned').length : null,
    hypothetical: coupled ? null : hypothetical(tree, ends),
    unsent: unsentOf(replies.map(({ end }) => end)),
    seenAfterUs: coupled ? seenAfter(tree, notes) : null,
    branchingRatio: accepted === 0 ? null : answers / accepted,
  };
}

/** Why a reply was never written: the root of a starved branch, something below it, or pruned; undefined for all others. */
export type Cause = 'starvedRoot' | 'starvedBelow' | 'pruned' | undefined;

/**
 * Why each reply that its worker dropped as starved was never written. A worker knows only that its people never saw
 * what they would have answered; whether that had been refused is known where all notes lie side by side.
 */
export function causesOf(tree: Tree, ends: readonly ReplyEnd[]): readonly Cause[] {
  const causes: Cause[] = [];
  for (const [number, end] of ends.entries()) {
    const parent = parentOf(tree, number);
    const above = ends[parent];
    if (end !== 'starved' || above === undefined) causes.push(undefined);
    else if (above === 'accepted' || above === 'unknown') causes.push('starvedRoot');
    else if (above === 'starved') causes.push(causes[parent] === 'pruned' ? 'pruned' : 'starvedBelow');
    else causes.push('pruned');
  }
  return causes;
}

/** Sent below something that the target does not have. What is unknown may have arrived, and is not held against them. */
function hypothetical(tree: Tree, ends: readonly ReplyEnd[]): number {
  const missing: boolean[] = [];
  let sent = 0;
  for (const [number, end] of ends.entries()) {
    const parent = parentOf(tree, number);
    const below = parent >= 0 && missing[parent] === true;
    if (below && ACCEPTANCES.includes(end) && isReply(tree, number)) sent += 1;
    missing.push(below || (end !== 'accepted' && end !== 'unknown'));
  }
  return sent;
}

function unsentOf(ends: readonly ReplyEnd[]): CascadeFigures['unsent'] {
  const unsent: Partial<Record<ReplyEnd, number>> = {};
  for (const end of ends)
    if (!ACCEPTANCES.includes(end) && end !== 'starved') unsent[end] = (unsent[end] ?? 0) + 1;
  return unsent;
}

function seenAfter(tree: Tree, notes: ReadonlyMap<number, ReplyNote>): CascadeFigures['seenAfterUs'] {
  const delays: number[] = [];
  for (const { number, parentSeenUs } of notes.values()) {
    const sentUs = notes.get(parentOf(tree, number))?.sentUs;
    if (parentSeenUs !== undefined && sentUs !== undefined && isReply(tree, number))
      delays.push(Math.max(0, Math.round(parentSeenUs - sentUs)));
  }
  delays.sort((a, b) => a - b);
  const at = (percentile: number): number | null =>
    delays.length < samplesNeeded(percentile)
      ? null
      : (delays[Math.ceil((percentile / 100) * delays.length) - 1] as number);
  return { count: delays.length, p50: at(50), p90: at(90), max: delays.at(-1) ?? null };
}

/** Neither the first message nor one that takes another back. */
function isReply(tree: Tree, number: number): boolean {
  return number > 0 && tree[number]?.isRecall !== true;
}

function parentOf(tree: Tree, number: number): number {
  return tree[number]?.parent ?? -1;
}

/** Messages to everybody that were pruned, recalls among them: their workers dropped them all as starved. */
export function prunedMessages(tree: Tree, notes: ReadonlyMap<number, ReplyNote>): number {
  return causesOf(tree, endsOf(tree, notes)).filter((cause) => cause === 'pruned').length;
}

/** A message without a note never came up and counts as stopped. */
function endsOf(tree: Tree, notes: ReadonlyMap<number, ReplyNote>): readonly ReplyEnd[] {
  return tree.map((_, number) => notes.get(number)?.end ?? 'stopped');
}

/** What corrects the tally: so many messages that their workers dropped as starved were pruned, and so their submission. */
export function pruning(messages: number, submission: OperationName): TallyDelta {
  const operations = (['journey.send', submission] as const).map((operation) => {
    const intents = emptyCounts();
    intents.dropped.starved = -messages;
    intents.dropped.pruned = messages;
    return { operation, phase: 'storm' as const, intents, induced: emptyCounts() };
  });
  return { series: [], operations, copiesAccepted: 0, errors: [], refusals: [] };
}
