/** Stories of `calibrate smtp`: what it refuses, what it measures as fast as it goes and paced, and what it leaves on disk. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect } from 'vitest';

import type { Summary } from '../../src/measure/tally.ts';
import { parseSeriesTag } from '../../src/measure/series.ts';
import { deadPort, listenMute } from './mute.ts';
import { type Sink, startSink } from './sink.ts';
import { story } from './story.ts';

const AWAY = 'smtp://192.0.2.1:25';

/** A command line's flags, and what one line of its complaint says. */
const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['a protocol it does not speak', ['calibrate', 'pop3', '--submit', AWAY], /pop3/],
  ['no server', ['calibrate', 'smtp'], /submit/],
  [
    'no message',
    ['calibrate', 'smtp', '--submit', AWAY, '--messages', '0'],
    /^--messages: found 0, expected a whole number from 1/m,
  ],
  [
    'half a recipient',
    ['calibrate', 'smtp', '--submit', AWAY, '--recipients', '1.5'],
    /^--recipients: found 1\.5, expected/m,
  ],
  [
    'fewer connections than workers',
    ['calibrate', 'smtp', '--submit', AWAY, '--workers', '4', '--connections', '3'],
    /^--connections: found 3, expected at least one a worker \(4\)/m,
  ],
  [
    'no rate at all',
    ['calibrate', 'smtp', '--submit', AWAY, '--rate', '0'],
    /^--rate: found 0, expected copies a second above 0/m,
  ],
  ['a size of no unit', ['calibrate', 'smtp', '--submit', AWAY, '--size', 'big'], /^--size: found "big"/m],
  [
    'a duration of no unit',
    ['calibrate', 'smtp', '--submit', AWAY, '--duration', 'long'],
    /^--duration: found "long"/m,
  ],
  [
    'a grace of no unit',
    ['calibrate', 'smtp', '--submit', AWAY, '--grace', 'soon'],
    /^--grace: found "soon"/m,
  ],
  [
    'a deadline of no step',
    ['calibrate', 'smtp', '--submit', AWAY, '--smtp-deadlines', 'command=30s,rcpt=1m'],
    /^--smtp-deadlines: found "rcpt=1m", expected open, command, data, message/m,
  ],
  [
    'a deadline of no time',
    ['calibrate', 'smtp', '--submit', AWAY, '--smtp-deadlines', 'message=0s'],
    /^--smtp-deadlines: found "message=0s"/m,
  ],
  [
    'source addresses that are none',
    ['calibrate', 'smtp', '--submit', AWAY, '--source-addresses', '127.0.0.2-localhost'],
    /^--source-addresses: found "127\.0\.0\.2-localhost", expected an IPv4 address or first-last/m,
  ],
  [
    'source addresses the wrong way round',
    ['calibrate', 'smtp', '--submit', AWAY, '--source-addresses', '127.0.0.9-127.0.0.2'],
    /^--source-addresses: found "127\.0\.0\.9-127\.0\.0\.2"/m,
  ],
  [
    'a source address of another machine',
    ['calibrate', 'smtp', '--submit', 'smtp://127.0.0.1:9', '--source-addresses', '127.0.0.2,192.0.2.7'],
    /^--source-addresses: found 192\.0\.2\.7, expected addresses of this machine \(EADDRNOTAVAIL\)$/m,
  ],
  ['a server of another kind', ['calibrate', 'smtp', '--submit', 'imap://127.0.0.1'], /^--submit: /m],
  [
    'no password to sign in with',
    ['calibrate', 'smtp', '--submit', AWAY, '--sign-in', '--password-env', 'NO_SUCH_WORD'],
    /^--password-env: found no environment variable NO_SUCH_WORD/m,
  ],
];

/** What every calibration says. */
const ALWAYS = [
  'messages',
  'copies',
  'ok',
  'rejected',
  'unknown',
  'wallSeconds',
  'messagesPerSecond',
  'copiesPerSecond',
  'cpuSeconds',
  'cpuSecondsProcess',
  'bytes',
  'serviceUs',
  'stepsUs',
  'limitedBy',
];

/** What a paced one says beside. */
const PACED = ['offered', 'achieved', 'responseUs', 'waitUs', 'lagUs'];

let sink: Sink;

beforeAll(async () => {
  sink = await startSink();
});

afterAll(async () => {
  await sink.close();
});

const smtp = (...flags: string[]): string[] => ['calibrate', 'smtp', '--submit', sink.submit, ...flags];

describe.concurrent('calibrate refuses', { timeout: 60_000 }, () => {
  for (const [name, args, complaint] of WRONG) {
    story(name, async ({ desk }) => {
      const ended = await desk.say(args);
      expect(ended.stderr).toMatch(complaint);
      expect(ended.code).toBe(104);
      expect(ended.stdout).toBe('');
      expect(ended.stderr).not.toMatch(/^ {4}at /m);
    });
  }

  story('a target off this machine, before any packet', async ({ desk }) => {
    const ended = await desk.say(['calibrate', 'smtp', '--submit', AWAY]);
    expect(ended.code, ended.stderr).toBe(113);
    expect(ended.last).toMatch(/^exit 113: .*192\.0\.2\.1 is not this machine/);
    expect(ended.stdout).toBe('');
  });

  story('a port where nobody listens', async ({ desk }) => {
    const submit = `smtp://127.0.0.1:${await deadPort()}?tls=off`;
    const ended = await desk.say(['calibrate', 'smtp', '--submit', submit, '--workers', '2']);
    expect(ended.code, ended.stderr).toBe(116);
    expect(ended.last).toMatch(/^exit 116: .*refused/i);
    expect(ended.stdout).toBe('');
  });
});

describe('as fast as it goes', { timeout: 60_000 }, () => {
  story('every message arrives once, and the figures agree with each other', async ({ desk }) => {
    const before = { messages: sink.messages(), connections: sink.connections() };
    const flags = ['--messages', '301', '--recipients', '3', '--connections', '5', '--workers', '2'];
    const ended = await desk.say(smtp(...flags, '--size', '2kB', '--json'));
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.last).toMatch(/^verdict: pass \(exit 0: /);
    const said = JSON.parse(ended.stdout) as Record<string, number>;
    expect(Object.keys(said)).toEqual(expect.arrayContaining(ALWAYS));
    for (const name of PACED) expect(said).not.toHaveProperty(name);
    expect(said).toMatchObject({ messages: 301, copies: 903, ok: 301, rejected: 0, unknown: 0 });
    expect(said).toMatchObject({ bytes: 301 * 2_000, serviceUs: { count: 301, p99: null } });
    // Warm lines are opened before the load, and their steps are told all the same; nobody signed in.
    const steps = said['stepsUs'] as unknown as Record<string, { count: number; max: number | null }>;
    const counts = Object.fromEntries(Object.entries(steps).map(([step, { count }]) => [step, count]));
    const each = { mail: 301, recipients: 301, data: 301, message: 301 };
    expect(counts).toEqual({ connect: 5, greeting: 5, tls: 0, auth: 0, ...each });
    expect(steps['auth']).toMatchObject({ count: 0, max: null });
    expect(said['limitedBy']).toMatch(/^(generator|target)$/);
    const { wallSeconds = 0, cpuSeconds = 0, cpuSecondsProcess = 0 } = said;
    expect(said['messagesPerSecond']).toBeCloseTo(301 / wallSeconds, 6);
    expect(said['copiesPerSecond']).toBeCloseTo(903 / wallSeconds, 6);
    expect(cpuSeconds).toBeGreaterThan(0);
    expect(cpuSecondsProcess).toBeGreaterThan(cpuSeconds);
    expect(sink.messages() - before.messages).toBe(301);
    expect(sink.connections() - before.connections).toBe(5);
  });

  story('a connection a message', async ({ desk }) => {
    const before = sink.connections();
    const ended = await desk.say(smtp('--messages', '25', '--connections', '3', '--reconnect', '--json'));
    expect(ended.code, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ messages: 25, ok: 25 });
    expect(sink.connections() - before).toBe(25);
  });

  story.runIf(process.platform === 'linux')('from many addresses in turn', async ({ desk }) => {
    const before = sink.addresses().length;
    const flags = ['--messages', '8', '--connections', '2', '--reconnect', '--workers', '2'];
    const ended = await desk.say(
      smtp(...flags, '--source-addresses', '127.0.0.2-127.0.0.4,127.0.1.1', '--json'),
    );
    expect(ended.code, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ messages: 8, ok: 8 });
    const used = sink.addresses().slice(before).sort();
    const first = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.1.1'];
    // Four of each worker: one begins with the first address, the other with the second.
    expect(used).toEqual([...first, ...first].sort());
  });

  story('one command a round trip', async ({ desk }) => {
    const before = sink.messages();
    const ended = await desk.say(smtp('--messages', '40', '--no-pipelining', '--json'));
    expect(ended.code, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ messages: 40, ok: 40 });
    expect(sink.messages() - before).toBe(40);
  });

  story('Ctrl-C ends it: what was sent is told, the rest is not begun', async ({ desk }) => {
    const before = sink.messages();
    const program = desk.begin(smtp('--messages', '50000000', '--json'));
    while (sink.messages() < before + 200) await sleep(10);
    program.interrupt();
    const ended = await program.ended;
    expect(ended.code, ended.stderr).toBe(105);
    const said = JSON.parse(ended.stdout) as { messages: number; ok: number };
    expect(said.ok).toBe(said.messages);
    expect(said.messages).toBe(sink.messages() - before);
  });
});

describe('paced', { timeout: 60_000 }, () => {
  story('sends what was asked for, over all workers together, and says how late it was', async ({ desk }) => {
    const before = sink.messages();
    const flags = ['--rate', '80', '--duration', '3s', '--workers', '4', '--connections', '8'];
    const ended = await desk.say(smtp(...flags, '--json', '--out', 'paced'));
    const said = JSON.parse(ended.stdout) as Record<string, unknown>;
    expect(Object.keys(said)).toEqual(expect.arrayContaining([...ALWAYS, ...PACED]));
    // Whether this machine was fit meanwhile is its own affair; what it offered is not.
    expect([0, 111, 115], ended.stderr).toContain(ended.code);
    expect(said).toMatchObject({ messages: 240, copies: 240, ok: 240, offered: 80, lagUs: { count: 240 } });
    expect(said).toMatchObject({
      responseUs: { count: 240 },
      waitUs: { count: 240 },
      serviceUs: { count: 240 },
    });
    expect(said['achieved']).toBeGreaterThan(0);
    expect(said['achieved']).toBeLessThanOrEqual(80);
    expect(sink.messages() - before).toBe(240);

    const file = readFileSync(join(desk.folder, 'paced/calibration.json'), 'utf8');
    expect(JSON.parse(file)).toEqual(said);
    const log = readFileSync(join(desk.folder, 'paced/intervals.hlog'), 'utf8').split('\n');
    expect(log[0]).toBe('#[Histogram log format version 1.3]');
    const tags = log
      .filter((line) => line.startsWith('Tag='))
      .map((line) => line.slice(4).split(',')[0] ?? '');
    for (const tag of tags) expect(parseSeriesTag(tag), tag).toBeDefined();
    for (const clock of ['ok;response', 'ok;service', 'all;wait', 'all;lag'])
      expect(tags).toContain(`smtp.submit;storm;${clock}`);
  });

  story(
    'a target that falls silent: every message is accounted for, at the time it waited',
    async ({ desk }) => {
      const silent = await startSink(20);
      const flags = ['--rate', '50', '--duration', '2s', '--connections', '4', '--grace', '1s', '--json'];
      const ended = await desk.say(['calibrate', 'smtp', '--submit', silent.submit, ...flags]);
      await silent.close();
      const said = JSON.parse(ended.stdout) as Record<string, number> & { responseUs: Summary };
      // Four lines hold a message each for ever: whether it was delivered nobody can know. The others never had a line.
      expect(said).toMatchObject({ messages: 100, ok: 20, unknown: 4, rejected: 0, dropped: 76 });
      expect(said.responseUs.count).toBe(100);
      // Answered within the first 0.4 s; what was meant for then and later had waited 1.0 to 2.6 s when it was given up.
      expect(said.responseUs.max).toBeGreaterThan(2_000_000);
      expect(said['limitedBy']).toBe('target');
      expect(ended.stderr).not.toMatch(/taken up in time: \d/);
    },
  );

  story(
    'a target that never greets: openings are given up too, and there is nothing to judge',
    async ({ desk }) => {
      const mute = await listenMute();
      const submit = `smtp://127.0.0.1:${mute.port}?tls=off`;
      const flags = [
        '--rate',
        '20',
        '--duration',
        '1s',
        '--connections',
        '2',
        '--reconnect',
        '--grace',
        '1s',
      ];
      const ended = await desk.say(['calibrate', 'smtp', '--submit', submit, ...flags, '--json']);
      await mute.close();
      expect(JSON.parse(ended.stdout)).toMatchObject({ messages: 20, ok: 0, copies: 0, dropped: 20 });
      expect(ended.last).toMatch(/^verdict: no-data .*none of 20 was taken/);
      expect(ended.code).toBe(115);
    },
  );

  story('copies are what the rate counts: a message to four is sent a quarter as often', async ({ desk }) => {
    const flags = ['--rate', '200', '--recipients', '4', '--duration', '1s', '--poisson', '--seed', '3'];
    const [one, again] = [await desk.say(smtp(...flags, '--json')), await desk.say(smtp(...flags, '--json'))];
    const said = JSON.parse(one.stdout) as { messages: number; copies: number; offered: number };
    expect(said.copies).toBe(said.messages * 4);
    expect(said.offered).toBe(said.copies);
    // Poisson of mean 50: four standard deviations either side; the same seed plans the same number.
    expect(Math.abs(said.messages - 50)).toBeLessThan(29);
    expect(JSON.parse(again.stdout)).toMatchObject({ messages: said.messages });
  });

  story('without --json the same figures are lines of words', async ({ desk }) => {
    const ended = await desk.say(smtp('--rate', '20', '--duration', '1s'));
    expect(ended.stdout).toMatch(/^messages +20$/m);
    expect(ended.stdout).toMatch(/^offered +20$/m);
  });
});
