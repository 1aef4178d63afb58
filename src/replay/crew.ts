/** One worker's people: starts each journey that is due, holds replies when told to, and knows what is still under way. */

import pLimit from 'p-limit';
import type { ReplyEnd } from '../measure/cascade.ts';
import { noteDeleters } from '../measure/readings.ts';
import { stepsOf, type Journey, type Steps } from '../storm/journey.ts';
import { shardOfMailbox } from '../storm/audience.ts';
import type { Shard } from '../storm/plan.ts';
import { Authors } from './authors.ts';
import { followCanary } from './canary.ts';
import { stopAll, type WorkerContext } from './context.ts';
import { CoupledReplies } from '../storm/coupled.ts';
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
  readonly shard: Shard;
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
  /** Replies that leave by what is seen; undefined in open mode. */
  readonly coupled: CoupledReplies | undefined;
  readonly #authors: Authors | undefined;
  readonly #watches = new Map<number, Watch>();
  readonly #clients: Standing[] = [];
  readonly #watching: Promise<void>[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #settings: CrewSettings;
  readonly #gate = pLimit(1);
  readonly #steps: Steps;
  #cut: () => void = () => undefined;
  #cutTimer: NodeJS.Timeout | undefined;
  #canariesWaiting = 0;
  #repliesUnderWay = 0;
  #deleting = 0;
  #copiesAccepted = 0;

  constructor(context: WorkerContext, settings: CrewSettings) {
    this.#context = context;
    this.#settings = settings;
    this.#steps = stepsOf(context.plan.doors);
    this.#pool = new SubmitPool(context, settings.smtpConnections);
    this.#receipts = new Receipts(context, this.#pool);
    if (context.plan.mode === 'open') return;
    const coupled = new CoupledReplies(context.plan, settings.stormEndsUs);
    this.coupled = coupled;
    this.#authors = new Authors(context, {
      shard: settings.shard,
      seen: (mailbox, parent, seenUs) => coupled.saw(mailbox, parent, seenUs),
    });
  }

  /** Opens the watchers' sessions of this shard; false with the first mailbox that would not open. */
  async open(): Promise<boolean> {
    const { shard } = this.#settings;
    const mine = this.#context.plan.watchers.filter(
      (mailbox) => shardOfMailbox(mailbox, shard.count) === shard.index,
    );
    const limit = pLimit(OPENING_AT_ONCE);
    const opened = await Promise.all(
      mine.map((mailbox) =>
        limit(async () => {
          const watch = new Watch(this.#context, mailbox, (number, seenUs) =>
            this.#authors?.saw(mailbox, number, seenUs),
          );
          this.#watches.set(mailbox, watch);
          this.#context.places.hold(mailbox);
          return watch.open();
        }),
      ),
    );
    if (!opened.every(Boolean)) return false;
    for (const watch of this.#watches.values()) this.#watching.push(watch.run());
    await this.#openClients(shard);
    await this.#authors?.open(this.#watches, OPENING_AT_ONCE);
    return true;
  }

  /** The storm begins at this instant, and with it the waiting for what will be answered. */
  beginStorm(zeroUs: number): void {
    this.#authors?.begin(zeroUs, this.#watches);
  }

  /** The storm is over: what has not been seen will not be answered. */
  endStorm(): void {
    this.#authors?.close();
  }

  /** Notes how a message to everybody ended; other journeys leave no note. */
  note(journey: Journey, end: ReplyEnd, sentUs: number | undefined): void {
    const { message } = journey;
    if (message?.recipient !== 'list') return;
    const parentSeenUs = this.coupled?.parentSeenUs(journey);
    this.#context.replies.set(message.number, { number: message.number, end, sentUs, parentSeenUs });
    // Whoever answers their own message need not see it come back: a list may not even send it to its author.
    if (end === 'accepted' || end === 'unknown')
      this.#authors?.saw(journey.actor, message.number, this.#context.clock());
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
    const trail = new Trail(
      journey,
      this.#steps,
      intendedUs,
      dueUs,
      recorder,
      clock,
      this.#settings.answered,
    );
    const running = this.#run(journey, trail).finally(() => {
      this.#noteCohort(journey, trail.end(), !trail.failed);
      this.#underWay.delete(running);
    });
    this.#underWay.add(running);
  }

  /** What a reader's cohort felt, where the profile knows cohorts. */
  #noteCohort({ kind, actor, phase }: Journey, responseUs: number | undefined, ok: boolean): void {
    const { plan, cohorts } = this.#context;
    if (kind !== 'read' || responseUs === undefined || plan.cohorts === undefined) return;
    cohorts.note(plan.cohorts.cohortOf(actor), phase, ok, responseUs);
  }

  progress(): WorkerProgress {
    if (this.#deleting > 0) this.#noteDeleters();
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
    this.#authors?.close();
    // A submission may lawfully wait ten minutes for its verdict (RFC 5321 §4.5.3.2.6); the run may not.
    this.#pool.destroy();
    for (const client of mailboxes) client.destroy();
    await this.#settled();
    await Promise.all(this.#watching);
    await this.#authors?.ended();
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
    this.#deleting += 1;
    this.#noteDeleters();
    return deleteJunk(this.#context, trail, strategy, this.#settings.provisioned).finally(() => {
      this.#deleting -= 1;
    });
  }

  async #send(journey: Journey, trail: Trail): Promise<void> {
    const { message } = journey;
    if (message === undefined) throw new Error('a sender without a message');
    const isStorm = message.recipient === 'list';
    const heldBack = isStorm ? await this.#heldBack(trail) : undefined;
    if (heldBack !== undefined) return this.note(journey, heldBack, undefined);
    if (isStorm) this.#repliesUnderWay += 1;
    const { copies, acceptance } = await submitMessage(this.#context, this.#pool, trail, message).finally(
      () => {
        if (isStorm) this.#repliesUnderWay -= 1;
      },
    );
    if (!isStorm) return;
    this.#copiesAccepted += copies;
    // Of many recipients some may have been refused: it is out there as soon as one has it.
    const end = copies > 0 ? 'accepted' : acceptance === 'dropped' ? 'stopped' : acceptance;
    this.note(journey, end, end === 'stopped' ? undefined : trail.intendedUs);
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

  #noteDeleters(): void {
    noteDeleters(this.#context.readings, this.#context.clock(), this.#deleting);
  }

  /** Waits while replies are held back; the reason (and the trail dropped) where one ends before that. */
  async #heldBack(trail: Trail): Promise<'held' | 'stopped' | undefined> {
    if (!this.#context.orders.held) return undefined;
    // One at a time: a crowd let go at once would be the burst that the holding was to prevent.
    return this.#gate(() => this.#waitForRelease(trail));
  }

  async #waitForRelease(trail: Trail): Promise<'held' | 'stopped' | undefined> {
    const { orders, clock } = this.#context;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, HELD_MS));
      const over = clock() > this.#settings.stormEndsUs();
      const reason = over ? 'held' : orders.stopping ? 'stopped' : undefined;
      if (reason !== undefined) trail.drop(reason);
      if (reason !== undefined || !orders.held) return reason;
    }
  }
}
