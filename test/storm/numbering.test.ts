/** Numbers and Message-IDs: there and back for every stream, and nobody else's taken for ours. */

import { assert, constantFrom, integer, property, string, stringMatching } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  backgroundNumber,
  MAX_PER_SLICE,
  messageId,
  parseMessageId,
  plainNumber,
  STREAMS,
  streamOf,
} from '../../src/storm/numbering.ts';
import { PHASES } from '../../src/words.ts';

const runIds = stringMatching(/^[a-z0-9-]{1,64}$/);
const seeds = integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('numbers', () => {
  test('tell their stream, and are unique over streams, phases, slices and indices', () => {
    const edges = [0, 1, 59, 86_400];
    const numbers = STREAMS.flatMap((stream) =>
      PHASES.flatMap((phase) =>
        edges.flatMap((slice) =>
          [0, 1, MAX_PER_SLICE - 1].map((index) => {
            const number = backgroundNumber(stream, phase, slice, index);
            expect(streamOf(number)).toBe(stream);
            expect(Number.isSafeInteger(number)).toBe(true);
            return number;
          }),
        ),
      ),
    );
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test('a plain number tells its stream too; what we never give out has none', () => {
    for (const stream of STREAMS) expect(streamOf(plainNumber(stream, 9_999_999))).toBe(stream);
    expect(streamOf(plainNumber('list', 0))).toBe('list');
    expect(streamOf(-1)).toBeUndefined();
    expect(streamOf(STREAMS.length * 2 ** 40)).toBeUndefined();
    expect(streamOf(Number.NaN)).toBeUndefined();
  });
});

describe('Message-IDs', () => {
  test('say what went into them, for every stream, seed and run', () => {
    assert(
      property(
        runIds,
        seeds,
        constantFrom(...STREAMS),
        integer({ min: 0, max: 2 ** 31 - 1 }),
        (runId, seed, stream, index) => {
          const number = plainNumber(stream, index);
          const id = messageId(runId, seed, number);
          expect(parseMessageId(id)).toEqual({ runId, seed, number });
          expect(id).toMatch(/^<[!-~]+@[a-z.]+>$/);
          expect(id.length).toBeLessThan(200);
        },
      ),
    );
  });

  test('are found in a header’s value or a bounce’s text, the first of several', () => {
    const [a, b] = [messageId('run-a', 1, 2), messageId('run-b', 3, 4)];
    expect(parseMessageId(`References: <x@y.example>\r\n ${a}\r\n ${b}`)).toEqual({
      runId: 'run-a',
      seed: 1,
      number: 2,
    });
  });

  test('of others are not ours', () => {
    const ours = messageId('run', 1, 2);
    for (const text of [
      '',
      '<rs.run.1.2@replystorm.example>',
      '<rs.run.1@replystorm.invalid>',
      '<xrs.run.1.2@replystorm.invalid>',
      '<rs.RUN.1.2@replystorm.invalid>',
      '<rs..1.2@replystorm.invalid>',
      ours.slice(0, -1),
      ours.slice(1),
      `<rs.${'r'.repeat(65)}.1.2@replystorm.invalid>`,
    ])
      expect(parseMessageId(text), text).toBeUndefined();
    assert(
      property(string(), (text) => {
        expect(parseMessageId(text)).toBeUndefined();
      }),
    );
  });

  test('differ by run, seed and number', () => {
    const ids = ['a', 'b'].flatMap((run) =>
      [1, 2].flatMap((seed) => [1, 2].map((n) => messageId(run, seed, n))),
    );
    expect(new Set(ids).size).toBe(8);
  });
});
