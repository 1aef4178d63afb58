/** One worker's people: starts each journey that is due, holds replies when told to, and knows what is still under way. */

import pLimit from 'p-limit';
import type { Journey } from '../storm/journey.ts';
import { shardOfMailbox } from '../storm/audience.ts';
import type { Shard } from '../storm/plan.ts';
import { followCanary } from './canary.ts';
import { stopAll, type WorkerContext } from './context.ts';
import { deleteJunk } from './deleting.ts';
import type { WorkerProgress } from './messages.ts';
import { readPatiently } from './read.ts';
import { Receipts } from './receipts.ts';
import { submitMessage } from './send.ts';
import { Standing } from './standing.ts';
import { SubmitPool } from './submit-pool.ts';
import { Trail } from './trail.ts';
import { Watch } from './watch.ts';

/** Watchers signing in at once before the baseline. */
const OPENING_AT_ONCE = 8;

/** How often a held reply asks whether it may leave. */
const HELD_MS = 50;

export interface CrewSettings {
  readonly smtpConnections: number;
  /** The provision whose mail is ours too. */
  readonly provisioned: string | undefined;
  /** The storm's end, after which a held reply is dropped. */
  readonly stormEndsUs: () => number;
  /** Told of every answer. */
  readonly answered: () => void;
}

/** Everybody whose mailbox belongs to this worker's shard. */
export class Crew {
  readonly #context: WorkerContext;
  readonly #pool: SubmitPool;
  readonly #receipts: Receipts;
  readonly #watches = new Map<number, Watch>();
  readonly #clients: Standing[] = [];
  readonly #watching: Promise<void>[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #settings: CrewSettings;
  readonly #gate = pLimit(1);
  #cut: () => void = () => undefined;
  #cutTimer: NodeJS.Timeout | undefined;
  #canariesWaiting = 0;
  #repliesUnderWay = 0;
  #copiesAccepted = 0;

  constructor(context: WorkerContext, settings: CrewSettings) {
    this.#context = context;
    this.#settings = settings;
    this.#pool = new SubmitPool(context, settings.smtpConnections);
    this.#receipts = new Receipts(context, this.#pool);
  }

  /** Opens the watchers' sessions of this shard; false with the first mailbox that would not open. */
  async open(shard: Shard): Promise<boolean> {
    const mine = this.#context.plan.watchers.filter(
      (mailbox) => shardOfMailbox(mailbox, shard.count) === shard.index,
    );
    const limit = pLimit(OPENING_AT_ONCE);
    const opened = await Promise.all(
      mine.map((mailbox) =>
        limit(async () => {
          const watch = new Watch(this.#context, mailbox);
          this.#watches.set(mailbox, watch);
          this.#context.places.hold(mailbox);
          return watch.open();
        }),
      ),
    );
    if (!opened.every(Boolean)) return false;
    for (const watch of this.#watches.values()) this.#watching.push(watch.run());
    await this.#openClients(shard);
    return true;
  }

  /** Mail clients that stand open; one that is refused tries again for itself. */
  async #openClients(shard: Shard): Promise<void> {
    const mine = this.#context.plan.clients.filter(
      ({ mailbox }) => shardOfMailbox(mailbox, shard.count) === shard.index,
    );
    const limit = pLimit(OPENING_AT_ONCE);
    const opening = mine.map((client) =>
      limit(async () => {
        const standing = new Standing(this.#context, client);
        this.#context.places.hold(client.mailbox);
        this.#clients.push(standing);
        await standing.open();
        this.#watching.push(standing.run());
      }),
    );
    await Promise.all(opening);
  }

  /** Starts a journey that is due. Never throws: a journey's failure is an outcome, a bug ends the worker. */
  start(journey: Journey, intendedUs: number, dueUs: number): void {
    const { recorder, clock } = this.#context;
    const trail = new Trail(journey, intendedUs, dueUs, recorder, clock, this.#settings.answered);
    const running = this.#run(journey, trail).finally(() => {
      trail.end();
      this.#underWay.delete(running);
    });
    this.#underWay.add(running);
  }

  progress(): WorkerProgress {
    return {
      inFlight: this.#underWay.size,
      canariesWaiting: this.#canariesWaiting,
      copiesAccepted: this.#copiesAccepted,
      repliesUnderWay: this.#repliesUnderWay,
    };
  }

  /** Waits for what is under way, at most `graceMs`; then closes every session, which ends the rest. */
  async finish(graceMs: number): Promise<void> {
    this.hurry(graceMs);
    const cut = new Promise<void>((resolve) => {
      this.#cut = resolve;
    });
    await Promise.race([this.#settled(), cut]);
    clearTimeout(this.#cutTimer);
    const { orders, mailboxes } = this.#context;
    stopAll(orders);
    for (const watch of this.#watches.values()) watch.close();
    for (const client of this.#clients) client.close();
    // A submission may lawfully wait ten minutes for its verdict (RFC 5321 §4.5.3.2.6); the run may not.
    this.#pool.destroy();
    for (const connection of mailboxes) connection.destroy();
    await this.#settled();
    await Promise.all(this.#watching);
    await this.#pool.close();
  }

  /** Sets a new, shorter end to the waiting. */
  hurry(graceMs: number): void {
    clearTimeout(this.#cutTimer);
    this.#cutTimer = setTimeout(() => this.#cut(), graceMs);
  }

  /** Sends nothing that has not left yet. */
  refuseWaiting(): void {
    this.#pool.refuseWaiting();
  }

  async #settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  async #run(journey: Journey, trail: Trail): Promise<void> {
    const { places, orders } = this.#context;
    switch (journey.kind) {
      case 'send':
        return this.#send(journey, trail);
      case 'read':
        return readPatiently(this.#context, trail, (message) =>
          this.#receipts.opened(journey.actor, journey.phase, message),
        );
      case 'canary':
        return this.#canary(journey, trail);
      case 'delete':
        return places.within(journey.actor, () =>
          orders.stopping ? trail.drop('stopped') : this.#delete(journey, trail),
        );
    }
  }

  async #delete(journey: Journey, trail: Trail): Promise<void> {
    const { strategy } = journey;
    if (strategy === undefined) throw new Error('a deleter without a strategy');
    return deleteJunk(this.#context, trail, strategy, this.#settings.provisioned);
  }

  async #send(journey: Journey, trail: Trail): Promise<void> {
    const { message } = journey;
    if (message === undefined) throw new Error('a sender without a message');
    const isStorm = message.recipient === 'list';
    if (isStorm && !(await this.#released(trail))) return;
    if (isStorm) this.#repliesUnderWay += 1;
    const { copies } = await submitMessage(this.#context, this.#pool, trail, message).finally(() => {
      if (isStorm) this.#repliesUnderWay -= 1;
    });
    if (isStorm) this.#copiesAccepted += copies;
  }

  async #canary(journey: Journey, trail: Trail): Promise<void> {
    const { message } = journey;
    const watch = this.#watches.get(journey.actor);
    if (message === undefined || watch === undefined)
      throw new Error('a canary without a message or a watcher');
    this.#canariesWaiting += 1;
    await followCanary(this.#context, this.#pool, watch, trail, message).finally(() => {
      this.#canariesWaiting -= 1;
    });
  }

  /** Waits while replies are held back; false (and the trail dropped) when the storm ends first. */
  async #released(trail: Trail): Promise<boolean> {
    if (!this.#context.orders.held) return true;
    // One at a time: a crowd let go at once would be the burst that the holding was to prevent.
    return this.#gate(() => this.#waitForRelease(trail));
  }

  async #waitForRelease(trail: Trail): Promise<boolean> {
    const { orders, clock } = this.#context;
    do {
      await new Promise((resolve) => setTimeout(resolve, HELD_MS));
      if (clock() > this.#settings.stormEndsUs()) trail.drop('held');
      if (orders.stopping) trail.drop('stopped');
      if (trail.failed) return false;
    } while (orders.held);
    return true;
  }
}
