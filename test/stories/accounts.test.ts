/** Stories of accounts: from a file, through a relay, by tokens; and what is said where they do not fit. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';

import { expectSound } from './sound.ts';
import { MAILBOXES, PASSWORD, story, TINY, user } from './story.ts';

/** Flags of a mail system but for whose accounts they are. */
function without(flags: readonly string[], name: string): string[] {
  return flags.filter((flag, index) => flag !== name && flags[index - 1] !== name);
}

const ROWS = Array.from({ length: MAILBOXES }, (_, mailbox) => `${user(mailbox)},,env:ACCOUNT_SECRET`);

describe.concurrent('accounts', { timeout: 90_000 }, () => {
  story(
    'from a file, submitted through a relay: a run like any other, and no secret in what it leaves',
    async ({ desk }) => {
      const { flags } = await desk.mailSystem();
      const file = desk.write('accounts.csv', ['address,login,secret', ...ROWS].join('\n'));
      const named = [...without(flags, '--accounts'), '--accounts-file', file, '--relay-user', user(3)];
      const run = await desk.run([TINY, ...named], {
        REPLYSTORM_PASSWORD: undefined,
        ACCOUNT_SECRET: PASSWORD,
        REPLYSTORM_RELAY_PASSWORD: PASSWORD,
      });
      expectSound(run);
      expect([0, 111], run.stderr).toContain(run.code);
      expect(run.record.ledger).toMatchObject({ lost: 0, goneUnasked: 0 });
      for (const name of readdirSync(run.directory))
        expect(readFileSync(join(run.directory, name), 'utf8'), name).not.toContain(PASSWORD);
      expect(run.stdout + run.stderr).not.toContain(PASSWORD);
    },
  );

  story('whose relay is refused: nothing is sent', async ({ desk }) => {
    const { flags, running } = await desk.mailSystem();
    const env = { REPLYSTORM_RELAY_PASSWORD: 'wrong' };
    const run = await desk.run([TINY, ...flags, '--relay-user', user(3)], env);
    expect(run.code, run.stderr).toBe(116);
    expect(running.owed()).toBe(0);
  });

  story('whose tokens cannot be had: the command is named, what it printed is not', async ({ desk }) => {
    const { flags } = await desk.mailSystem();
    for (const [command, words] of [
      ['echo "a hush-hush token"; exit 3', 'the command failed (3)'],
      ['printf "hush-hush\\ntoken"', 'not one line of printable ASCII'],
    ] as const) {
      const run = await desk.run([TINY, ...flags, '--token-command', command]);
      expect(run.code, run.stderr).toBe(116);
      expect(run.last).toContain(words);
      expect(run.stdout + run.stderr).not.toContain('hush-hush');
    }
  });

  story('that do not fit are told before anything is opened', async ({ desk }) => {
    const { flags } = await desk.mailSystem();
    const few = desk.write('few.csv', ROWS.slice(0, 3).join('\n'));
    const bad = desk.write('bad.csv', `${user(0)},,hunter2\nnobody,,env:ACCOUNT_SECRET\n`);
    const fromFile = (file: string): string[] => [...without(flags, '--accounts'), '--accounts-file', file];
    const env = { ACCOUNT_SECRET: PASSWORD };
    for (const [args, words] of [
      [fromFile(few), `--mailboxes: found ${MAILBOXES}, expected at most 3`],
      [fromFile(bad), `${bad}:1:${user(0).length + 3}: found something else, expected env:NAME or file:PATH`],
      [fromFile(bad), `${bad}:2:1: found "nobody", expected an address`],
      [[...flags, '--accounts-file', few], '--accounts-file: found it beside --accounts'],
      [
        [...flags, '--master-user', 'm', '--token-command', 't'],
        '--token-command: found it beside --master-user',
      ],
      [[...flags, '--token-command', 't', '--token-lifetime', 'soon'], '--token-lifetime: found "soon"'],
      [
        [...flags, '--relay-user', 'r', '--relay-password-env', 'NONE'],
        '--relay-password-env: found no environment variable NONE',
      ],
      [[...flags, '--password-file', join(desk.folder, 'none')], '--password-file: found no readable file'],
      [['--master-user', 'm'], '--master-user: found it without --submit and --mailbox'],
    ] as const) {
      const { code, stderr } = await desk.say(['run', TINY, ...args], env);
      expect({ code, stderr }).toEqual({ code: 104, stderr: expect.stringContaining(words) });
      expect(stderr).not.toContain('hunter2');
    }
  });
});
