/** Who answers whom in virtual time: what became of each message to everybody, and in coupled mode when its answers leave. It delivers nothing. */

import { causesOf, cascadeFigures, type CascadeFigures, type ReplyNotes } from '../measure/cascade.ts';
import { awaitedBy } from '../storm/awaited.ts';
import { CoupledReplies, type Thinking } from '../storm/coupled.ts';
import type { Journey } from '../storm/journey.ts';
import type { Plan } from '../storm/plan.ts';
import type { EventQueue, Process } from './events.ts';
import type { MailSystem } from './mail-system.ts';

/** Somebody who waits looks again after this share of the time waited so far: that much later they see it, at most. */
const LOOK_SHARE = 0.01;

/** And at least so often while the wait is short. */
const LOOK_US = 1_000;

export interface ConversationSettings {
  readonly plan: Plan;
  readonly events: EventQueue;
  readonly system: MailSystem;
  /** A reply whose author has seen what it answers. */
  readonly begin: (due: Thinking) => void;
}

/** The replies of a simulated storm. A run's authors look by sessions of their own; here looking costs nothing. */
export class Conversation {
  readonly #settings: ConversationSettings;
  readonly #coupled: CoupledReplies | undefined;
  readonly #notes: ReplyNotes = new Map();
  /** Mailboxes of those who will answer a message. */
  readonly #awaiting = new Map<number, number[]>();
  #stormEndUs = Number.POSITIVE_INFINITY;
  #accepted = 0;

  constructor(settings: ConversationSettings) {
    const { plan } = settings;
    this.#settings = settings;
    if (plan.mode === 'open') return;
    this.#coupled = new CoupledReplies(plan, () => this.#stormEndUs);
    for (const { mailbox, parent } of awaitedBy(plan)) {
      const mailboxes = this.#awaiting.get(parent);
      if (mailboxes === undefined) this.#awaiting.set(parent, [mailbox]);
      else mailboxes.push(mailbox);
    }
  }

  /** Nobody answers any more from this instant on. */
  endsAt(stormEndUs: number): void {
    this.#stormEndUs = stormEndUs;
  }

  /** Keeps a reply until its author has seen what it answers; false for what leaves by the plan. */
  keeps(journey: Journey): boolean {
    if (this.#coupled?.take(journey) !== true) return false;
    this.#letGo();
    return true;
  }

  /** A message to everybody was submitted by somebody who set out at `sentUs`; now it is accepted or refused. */
  submitted(journey: Journey, sentUs: number, taken: boolean): void {
    this.#note(journey, taken ? 'accepted' : 'rejected', sentUs);
    if (!taken) return;
    const { events } = this.#settings;
    this.#accepted += 1;
    // Whoever answers their own message need not see it come back.
    this.#coupled?.saw(journey.actor, journey.id, events.nowUs);
    this.#letGo();
    for (const mailbox of this.#awaiting.get(journey.id) ?? [])
      events.wake(this.#lookOut(mailbox, journey.id, this.#accepted), events.nowUs);
  }

  /** An open storm's reply was not written, since what it answers is not there. */
  pruned(journey: Journey): void {
    this.#note(journey, 'pruned', undefined);
  }

  /** When all is over: the replies that will never be written, and why. */
  left(): readonly { readonly journey: Journey; readonly by: 'starved' | 'pruned' }[] {
    const journeys = this.#coupled?.starved(this.#stormEndUs) ?? [];
    for (const journey of journeys) this.#note(journey, 'starved', undefined);
    const { cascade } = this.#settings.plan;
    const causes = causesOf(
      cascade,
      cascade.map(({ number }) => this.#notes.get(number)?.end ?? 'stopped'),
    );
    return journeys.map((journey) => ({
      journey,
      by: causes[journey.id] === 'pruned' ? 'pruned' : 'starved',
    }));
  }

  figures(): CascadeFigures {
    const { mode, cascade } = this.#settings.plan;
    return cascadeFigures(mode, cascade, this.#notes);
  }

  /** Looks until a message is in a mailbox: the `place`-th that was accepted, and they arrive in that order. */
  *#lookOut(mailbox: number, number: number, place: number): Process {
    const { events, system } = this.#settings;
    const sinceUs = events.nowUs;
    while (system.storedToAll(mailbox) < place) {
      if (events.nowUs >= this.#stormEndUs) return;
      yield events.nowUs + Math.max(LOOK_US, (events.nowUs - sinceUs) * LOOK_SHARE);
    }
    this.#coupled?.saw(mailbox, number, events.nowUs);
    this.#letGo();
  }

  #letGo(): void {
    for (let due = this.#nextDue(); due !== undefined; due = this.#nextDue()) this.#settings.begin(due);
  }

  #nextDue(): Thinking | undefined {
    return this.#coupled?.next(Number.POSITIVE_INFINITY);
  }

  #note(
    journey: Journey,
    end: 'accepted' | 'rejected' | 'pruned' | 'starved',
    sentUs: number | undefined,
  ): void {
    const parentSeenUs = this.#coupled?.parentSeenUs(journey);
    this.#notes.set(journey.id, { number: journey.id, end, sentUs, parentSeenUs });
  }
}
