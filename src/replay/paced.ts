/** Starts operations when a schedule says they are due, on whatever line is free; queues them where none is. Open loop: it never waits for an answer to send the next. */

import type { Clock, Outcome } from '../measure/outcome.ts';
import type { Recorder } from '../measure/recorder.ts';
import type { Instant } from '../storm/schedule.ts';
import type { OperationName } from '../words.ts';

/** What became of one operation. */
export interface LineAnswer {
  readonly outcome: Outcome;
  readonly startedUs: number;
  readonly endedUs: number;
}

/** Where operations go: one at a time each. */
export interface Line {
  /** Calls `done` exactly once, never before it returns: a promise an operation would cost more than the operation. */
  readonly submit: (index: number, done: (answer: LineAnswer) => void) => void;
}

/** Operations that may wait for a free line; beyond that they are dropped as late, and counted. */
const MAX_WAITING = 2_000_000;

/** One operation that was taken up. */
interface Taken {
  readonly index: number;
  readonly intendedUs: number;
  readonly dueUs: number;
}

export interface PacedSettings {
  readonly instants: Iterator<Instant>;
  readonly clock: Clock;
  readonly zeroUs: number;
  readonly recorder: Recorder;
  readonly lines: readonly Line[];
  /** What was taken up later than this is dropped as late: the generator's own fault. */
  readonly lateLimitUs: number;
  /** What waits for a line longer than this is abandoned, as people would: the target's doing, and its times count. */
  readonly patienceUs: number;
  /** Told of every operation that fell due, with its intended instant. */
  readonly offered?: (intendedUs: number) => void;
  /** What is recorded; a submission unless told. */
  readonly operation?: OperationName;
}

/** One worker's share of a paced load. Call `drain` on every tick and from every read; it is cheap when nothing is due. */
export class PacedLoad {
  readonly #settings: PacedSettings;
  readonly #operation: OperationName;
  readonly #free: Line[];
  /** Ring-like queue of (index, intended, due): three numbers an entry, taken from the head. */
  #waiting: number[] = [];
  #head = 0;
  #next: Instant | undefined;
  #underWay = 0;
  #takenUp = 0;

  constructor(settings: PacedSettings) {
    this.#settings = settings;
    this.#operation = settings.operation ?? 'smtp.submit';
    this.#free = [...settings.lines];
    this.#next = this.#advance();
  }

  /** Operations taken up so far: started, or waiting for a line. */
  get takenUp(): number {
    return this.#takenUp;
  }

  /** Nothing is due, waiting or under way any more. */
  get over(): boolean {
    return this.#next === undefined && this.#underWay === 0 && this.#head === this.#waiting.length;
  }

  /** Takes up everything that is due by now, never anything early. */
  drain(): void {
    const { clock, zeroUs, recorder } = this.#settings;
    const nowUs = clock();
    while (this.#next !== undefined && zeroUs + this.#next.offsetUs <= nowUs) {
      const { index, offsetUs } = this.#next;
      recorder.planned(this.#operation, 'storm', false);
      this.#settings.offered?.(zeroUs + offsetUs);
      this.#takenUp += 1;
      // The clock is asked for each: what taking up the ones before it cost is our lag, not the target's wait.
      this.#takeUp(index, zeroUs + offsetUs, clock());
      this.#next = this.#advance();
    }
  }

  /** Ends dispatching for the operator: what waits or was not due yet is planned and dropped as stopped. */
  stop(): void {
    const { recorder } = this.#settings;
    for (; this.#next !== undefined; this.#next = this.#advance()) {
      recorder.planned(this.#operation, 'storm', false);
      recorder.dropped(this.#operation, 'storm', false, 'stopped');
    }
    for (; this.#head < this.#waiting.length; this.#head += 3)
      recorder.dropped(this.#operation, 'storm', false, 'stopped');
  }

  /** Waits no longer for lines: what is queued is abandoned at the time it has waited, however short of the patience. */
  giveUp(): void {
    for (let waiting = this.#shift(); waiting !== undefined; waiting = this.#shift()) this.#abandon(waiting);
  }

  #advance(): Instant | undefined {
    const { done, value } = this.#settings.instants.next();
    return done === true ? undefined : value;
  }

  #takeUp(index: number, intendedUs: number, dueUs: number): void {
    const { recorder, lateLimitUs } = this.#settings;
    const isLate = dueUs - intendedUs > lateLimitUs;
    const line = isLate ? undefined : this.#free.pop();
    if (line !== undefined) this.#start(line, { index, intendedUs, dueUs });
    else if (!isLate && (this.#waiting.length - this.#head) / 3 < MAX_WAITING)
      this.#waiting.push(index, intendedUs, dueUs);
    else recorder.dropped(this.#operation, 'storm', false, 'late');
  }

  #start(line: Line, taken: Taken): void {
    this.#underWay += 1;
    line.submit(taken.index, ({ outcome, startedUs, endedUs }) => {
      this.#underWay -= 1;
      this.#sample(taken, outcome, startedUs, endedUs);
      this.#nextOn(line);
      // An answer came: a good moment to look at the clock again, before the next tick.
      this.drain();
    });
  }

  #nextOn(line: Line): void {
    const { clock, patienceUs } = this.#settings;
    for (let waiting = this.#shift(); waiting !== undefined; waiting = this.#shift()) {
      if (clock() - waiting.dueUs <= patienceUs) return this.#start(line, waiting);
      this.#abandon(waiting);
    }
    this.#free.push(line);
  }

  /** It was never sent, but somebody waited: the time counts, as that of a time-out does. */
  #abandon(taken: Taken): void {
    const atUs = this.#settings.clock();
    this.#sample(taken, { kind: 'dropped', by: 'abandoned' }, atUs, atUs);
  }

  #sample({ intendedUs, dueUs }: Taken, outcome: Outcome, startedUs: number, endedUs: number): void {
    const started = Math.max(startedUs, dueUs);
    this.#settings.recorder.sample({
      operation: this.#operation,
      phase: 'storm',
      outcome,
      intendedUs,
      dueUs,
      startedUs: started,
      endedUs: Math.max(endedUs, started),
      induced: false,
    });
  }

  #shift(): Taken | undefined {
    if (this.#head >= this.#waiting.length) return undefined;
    const [index = 0, intendedUs = 0, dueUs = 0] = this.#waiting.slice(this.#head, this.#head + 3);
    this.#head += 3;
    if (this.#head > 30_000 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return { index, intendedUs, dueUs };
  }
}
