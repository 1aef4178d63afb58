/** One reader of one mailbox, with as much patience as a test gives, and what was counted. No test here. */

import { type OperationCounts, Recorder } from '../../src/measure/recorder.ts';
import type { PatienceShare } from '../../src/measure/patience.ts';
import { readPatiently } from '../../src/replay/read.ts';
import { Trail } from '../../src/replay/trail.ts';
import { JOURNEY_OPERATION, stepsOf, type Journey } from '../../src/storm/journey.ts';
import { type OperationName, USUAL_DOORS } from '../../src/words.ts';
import { contextOf, type Place } from './deletions.ts';

const STEPS = stepsOf(USUAL_DOORS);

export interface Reading {
  readonly operations: readonly OperationCounts[];
  readonly counts: (name: OperationName) => OperationCounts | undefined;
  readonly patience: ReturnType<PatienceShare['get']>;
}

/** Reads as a person who tries again up to `retries` times, a moment later each time. */
export async function readAs(place: Place, retries: number, retryAfter = 1_000): Promise<Reading> {
  const base = contextOf(place, 'r1');
  const { profile } = base.plan;
  const readers = { ...profile.readers, retries, retryAfter };
  const recorder = new Recorder();
  const context = { ...base, recorder, plan: { ...base.plan, profile: { ...profile, readers } } };
  const journey: Journey = { id: 1, kind: 'read', phase: 'storm', offsetUs: 0, actor: 0 };
  for (const operation of [JOURNEY_OPERATION.read, ...STEPS.read])
    recorder.planned(operation, 'storm', false);
  const nowUs = context.clock();
  const trail = new Trail(journey, STEPS, nowUs, nowUs, recorder, context.clock);
  await readPatiently(context, trail, async () => undefined);
  trail.end();
  const { operations } = recorder.drain();
  const counts = (name: OperationName) => operations.find(({ operation }) => operation === name);
  return { operations, counts, patience: context.patience.get('storm') };
}
