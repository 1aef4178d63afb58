/** Keeps the page connected: reads the event stream, comes back after every loss with the number of what it last saw, and says so meanwhile. */

import { batch } from '@preact/signals';
import type { Ending, FeltColumn, Hello, Note, Second } from '../glance.ts';
import { ending, greet, hear, link, note, stopping } from './state.ts';

/** The server says something every five seconds; after three of them nobody is there, whatever the socket believes. */
const SILENCE_MS = 15_000;

/** Between two tries: the run's machine has other things to do. */
const AGAIN_MS = 1_000;

/** A place among the screens becomes free when somebody closes a page. */
const FULL_MS = 5_000;

/** The longest word there is, twice. What has no end is no stream of ours. */
const MOST_CHARACTERS = 4_000_000;

interface Message {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** Reads until the run is over. */
export async function follow(): Promise<void> {
  let lastId = '';
  while (ending.value === null) {
    const pauseMs = await read(lastId, (message) => {
      lastId = message.id;
      batch(() => take(message));
    });
    if (ending.value !== null) break;
    await new Promise((resolve) => {
      setTimeout(resolve, pauseMs);
    });
  }
  link.value = { kind: 'over' };
}

/** One connection, to its end; answers with how long to wait before the next. */
async function read(lastId: string, heard: (message: Message) => void): Promise<number> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const headers = lastId === '' ? {} : { 'last-event-id': lastId };
    const answer = await fetch('/events', { headers, signal: silence.signal, cache: 'no-store' });
    if (answer.status === 503 || answer.status === 401) {
      link.value = { kind: answer.status === 401 ? 'barred' : 'full' };
      return FULL_MS;
    }
    const reader = answer.ok ? answer.body?.pipeThrough(new TextDecoderStream()).getReader() : undefined;
    let rest = '';
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const blocks = (rest + part.value).split('\n\n');
      rest = blocks.pop() ?? '';
      if (rest.length > MOST_CHARACTERS) break;
      for (const block of blocks) {
        const message = messageIn(block);
        if (message !== undefined) heard(message);
      }
    }
  } catch {
    // A refused connection, a broken line, a silence: all of them are a loss, and nothing here can tell more.
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
  if (ending.value === null && link.value.kind !== 'lost') link.value = { kind: 'lost', sinceMs: Date.now() };
  return AGAIN_MS;
}

/** One block of an event stream; undefined for a comment. */
function messageIn(block: string): Message | undefined {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()] as const;
    }),
  );
  const data = fields.get('data');
  return data === undefined
    ? undefined
    : { event: fields.get('event') ?? '', id: fields.get('id') ?? '', data };
}

function take({ event, data }: Message): void {
  const said: unknown = JSON.parse(data);
  link.value = { kind: 'live' };
  if (event === 'hello') greet(said as Hello);
  else if (event === 'second') hear(said as Second & { felt: readonly (FeltColumn & { seq: number })[] });
  else if (event === 'note') note(said as Note & { seq: number });
  else if (event === 'stopping') stopping.value = true;
  else if (event === 'verdict') ending.value = said as Ending;
}
