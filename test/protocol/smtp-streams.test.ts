/** Reply streams by the thousand: any chunking gives the same outcomes, nothing crashes, every message has one outcome, memory stays bounded. */

import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { SmtpChannel } from '../../src/protocol/smtp/channel.ts';
import type { Wire } from '../../src/protocol/wire.ts';
import { ChunkWire } from './peers/fake-wire.ts';
import { chunksOf, honestStream, MESSAGES, runStream, spoiltStream } from './peers/smtp-streams.ts';

const numberOf = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);

/** `npm run fuzz:smtp` sets a million; one failure is replayed with FUZZ_SEED, FUZZ_FROM and FUZZ_STREAMS=1. */
const SEED = numberOf('FUZZ_SEED', 1);
const FROM = numberOf('FUZZ_FROM', 0);
const STREAMS = numberOf('FUZZ_STREAMS', 5_000);

/** The heap after a tenth of the streams and after all of them may differ by no more: a leak of 60 bytes a stream shows. */
const GROWTH_BYTES = 60_000_000;

/** Nothing a server says makes us write more than this: six messages, and resets and goodbyes between. */
const WRITTEN_BYTES = 10_000;

const CUTS = 300;

describe('any chunking of a reply stream gives the same outcomes', () => {
  it.each([
    ['honest', honestStream],
    ['spoilt', spoiltStream],
  ] as const)('%s', (name, streamOf) => {
    for (let index = 0; index < CUTS; index += 1) {
      const { bytes, kind } = streamOf(randomStream(SEED, `smtp-cut-${name}`, index));
      const whole = runStream([bytes], kind);
      expect(runStream(chunksOf(bytes, undefined), kind), `stream ${index}, every byte`).toEqual(whole);
      for (let cut = 0; cut < 3; cut += 1) {
        const random = randomStream(SEED, `smtp-cuts-${name}-${index}`, cut);
        expect(runStream(chunksOf(bytes, random), kind), `stream ${index}, cut ${cut}`).toEqual(whole);
      }
    }
  });
});

it('a byte between the answer to STARTTLS and the handshake is an injection, in whatever piece it comes', async () => {
  const wire = new ChunkWire();
  const channel = new SmtpChannel(wire as unknown as Wire, () => 0);
  channel.listen();
  const answered = channel.askAndSeal('STARTTLS', 1e6);
  wire.feed(Buffer.from('220 go ahead\r\n'));
  expect(wire.ending).toBeUndefined();
  wire.feed(Buffer.from('2'));
  expect(wire.ending).toMatchObject({ kind: 'tls' });
  expect((await answered)?.code).toBe(220);
});

it('an honest server is believed to the recipient, and never left', () => {
  for (let index = 0; index < 500; index += 1) {
    const { bytes, kind } = honestStream(randomStream(SEED, 'smtp-honest', index));
    const { results, accepted, ending } = runStream([bytes], kind);
    expect(ending, `stream ${index}`).toBeUndefined();
    const text = bytes.toString();
    // Each verdict stands for one recipient over LMTP; over SMTP for all that were taken with it.
    const refused = (text.match(/^550 /gm) ?? []).length;
    const oks = results.flat().filter(({ kind: how }) => how === 'ok').length;
    expect(results.flat().filter((one) => one.kind === 'rejected' && one.code === 550)).toHaveLength(refused);
    expect(results.flat().some(({ kind: how }) => how === 'unknown')).toBe(false);
    expect(accepted.reduce((sum, one) => sum + one, 0)).toBe(oks);
    if (kind.isLmtp) expect(oks).toBe((text.match(/queued as/g) ?? []).length);
  }
});

it(
  `${STREAMS} spoilt streams end without a crash, in bounded memory, each message with its outcome`,
  async () => {
    const endings = new Map<string, number>();
    const outcomes = new Map<string, number>();
    let heapEarly = 0;
    for (let index = FROM; index < FROM + STREAMS; index += 1) {
      const random = randomStream(SEED, 'smtp-fuzz', index);
      const { bytes, kind } = spoiltStream(random);
      try {
        const { results, ending, writtenBytes } = runStream(chunksOf(bytes, random), kind);
        count(endings, ending?.kind ?? 'alive');
        for (const recipients of results) for (const one of recipients) count(outcomes, one.kind);
        if (writtenBytes > WRITTEN_BYTES) throw new Error(`${writtenBytes} bytes were written`);
      } catch (error) {
        throw new Error(`FUZZ_SEED=${SEED} FUZZ_FROM=${index} FUZZ_STREAMS=1`, { cause: error });
      }
      if (index === FROM + Math.floor(STREAMS / 10)) heapEarly = process.memoryUsage().heapUsed;
      // The rest of the process lives now and then too.
      if (index % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const total = [...outcomes.values()].reduce((sum, one) => sum + one, 0);
    expect(total).toBe(STREAMS * MESSAGES.reduce((sum: number, one) => sum + one, 0));
    if (STREAMS < 1_000) return;
    // A server left for nonsense, one that closed and one that was followed to its end: else nothing was tested.
    for (const kind of ['protocol', 'said', 'alive'])
      expect(endings.get(kind), kind).toBeGreaterThan(STREAMS / 100);
    for (const kind of ['ok', 'rejected', 'unknown'])
      expect(outcomes.get(kind), kind).toBeGreaterThan(STREAMS / 100);
    expect(process.memoryUsage().heapUsed - heapEarly).toBeLessThan(GROWTH_BYTES);
  },
  Math.max(30_000, STREAMS * 2),
);

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
