/** A message's number -> the message, drawn again. Pure; the plan itself is never kept. */

import { PHASES } from '../words.ts';
import { backgroundSlice } from './background.ts';
import type { PlannedMessage } from './journey.ts';
import { secondOf, streamOf } from './numbering.ts';
import { listMessage, type Plan } from './plan.ts';

/** Slices kept: a mailbox's neighbours come from the same few seconds. */
const MAX_SLICES = 64;

/** Finds messages of one plan. Undefined: no message of the plan bears that number. */
export function makeLookup(plan: Plan): (number: number) => PlannedMessage | undefined {
  const slices = new Map<string, ReadonlyMap<number, PlannedMessage>>();
  return (number) => {
    if (streamOf(number) === 'list') return plan.cascade[number] && listMessage(plan, number);
    const second = secondOf(number);
    const phase = second && PHASES[second.phase];
    if (phase === undefined || second === undefined) return undefined;
    const key = `${phase}/${second.slice}`;
    let messages = slices.get(key);
    if (messages === undefined) {
      const drawn = [...backgroundSlice(plan, phase, second.slice)].flatMap(({ message }) => message ?? []);
      messages = new Map(drawn.map((message) => [message.number, message]));
      if (slices.size >= MAX_SLICES) slices.clear();
      slices.set(key, messages);
    }
    return messages.get(number);
  };
}
