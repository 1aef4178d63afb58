/** (Profile, seed) -> the tree of reply-alls: who answers whom, after how long, saying what. Drawn in storm time, once. */

import type { Profile } from '../profile/schema.ts';
import { logNormal, poisson, randomStream, type RandomStream } from '../random.ts';
import { Heap } from './heap.ts';

/** What a reply is after. Shares are assumptions; that such replies exist is documented (mail storms at NYU, Cisco, Reuters). */
export const ROLES = ['removeMe', 'stopReplying', 'joke', 'helpful', 'recall'] as const;

export type Role = (typeof ROLES)[number];

/** Where a profile does not say. */
const ROLE_SHARES: Readonly<Record<Role, number>> = {
  removeMe: 0.45,
  stopReplying: 0.3,
  joke: 0.15,
  helpful: 0.08,
  recall: 0.02,
};

/** One message to the list: number 0 is the blast, 1..K the replies in order of time, the recalls beyond in theirs. */
export interface ListMessage {
  readonly number: number;
  /** The message it answers; -1 for the blast. */
  readonly parent: number;
  readonly depth: number;
  /** Who wrote it, in the full population. */
  readonly persona: number;
  /** Storm time after the blast. */
  readonly stormUs: number;
  /** Storm time between the parent's instant (the blast's ignition) and this one: what its author thought about it. */
  readonly thinkingUs: number;
  readonly role: Role | 'blast';
  /** It takes its parent back: nobody wrote it in answer, and it is beyond K. */
  readonly isRecall?: true;
}

interface Candidate {
  readonly stormUs: number;
  readonly thinkingUs: number;
  readonly parent: number;
  readonly depth: number;
}

/**
 * Draws the cascade: a branching process in which the blast provokes Poisson(mu0) answers and each answer
 * Poisson(n) more, each after a thinking time from a mixture of two log-normals (PRL 103:038702;
 * arXiv physics/0605027). What was provoked is thinned, in order of time, by the hour of the day, by fatigue, and by
 * the share of people who have answered as often as they may: the process of rate
 * A(t) [mu0 φ(t) + n e^(-K/Kf) Σ φ(t - t_k)] S(t)/S(0). Bounded by the storm's length, by K and by depth, whatever n
 * is; the first K in order of time are kept, so fewer than K may be drawn.
 */
export function drawCascade(profile: Profile, seed: number): readonly ListMessage[] {
  const { replies, phases, population } = profile;
  const messages: ListMessage[] = [
    { number: 0, parent: -1, depth: 0, persona: 0, stormUs: 0, thinkingUs: 0, role: 'blast' },
  ];
  const waiting = new Heap<Candidate>();
  const repliesOf = new Map<number, number>();
  const provoke = (parent: ListMessage, mean: number): void => {
    if (parent.depth >= replies.maxDepth) return;
    const stream = randomStream(seed, 'cascade.children', parent.number);
    const delayUs = parent.number === 0 ? replies.ignitionDelay : 0;
    for (let left = poisson(stream, mean); left > 0; left -= 1) {
      const thought = thinkingUs(profile, stream);
      const stormUs = parent.stormUs + delayUs + thought;
      if (stormUs < phases.storm)
        waiting.push(stormUs, {
          stormUs,
          thinkingUs: thought,
          parent: parent.number,
          depth: parent.depth + 1,
        });
    }
  };
  provoke(messages[0] as ListMessage, replies.directReplies);
  const everybody = Math.min(
    replies.replyAlls.chosen,
    (population.mailboxes - 1) * population.repliesPerPerson,
  );
  for (let taken = 1; messages.length <= everybody; taken += 1) {
    const next = waiting.pop();
    if (next === undefined) break;
    if (!isWritten(profile, seed, taken, next, messages.length - 1)) continue;
    const stream = randomStream(seed, 'cascade.author', taken);
    // Uniform over everybody: that whoever is drawn has nothing more to say has probability 1 - S(t)/S(0).
    const persona = 1 + stream.integer(population.mailboxes - 1);
    const before = repliesOf.get(persona) ?? 0;
    if (before >= population.repliesPerPerson) continue;
    repliesOf.set(persona, before + 1);
    const message: ListMessage = {
      ...next,
      number: messages.length,
      persona,
      role: drawRole(profile, stream),
    };
    messages.push(message);
    provoke(message, replies.branchingRatio);
  }
  return messages;
}

/** Whether an answer that came to mind is written: the hour's factor, and fatigue where it answers an answer. */
function isWritten(
  { replies }: Profile,
  seed: number,
  taken: number,
  candidate: Candidate,
  repliesBefore: number,
): boolean {
  const { fatigue, circadian } = replies;
  const passes = (label: string, share: number): boolean =>
    randomStream(seed, label, taken).uniform() < share;
  if (circadian !== undefined && !passes('cascade.hour', hourFactor(circadian, candidate.stormUs)))
    return false;
  if (fatigue === undefined || candidate.parent === 0) return true;
  return passes('cascade.fatigue', Math.exp(-repliesBefore / fatigue));
}

const HOUR_US = 3_600_000_000;

/** The factor of the hour in which an instant of storm time lies. */
function hourFactor(circadian: NonNullable<Profile['replies']['circadian']>, stormUs: number): number {
  return circadian.hourly[Math.floor((circadian.blastAt + stormUs) / HOUR_US) % 24] ?? 0;
}

/** One thinking time in storm microseconds, at least one millisecond: nobody answers before reading. */
export function thinkingUs(profile: Profile, stream: RandomStream): number {
  const kernel = profile.replies.thinking;
  const quick = stream.uniform() < kernel.fastShare;
  const drawn = quick
    ? logNormal(stream, kernel.fastMedian, kernel.fastSigma)
    : logNormal(stream, kernel.slowMedian, kernel.slowSigma);
  return Math.max(1_000, Math.round(drawn));
}

function drawRole(profile: Profile, stream: RandomStream): Role {
  const shares = profile.content?.roles ?? ROLE_SHARES;
  let left = stream.uniform();
  for (const role of ROLES) {
    left -= shares[role];
    if (left < 0) return role;
  }
  return 'removeMe';
}
