/** Who must see what before they can answer it: the pairs of a coupled storm. Pure arithmetic over the cascade. */

import { shardOfMailbox } from './audience.ts';
import { listMessage, stormOffsetUs, WHOLE, type Plan, type Shard } from './plan.ts';

/** Somebody will answer a message, and so has to see it. */
export interface Awaited {
  /** Of whoever will answer. */
  readonly mailbox: number;
  /** The message to everybody that they will answer. */
  readonly parent: number;
  /** Real microseconds after the storm's zero: it cannot show earlier, since coupled replies are never early. */
  readonly fromUs: number;
}

/** Each pair of a shard once, in order of the instants from which it can be seen. */
export function awaitedBy(plan: Plan, shard: Shard = WHOLE): readonly Awaited[] {
  const pairs = new Map<string, Awaited>();
  for (const { number, parent } of plan.cascade) {
    if (parent < 0) continue;
    const mailbox = listMessage(plan, number).author;
    if (shardOfMailbox(mailbox, shard.count) !== shard.index) continue;
    const key = awaitedKey(mailbox, parent);
    if (!pairs.has(key)) pairs.set(key, { mailbox, parent, fromUs: stormOffsetUs(plan, parent) });
  }
  return [...pairs.values()].sort((a, b) => a.parent - b.parent);
}

/** The identity of a pair. */
export function awaitedKey(mailbox: number, parent: number): string {
  return `${mailbox}/${parent}`;
}

/** What a reply's author thinks about it, in real microseconds: the ignition delay too, where it answers the blast. */
export function thoughtUs(plan: Plan, number: number): number {
  const { parent } = plan.cascade[number] as Plan['cascade'][number];
  return stormOffsetUs(plan, number) - stormOffsetUs(plan, parent);
}

/** How many mailboxes have an author of replies: sessions that a coupled run may need at once. */
export function authorCount(plan: Plan): number {
  return new Set(plan.cascade.slice(1).map(({ number }) => listMessage(plan, number).author)).size;
}
