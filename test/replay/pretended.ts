/** A pretended world for the paced load: a clock the test moves, lines that answer when the test's target would. Sleeps nowhere. */

import type { Clock } from '../../src/measure/outcome.ts';
import type { Line } from '../../src/replay/paced.ts';

/** What a line was given, and when. */
export interface Submitted {
  readonly index: number;
  readonly atUs: number;
}

interface Pending {
  readonly endsUs: number;
  readonly answer: () => void;
}

/** Says when a submission begun at `startedUs` is answered. */
export type Target = (startedUs: number) => number;

export class PretendedWorld {
  readonly submitted: Submitted[] = [];
  readonly clock: Clock = () => this.#nowUs;
  readonly #pending = new Set<Pending>();
  #nowUs = 0;

  /** One operation at a time; more is an error of whoever hands them out. */
  line(target: Target): Line {
    let busy = false;
    return {
      submit: (index, done) => {
        if (busy) throw new Error(`operation ${index} on a busy line`);
        busy = true;
        const startedUs = this.#nowUs;
        this.submitted.push({ index, atUs: startedUs });
        const endsUs = target(startedUs);
        const answer = (): void => {
          busy = false;
          done({ outcome: { kind: 'ok', evidence: '250' }, startedUs, endedUs: this.#nowUs });
        };
        this.#pending.add({ endsUs, answer });
      },
    };
  }

  /** Moves the clock to `untilUs`, stopping at each answer on the way so that whoever waits for it goes on then. */
  async moveTo(untilUs: number): Promise<void> {
    for (;;) {
      let next: Pending | undefined;
      for (const one of this.#pending) if (next === undefined || one.endsUs < next.endsUs) next = one;
      if (next === undefined || next.endsUs > untilUs) break;
      this.#nowUs = Math.max(this.#nowUs, next.endsUs);
      this.#pending.delete(next);
      next.answer();
      // The promise, and what was chained to it.
      for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
    }
    this.#nowUs = Math.max(this.#nowUs, untilUs);
  }
}
