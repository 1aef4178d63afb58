/** What happened when, for the record: the run's own events, and what its figures and its plan tell of instants. It decides nothing. */

import type { Tally } from '../measure/tally.ts';
import type { RecordedEvent, RunRecord, StormShape } from '../record/record.ts';
import type { RunEvent } from '../replay/conduct.ts';
import { stormCurve } from '../storm/curve.ts';
import type { Plan } from '../storm/plan.ts';
import { FASTEST, formatCount } from '../units.ts';

/** Replies held and released may alternate for hours; a picture has no room for more. The file of events keeps all. */
export const EVENTS_KEPT = 200;

/** Stretches of the storm as it was meant: finer than a picture's columns are wide. */
const STRETCHES = 120;

/** Events as they come, passed on. */
export class EventBook {
  readonly #pass: (event: RunEvent) => void;
  readonly #kept: RunEvent[] = [];

  constructor(pass: (event: RunEvent) => void) {
    this.#pass = pass;
  }

  note(event: RunEvent): void {
    this.#pass(event);
    if (this.#kept.length < EVENTS_KEPT && !event.event.startsWith('phase ')) this.#kept.push(event);
  }

  get kept(): readonly RunEvent[] {
    return this.#kept;
  }
}

/** A run's events with those that its tally tells of. */
export function runEvents(
  kept: readonly RunEvent[],
  spans: RunRecord['phases'],
  tally: Pick<Tally, 'intervals'>,
): readonly RecordedEvent[] {
  return inOrder([...blast(spans), ...guard(tally), ...kept]);
}

/** What a simulation knows of instants; storm time after the blast in, real time from the baseline's zero out. */
export function simulationEvents(
  plan: Plan,
  spans: RunRecord['phases'],
  guardFromUs: number | undefined,
): readonly RecordedEvent[] {
  const zeroUs = stormZero(spans);
  if (zeroUs === undefined || plan.speed >= FASTEST) return inOrder(blast(spans));
  const at = (event: string, stormUs: number | undefined, detail: string): RecordedEvent[] =>
    stormUs === undefined ? [] : [{ atUs: Math.round(zeroUs + stormUs / plan.speed), event, detail }];
  return inOrder([
    ...blast(spans),
    ...at('guard engaged', guardFromUs, 'the thread guard begins to refuse replies'),
    ...at(
      'list deleted',
      plan.profile.simulate?.listDeletedAt,
      'messages to everybody are refused from here on',
    ),
  ]);
}

/** The storm as it was meant; undefined at full speed, where its gaps vanish. */
export function stormShapeOf(plan: Plan): StormShape | undefined {
  if (plan.speed >= FASTEST) return undefined;
  return {
    stretchUs: plan.lengthsUs.storm / STRETCHES,
    messages: stormCurve(plan, STRETCHES).map(({ copies }) => Math.round(copies / plan.mailboxes)),
  };
}

function blast(spans: RunRecord['phases']): readonly RecordedEvent[] {
  const atUs = stormZero(spans);
  return atUs === undefined ? [] : [{ atUs, event: 'blast', detail: 'the one message to everybody' }];
}

function stormZero(spans: RunRecord['phases']): number | undefined {
  return spans.find(({ name }) => name === 'storm')?.startUs;
}

/** The first refusals that the profile expects of a guard, and the first by a limiter that it does not name. */
function guard(tally: Pick<Tally, 'intervals'>): readonly RecordedEvent[] {
  const first = (field: 'expected' | 'limited', event: string, words: string): RecordedEvent[] => {
    for (const { startUs, operations } of tally.intervals()) {
      let count = 0;
      for (const { intents, induced } of operations.values()) count += intents[field] + induced[field];
      if (count > 0) return [{ atUs: startUs, event, detail: `${formatCount(count)} ${words}` }];
    }
    return [];
  };
  return [
    ...first('expected', 'guard engaged', 'refused as the profile expects'),
    ...first('limited', 'limiter answered', 'refused by a limiter that the profile does not name'),
  ];
}

function inOrder(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.toSorted((a, b) => a.atUs - b.atUs).slice(0, EVENTS_KEPT);
}
