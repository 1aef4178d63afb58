/** Dialogues with a scripted SMTP server, one file each under dialogues/: every outcome and count, with the server's words whole and split at every byte. */

import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Deadlines } from '../../src/protocol/deadlines.ts';
import { openSmtp } from '../../src/protocol/smtp/open.ts';
import { type Dialogue, dialogue, type Peer } from './peers/dialogue.ts';
import { settings } from './peers/endpoint.ts';
import { DATA, FROM, short, users } from './peers/smtp.ts';

const FOLDER = new URL('./dialogues/', import.meta.url);

/**
 * A file: `#` why; `protocol:`, `deadlines:`, `send:` (recipients of each message); then the script (`S:` the server
 * says, `<close>`, `<reset>`, `<silence>`; `C:` the client's line begins so; `MESSAGE` up to the dot); then what must
 * come of it: an `outcome:` line a message, `transactions:` of the first, `ending:`, or `opening:` where none opens.
 */
interface Script {
  readonly why: string;
  readonly protocol: 'smtp' | 'lmtp';
  readonly deadlines: Partial<Deadlines>;
  readonly send: readonly number[];
  readonly steps: readonly (readonly [string, string])[];
  readonly outcomes: readonly string[];
  readonly transactions: number | undefined;
  readonly ending: string | undefined;
  readonly opening: string | undefined;
}

function readScript(name: string): Script {
  const lines = readFileSync(new URL(name, FOLDER), 'utf8').trimEnd().split('\n');
  const all = (key: string): string[] =>
    lines.filter((line) => line.startsWith(`${key}: `)).map((line) => line.slice(key.length + 2));
  const [send = ''] = all('send');
  const [transactions] = all('transactions');
  const deadlines = all('deadlines').map((text) => text.split('='));
  return {
    why: lines[0]?.slice(2) ?? '',
    protocol: all('protocol')[0] === 'lmtp' ? 'lmtp' : 'smtp',
    deadlines: Object.fromEntries(deadlines.map(([key, value]) => [key, Number(value)])),
    send: send.split(' ').filter(Boolean).map(Number),
    steps: lines
      .filter((line) => /^(?:[SC]: |MESSAGE$)/.test(line))
      .map((line) => [line.slice(0, 1), line.slice(3)] as const),
    outcomes: all('outcome'),
    transactions: transactions === undefined ? undefined : Number(transactions),
    ending: all('ending')[0],
    opening: all('opening')[0],
  };
}

/** Bytes of a server's words, with its line end. */
function bytesOf(words: string): string {
  const text = words.replaceAll(String.raw`\r\n`, '\r\n');
  return `${text.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))}\r\n`;
}

async function act(peer: Peer, script: Script, split: boolean): Promise<void> {
  for (const [who, words] of script.steps) {
    if (who === 'M') await peer.message();
    else if (who === 'C') expect(await peer.line()).toMatch(new RegExp(`^${escaped(words)}`));
    else if (words === '<close>') return peer.end();
    else if (words === '<reset>') return peer.reset();
    else if (words === '<silence>') break;
    else if (split) await peer.dribble(bytesOf(words));
    else peer.raw(Buffer.from(bytesOf(words), 'latin1'));
  }
  await peer.ended();
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

let server: Dialogue | undefined;
afterEach(() => server?.close());

async function play(script: Script, split: boolean): Promise<void> {
  server = await dialogue((peer) => act(peer, script, split));
  const opening = await openSmtp(
    { ...settings(script.protocol, server.port), deadlines: script.deadlines },
    undefined,
  );
  const { connection } = opening;
  if (script.opening !== undefined) {
    expect(`${opening.failure} ${short(opening.outcome)}`).toBe(script.opening);
    return server.finished();
  }
  if (connection === undefined) throw new Error(opening.message);
  const results = await Promise.all(
    script.send.map((count) => connection.submit({ from: FROM, to: users(count) }, DATA)),
  );
  expect(results.map((result) => result.recipients.map(short).join(' '))).toEqual(script.outcomes);
  const oks = script.outcomes.map((line) => line.split(' ').filter((one) => one === 'ok').length);
  expect(results.map((result) => result.accepted)).toEqual(oks);
  if (script.transactions !== undefined) expect(results[0]?.transactions).toBe(script.transactions);
  if (script.ending === undefined) {
    expect(connection.idle).toBe(true);
    connection.destroy();
  } else {
    // What comes after the last outcome may still be under way.
    await expect.poll(() => connection.ending?.kind, { interval: 5 }).toBe(script.ending);
  }
  await server.finished();
}

const names = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

describe.each(names)('%s', (name) => {
  const script = readScript(name);
  it(script.why, () => play(script, false));
  it('the same, split at every byte', () => play(script, true));
});

it('there are dialogues, and each says what must come of it', () => {
  expect(names.length).toBeGreaterThan(15);
  for (const name of names) {
    const { why, opening, outcomes, send } = readScript(name);
    expect(why, name).not.toBe('');
    if (opening === undefined) expect(outcomes.length, name).toBe(send.length);
  }
});
