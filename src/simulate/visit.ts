/** One journey in virtual time: its steps asked of the mail system and recorded exactly once, as a run records them. */

import type { AccessKind } from '../capacity/config.ts';
import type { Outcome } from '../measure/outcome.ts';
import type { Recorder } from '../measure/recorder.ts';
import { JOURNEY_OPERATION, stepsOf, type Journey } from '../storm/journey.ts';
import { USUAL_DOORS, type OperationName, type Phase } from '../words.ts';
import type { SessionPlaces } from './connections.ts';
import type { EventQueue } from './events.ts';
import type { MailSystem } from './mail-system.ts';

/** What every journey of a simulation shares. */
export interface World {
  readonly events: EventQueue;
  readonly system: MailSystem;
  readonly recorder: Recorder;
  readonly places: SessionPlaces;
  /** How long a person waits for one step. */
  readonly patienceUs: number;
  /** Told that somebody read the newest message of a mailbox. */
  readonly opened?: (reader: number, phase: Phase) => void;
}

const DONE: Outcome = { kind: 'ok', evidence: 'simulated' };
const IMPATIENT: Outcome = { kind: 'unknown', because: 'simulated: no answer within patience' };

/** Not answered within patience, or refused: the journey has failed. */
export const FAILED = -1;

/** What a person asks of a mailbox. */
export type Command = Exclude<AccessKind, 'append' | 'submit'>;

const OPERATION: Readonly<Record<Command, OperationName>> = {
  connect: 'imap.connect',
  signin: 'imap.signin',
  open: 'imap.open',
  headers: 'imap.headers',
  body: 'imap.body',
  search: 'imap.search',
  store: 'imap.store',
  move: 'imap.move',
  expunge: 'imap.expunge',
  poll: 'imap.poll',
};

export class Visit {
  readonly journey: Journey;
  readonly intendedUs: number;
  readonly #world: World;
  readonly #steps: readonly OperationName[];
  #reached = 0;
  #lastEndUs: number;
  #failure: Outcome | undefined;

  /** Counts the journey and its fixed steps as planned. */
  constructor(world: World, journey: Journey, intendedUs: number) {
    this.#world = world;
    this.journey = journey;
    this.intendedUs = intendedUs;
    this.#lastEndUs = intendedUs;
    this.#steps = stepsOf(USUAL_DOORS)[journey.kind];
    for (const operation of [JOURNEY_OPERATION[journey.kind], ...this.#steps])
      world.recorder.planned(operation, journey.phase, false);
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Asks for a command on the journey's mailbox and waits for its answer, at most as long as people wait. Returns how
   * long it waited before it was begun, which is what every further command would meet; FAILED where the person gave up.
   */
  *command(kind: Command, messages: number, commands = 1): Generator<number, number, void> {
    const { events, system, patienceUs } = this.#world;
    const { actor, phase } = this.journey;
    const operation = OPERATION[kind];
    const isStep = this.#steps[this.#reached] === operation;
    if (!isStep) this.#world.recorder.planned(operation, phase, true);
    const askedUs = events.nowUs;
    const deadlineUs = askedUs + patienceUs;
    // Before the mailbox is open there is nothing to lock.
    const mailbox = kind === 'connect' || kind === 'signin' ? -1 : actor;
    let freeUs = mailbox < 0 ? askedUs : system.lockedUntilUs(mailbox);
    while (freeUs > events.nowUs && freeUs < deadlineUs) {
      yield freeUs;
      freeUs = system.lockedUntilUs(mailbox);
    }
    if (freeUs >= deadlineUs) {
      yield deadlineUs;
      this.#record(operation, askedUs, IMPATIENT, isStep);
      return FAILED;
    }
    const lockedUs = events.nowUs - askedUs;
    const waitedUs = lockedUs + system.waitUs(events.nowUs);
    const doneUs = system.work(events.nowUs, mailbox, kind, messages, commands);
    // People lose patience with one command, not with a row of them.
    const oneUs = waitedUs + (doneUs - askedUs - waitedUs) / commands;
    const ok = oneUs <= patienceUs;
    yield ok ? doneUs : deadlineUs;
    this.#record(operation, askedUs, ok ? DONE : IMPATIENT, isStep);
    return ok ? waitedUs : FAILED;
  }

  /** Records a step that was not a command of the mailbox (a submission, a refused connection). */
  step(operation: OperationName, outcome: Outcome): void {
    this.#record(operation, this.#lastEndUs, outcome, true);
  }

  /** A wait is over: the next step is meant now. */
  waited(): void {
    this.#lastEndUs = this.#world.events.nowUs;
  }

  /** Gives the journey up. */
  fail(outcome: Outcome): void {
    this.#failure ??= outcome;
  }

  /** Records the journey and the steps it never reached. */
  end(): void {
    const { recorder, events } = this.#world;
    const { kind, phase } = this.journey;
    const failure = this.#failure;
    const pruned = failure?.kind === 'dropped' && this.#reached === 0 ? failure.by : undefined;
    for (const operation of this.#steps.slice(this.#reached))
      recorder.dropped(operation, phase, false, pruned ?? 'stepFailed');
    if (pruned !== undefined) return recorder.dropped(JOURNEY_OPERATION[kind], phase, false, pruned);
    const endedUs = failure?.kind === 'dropped' ? events.nowUs : this.#lastEndUs;
    this.#sample(JOURNEY_OPERATION[kind], this.intendedUs, endedUs, failure ?? DONE, false);
  }

  #record(operation: OperationName, askedUs: number, outcome: Outcome, isStep: boolean): void {
    if (isStep) this.#reached += 1;
    if (outcome.kind !== 'ok') this.#failure ??= outcome;
    this.#lastEndUs = this.#world.events.nowUs;
    this.#sample(operation, askedUs, this.#lastEndUs, outcome, !isStep);
  }

  #sample(
    operation: OperationName,
    fromUs: number,
    endedUs: number,
    outcome: Outcome,
    induced: boolean,
  ): void {
    const intendedUs = Math.round(fromUs);
    this.#world.recorder.sample({
      operation,
      phase: this.journey.phase,
      outcome,
      intendedUs,
      dueUs: intendedUs,
      startedUs: intendedUs,
      endedUs: Math.max(intendedUs, Math.round(endedUs)),
      induced,
    });
  }
}
