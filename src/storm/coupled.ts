/** Replies that leave by what their authors see: each waits until what it answers is in its author's mailbox, then thinks. Pure: it is told the time. */

import type { Journey } from './journey.ts';
import { awaitedKey, thoughtUs } from './awaited.ts';
import type { Plan } from './plan.ts';

/** A reply whose author has seen what it answers. */
export interface Thinking {
  readonly journey: Journey;
  /** Seen and thought about: the reply's intended instant, by which its lag and its response time are judged. */
  readonly intendedUs: number;
}

/**
 * The replies of one shard between their open-mode instant, at which the dispatcher takes them from the plan, and the
 * instant at which they leave: that of sight plus the time that their author thinks. No message leaves before its
 * open-mode instant, since what it answers cannot be seen before its own; so none is ever taken up too late here.
 */
export class CoupledReplies {
  readonly #plan: Plan;
  readonly #stormEndsUs: () => number;
  /** By what is awaited and in whose mailbox. */
  readonly #waiting = new Map<string, Journey[]>();
  /** When what was awaited showed. */
  readonly #seenUs = new Map<string, number>();
  /** In order of their instants. */
  readonly #thinking: Thinking[] = [];

  constructor(plan: Plan, stormEndsUs: () => number) {
    this.#plan = plan;
    this.#stormEndsUs = stormEndsUs;
  }

  /** Takes a reply whose open-mode instant has come; false for any other journey, which leaves by the plan. */
  take(journey: Journey): boolean {
    const key = keyOf(journey);
    if (key === undefined) return false;
    const seenUs = this.#seenUs.get(key);
    if (seenUs !== undefined) this.#think(journey, seenUs);
    else {
      const waiting = this.#waiting.get(key);
      if (waiting === undefined) this.#waiting.set(key, [journey]);
      else waiting.push(journey);
    }
    return true;
  }

  /** A message showed in the mailbox of somebody who will answer it. */
  saw(mailbox: number, parent: number, seenUs: number): void {
    const key = awaitedKey(mailbox, parent);
    if (this.#seenUs.has(key)) return;
    this.#seenUs.set(key, seenUs);
    for (const journey of this.#waiting.get(key) ?? []) this.#think(journey, seenUs);
    this.#waiting.delete(key);
  }

  /** When a reply's author saw what it answers; undefined if they have not. */
  parentSeenUs(journey: Journey): number | undefined {
    const key = keyOf(journey);
    return key === undefined ? undefined : this.#seenUs.get(key);
  }

  /** The next reply that is to leave by now, within the storm; undefined if there is none. */
  next(nowUs: number): Thinking | undefined {
    const first = this.#thinking[0];
    if (first === undefined || first.intendedUs > nowUs || first.intendedUs >= this.#stormEndsUs())
      return undefined;
    return this.#thinking.shift();
  }

  /** Once the storm is over: the replies that will never be written, each once. */
  starved(nowUs: number): readonly Journey[] {
    return nowUs < this.#stormEndsUs() ? [] : this.rest();
  }

  /** All that have not left, each once. */
  rest(): readonly Journey[] {
    if (this.#waiting.size === 0 && this.#thinking.length === 0) return [];
    const left = [...[...this.#waiting.values()].flat(), ...this.#thinking.map(({ journey }) => journey)];
    this.#waiting.clear();
    this.#thinking.length = 0;
    return left;
  }

  #think(journey: Journey, seenUs: number): void {
    const intendedUs = seenUs + thoughtUs(this.#plan, journey.id);
    let at = this.#thinking.length;
    while (at > 0 && (this.#thinking[at - 1] as Thinking).intendedUs > intendedUs) at -= 1;
    this.#thinking.splice(at, 0, { journey, intendedUs });
  }
}

/** What a reply's author waits for; undefined for what answers nothing. */
function keyOf({ kind, actor, message }: Journey): string | undefined {
  if (kind !== 'send' || message?.recipient !== 'list' || message.parent < 0) return undefined;
  return awaitedKey(actor, message.parent);
}
