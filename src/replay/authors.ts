/** Authors at their mailboxes: whoever will answer a message looks until it is there. Sends nothing and knows nothing of thinking. */

import pLimit from 'p-limit';
import { awaitedBy, awaitedKey, type Awaited } from '../storm/awaited.ts';
import type { Shard } from '../storm/plan.ts';
import type { WorkerContext } from './context.ts';
import { Watch } from './watch.ts';

/** Somebody who sits at a mailbox for no other reason. */
interface Sitting {
  readonly watch: Watch;
  /** What has not shown yet. */
  readonly awaiting: Set<number>;
  readonly over: Promise<void>;
}

export interface AuthorsSettings {
  readonly shard: Shard;
  /** Told once of each awaited message that shows in an author's mailbox, and when. */
  readonly seen: (mailbox: number, parent: number, seenUs: number) => void;
}

/**
 * One shard's authors. A session opens when what its author waits for could show (in a coupled storm nothing is earlier
 * than in an open one), and ends when nothing is left to wait for: at most one a mailbox, at most as many as there are
 * replies. Whoever waits for the first message sits there before the baseline; a mailbox that is watched for canaries
 * needs no second session.
 */
export class Authors {
  readonly #context: WorkerContext;
  readonly #settings: AuthorsSettings;
  /** In order of the instants from which they can be seen. */
  readonly #awaited: readonly Awaited[];
  readonly #wanted: Set<string>;
  readonly #sitting = new Map<number, Sitting>();
  readonly #leaving = new Set<Promise<void>>();
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(context: WorkerContext, settings: AuthorsSettings) {
    this.#context = context;
    this.#settings = settings;
    this.#awaited = awaitedBy(context.plan, settings.shard);
    this.#wanted = new Set(this.#awaited.map(({ mailbox, parent }) => awaitedKey(mailbox, parent)));
  }

  /** Seats those who will answer the first message, so that it finds them there. A refusal is tried again, and then measured. */
  async open(watched: ReadonlyMap<number, Watch>, atOnce: number): Promise<void> {
    const limit = pLimit(atOnce);
    const opening: Promise<boolean>[] = [];
    for (; this.#next < this.#awaited.length; this.#next += 1) {
      const { mailbox, parent } = this.#awaited[this.#next] as Awaited;
      if (parent !== 0) break;
      if (!watched.has(mailbox)) opening.push(limit(() => this.#seat(mailbox, parent, true)));
    }
    await Promise.all(opening);
  }

  /** From the storm's zero on. `watched`: mailboxes with a session that tells `saw` anyhow. */
  begin(zeroUs: number, watched: ReadonlyMap<number, Watch>): void {
    const { clock } = this.#context;
    const goOn = (): void => {
      for (; this.#next < this.#awaited.length && !this.#closed; this.#next += 1) {
        const { mailbox, parent, fromUs } = this.#awaited[this.#next] as Awaited;
        const aheadUs = zeroUs + fromUs - clock();
        if (aheadUs > 0) {
          this.#timer = setTimeout(goOn, Math.ceil(aheadUs / 1_000));
          return;
        }
        const wanted = this.#wanted.has(awaitedKey(mailbox, parent));
        if (wanted && !watched.has(mailbox)) void this.#seat(mailbox, parent, false);
      }
    };
    goOn();
  }

  /** A message to everybody showed in a mailbox. */
  saw(mailbox: number, number: number, seenUs: number): void {
    if (!this.#wanted.delete(awaitedKey(mailbox, number))) return;
    this.#settings.seen(mailbox, number, seenUs);
    const sitting = this.#sitting.get(mailbox);
    if (sitting?.awaiting.delete(number) !== true || sitting.awaiting.size > 0) return;
    this.#leave(mailbox, sitting);
  }

  /** Nobody waits any longer. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const [mailbox, sitting] of this.#sitting) this.#leave(mailbox, sitting);
  }

  /** Resolves when every session has ended; to be asked after `close`. */
  async ended(): Promise<void> {
    await Promise.all(this.#leaving);
  }

  /** Seats somebody, or lets them wait for one message more. */
  async #seat(mailbox: number, parent: number, before: boolean): Promise<boolean> {
    const known = this.#sitting.get(mailbox);
    if (known !== undefined) {
      known.awaiting.add(parent);
      known.watch.seek(parent);
      return true;
    }
    const watch = new Watch(this.#context, mailbox, (number, seenUs) => this.saw(mailbox, number, seenUs));
    watch.seek(parent);
    this.#context.places.hold(mailbox);
    let stood = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      stood = resolve;
    });
    const over = opened.then(() => watch.run());
    this.#sitting.set(mailbox, { watch, awaiting: new Set([parent]), over });
    const open = before ? await watch.open() : true;
    stood();
    return open;
  }

  #leave(mailbox: number, { watch, over }: Sitting): void {
    this.#sitting.delete(mailbox);
    watch.close();
    const left = over.finally(() => {
      this.#context.places.letGo(mailbox);
      this.#leaving.delete(left);
    });
    this.#leaving.add(left);
  }
}
