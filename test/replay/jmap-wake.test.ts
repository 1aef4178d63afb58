/** Waiting for a JMAP server's word: believed once it was seen to be given, and never missed for a look that was under way. Time is pretended. */

import { describe, expect, test, vi } from 'vitest';

import { INBOX } from '../../src/replay/clients/client.ts';
import { FilterTrust } from '../../src/replay/jmap-search.ts';
import { answer } from '../protocol/peers/http.ts';
import { type JmapHabits, stateEvent } from '../protocol/peers/jmap.ts';
import { entered, FIELDS, served, subjectsOf } from './jmap-mailboxes.ts';

describe('waiting for news', () => {
  const FOREVER = { forUs: 60_000_000, signal: new AbortController().signal };
  /** A clock that stands until it is moved. */
  function timed() {
    let nowUs = 0;
    const now = (): number => nowUs;
    return { now, pass: (us: number): void => void (nowUs += us) };
  }

  /** A client whose stream of events stands, and how to make the server tell. */
  async function listening(habits: Partial<JmapHabits> = {}) {
    const peer = await served([], habits);
    const { now, pass } = timed();
    const client = await entered(peer, new FilterTrust(), now);
    const bookmark = (await client.open(INBOX)).value?.bookmark ?? { door: 'jmap', state: '' };
    const first = client.awaitNews(FOREVER);
    const reads = client.bytesRead;
    await vi.waitFor(() => expect(peer.listening).toBe(1));
    const told = async (state: string): Promise<void> => {
      const before = client.bytesRead;
      peer.tell(stateEvent(state));
      await vi.waitFor(() => expect(client.bytesRead).toBeGreaterThan(before));
    };
    await vi.waitFor(() => expect(client.bytesRead).toBeGreaterThan(reads));
    return { peer, client, bookmark, first, told, pass };
  }

  test('is believed once the stream has told of a change, and wakes then', async () => {
    const { peer, client, bookmark, first, told, pass } = await listening();
    expect(first).toBeUndefined();
    expect(client.awaitNews(FOREVER)).toBeUndefined();
    pass(2_000_000);
    peer.deliver({ subject: 'a' });
    await told('1');
    const proven = await client.awaitNews(FOREVER);
    expect(proven).toMatchObject({ outcome: { kind: 'ok' }, value: { changed: true } });
    const news = await client.news(bookmark, FIELDS);
    expect(subjectsOf(news.value?.rows)).toEqual(['a']);
    const waiting = client.awaitNews(FOREVER);
    pass(5_000_000);
    await told('2');
    expect(await waiting).toMatchObject({ value: { changed: true, changedUs: 7_000_000 } });
    expect(peer.listening).toBe(1);
  });

  test('does not believe a greeting, nor what it has seen itself', async () => {
    const { client, told, pass } = await listening();
    await told('7');
    expect(client.awaitNews(FOREVER)).toBeUndefined();
    pass(2_000_000);
    await told('0');
    expect(client.awaitNews(FOREVER)).toBeUndefined();
    await told('8');
    expect(client.awaitNews(FOREVER)).toBeInstanceOf(Promise);
  });

  test('sleeps through nothing that comes during a look, and wakes for nothing that the look showed', async () => {
    const { peer, client, bookmark, told, pass } = await listening();
    pass(2_000_000);
    peer.deliver({ subject: 'a' }, { subject: 'b' });
    await told('1');
    await told('2');
    await client.news(bookmark, FIELDS);
    const stop = new AbortController();
    const waiting = client.awaitNews({ forUs: 60_000_000, signal: stop.signal });
    // A word that is late tells of what was seen: one more look, and no more.
    await told('1');
    expect(await waiting).toMatchObject({ value: { changed: true } });
    await client.news(bookmark, FIELDS);
    const next = client.awaitNews({ forUs: 60_000_000, signal: stop.signal });
    stop.abort();
    expect(await next).toMatchObject({ outcome: { kind: 'ok' }, value: { changed: false } });
    expect(await client.awaitNews({ forUs: 60_000_000, signal: stop.signal })).toMatchObject({
      value: { changed: false },
    });
    expect(await client.awaitNews({ forUs: 1_000, signal: FOREVER.signal })).toMatchObject({
      value: { changed: false },
    });
  });

  test('ends with the stream; then it must show anew that it tells, and not at once', async () => {
    const { peer, client, told, pass, bookmark } = await listening();
    pass(2_000_000);
    await told('5');
    await client.awaitNews(FOREVER);
    await client.news(bookmark, FIELDS);
    const waiting = client.awaitNews(FOREVER);
    peer.hangUp();
    expect(await waiting).toMatchObject({ outcome: { kind: 'rejected', temporary: true } });
    expect(client.awaitNews(FOREVER)).toBeUndefined();
    // Whoever comes after it has been served: a stream that was asked for would have been heard of.
    await entered(peer);
    expect(peer.lines.filter((line) => line.includes('/events'))).toHaveLength(1);
    pass(30_000_000);
    expect(client.awaitNews(FOREVER)).toBeUndefined();
    await vi.waitFor(() => expect(peer.listening).toBe(1));
    client.destroy();
    expect(client.awaitNews(FOREVER)).toBeUndefined();
  });

  test('is over, and its stream with it, when the credentials are refused', async () => {
    const { peer, client } = await listening();
    peer.habits.authorization = 'Bearer other';
    expect((await client.folders()).outcome).toMatchObject({ code: 401 });
    expect([client.closed, client.awaitNews(FOREVER)]).toEqual([true, undefined]);
    await vi.waitFor(() => expect(peer.listening).toBe(0));
  });

  test.each([
    ['204 No Content', 1],
    ['404 Not Found', 1],
    ['503 Busy', 2],
  ])('on a server that answers %s asks %d times in all', async (status, times) => {
    const peer = await served([], {
      instead: ({ line }) => (line.includes('/events') ? answer(status) : 'as usual'),
    });
    const { now, pass } = timed();
    const client = await entered(peer, new FilterTrust(), now);
    let events = 0;
    const before = peer.habits.instead;
    peer.habits.instead = (one, socket) => {
      if (one.line.includes('/events')) events += 1;
      return before?.(one, socket);
    };
    const read = client.bytesRead;
    expect(client.awaitNews(FOREVER)).toBeUndefined();
    await vi.waitFor(() => expect(events).toBe(1));
    await vi.waitFor(() => expect(client.bytesRead).toBeGreaterThan(read));
    await client.folders();
    pass(60_000_000);
    expect(client.awaitNews(FOREVER)).toBeUndefined();
    if (times > 1) await vi.waitFor(() => expect(events).toBe(times));
    // Whoever comes after it has been served: one more stream that was asked for would have been heard of.
    await entered(peer);
    expect(events).toBe(times);
  });
});
