/** Reply streams by the thousand: any chunking gives the same outcomes, news may come anywhere, nothing crashes, memory stays bounded. */

import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { chunksOf, fuzzOne, honestStream, runStream, spoiltStream } from './peers/imap-streams.ts';

const numberOf = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);

/** `npm run fuzz:imap` sets a million; one failure is replayed with FUZZ_SEED, FUZZ_FROM and FUZZ_STREAMS=1. */
const SEED = numberOf('FUZZ_SEED', 1);
const FROM = numberOf('FUZZ_FROM', 0);
const STREAMS = numberOf('FUZZ_STREAMS', 4_000);

/** A leak of a hundred bytes a stream would show: the heap after a tenth of them and after all must not differ by more. */
const GROWTH_BYTES = 60_000_000;

const CUTS = 300;

describe('any chunking of a reply stream gives the same outcomes', () => {
  it.each([
    ['honest', honestStream],
    ['spoilt', spoiltStream],
  ] as const)('%s', async (name, streamOf) => {
    for (let index = 0; index < CUTS; index += 1) {
      const bytes = streamOf(randomStream(SEED, `imap-cut-${name}`, index));
      const whole = await runStream(chunksOf(bytes, undefined), false);
      for (let cut = 0; cut < 3; cut += 1) {
        const random = randomStream(SEED, `imap-cuts-${name}-${index}`, cut);
        const found = await runStream(chunksOf(bytes, random), cut > 0);
        expect(found, `stream ${index}, cut ${cut}`).toEqual(whole);
      }
    }
  });
});

it('news and BYE come anywhere, and every command still has its outcome', async () => {
  const kinds = new Map<string, number>();
  for (let index = 0; index < 500; index += 1) {
    const bytes = honestStream(randomStream(SEED, 'imap-news', index));
    const { outcomes, ending } = await runStream(chunksOf(bytes, undefined), false);
    const said = ending as { kind: string } | undefined;
    // A server that keeps to the protocol is only ever left for its own goodbye.
    expect(said?.kind ?? 'said', `stream ${index}`).toBe('said');
    for (const { outcome } of outcomes as { outcome: { kind: string } }[])
      kinds.set(outcome.kind, (kinds.get(outcome.kind) ?? 0) + 1);
  }
  for (const kind of ['ok', 'rejected', 'unknown']) expect(kinds.get(kind), kind).toBeGreaterThan(50);
});

it(
  `${STREAMS} fuzzed streams end without a crash, in bounded memory`,
  async () => {
    const kinds = new Map<string, number>();
    let heapEarly = 0;
    for (let index = FROM; index < FROM + STREAMS; index += 1) {
      const found = await fuzzOne(SEED, index).catch((error: unknown) => {
        throw new Error(`FUZZ_SEED=${SEED} FUZZ_FROM=${index} FUZZ_STREAMS=1`, { cause: error });
      });
      const kind = (found.ending as { kind: string } | undefined)?.kind ?? 'alive';
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (index === FROM + Math.floor(STREAMS / 10)) heapEarly = process.memoryUsage().heapUsed;
      // Promises settle in microtasks; the loop lets the rest of the process live now and then.
      if (index % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (STREAMS < 1_000) return;
    // Both a server that is left for nonsense and one that is not must have been met, or nothing was tested.
    for (const kind of ['protocol', 'said', 'alive'])
      expect(kinds.get(kind), kind).toBeGreaterThan(STREAMS / 100);
    expect(process.memoryUsage().heapUsed - heapEarly).toBeLessThan(GROWTH_BYTES);
  },
  Math.max(30_000, STREAMS * 2),
);
