/** A journey's trail: whichever way it ends, every step and the journey itself are accounted for once, at the right instants. */

import { assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome, ProtocolOutcome, Sample } from '../../src/measure/outcome.ts';
import { type OperationCounts, type OutcomeCounts, Recorder } from '../../src/measure/recorder.ts';
import { type Timed, Trail } from '../../src/replay/trail.ts';
import { JOURNEY_OPERATION, type Journey, type JourneyKind, stepsOf } from '../../src/storm/journey.ts';
import { DROP_REASONS, type OperationName, USUAL_DOORS } from '../../src/words.ts';
import { LIMITED, OK, REJECTED, UNKNOWN } from '../measure/notebooks.ts';

const STEPS = stepsOf(USUAL_DOORS);

const KINDS = ['send', 'read', 'delete', 'canary'] as const;

/** A recorder that also remembers its samples. */
class Witness extends Recorder {
  readonly samples: Sample[] = [];
  override sample(sample: Sample): void {
    this.samples.push(sample);
    super.sample(sample);
  }
}

/** A trail on a pretended clock, planned as the dispatcher plans it. */
function begin(
  kind: JourneyKind,
  intendedUs = 1_000,
  dueUs = 1_200,
): { trail: Trail; recorder: Witness; now: { us: number } } {
  const journey: Journey = { id: 1, kind, phase: 'storm', offsetUs: 0, actor: 0 };
  const recorder = new Witness();
  const now = { us: dueUs };
  for (const operation of [JOURNEY_OPERATION[kind], ...STEPS[kind]])
    recorder.planned(operation, 'storm', false);
  return { trail: new Trail(journey, STEPS, intendedUs, dueUs, recorder, () => now.us), recorder, now };
}

/** An operation that takes so long from now. */
const lasting =
  (now: { us: number }, us: number, outcome = OK as ProtocolOutcome): (() => Promise<Timed>) =>
  () => {
    const startedUs = now.us;
    now.us += us;
    return Promise.resolve({ outcome, startedUs, endedUs: now.us });
  };

const ended = (counts: OutcomeCounts): number =>
  Object.values(counts.dropped).reduce((sum, one) => sum + one, counts.ok + counts.rejected + counts.unknown);

function expectSums(operations: readonly OperationCounts[]): void {
  for (const { operation, intents, induced } of operations) {
    expect(ended(intents), operation).toBe(intents.planned);
    expect(ended(induced), operation).toBe(induced.planned);
  }
}

const countsOf = (operations: readonly OperationCounts[], name: OperationName): OutcomeCounts | undefined =>
  operations.find(({ operation }) => operation === name)?.intents;

describe('sums', () => {
  const ways = record({
    kind: constantFrom(...KINDS),
    reached: integer({ min: 0, max: 6 }),
    last: constantFrom(OK, REJECTED, LIMITED, UNKNOWN),
    close: constantFrom('end', 'end twice', 'doubt', ...DROP_REASONS),
    induced: integer({ min: 0, max: 3 }),
  });

  test('hold for every way a journey can end', async () => {
    for (const kind of KINDS)
      for (let reached = 0; reached <= STEPS[kind].length; reached += 1)
        for (const last of [OK, REJECTED, UNKNOWN] as ProtocolOutcome[])
          for (const close of ['end', 'doubt', ...DROP_REASONS] as const) {
            const { trail, recorder, now } = begin(kind);
            for (const [i, name] of STEPS[kind].slice(0, reached).entries())
              await trail.step(name, lasting(now, 10, i === reached - 1 ? last : (OK as ProtocolOutcome)));
            if (close === 'doubt') trail.doubt('who knows');
            else if (close !== 'end') trail.drop(close);
            trail.end();
            expectSums(recorder.drain().operations);
          }
  });

  test('hold with induced operations between the steps, and are recorded once', async () => {
    const run = async (way: {
      kind: JourneyKind;
      reached: number;
      last: Outcome;
      close: string;
      induced: number;
    }): Promise<void> => {
      const { trail, recorder, now } = begin(way.kind);
      for (const name of STEPS[way.kind].slice(0, way.reached)) {
        await trail.step(name, lasting(now, 10));
        for (let i = 0; i < way.induced; i += 1)
          await trail.induced('imap.poll', lasting(now, 5, way.last as ProtocolOutcome));
      }
      if (way.close === 'doubt') trail.doubt('who knows');
      else if (!way.close.startsWith('end')) trail.drop(way.close as (typeof DROP_REASONS)[number]);
      trail.end();
      if (way.close === 'end twice') trail.end();
      const { operations } = recorder.drain();
      expectSums(operations);
      const journey = countsOf(operations, JOURNEY_OPERATION[way.kind]);
      expect(journey && ended(journey)).toBe(1);
    };
    await assert(asyncProperty(ways, run));
  });
});

describe('how a journey ended', () => {
  test('ok, when every step was', async () => {
    const { trail, recorder, now } = begin('read');
    for (const name of STEPS.read) await trail.step(name, lasting(now, 10));
    expect(trail.failed).toBe(false);
    trail.end();
    expect(countsOf(recorder.drain().operations, 'journey.read')).toMatchObject({ ok: 1 });
  });

  test.each(KINDS)('%s: as its first failed step did; what came after was never reached', async (kind) => {
    for (let failing = 0; failing < STEPS[kind].length; failing += 1)
      for (const outcome of [REJECTED, UNKNOWN] as ProtocolOutcome[]) {
        const { trail, recorder, now } = begin(kind);
        for (const [i, name] of STEPS[kind].slice(0, failing + 1).entries())
          await trail.step(name, lasting(now, 10, i === failing ? outcome : (OK as ProtocolOutcome)));
        expect(trail.failed).toBe(true);
        trail.end();
        const { operations } = recorder.drain();
        expect(countsOf(operations, JOURNEY_OPERATION[kind])?.[outcome.kind]).toBe(1);
        for (const [i, name] of STEPS[kind].entries())
          expect(countsOf(operations, name)?.dropped.stepFailed, name).toBe(i > failing ? 1 : 0);
      }
  });

  test('before it began: everything was dropped for the same reason, and nothing has times', () => {
    for (const reason of DROP_REASONS) {
      const { trail, recorder } = begin('canary');
      trail.drop(reason);
      trail.end();
      const { operations, series } = recorder.drain();
      expect(series).toEqual([]);
      for (const { intents } of operations) expect(intents.dropped[reason]).toBe(intents.planned);
    }
  });

  test('given up half way: the journey bears the reason and its time until now, the rest were not reached', async () => {
    const { trail, recorder, now } = begin('canary', 1_000, 1_200);
    await trail.step('smtp.submit', lasting(now, 300));
    now.us = 9_000;
    trail.drop('abandoned');
    trail.end();
    expect(recorder.samples.at(-1)).toMatchObject({
      operation: 'journey.canary',
      intendedUs: 1_000,
      endedUs: 9_000,
    });
    const { operations } = recorder.drain();
    expect(countsOf(operations, 'journey.canary')?.dropped.abandoned).toBe(1);
    expect(countsOf(operations, 'imap.body')?.dropped).toMatchObject({ stepFailed: 1, abandoned: 0 });
  });

  test('in doubt: nobody can tell', async () => {
    const { trail, recorder, now } = begin('canary');
    for (const name of STEPS.canary.slice(0, 5)) await trail.step(name, lasting(now, 10));
    trail.doubt('no longer there');
    trail.end();
    const { operations } = recorder.drain();
    expect(countsOf(operations, 'journey.canary')).toMatchObject({ unknown: 1 });
    expect(countsOf(operations, 'imap.body')?.dropped.stepFailed).toBe(1);
  });

  test('by the first failure, whatever failed later', async () => {
    const { trail, recorder, now } = begin('send');
    await trail.step('smtp.submit', lasting(now, 10, REJECTED as ProtocolOutcome));
    trail.drop('stopped');
    trail.doubt('x');
    trail.end();
    expect(countsOf(recorder.drain().operations, 'journey.send')).toMatchObject({ rejected: 1, unknown: 0 });
  });

  test('by an induced operation too', async () => {
    const { trail, recorder, now } = begin('delete');
    for (const name of STEPS.delete) await trail.step(name, lasting(now, 10));
    await trail.induced('imap.expunge', lasting(now, 10, UNKNOWN as ProtocolOutcome));
    trail.end();
    const { operations } = recorder.drain();
    expect(countsOf(operations, 'journey.delete')).toMatchObject({ unknown: 1 });
    expect(operations.find(({ operation }) => operation === 'imap.expunge')?.induced).toMatchObject({
      planned: 1,
      unknown: 1,
    });
  });

  test('a step out of turn is our bug', async () => {
    const { trail, now } = begin('read');
    await expect(trail.step('imap.body', lasting(now, 1))).rejects.toThrow(/is not step 0 of read/);
  });
});

describe('instants', () => {
  test('the first step is intended and due with its journey; a later one is intended at the previous end, due when taken up', async () => {
    const { trail, recorder, now } = begin('read', 1_000, 1_200);
    now.us = 1_500;
    await trail.step('imap.connect', lasting(now, 100));
    now.us += 40;
    await trail.step('imap.signin', lasting(now, 50));
    trail.end();
    expect(recorder.samples).toMatchObject([
      { operation: 'imap.connect', intendedUs: 1_000, dueUs: 1_200, startedUs: 1_500, endedUs: 1_600 },
      { operation: 'imap.signin', intendedUs: 1_600, dueUs: 1_640, startedUs: 1_640, endedUs: 1_690 },
      { operation: 'journey.read', intendedUs: 1_000, dueUs: 1_200, startedUs: 1_200, endedUs: 1_690 },
    ]);
  });

  test('after a wait the next step is intended and due when the wait was over, and queueing is its own wait', async () => {
    const { trail, recorder, now } = begin('canary', 0, 0);
    await trail.step('smtp.submit', lasting(now, 10));
    now.us = 5_000;
    trail.waited();
    now.us = 7_000;
    await trail.step('imap.connect', lasting(now, 10));
    await trail.step('imap.signin', lasting(now, 10));
    expect(recorder.samples[1]).toMatchObject({
      intendedUs: 5_000,
      dueUs: 5_000,
      startedUs: 7_000,
      endedUs: 7_010,
    });
    expect(recorder.samples[2]).toMatchObject({ intendedUs: 7_010, dueUs: 7_010 });
  });

  test('an induced operation is intended and due when it is made', async () => {
    const { trail, recorder, now } = begin('delete', 0, 0);
    for (const name of STEPS.delete) await trail.step(name, lasting(now, 10));
    now.us = 800;
    await trail.induced('imap.store', lasting(now, 30));
    trail.end();
    expect(recorder.samples.at(-2)).toMatchObject({
      induced: true,
      intendedUs: 800,
      dueUs: 800,
      endedUs: 830,
    });
    expect(recorder.samples.at(-1)).toMatchObject({ operation: 'journey.delete', endedUs: 830 });
  });

  test('are in order even if a client’s clock readings are not', async () => {
    const { trail, recorder } = begin('send', 1_000, 1_200);
    await trail.step('smtp.submit', () =>
      Promise.resolve({ outcome: OK as ProtocolOutcome, startedUs: 900, endedUs: 1_100 }),
    );
    expect(recorder.samples[0]).toMatchObject({ dueUs: 1_200, startedUs: 1_200, endedUs: 1_200 });
  });
});
