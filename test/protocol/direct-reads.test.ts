/** Bytes that go past a socket's own stream: whole, in order, nobody else's, and no further than somebody asks. */

import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';

import { HttpConnection } from '../../src/protocol/http/connection.ts';
import { DirectReads } from '../../src/protocol/http/direct-reads.ts';
import { type Dialogue, dialogue } from './peers/dialogue.ts';
import { settings } from './peers/endpoint.ts';
import { answer, httpPeer } from './peers/http.ts';

const open: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

const GET = { method: 'GET', path: '/', headers: [], changes: false, keeps: true } as const;

const BYTES = Buffer.from(Array.from({ length: 400_000 }, (_, n) => n % 251));

async function sender(ends: boolean): Promise<Dialogue> {
  const peer = await dialogue((one) => {
    one.raw(BYTES);
    if (ends) one.end();
    return Promise.resolve();
  });
  open.push(() => peer.close());
  return peer;
}

function reader({ port }: Dialogue): Socket {
  const reads = new DirectReads();
  const socket = connect({ host: '127.0.0.1', port, onread: reads.onread });
  open.push(() => socket.destroy());
  reads.serve(socket);
  return socket;
}

test('a reader that asks is given everything, and then the end', async () => {
  const socket = reader(await sender(true));
  const got: Buffer[] = [];
  socket.on('readable', () => {
    for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read()) got.push(chunk);
  });
  await new Promise((resolve) => socket.once('end', resolve));
  expect(Buffer.concat(got).equals(BYTES)).toBe(true);
});

test('a socket that nobody asks holds one read and takes no more; asked, it goes on where it was', async () => {
  const socket = reader(await sender(false));
  await expect.poll(() => socket.bytesRead).toBeGreaterThan(0);
  const held = socket.bytesRead;
  for (let n = 0; n < 200; n += 1) await turn();
  expect(socket.bytesRead).toBe(held);
  expect(held).toBeLessThan(BYTES.length);
  const first = socket.read() as Buffer;
  expect(first).toHaveLength(held);
  const got = [first];
  socket.on('readable', () => got.push(socket.read() as Buffer));
  // What there is to read has been read; only the asking begins it again.
  expect(socket.read()).toBeNull();
  await expect.poll(() => Buffer.concat(got).length).toBe(BYTES.length);
  expect(Buffer.concat(got).equals(BYTES)).toBe(true);
});

test('an answer cut within its header is not mixed with what another connection reads meanwhile', async () => {
  const peer = await httpPeer(async ({ line }, one) => {
    if (line.includes('/other')) return answer('200 OK', 'x'.repeat(2_000));
    one.raw('HTTP/1.1 302 Found\r\nX-Long: abcdefgh\r\nLocation: /where-it');
    await turn();
    await lines[1].ask({ ...GET, path: '/other' });
    one.raw('-went\r\nContent-Length: 4\r\n\r\nbo');
    await lines[1].ask({ ...GET, path: '/other' });
    return 'dy';
  });
  open.push(() => peer.close());
  const line = (): HttpConnection => new HttpConnection(settings('http', peer.port));
  const lines = [line(), line()] as const;
  open.push(
    () => lines[0].destroy(),
    () => lines[1].destroy(),
  );
  await lines[1].ask({ ...GET, path: '/other' });
  const found = await lines[0].ask(GET);
  await lines[1].ask({ ...GET, path: '/other' });
  expect(found.field('x-long')).toBe('abcdefgh');
  expect(found.field('location')).toBe('/where-it-went');
  expect(String(found.body)).toBe('body');
});
