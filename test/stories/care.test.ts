/** Stories of what comes before a run and after it: provision, purge, and the embedded mail system served alone. */

import { describe, expect } from 'vitest';

import { expectSound } from './sound.ts';
import { everything, MAILBOXES, PASSWORD, story, TINY, user } from './story.ts';

describe.concurrent('care', { timeout: 90_000 }, () => {
  story('purge removes what a run left, once, and nothing else', async ({ desk }) => {
    const { flags, mailboxFlags, running } = await desk.mailSystem({
      foreign: [{ address: user(2), count: 4 }],
    });
    const run = await desk.run([TINY, ...flags, '--allow-foreign']);
    expect(run.code, run.stderr).toBe(0);
    const { runId, ledger } = run.record;
    const purge = ['purge', '--run', runId, '--mailboxes', String(MAILBOXES), ...mailboxFlags];
    const left = (await everything(running.ports.imapPort)).filter(({ mark }) => mark === runId);
    expect(left).toHaveLength(ledger?.copiesRemaining ?? -1);
    expect(new Set(left.map(({ folder }) => folder))).toEqual(new Set(['INBOX', 'Trash']));
    const other = await desk.say(purge.with(2, 'another-run'));
    expect(other).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^removed 0 messages of another-run,/),
    });
    const first = await desk.say(purge);
    expect(first).toMatchObject({
      code: 0,
      stdout: `removed ${left.length} messages of ${runId}, 0 of them bounces and auto-replies to it\n`,
    });
    const after = await everything(running.ports.imapPort);
    expect(after.map(({ mailbox, subject }) => ({ mailbox, subject }))).toEqual(
      [1, 2, 3, 4].map((number) => ({ mailbox: 2, subject: `Clinic letter ${number}` })),
    );
    const second = await desk.say(purge);
    expect(second.stdout).toMatch(/^removed 0 messages /);
    expect(second.code).toBe(0);
  });

  story('a provisioned past belongs to the run that names it, and can be purged', async ({ desk }) => {
    const { flags, mailboxFlags, running } = await desk.mailSystem();
    const provision = await desk.say(['provision', TINY, '--messages', '3', ...mailboxFlags]);
    expect(provision.code, provision.stderr).toBe(0);
    const id = provision.stdout.trim();
    expect(provision.stderr).toContain(`--provisioned ${id}`);
    const past = await everything(running.ports.imapPort);
    expect(past).toHaveLength(3 * MAILBOXES);
    expect(past.every(({ mark, subject }) => mark === id && subject === 'Blood test results')).toBe(true);
    const without = await desk.run([TINY, ...flags]);
    expectSound(without);
    expect(without.code).toBe(116);
    expect(without.last).toContain(
      `${3 * MAILBOXES} left by run ${id} (remove them with: purge --run ${id})`,
    );
    const run = await desk.run([TINY, ...flags, '--provisioned', id]);
    expectSound(run);
    expect(run.last).toBe('verdict: pass (exit 0: pass)');
    expect(run.record.ledger?.foreign).toBe(0);
    const after = await everything(running.ports.imapPort);
    expect(after).toHaveLength(run.record.ledger?.copiesRemaining ?? -1);
    const purge = ['--mailboxes', String(MAILBOXES), ...mailboxFlags];
    for (const runId of [id, run.record.runId]) {
      const purged = await desk.say(['purge', '--run', runId, ...purge]);
      const held = after.filter(({ mark }) => mark === runId).length;
      expect(purged.stdout).toMatch(new RegExp(`^removed ${held} messages of ${runId},`));
    }
    expect(await everything(running.ports.imapPort)).toEqual([]);
  });

  story(
    'a provision can be completed: what is missing is added, with dates that go back',
    async ({ desk }) => {
      const { mailboxFlags, running } = await desk.mailSystem();
      const fill = (messages: string, ...more: string[]): ReturnType<typeof desk.say> =>
        desk.say(['provision', TINY, '--messages', messages, ...mailboxFlags, ...more]);
      const first = await fill('2');
      const id = first.stdout.trim();
      const again = await fill('2', '--id', id);
      expect(again.stdout.trim()).toBe(id);
      expect(again.stderr).toMatch(new RegExp(`added 0 messages, .*found ${2 * MAILBOXES} there already`));
      const more = await fill('5', '--id', id);
      expect(more.stderr).toMatch(new RegExp(`added ${3 * MAILBOXES} messages`));
      const held = await everything(running.ports.imapPort);
      expect(held).toHaveLength(5 * MAILBOXES);
      const ids = held.map(({ mailbox, raw }) => `${mailbox} ${/^Message-ID: (.*)$/m.exec(raw)?.[1]}`);
      expect(new Set(ids).size).toBe(5 * MAILBOXES);
      const ages = held.map(({ raw }) => Date.now() - Date.parse(/^Date: (.*)$/m.exec(raw)?.[1] ?? ''));
      expect(Math.max(...ages)).toBeGreaterThan(30 * 86_400_000);
      expect(Math.max(...ages)).toBeLessThan(91 * 86_400_000);
      expect((await fill('2', '--id', 'Not An Id')).code).toBe(104);
    },
  );

  story('purge and provision go nowhere the guard would not', async ({ desk }) => {
    const away = ['--mailbox', 'imap://192.0.2.1', '--accounts', 'user{n}@lab.test'];
    for (const args of [
      ['purge', '--run', 'some-run', '--mailboxes', '8'],
      ['provision', TINY, '--messages', '1'],
    ]) {
      const ended = await desk.say([...args, ...away]);
      expect(ended.code).toBe(113);
      expect(ended.last).toMatch(/^exit 113: .*192\.0\.2\.1 is not this machine/);
      expect(ended.stdout).toBe('');
    }
  });

  story('the mail system served alone tells where it is, and a run against it passes', async ({ desk }) => {
    const target = desk.begin(['target', TINY]);
    await target.says(/^queue probe/m);
    const told = (name: string): string =>
      new RegExp(`^${name} +(\\S+)`, 'm').exec(target.stdout)?.[1] ?? 'nothing';
    expect(target.stdout).not.toContain(PASSWORD);
    expect(await (await fetch(told('queue probe'))).text()).toBe('0\n');
    const flags = [
      '--submit',
      told('submission'),
      '--mailbox',
      told('mailboxes'),
      '--accounts',
      told('accounts'),
      '--list',
      told('list'),
      '--queue-probe',
      told('queue probe'),
    ];
    const run = await desk.run([TINY, ...flags]);
    expectSound(run);
    expect(run.last).toBe('verdict: pass (exit 0: pass)');
    target.interrupt();
    const ended = await target.ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const gone = await desk.run([TINY, ...flags]);
    expect(gone.code).toBe(116);
  });

  story('the mail system served alone shows its authority when it speaks TLS', async ({ desk }) => {
    const target = desk.begin(['target', TINY, '--tls']);
    await target.says(/END CERTIFICATE/);
    expect(target.stdout).toMatch(/^submission +smtp:\/\/127\.0\.0\.1:\d+\?tls=required$/m);
    const pem = target.stdout.slice(target.stdout.indexOf('-----BEGIN'));
    const ca = desk.write('ca.pem', pem);
    const mailbox = /^mailboxes +(\S+)/m.exec(target.stdout)?.[1] ?? 'nothing';
    const purge = ['purge', '--run', 'some-run', '--mailboxes', '8', '--accounts', 'user{n}@lab.test'];
    const trusted = await desk.say([...purge, '--mailbox', mailbox, '--tls-ca', ca]);
    expect(trusted).toMatchObject({ code: 0, stdout: expect.stringMatching(/^removed 0 messages/) });
    const untrusted = await desk.say([...purge, '--mailbox', mailbox]);
    expect(untrusted.code).toBe(116);
    expect(untrusted.stderr).toMatch(/certificate/);
    target.interrupt('SIGTERM');
    expect((await target.ended).code).toBe(0);
  });
});
