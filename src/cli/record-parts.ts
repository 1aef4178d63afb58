/** What the records of a run and of a simulation say alike: the machine, the profile, the storm as it was offered. Judges nothing. */

import { availableParallelism } from 'node:os';
import type { Profile } from '../profile/schema.ts';
import type { RunRecord } from '../record/record.ts';

/** The machine that this process runs on. */
export function machineOf(): RunRecord['machine'] {
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
  };
}

/** What a reader of a record needs to know of its profile. */
export function profileOf(profile: Profile): RunRecord['profile'] {
  const { replyAlls } = profile.replies;
  return {
    name: profile.profile,
    title: profile.title,
    why: profile.why.trim(),
    populationMailboxes: profile.population.mailboxes,
    replyAllsLow: replyAlls.low,
    replyAllsHigh: replyAlls.high,
    replyAllsChosen: replyAlls.chosen,
    canaryDeadlineUs: profile.canaries.deadline,
  };
}

/** The real storm's own offer, copies a second over its length. */
export function offeredPerSecond({ replies, population, phases }: Profile): number {
  return ((1 + replies.replyAlls.chosen) * population.mailboxes) / (phases.storm / 1e6);
}
