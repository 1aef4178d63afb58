/** HTTP and JMAP answers by the hundred: any cutting gives the same outcome, nothing crashes, memory stays bounded. */

import pLimit from 'p-limit';
import { describe, expect, it } from 'vitest';

import { HttpConnection } from '../../src/protocol/http/connection.ts';
import { JmapChannel } from '../../src/protocol/jmap/channel.ts';
import { JmapConnection } from '../../src/protocol/jmap/connection.ts';
import { type JmapSession, LEAST_LIMITS } from '../../src/protocol/jmap/session.ts';
import { randomStream, type RandomStream } from '../../src/random.ts';
import { dialogue, type Dialogue } from './peers/dialogue.ts';
import { clock, settings } from './peers/endpoint.ts';
import { request } from './peers/http.ts';
import { honestAnswer, spoiltAnswer } from './peers/http-streams.ts';

const numberOf = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);

/** `npm run fuzz:http` sets many; one failure is replayed with FUZZ_SEED, FUZZ_FROM and FUZZ_STREAMS=1. */
const SEED = numberOf('FUZZ_SEED', 1);
const FROM = numberOf('FUZZ_FROM', 0);
const STREAMS = numberOf('FUZZ_STREAMS', 800);
const CUTS = 60;

/** Only a stream that makes us wait for more than there is comes to this. */
const DEADLINES = { openUs: 10_000_000, commandUs: 2_000_000 };

const GROWTH_BYTES = 60_000_000;

const SESSION: JmapSession = {
  accountId: 'A',
  submissionAccountId: 'A',
  apiPath: '/api',
  uploadUrl: '/up/{accountId}/',
  downloadUrl: '/down/{blobId}',
  eventSourceUrl: '/events',
  limits: LEAST_LIMITS,
  state: 's',
};

const limit = pLimit(16);

/** A server that answers each first request with the bytes, cut as told, and hangs up. */
function streams(
  answerOf: (index: number) => Buffer,
  cutOf: (index: number) => RandomStream | undefined,
): Promise<Dialogue> {
  return dialogue(async (peer) => {
    const asked = await request(peer);
    const index = Number(asked?.fields.get('x-index'));
    const bytes = answerOf(index);
    const random = cutOf(index);
    for (let at = 0; at < bytes.length; ) {
      const to = random === undefined ? bytes.length : Math.min(bytes.length, at + 1 + random.integer(40));
      peer.raw(bytes.subarray(at, to));
      await new Promise((resolve) => setImmediate(resolve));
      at = to;
    }
    peer.end();
  });
}

/** One call of each kind by turns, on a connection of its own; what became of it. Throws only where our code has a bug. */
async function ask(port: number, index: number): Promise<{ outcome: { kind: string }; value: unknown }> {
  const place = { endpoint: settings('jmap+http', port).endpoint, clock };
  const http = new HttpConnection({
    ...place,
    deadlines: DEADLINES,
    limits: { headerBytes: 8_192, bodyBytes: 65_536 },
  });
  const numbered = Object.assign(Object.create(http) as HttpConnection, {
    ask: (one: Parameters<HttpConnection['ask']>[0]) =>
      http.ask({ ...one, headers: [...one.headers, 'x-index', String(index)] }),
  });
  const channel = new JmapChannel(numbered, SESSION, place, { login: 'a', password: 'b' });
  const connection = new JmapConnection(channel);
  const result = await [
    () => connection.list({ limit: 5 }, ['id']),
    () => connection.sweep({ limit: 5 }),
    () => connection.query({ limit: 5 }),
    () => connection.download('G1'),
  ][index % 4]?.();
  http.destroy();
  if (result === undefined) throw new Error('no call');
  if (result.startedUs > result.endedUs)
    throw new Error(`ended ${result.endedUs} before ${result.startedUs}`);
  if ((result.value !== undefined) !== (result.outcome.kind === 'ok'))
    throw new Error('a value without an ok');
  return { outcome: result.outcome, value: result.value };
}

/** Words: how far the kernel had come shows in them, and of a reason phrase cut in two undici keeps the last piece only. */
const WORDS = ['text', 'because', 'evidence'];

/** Everything about an outcome but its words. */
const plainly = ({ outcome, value }: { outcome: object; value: unknown }): unknown => ({
  outcome: Object.fromEntries(Object.entries(outcome).filter(([name]) => !WORDS.includes(name))),
  value,
});

describe('any cutting of an answer gives the same outcome', () => {
  it.each([
    ['honest', honestAnswer],
    ['spoilt', spoiltAnswer],
  ] as const)('%s', async (name, answerOf) => {
    const bytesOf = (index: number): Buffer => answerOf(randomStream(SEED, `http-cut-${name}`, index));
    const whole = await streams(bytesOf, () => undefined);
    const cut = await streams(bytesOf, (index) => randomStream(SEED, `http-cuts-${name}`, index));
    const kinds = new Set<string>();
    const one = async (index: number): Promise<void> => {
      const first = await ask(whole.port, index);
      kinds.add(first.outcome.kind);
      expect(plainly(await ask(cut.port, index)), `stream ${index}`).toEqual(plainly(first));
    };
    await Promise.all(Array.from({ length: CUTS }, (_, index) => limit(() => one(index))));
    await Promise.all([whole.close(), cut.close()]);
    expect([...kinds].sort()).toEqual(expect.arrayContaining(['ok', 'rejected']));
  });
});

it(
  `${STREAMS} fuzzed answers end without a crash, in bounded memory`,
  async () => {
    const peer = await streams(
      (index) => spoiltAnswer(randomStream(SEED, 'http-fuzz', index)),
      (index) => (index % 3 === 0 ? undefined : randomStream(SEED, 'http-fuzz-cut', index)),
    );
    const kinds = new Map<string, number>();
    let early = 0;
    const one = async (index: number): Promise<void> => {
      const { outcome } = await ask(peer.port, index).catch((error: unknown) => {
        throw new Error(`FUZZ_SEED=${SEED} FUZZ_FROM=${index} FUZZ_STREAMS=1`, { cause: error });
      });
      kinds.set(outcome.kind, (kinds.get(outcome.kind) ?? 0) + 1);
      if (index === FROM + Math.floor(STREAMS / 10)) early = process.memoryUsage().heapUsed;
    };
    await Promise.all(Array.from({ length: STREAMS }, (_, n) => limit(() => one(FROM + n))));
    await peer.close();
    if (STREAMS < 500) return;
    for (const kind of ['ok', 'rejected', 'unknown'])
      expect(kinds.get(kind), kind).toBeGreaterThan(STREAMS / 50);
    expect(process.memoryUsage().heapUsed - early).toBeLessThan(GROWTH_BYTES);
  },
  Math.max(60_000, STREAMS * 20),
);
