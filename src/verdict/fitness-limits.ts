/** Every limit of fitness in one table: its value and the measurement or the reasoning that it rests on. No check is here. */

/** One limit. `docs/fitness.md` shows every row; a test holds the two together. */
export interface FitnessLimit {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | '%';
  readonly reason: string;
  /** Where the reason comes from. */
  readonly source: string;
}

const ENGINE = 'engine study: Node 20 on a shared 2-core machine';
const ARITHMETIC = 'arithmetic';
const SELF = '`npm run bench:fitness`, figures in bench/RESULTS.md';

/** The limits, each used by exactly one rule of fitness. */
export const FITNESS_LIMITS = {
  lagFloor: {
    name: 'lag, at least',
    value: 10,
    unit: 'ms',
    reason:
      'a 1 ms tick with socket traffic is late by 3.4 ms at p99 and 6.0 ms at p99.9 by nature; below 10 ms it is the machine’s grain',
    source: ENGINE,
  },
  lagShare: {
    name: 'lag, of the tightest time judged',
    value: 5,
    unit: '%',
    reason:
      'a generator late by a twentieth of what is judged moves a figure by less than a run differs from the next',
    source: ARITHMETIC,
  },
  takenUp: {
    name: 'taken up in time',
    value: 99,
    unit: '%',
    reason:
      'more than one journey in a hundred dropped as late, and a p99 of the others says nothing of the storm that was planned',
    source: ARITHMETIC,
  },
  limited: {
    name: 'attempts that met a limiter',
    value: 1,
    unit: '%',
    reason: 'more than one attempt in a hundred turned away at the door, and a p99 measures the door',
    source: ARITHMETIC,
  },
  loopDelayTime: {
    name: 'time in which the event loop may delay beyond the lag limit',
    value: 1,
    unit: '%',
    reason:
      'an answer that arrives while the loop is stalled is read late; stalls in less than 1 % of the time cannot move a p99',
    source: ARITHMETIC,
  },
  utilisation: {
    name: 'event loop utilisation of a thread',
    value: 90,
    unit: '%',
    reason:
      'a thread that is busy nine tenths of the time makes an answer wait for nine others’ handling on average; one 84 % busy (60,000 messages a second) kept a lag p99 of 1.4 ms, one 98 % busy fell behind its schedule by a seventeenth',
    source: SELF,
  },
  utilisationTime: {
    name: 'seconds of a thread above that utilisation',
    value: 10,
    unit: '%',
    reason: 'a second of start-up or of somebody else’s work on the machine is no reason to void a run',
    source: ARITHMETIC,
  },
  cpu: {
    name: 'CPU of all cores',
    value: 95,
    unit: '%',
    reason:
      'no core is left to wake up on: on one core, 94 % of it kept a lag p99 of 2.7 ms, 100 % fell behind; it voids a run only where the event loop was delayed beyond the lag limit too, since full cores alone move no figure',
    source: SELF,
  },
  cpuTime: {
    name: 'seconds above that CPU',
    value: 10,
    unit: '%',
    reason: 'a second of start-up is no reason to void a run',
    source: ARITHMETIC,
  },
  garbage: {
    name: 'time paused for garbage, of a thread',
    value: 5,
    unit: '%',
    reason:
      'an engine at its ceiling spent 1.6 % of its time on it; three times that is a leak or too small a heap',
    source: SELF,
  },
} as const satisfies Readonly<Record<string, FitnessLimit>>;
