/** Our JMAP client against the embedded target, two readings of the same RFCs: every way to delete, and waiting to be told. */

import { describe, expect, test, vi } from 'vitest';

import { INBOX } from '../../src/replay/clients/client.ts';
import { openJmapMailbox } from '../../src/replay/clients/jmap-mailbox.ts';
import { FilterTrust } from '../../src/replay/jmap-search.ts';
import { settings } from '../protocol/peers/endpoint.ts';

import { ADA, delivered, PASSWORD, send, signIn, startLab } from '../target/lab.ts';
import { cells, foreignCells, type Ground } from './deletion-cells.ts';
import { subjectsOf } from './jmap-mailboxes.ts';

async function ground(): Promise<Ground> {
  const target = await startLab({ jmapPort: 0 });
  const client = await signIn(target, ADA);
  const { imapPort, jmapPort = 0 } = target.ports;
  await delivered(target);
  return { client, place: { imapPort, jmapPort, address: ADA, password: PASSWORD } };
}

describe('selection x disposal', () => {
  cells(ground);
  foreignCells(ground);
});

test('what comes is told, and waited for', async () => {
  const target = await startLab({ jmapPort: 0 });
  const door = { http: settings('jmap+http', target.ports.jmapPort ?? 0), trust: new FilterTrust() };
  const { client } = await openJmapMailbox(door, { login: ADA, password: PASSWORD });
  if (client === undefined) throw new Error('not signed in');
  let bookmark = (await client.open(INBOX)).value?.bookmark ?? { door: 'jmap' as const, state: '' };
  const { signal } = new AbortController();
  const wait = () => client.awaitNews({ forUs: 20_000_000, signal });
  const news = async (): Promise<unknown> => {
    const { value } = await client.news(bookmark, ['Subject']);
    bookmark = value?.bookmark ?? bookmark;
    return subjectsOf(value?.rows);
  };
  expect(wait()).toBeUndefined();
  let sent = 0;
  // Until the stream has shown that it tells, whoever waits looks for himself.
  await vi.waitFor(
    async () => {
      sent += 1;
      await send(target, { to: ADA, subject: `told ${sent}` });
      await delivered(target);
      expect(wait()).toBeDefined();
    },
    { timeout: 20_000, interval: 50 },
  );
  await wait();
  expect(await news()).toEqual(Array.from({ length: sent }, (_, n) => `told ${n + 1}`));
  const waiting = wait();
  await send(target, { to: ADA, subject: 'woken' });
  expect(await waiting).toMatchObject({ outcome: { kind: 'ok' }, value: { changed: true } });
  await delivered(target);
  expect(await news()).toEqual(['woken']);
  client.destroy();
});
