/** What became of the conversation: branches, causes and sums, on trees small enough to count by hand. */

import { array, assert, constantFrom, integer, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  cascadeFigures,
  prunedMessages,
  pruning,
  type ReplyEnd,
  type ReplyNote,
} from '../../src/measure/cascade.ts';
import { Recorder } from '../../src/measure/recorder.ts';
import { Tally } from '../../src/measure/tally.ts';

/** [parent, end, sent, parent seen] of each message in turn. */
type Row = readonly [parent: number, end: ReplyEnd, sentUs?: number | undefined, parentSeenUs?: number];

function figures(mode: 'open' | 'coupled', rows: readonly Row[]) {
  const tree = rows.map(([parent]) => ({ parent }));
  const notes = rows.map(([, end, sentUs, parentSeenUs], number): [number, ReplyNote] => [
    number,
    { number, end, sentUs, parentSeenUs },
  ]);
  return cascadeFigures(mode, tree, new Map(notes));
}

describe('a coupled conversation', () => {
  test('starves by the branch: a root that never saw what had left, with all below it', () => {
    const found = figures('coupled', [
      [-1, 'accepted', 0],
      [0, 'accepted', 10, 4],
      [0, 'starved'],
      [2, 'starved'],
      [3, 'starved'],
      [1, 'starved'],
      [1, 'unknown', 30, 12],
      [6, 'starved'],
    ]);
    expect(found).toMatchObject({ planned: 7, sent: 2, accepted: 1, unknown: 1, pruned: 0, unsent: {} });
    expect(found.starved).toEqual({ branches: 3, replies: 5 });
    expect(found.hypothetical).toBeNull();
    expect(found.seenAfterUs).toEqual({ count: 2, p50: null, p90: null, max: 4 });
  });

  test('is pruned below what was refused or never left, however deep', () => {
    const found = figures('coupled', [
      [-1, 'accepted', 0],
      [0, 'rejected', 10, 4],
      [1, 'starved'],
      [2, 'starved'],
      [0, 'late', undefined, 5],
      [4, 'starved'],
      [0, 'starved'],
    ]);
    expect(found).toMatchObject({ planned: 6, sent: 1, refused: 1, pruned: 3, unsent: { late: 1 } });
    expect(found.starved).toEqual({ branches: 1, replies: 1 });
  });

  test('with the first message refused is pruned altogether, and knows no delay and no ratio', () => {
    const found = figures('coupled', [
      [-1, 'rejected', 0],
      [0, 'starved'],
      [1, 'starved'],
    ]);
    expect(found).toMatchObject({ pruned: 2, starved: { branches: 0, replies: 0 }, branchingRatio: null });
    expect(found.seenAfterUs).toEqual({ count: 0, p50: null, p90: null, max: null });
  });

  test('has percentiles of its delays only where there are enough', () => {
    const many = (count: number): Row[] => [
      [-1, 'accepted', 100],
      ...Array.from({ length: count }, (_, index): Row => [0, 'accepted', 1_000, 101 + index]),
    ];
    expect(figures('coupled', many(19)).seenAfterUs).toMatchObject({ count: 19, p50: null, max: 19 });
    expect(figures('coupled', many(20)).seenAfterUs).toMatchObject({ p50: 10, p90: null });
    expect(figures('coupled', many(100)).seenAfterUs).toMatchObject({ p50: 50, p90: 90, max: 100 });
  });
});

describe('an open conversation', () => {
  test('labels what was sent below a refusal, and not what was sent below the unknown', () => {
    const found = figures('open', [
      [-1, 'accepted', 0],
      [0, 'rejected', 1],
      [1, 'accepted', 2],
      [2, 'rejected', 3],
      [0, 'unknown', 4],
      [4, 'accepted', 5],
      [1, 'stopped'],
    ]);
    expect(found).toMatchObject({ hypothetical: 2, starved: null, pruned: null, seenAfterUs: null });
    expect(found).toMatchObject({ planned: 6, sent: 5, accepted: 2, refused: 2, unsent: { stopped: 1 } });
    expect(found.branchingRatio).toBe(1);
  });

  test('branches as its accepted replies did', () => {
    const found = figures('open', [
      [-1, 'accepted', 0],
      [0, 'accepted', 1],
      [0, 'accepted', 2],
      [1, 'accepted', 3],
      [1, 'rejected', 3],
    ]);
    expect(found.branchingRatio).toBeCloseTo(1 / 3);
  });

  test('that nobody told of was stopped', () => {
    const found = cascadeFigures('open', [{ parent: -1 }, { parent: 0 }], new Map());
    expect(found).toMatchObject({ planned: 1, sent: 0, unsent: { stopped: 1 } });
  });
});

describe('a message that takes one back', () => {
  const told = (...rows: Row[]): Map<number, ReplyNote> =>
    new Map(
      rows.map(([, end, sentUs, parentSeenUs], number) => [number, { number, end, sentUs, parentSeenUs }]),
    );
  const tree = [{ parent: -1 }, { parent: 0 }, { parent: 1 }, { parent: 1, isRecall: true }] as const;

  test('is no reply, whatever became of it', () => {
    const taken = told(
      [-1, 'accepted', 0],
      [0, 'accepted', 10, 4],
      [1, 'accepted', 20, 12],
      [1, 'accepted', 30, 29],
    );
    const coupled = cascadeFigures('coupled', tree, taken);
    expect(coupled).toMatchObject({ planned: 2, sent: 2, accepted: 2, branchingRatio: 1 / 2 });
    expect(coupled.seenAfterUs).toMatchObject({ count: 2, max: 4 });
    const refused = told([-1, 'rejected', 0], [0, 'rejected', 10], [1, 'accepted', 20], [1, 'accepted', 30]);
    expect(cascadeFigures('open', tree, refused)).toMatchObject({ sent: 2, hypothetical: 2 });
    const late = told([-1, 'accepted', 0], [0, 'accepted', 1], [1, 'late'], [1, 'late']);
    expect(cascadeFigures('open', tree, late).unsent).toEqual({ late: 1 });
  });

  test('is pruned and starved apart from the replies, and corrects the tally with them', () => {
    const pruned = told([-1, 'accepted', 0], [0, 'rejected', 10, 4], [1, 'starved'], [1, 'starved']);
    expect(cascadeFigures('coupled', tree, pruned)).toMatchObject({ planned: 2, pruned: 1 });
    expect(prunedMessages(tree, pruned)).toBe(2);
    const starved = told([-1, 'accepted', 0], [0, 'accepted', 10, 4], [1, 'starved'], [1, 'starved']);
    expect(cascadeFigures('coupled', tree, starved).starved).toEqual({ branches: 1, replies: 1 });
    expect(prunedMessages(tree, starved)).toBe(0);
  });
});

test('every planned reply is counted once, in either mode', () => {
  const ends: readonly ReplyEnd[] = ['accepted', 'rejected', 'unknown', 'starved', 'late', 'held', 'stopped'];
  const row = tuple(integer({ min: 0, max: 1_000 }), constantFrom(...ends));
  assert(
    property(
      array(row, { maxLength: 60 }),
      constantFrom('open' as const, 'coupled' as const),
      (drawn, mode) => {
        const rows: Row[] = [[-1, 'accepted', 0]];
        for (const [at, end] of drawn) {
          // Nobody starves in open mode.
          rows.push([at % rows.length, mode === 'open' && end === 'starved' ? 'late' : end]);
        }
        const { planned, sent, accepted, refused, unknown, starved, pruned, unsent } = figures(mode, rows);
        const dropped = Object.values(unsent).reduce((sum, one) => sum + one, 0);
        expect(sent).toBe(accepted + refused + unknown);
        expect(sent + (starved?.replies ?? 0) + (pruned ?? 0) + dropped).toBe(planned);
        expect(starved?.branches ?? 0).toBeLessThanOrEqual(starved?.replies ?? 0);
      },
    ),
  );
});

test.each(['smtp.submit', 'jmap.submit'] as const)(
  'pruning moves counts of %s from one reason to the other and leaves the sums alone',
  (submission) => {
    const recorder = new Recorder();
    const tally = new Tally();
    for (const operation of ['journey.send', submission] as const)
      for (let count = 0; count < 5; count += 1) {
        recorder.planned(operation, 'storm', false);
        recorder.dropped(operation, 'storm', false, 'starved');
      }
    tally.add(recorder.drain(), 0);
    tally.add(pruning(2, submission), 9_000_000);
    expect(tally.operations()).toHaveLength(2);
    for (const { intents } of tally.operations())
      expect(intents).toMatchObject({ planned: 5, dropped: { starved: 3, pruned: 2 } });
  },
);
