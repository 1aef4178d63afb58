/** Stories of `calibrate imap`: what it refuses, what each operation does to the mailboxes, and what it says of it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';

import { deadPort } from './mute.ts';
import { type Desk, everything, MAILBOXES, story, type MailSystem } from './story.ts';

const AWAY = ['--mailbox', 'imap://192.0.2.1:143', '--accounts', 'user{n}@lab.test'];

/** A command line's flags, and what one line of its complaint says. */
const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no server', [], /^--mailbox: found nothing/m],
  ['an operation it does not know', [...AWAY, '--operation', 'explode'], /explode/],
  ['a delete without --yes', [...AWAY, '--operation', 'delete'], /^--operation: found delete without --yes/m],
  ['no mailbox', [...AWAY, '--mailboxes', '0'], /^--mailboxes: found 0, expected a whole number from 1/m],
  ['half an operation', [...AWAY, '--operations', '1.5'], /^--operations: found 1\.5/m],
  ['no rate at all', [...AWAY, '--rate', '0'], /^--rate: found 0, expected operations a second/m],
  [
    'a number beside a pace',
    [...AWAY, '--rate', '5', '--operations', '5'],
    /^--operations: found it beside/m,
  ],
  ['a duration of no unit', [...AWAY, '--duration', 'long'], /^--duration: found "long"/m],
  [
    'fewer connections than workers',
    [...AWAY, '--workers', '4', '--connections', '3'],
    /^--connections: found 3/m,
  ],
  ['a server of another kind', ['--mailbox', 'smtp://127.0.0.1'], /^--mailbox: /m],
];

const imap = (system: MailSystem, operation: string, ...flags: readonly string[]): string[] => {
  const what = ['--operation', operation, '--mailboxes', String(MAILBOXES)];
  return ['calibrate', 'imap', ...system.mailboxFlags, ...what, '--connections', '3', '--json', ...flags];
};

/** Each mailbox holds three prefilled messages. */
async function filled(desk: Desk): Promise<MailSystem> {
  const system = await desk.mailSystem();
  const flags = [...system.mailboxFlags, '--mailboxes', String(MAILBOXES), '--messages', '3'];
  const ended = await desk.say(['provision', 'smoke', ...flags]);
  expect(ended.code, ended.stderr).toBe(0);
  return system;
}

describe('before any packet it refuses', () => {
  for (const [what, flags, complaint] of WRONG)
    story(what, async ({ desk }) => {
      const ended = await desk.say(['calibrate', 'imap', ...flags]);
      expect(ended.code, ended.stderr).toBe(104);
      expect(ended.stderr).toMatch(complaint);
      expect(ended.stdout).toBe('');
    });

  story('a target off this machine', async ({ desk }) => {
    const ended = await desk.say(['calibrate', 'imap', ...AWAY]);
    expect(ended.code, ended.stderr).toBe(113);
    expect(ended.last).toMatch(/^exit 113: .*192\.0\.2\.1 is not this machine/);
  });
});

describe('as fast as it goes', { timeout: 60_000 }, () => {
  story('signs in, reads and empties, each mailbox once', async ({ desk }) => {
    const system = await filled(desk);
    const figures = async (operation: string, ...flags: readonly string[]): Promise<unknown> => {
      const ended = await desk.say(imap(system, operation, ...flags));
      expect(ended.code, `${operation}: ${ended.stderr}`).toBe(0);
      const said = JSON.parse(ended.stdout) as { operationsPerSecond: number; wallSeconds: number };
      const { ok } = said as unknown as { ok: number };
      expect(said.operationsPerSecond).toBeCloseTo(ok / said.wallSeconds, 6);
      return said;
    };
    const all = { operations: MAILBOXES, ok: MAILBOXES, rejected: 0, unknown: 0, dropped: 0, refusals: [] };
    expect(await figures('signin', '--workers', '2')).toMatchObject({ ...all, messages: 0 });
    expect(await figures('noop', '--operations', '500')).toMatchObject({ operations: 500, ok: 500 });
    expect(await figures('fetch')).toMatchObject({ ...all, messages: 3 * MAILBOXES });
    expect(await figures('census', '--workers', '3')).toMatchObject({ ...all, messages: 3 * MAILBOXES });
    const imapPort = system.running.ports.imapPort;
    expect(await everything(imapPort)).toHaveLength(3 * MAILBOXES);
    expect(await figures('delete', '--yes')).toMatchObject({ ...all, messages: 3 * MAILBOXES });
    expect(await everything(imapPort)).toEqual([]);
  });

  story('a wrong password is told by its code, and nothing is measured', async ({ desk }) => {
    const system = await desk.mailSystem();
    const ended = await desk.say(imap(system, 'signin'), { REPLYSTORM_PASSWORD: 'wrong' });
    expect(ended.code, ended.stderr).toBe(115);
    const said = JSON.parse(ended.stdout) as { refusals: unknown[] };
    expect(said).toMatchObject({ operations: MAILBOXES, ok: 0, rejected: MAILBOXES });
    expect(said.refusals).toMatchObject([
      { operation: 'imap.signin', enhanced: 'AUTHENTICATIONFAILED', count: MAILBOXES },
    ]);
    const warm = await desk.say(imap(system, 'noop'), { REPLYSTORM_PASSWORD: 'wrong' });
    expect(warm.code, warm.stderr).toBe(116);
  });

  story('a port where nobody listens', async ({ desk }) => {
    const mailbox = `imap://127.0.0.1:${await deadPort()}?tls=off`;
    const flags = ['--mailbox', mailbox, '--accounts', 'user{n}@lab.test', '--operation', 'noop'];
    const ended = await desk.say(['calibrate', 'imap', ...flags]);
    expect(ended.code, ended.stderr).toBe(116);
  });
});

describe('paced', { timeout: 60_000 }, () => {
  story('offers its rate, however fast the target is, and leaves its files', async ({ desk }) => {
    const system = await desk.mailSystem();
    const out = join(desk.folder, 'paced');
    const flags = ['--rate', '60', '--duration', '2s', '--workers', '2', '--out', out];
    const ended = await desk.say(imap(system, 'signin', ...flags));
    const said = JSON.parse(ended.stdout) as Record<string, unknown>;
    expect(said).toMatchObject({ operations: 120, ok: 120, offered: 60 });
    expect(said).toHaveProperty('lagUs.count', 120);
    expect(JSON.parse(readFileSync(join(out, 'calibration.json'), 'utf8'))).toEqual(said);
    expect(readFileSync(join(out, 'intervals.hlog'), 'utf8')).toContain('imap.signin;storm;ok;response');
  });
});
