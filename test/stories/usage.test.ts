/** Stories of a command line or a profile that is wrong: exit code 104, every problem at once, each saying what, where and what instead. */

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';

import { story, TINY } from './story.ts';

const NAMED = [
  '--submit',
  'smtp://127.0.0.1:9',
  '--mailbox',
  'imap://127.0.0.1:9',
  '--accounts',
  'user{n}@lab.test',
];

/** A command line, and what one line of its complaint says. */
const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no command', [], /found no command, expected one of: run, plan, .*target, validate/],
  ['an unknown command', ['storm'], /storm/],
  ['an unknown flag', ['run', TINY, '--workres', '2'], /workres/],
  [
    'a missing profile file',
    ['run', 'nowhere.yaml'],
    /^nowhere\.yaml: found no readable file \(ENOENT\), expected a path or one of: .*nhs-2016.*smoke/m,
  ],
  [
    'one mailbox',
    ['run', TINY, '--mailboxes', '1'],
    /^--mailboxes: found 1, expected a whole number from 2/m,
  ],
  [
    'mailboxes that are no number',
    ['plan', TINY, '--mailboxes', 'many'],
    /^--mailboxes: found NaN, expected a whole number from 2/m,
  ],
  ['a speed without its x', ['run', TINY, '--speed', '60'], /^--speed: found "60", expected .*60x/m],
  ['a negative seed', ['plan', TINY, '--seed=-1'], /^--seed: found -1, expected a whole number from 0/m],
  [
    'no worker',
    ['run', TINY, '--workers', '0'],
    /^--workers: found 0, expected a whole number from 1 to 64/m,
  ],
  [
    'a submission server alone',
    ['run', TINY, '--submit', 'smtp://127.0.0.1:9'],
    /^--mailbox: found nothing, expected imap:\/\/host:port/m,
  ],
  [
    'a mailbox server alone',
    ['run', TINY, ...NAMED.slice(2)],
    /^--submit: found nothing, expected smtp:\/\//m,
  ],
  ['a server of another kind', ['run', TINY, '--mailbox', 'pop3://127.0.0.1'], /^--mailbox: /m],
  [
    'a flag given twice',
    ['run', TINY, '--seed', '1', '--seed', '2'],
    /^--seed: found it twice, expected it once$/m,
  ],
  [
    'a door for mail from outside beside the embedded target',
    ['run', TINY, '--inbound', 'smtp://127.0.0.1'],
    /^--inbound: found it without --submit and --mailbox/m,
  ],
  [
    'a door for mail from outside of another kind',
    ['run', TINY, ...NAMED, '--inbound', 'lmtp://127.0.0.1'],
    /^--inbound: found "lmtp:\/\/127\.0\.0\.1", expected .*smtp:\/\/host:port/m,
  ],
  [
    'a list beside the embedded target',
    ['run', TINY, '--list', 'all@lab.test'],
    /^--list: found it without --submit and --mailbox/m,
  ],
  [
    'deadlines and a connection a message beside the embedded target',
    ['run', TINY, '--smtp-deadlines', 'data=1m', '--reconnect'],
    /^--smtp-deadlines: found it without --submit and --mailbox.*\n--reconnect: found it without/m,
  ],
  [
    'a run from an address of another machine',
    ['run', TINY, ...NAMED, '--source-addresses', '192.0.2.7'],
    /^--source-addresses: found 192\.0\.2\.7, expected addresses of this machine/m,
  ],
  [
    'a list that is no address',
    ['run', TINY, ...NAMED, '--list', 'everybody'],
    /^--list: found "everybody", expected an address/m,
  ],
  [
    'accounts without {n}',
    ['run', TINY, ...NAMED.slice(0, 4), '--accounts', 'user@lab.test'],
    /^--accounts: found "user@lab\.test", expected a pattern such as 'user\{n\}@lab\.test'/m,
  ],
  [
    'a probe somewhere else',
    ['run', TINY, ...NAMED, '--queue-probe', 'http://192.0.2.1/'],
    /^--queue-probe: found "http:\/\/192\.0\.2\.1\/", expected a command, or a URL with a loopback address/m,
  ],
  [
    'an authority that is not there',
    ['run', TINY, ...NAMED, '--tls-ca', 'nowhere.pem'],
    /^--tls-ca: found no readable file nowhere\.pem \(ENOENT\), expected a PEM file/m,
  ],
  [
    "--tls for somebody else's server",
    ['run', TINY, ...NAMED, '--tls'],
    /^--tls: found it beside --submit, expected \?tls=required/m,
  ],
  ['a purge of nothing', ['purge', '--mailboxes', '8', ...NAMED.slice(2)], /run/],
  [
    'a purge of no id',
    ['purge', '--run', 'Run 1', '--mailboxes', '8', ...NAMED.slice(2)],
    /^--run: found "Run 1", expected a run's or provision's id/m,
  ],
  [
    'a provision of too many',
    ['provision', TINY, '--messages', '100000', ...NAMED.slice(2)],
    /^--messages: found 100000, expected a whole number from 1 to 65536/m,
  ],
];

describe.concurrent('a wrong command line', { timeout: 90_000 }, () => {
  for (const [name, args, complaint] of WRONG) {
    story(`${name} ends with 104`, async ({ desk }) => {
      const ended = await desk.say(args);
      expect(ended.stderr).toMatch(complaint);
      expect(ended.last).toMatch(/^exit 104: \d+ problems? in profile or usage$/);
      expect(ended.code).toBe(104);
      expect(ended.stdout).toBe('');
      expect(ended.stderr).not.toMatch(/^ {4}at /m);
    });
  }

  story('every problem is told at once', async ({ desk }) => {
    const ended = await desk.say(['run', TINY, '--mailboxes', '1', '--speed', '60', '--submit', 'ftp://x']);
    for (const flag of ['mailboxes', 'speed', 'submit', 'mailbox', 'accounts'])
      expect(ended.stderr).toMatch(new RegExp(`^--${flag}: `, 'm'));
    expect(ended.last).toBe('exit 104: 5 problems in profile or usage');
  });

  story('a password in a URL is refused and not repeated', async ({ desk }) => {
    const submit = ['--submit', 'smtp://user0:hunter2@127.0.0.1:9', ...NAMED.slice(2)];
    const ended = await desk.say(['run', TINY, ...submit]);
    expect(ended.code).toBe(104);
    expect(ended.stderr).toMatch(/^--submit: found a name or password in the URL, expected none/m);
    expect(ended.stderr + ended.stdout).not.toContain('hunter2');
    const worse = await desk.say([
      'run',
      TINY,
      '--submit',
      'nntp://user0:hunter2@127.0.0.1:9',
      ...NAMED.slice(2),
    ]);
    expect(worse.code).toBe(104);
    expect(worse.stderr + worse.stdout).not.toContain('hunter2');
  });

  story('a password that is not there is asked for by its variable', async ({ desk }) => {
    const without = await desk.say(['run', TINY, ...NAMED], { REPLYSTORM_PASSWORD: undefined });
    expect(without.code).toBe(104);
    expect(without.stderr).toMatch(/^--password-env: found no environment variable REPLYSTORM_PASSWORD/m);
    const other = await desk.say(['run', TINY, ...NAMED, '--password-env', 'LAB_PASSWORD']);
    expect(other.code).toBe(104);
    expect(other.stderr).toMatch(/^--password-env: found no environment variable LAB_PASSWORD/m);
    const target = await desk.say(['target', TINY], { REPLYSTORM_PASSWORD: '' });
    expect(target.last).toBe('exit 104: 1 problem in profile or usage');
  });

  story('a directory that holds a run is left as it is', async ({ desk }) => {
    mkdirSync(join(desk.folder, 'taken'));
    const record = desk.write('taken/record.json', '{}');
    const ended = await desk.say(['run', TINY, '--out', 'taken']);
    expect(ended.stderr).toMatch(
      /^--out taken: found a run there already, expected a new or empty directory/m,
    );
    expect(ended.code).toBe(104);
    expect(readFileSync(record, 'utf8')).toBe('{}');
  });
});

describe.concurrent('a wrong profile', { timeout: 90_000 }, () => {
  story('an unknown key and a wrong unit are shown by line and column', async ({ desk }) => {
    const file = desk.profile({ spede: '60x', readers: '{ rate: 6 per second, patience: 10s }' });
    const text = readFileSync(file, 'utf8').split('\n');
    const place = (key: string, within: string): string => {
      const line = text.findIndex((one) => one.startsWith(key));
      return `${file}:${line + 1}:${(text[line] ?? '').indexOf(within) + 1} `;
    };
    for (const args of [
      ['validate', file],
      ['run', file],
      ['plan', file],
    ]) {
      const ended = await desk.say(args);
      expect(ended.code).toBe(104);
      const lines = ended.stderr.split('\n');
      expect(lines.find((line) => line.startsWith(place('spede', 'spede')))).toMatch(/spede: found/);
      expect(lines.find((line) => line.startsWith(place('readers', '6 per second')))).toMatch(
        /readers\.rate: found .*6 per second.*, expected .*20\/s/,
      );
      expect(ended.last).toBe('exit 104: 2 problems in profile or usage');
    }
  });

  story('text that is no YAML is shown where it stops being any', async ({ desk }) => {
    const file = desk.write('broken.yaml', 'profile: tiny\nreplies: { a: [ }\n');
    const ended = await desk.say(['run', file]);
    expect(ended.code).toBe(104);
    expect(ended.stderr).toMatch(new RegExp(`^${file}:2:\\d+ `, 'm'));
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
  });

  story('validate tells of all files at once, and of good ones by name', async ({ desk }) => {
    const good = await desk.say(['validate', 'smoke', 'nhs-2016', TINY]);
    expect(good.code).toBe(0);
    expect(good.stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(good.stdout).toMatch(/^smoke: valid \(/m);
    const bad = desk.profile({ seed: 'three' });
    const mixed = await desk.say(['validate', 'smoke', bad, 'nowhere.yaml']);
    expect(mixed.code).toBe(104);
    expect(mixed.stdout).toMatch(/^smoke: valid \(/m);
    expect(mixed.last).toBe('exit 104: 2 problems in profile or usage');
  });

  story('schema prints the JSON Schema of a profile', async ({ desk }) => {
    const ended = await desk.say(['schema']);
    expect(ended.code).toBe(0);
    const schema = JSON.parse(ended.stdout) as Record<string, unknown>;
    expect(schema).toMatchObject({
      $schema: expect.stringContaining('2020-12'),
      additionalProperties: false,
    });
    expect(Object.keys(schema['properties'] as object)).toContain('replies');
  });

  story('help and version are no mistake', async ({ desk }) => {
    const help = await desk.say(['run', '--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('--queue-probe');
    const version = await desk.say(['--version']);
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  story('a plan is printed for people too, and sends nothing', async ({ desk }) => {
    const ended = await desk.say(['plan', TINY, '--mailboxes', '20', '--seed', '9']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/^seed, digest +9, [0-9a-f]{32}$/m);
    expect(ended.stdout).toMatch(/^mailboxes +20 standing for 100$/m);
  });
});
