/** Stories told through JMAP: a storm read and handed in by it, through faults of every kind and tokens that run out. */

import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';

import type { RecordedOperation } from '../../src/record/record.ts';
import { readRun } from './program.ts';
import { expectSound } from './sound.ts';
import { type Desk, everything, LIST, type MailSystem, PASSWORD, story, TINY, user } from './story.ts';
import { listenBetweenWeb, type Spoil, SPOILS } from './web-between.ts';

const WAYS = Object.keys(SPOILS) as Spoil[];

const ACCOUNTS = ['--accounts', 'user{n}@lab.test'];

function sum(operations: readonly RecordedOperation[], name: string, field: 'ok' | 'planned'): number {
  return operations.reduce((total, one) => total + (one.operation === name ? one[field] : 0), 0);
}

/** Both doors by JMAP, at this port, with a list and the target's own queue probe. */
function throughJmap({ running }: MailSystem, port: number, scheme = 'jmap+http'): string[] {
  const url = `${scheme}://127.0.0.1:${port}`;
  const probe = `http://127.0.0.1:${running.ports.probePort}/`;
  return ['--submit', url, '--mailbox', url, ...ACCOUNTS, '--list', LIST, '--queue-probe', probe];
}

/** What lies in the mailboxes bears out what the ledger says remains. */
async function expectBorneOut(
  { running }: MailSystem,
  { record }: Awaited<ReturnType<Desk['run']>>,
): Promise<void> {
  const found = await everything(running.ports.imapPort);
  const ours = found.filter(({ mark, folder }) => mark === record.runId && folder !== 'Drafts');
  expect(ours).toHaveLength(record.ledger?.copiesRemaining ?? -1);
}

// One after the other: each is a mail system, a proxy and a storm, and two of them want to be in time for its phases.
describe('a storm by JMAP', { timeout: 120_000 }, () => {
  story('of the embedded target needs a word, and nothing installed', async ({ desk }) => {
    const run = await desk.run([TINY, '--mailbox', 'jmap', '--submit', 'jmap', '--tls']);
    expectSound(run);
    expect([0, 111], run.stderr).toContain(run.code);
    const { operations, ledger, doors, target } = run.record;
    expect(doors).toEqual({ submit: 'jmap', mailbox: 'jmap' });
    expect(target).toMatchObject({ tls: 'implicit', tlsVerified: true });
    for (const name of ['jmap.session', 'jmap.query', 'jmap.get', 'jmap.set', 'jmap.submit', 'jmap.poll'])
      expect(sum(operations, name, 'ok'), name).toBeGreaterThan(0);
    expect(operations.filter(({ operation }) => /^(imap|smtp)\./.test(operation))).toEqual([]);
    expect(ledger).toMatchObject({ lost: 0, goneUnasked: 0, misdelivered: 0, duplicated: 0, unknown: 0 });
    expect(ledger?.copiesAccepted).toBeGreaterThan(0);
  });

  story(
    'with clients that stand open, replies that wait for what they answer, a list that is none',
    async ({ desk }) => {
      const system = await desk.mailSystem({}, { jmapPort: 0 });
      const clients = '{ poll: { sessions: 6, every: 1s }, idle: { sessions: 6 }, push: { sessions: 2 } }';
      const flags = throughJmap(system, system.running.ports.jmapPort ?? 0);
      const withoutList = flags.filter((flag, index) => flag !== '--list' && flags[index - 1] !== '--list');
      const run = await desk.run([desk.profile({ clients }), ...withoutList, '--mode', 'coupled']);
      expectSound(run);
      expect([0, 111], run.stderr).toContain(run.code);
      const { operations, ledger, cascade } = run.record;
      expect(sum(operations, 'jmap.push', 'ok')).toBeGreaterThan(0);
      expect(cascade).toMatchObject({ mode: 'coupled' });
      expect(ledger).toMatchObject({ lost: 0, goneUnasked: 0, misdelivered: 0, duplicated: 0 });
      await expectBorneOut(system, run);
    },
  );

  story(
    'whose answers are spoilt in every way ends with each told, nothing lost to sight, nobody led astray',
    async ({ desk }) => {
      const system = await desk.mailSystem({}, { jmapPort: 0 });
      const between = await listenBetweenWeb(system.running.ports.jmapPort ?? 0, '/jmap/api', WAYS);
      const readers = '{ rate: 20/s, patience: 1s, retries: 2, retryAfter: 200ms }';
      const { program, directory } = desk.beginRun([
        desk.profile({ readers }),
        ...throughJmap(system, between.port),
        // A dripped answer to a sign-in would hold a connection for the minutes RFC 5321 grants.
        '--smtp-deadlines',
        'open=2s,command=2s',
      ]);
      await program.says(/pilot: seen/);
      between.spoil(7);
      await program.says(/^recovery {2}/m);
      between.spoil(undefined);
      const ended = await program.ended;
      const run = { ...ended, ...readRun(directory), directory };
      await between.close();
      expectSound(run);
      // Its thresholds may fail; its own work may not.
      expect([0, 99, 111], run.stderr).toContain(run.code);
      for (const way of WAYS) expect(between.spoilt.get(way), way).toBeGreaterThan(0);
      expect(between.strays()).toBe(0);
      const codes = new Set(run.record.refusals.map(({ code }) => code));
      for (const code of ['429', '503', 'GUARD', 'PROTOCOL']) expect([...codes], code).toContain(code);
      expect(run.record.refusals.find(({ code }) => code === '429')?.limited).toBeGreaterThan(0);
      // A drip and a cut answer to a change: it may have happened.
      expect(run.record.operations.some(({ unknown }) => unknown > 0)).toBe(true);
      // What was spoilt never reached the mail system, so that nothing of it is in a mailbox.
      expect(run.record.ledger).toMatchObject({ lost: 0, goneUnasked: 0, misdelivered: 0, duplicated: 0 });
      await expectBorneOut(system, run);
    },
  );

  story('whose tokens run out goes on with new ones', async ({ desk }) => {
    const system = await desk.mailSystem({}, { jmapPort: 0 });
    const between = await listenBetweenWeb(system.running.ports.jmapPort ?? 0, '/never', []);
    let generation = 1;
    let refused = 0;
    const letIn = [0, 0, 0, 0];
    between.authorize = (authorization) => {
      const [, said, account] = /^Bearer g(\d+)\.(.+)$/.exec(authorization) ?? [];
      if (Number(said) === generation && account !== undefined) {
        letIn[generation] = (letIn[generation] ?? 0) + 1;
        return `Basic ${Buffer.from(`${account}:${PASSWORD}`).toString('base64')}`;
      }
      refused += 1;
      return undefined;
    };
    const counter = desk.write('generation', '1');
    const command = `printf 'g%s.%s' "$(cat ${counter})" "$REPLYSTORM_ACCOUNT"`;
    const flags = [...throughJmap(system, between.port), '--token-command', command];
    const { program, directory } = desk.beginRun([TINY, ...flags]);
    // Once the storm is over: where a blast nobody could hand in were the whole story, nothing would be seen of the rest.
    await program.says(/^drain {2}/m);
    desk.write('generation', '2');
    generation = 2;
    await program.says(/^deletes {2}/m);
    desk.write('generation', '3');
    generation = 3;
    const ended = await program.ended;
    const run = { ...ended, ...readRun(directory), directory };
    await between.close();
    expectSound(run);
    expect([0, 99, 111], run.stderr).toContain(run.code);
    expect(refused).toBeGreaterThan(0);
    for (const one of [1, 2, 3]) expect(letIn[one], `with tokens of generation ${one}`).toBeGreaterThan(0);
    const expired = run.record.refusals.filter(({ enhanced }) => enhanced === 'AUTHENTICATIONFAILED');
    expect(expired.length).toBeGreaterThan(0);
    expect(run.record.ledger).toMatchObject({ lost: 0, goneUnasked: 0, misdelivered: 0 });
    expect(run.recordText + run.stderr + run.html).not.toMatch(/g[123]\.user/);
    await expectBorneOut(system, run);
  });
});

describe.concurrent('doors that do not fit', { timeout: 60_000 }, () => {
  story('are told before anything is opened', async ({ desk }) => {
    const file = desk.write('api.yaml', 'auth: none\nlist: { path: /m, id: id }\n');
    const http = ['--submit', 'smtp://127.0.0.1:1', '--mailbox', 'http://127.0.0.1:2', ...ACCOUNTS];
    for (const [args, words] of [
      [['--mailbox', 'jmap', '--submit', 'smtp://127.0.0.1:1'], '--mailbox: found jmap beside the URL'],
      [http, '--mail-api: found nothing, expected maildev, mailpit or a file'],
      [
        [...http, '--mail-api', 'nowhere'],
        '--mail-api: found "nowhere", which is neither maildev, mailpit nor a',
      ],
      [[...http, '--mail-api', file], `${file}:2:23 list.id: found "id"`],
      [
        [...http.slice(0, 2), '--mailbox', 'http://127.0.0.1:2/v1', ...ACCOUNTS, '--mail-api', 'maildev'],
        '--mailbox: found the path "/v1"',
      ],
      [['--mailbox', 'jmap', '--mail-api', 'maildev'], '--mail-api: found it without --submit and --mailbox'],
      [
        [
          '--submit',
          'http://127.0.0.1:1',
          '--mailbox',
          'imap://127.0.0.1:2',
          ...ACCOUNTS,
          '--mail-api',
          'maildev',
        ],
        '--submit: found a mail API that takes no messages',
      ],
      [
        ['--submit', 'jmap+http://x:y@127.0.0.1:1', '--mailbox', 'imap://127.0.0.1:2', ...ACCOUNTS],
        '--submit: found a name or password in the URL',
      ],
    ] as const) {
      const { code, stderr } = await desk.say(['run', TINY, ...args]);
      expect({ code, stderr }).toEqual({ code: 104, stderr: expect.stringContaining(words) });
    }
  });

  story('a threshold on what nobody does through them is told too', async ({ desk }) => {
    const line = 'thresholds:\n  - "imap.signin: p(90) < 1s"\n';
    const profile = desk.write('imap.yaml', readFileSync(TINY, 'utf8').replace('thresholds:\n', line));
    const { code, stderr } = await desk.say(['run', profile, '--mailbox', 'jmap']);
    expect({ code, stderr }).toEqual({
      code: 104,
      stderr: expect.stringContaining('thresholds: found "imap.signin: p(90) < 1s"'),
    });
  });

  story(
    'a wrong password by JMAP ends the run before the storm, after five tries and no more',
    async ({ desk }) => {
      const system = await desk.mailSystem({}, { jmapPort: 0 });
      const between = await listenBetweenWeb(system.running.ports.jmapPort ?? 0, '/never', []);
      let tries = 0;
      between.authorize = (authorization) => {
        if (authorization !== '') tries += 1;
        return authorization;
      };
      const run = await desk.run([TINY, ...throughJmap(system, between.port)], {
        REPLYSTORM_PASSWORD: 'hush hush',
      });
      await between.close();
      expect(run.code, run.stderr).toBe(116);
      expect(run.last).toContain(`${user(0)} could not sign in`);
      expect(tries).toBeLessThanOrEqual(10);
      const said = run.recordText + run.stderr;
      // As it is, and as it goes over the line.
      const asSent = Buffer.from(`${user(0)}:hush hush`).toString('base64');
      for (const secret of ['hush hush', asSent]) expect(said).not.toContain(secret);
    },
  );
});
