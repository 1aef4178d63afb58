/** Stories of runs that must not begin: the guard, the preflight and the pilot refuse, say why and what to do, and leave a record. */

import { describe, expect } from 'vitest';

import { deadPort, listenBetween, listenMute } from './mute.ts';
import type { Ended, RunFiles } from './program.ts';
import { expectSound } from './sound.ts';
import { everything, LIST, MAILBOXES, story, TINY, user } from './story.ts';

/** Refused before the storm: a record without phases, and the reason in its last line. */
function expectRefused(run: Ended & RunFiles, code: number, reason: RegExp): void {
  expectSound(run);
  expect(run.last).toMatch(reason);
  expect(run.code, run.stderr).toBe(code);
  expect(run.record).toMatchObject({ phases: [], operations: [], ledger: null, canaries: null });
  expect(run.record.verdict.status).toBe('no-data');
  expect(run.stderr).not.toMatch(/^ {4}at /m);
}

describe.concurrent('the guard refuses', { timeout: 90_000 }, () => {
  story('a target off this machine, before any packet', async ({ desk }) => {
    const run = await desk.run([
      TINY,
      '--submit',
      'smtp://192.0.2.1',
      '--mailbox',
      'imap://192.0.2.1',
      '--accounts',
      'user{n}@lab.test',
      '--list',
      LIST,
      '--yes',
    ]);
    expectRefused(
      run,
      113,
      /192\.0\.2\.1 is not this machine and the profile declares no blastRadius: add one/,
    );
    expect(run.stderr).not.toMatch(/^pilot/m);
  });

  story('a blast radius without caps, without a stop condition, or not said', async ({ desk }) => {
    const profile = desk.profile({
      blastRadius: '{ name: staging, cidrs: [192.0.2.0/24], recipientDomains: [staging.test] }',
    });
    const away = ['--submit', 'smtp://192.0.2.1', '--mailbox', 'imap://192.0.3.1'];
    const run = await desk.run([profile, ...away, '--accounts', 'user{n}@staging.test']);
    expectRefused(run, 113, /192\.0\.3\.1 is outside blastRadius\.cidrs \(192\.0\.2\.0\/24\)/);
    expect(run.last).toContain('needs caps');
    expect(run.last).toContain('needs at least one of stopConditions');
    expect(run.last).toContain('say --target-is staging');
  });

  story("names that may be somebody's, even on this machine", async ({ desk }) => {
    const mute = await listenMute();
    const [submit, mailbox] = ['smtp', 'imap'].map((name) => `${name}://127.0.0.1:${mute.port}?tls=off`);
    const servers = ['--submit', submit ?? '', '--mailbox', mailbox ?? ''];
    const accounts = await desk.run([TINY, ...servers, '--accounts', 'user{n}@company.com']);
    expectRefused(accounts, 113, /recipient domain company\.com is neither reserved/);
    const list = await desk.run([
      TINY,
      ...servers,
      '--accounts',
      'user{n}@lab.test',
      '--list',
      'all@company.com',
    ]);
    expectRefused(list, 113, /recipient domain company\.com is neither reserved/);
    expect(mute.taken()).toBe(0);
    await mute.close();
  });

  story('another target than the one that is meant', async ({ desk }) => {
    const none = await desk.run([TINY, '--target-is', 'production']);
    expectRefused(
      none,
      113,
      /--target-is production: the profile's blastRadius\.name is absent; they must be equal/,
    );
  });

  story('a plan that is larger than its caps', async ({ desk }) => {
    const caps = '{ messages: 10, copies: 20, bytes: 1KiB, connections: 5, wall: 1m }';
    const run = await desk.run([desk.profile({ caps })]);
    expectRefused(run, 113, /the plan's messages \(\d+\) are over caps\.messages \(10\)/);
    for (const name of ['copies', 'bytes', 'connections']) expect(run.last).toContain(`over caps.${name}`);
  });
});

describe.concurrent('the preflight refuses', { timeout: 90_000 }, () => {
  story('servers where nobody listens', async ({ desk }) => {
    const { submit, mailboxFlags, mailbox } = await desk.mailSystem();
    const dead = await deadPort();
    const noMailbox = await desk.run([
      TINY,

      '--submit',
      submit,
      '--mailbox',
      `imap://127.0.0.1:${dead}?tls=off`,
      '--accounts',
      'user{n}@lab.test',
    ]);
    expectRefused(noMailbox, 116, new RegExp(`imap://127\\.0\\.0\\.1:${dead} .*(ECONNREFUSED|refused)`));
    const noSubmit = await desk.run([TINY, '--submit', `smtp://127.0.0.1:${dead}?tls=off`, ...mailboxFlags]);
    expectRefused(noSubmit, 116, new RegExp(`smtp://127\\.0\\.0\\.1:${dead} .*(ECONNREFUSED|refused)`));
    expect(mailbox).not.toContain(String(dead));
  });

  story('servers without the TLS that is required', async ({ desk }) => {
    const { submit, mailbox } = await desk.mailSystem();
    const accounts = ['--accounts', 'user{n}@lab.test'];
    const required = mailbox.replace('tls=off', 'tls=required');
    const imap = await desk.run([TINY, '--submit', submit, '--mailbox', required, ...accounts]);
    expectRefused(imap, 116, /imap:.*STARTTLS/);
    const smtp = await desk.run([
      TINY,
      '--submit',
      submit.replace('tls=off', 'tls=required'),
      '--mailbox',
      mailbox,
      ...accounts,
    ]);
    expectRefused(smtp, 116, /smtp:.*STARTTLS/);
  });

  story('a certificate that nobody vouches for, until somebody does', async ({ desk }) => {
    const { flags, running } = await desk.mailSystem({}, { tls: true });
    const untrusted = await desk.run([TINY, ...flags]);
    expectRefused(untrusted, 116, /certificate.*--tls-ca/);
    const ca = desk.write('ca.pem', running.ports.ca ?? '');
    const trusted = await desk.run([TINY, ...flags, '--tls-ca', ca]);
    expect(trusted.last).toBe('verdict: pass (exit 0: pass)');
    expect(trusted.record.target).toMatchObject({ tls: 'required/required', tlsVerified: true });
    const name = await desk.run([TINY, ...flags, '--tls-ca', ca, '--tls-server-name', 'mail.elsewhere.test']);
    expectRefused(name, 116, /mail\.elsewhere\.test.*--tls-server-name/);
  });

  story('a wrong password, without locking anybody out', async ({ desk }) => {
    const { running, submit } = await desk.mailSystem();
    const between = await listenBetween(running.ports.imapPort, /AUTHENTICATIONFAILED/);
    const mailbox = [
      '--mailbox',
      `imap://127.0.0.1:${between.port}?tls=off`,
      '--accounts',
      'user{n}@lab.test',
    ];
    const wrong = 'not the password';
    const run = await desk.run([TINY, '--submit', submit, ...mailbox], { REPLYSTORM_PASSWORD: wrong });
    expectRefused(run, 116, /user0@lab\.test could not sign in: /);
    expect(between.answers()).toBeGreaterThan(0);
    expect(between.answers()).toBeLessThanOrEqual(5);
    expect(run.stderr + run.stdout + run.recordText + run.html + run.junit).not.toContain(wrong);
    await between.close();
  });

  story('mailboxes that hold mail of others, unless told to leave it alone', async ({ desk }) => {
    const foreign = [
      { address: user(1), count: 3 },
      { address: user(4), count: 2 },
    ];
    const { flags, running } = await desk.mailSystem({ foreign });
    const run = await desk.run([TINY, ...flags]);
    expectRefused(
      run,
      116,
      /foreign mail: 5 messages that are not ours in 2 mailboxes; use empty mailboxes, or --allow-foreign/,
    );
    const before = await everything(running.ports.imapPort);
    const allowed = await desk.run([TINY, ...flags, '--allow-foreign']);
    expect(allowed.last).toBe('verdict: pass (exit 0: pass)');
    expectSound(allowed);
    expect(allowed.record.ledger?.foreign).toBe(5);
    const after = await everything(running.ports.imapPort);
    const unmarked = after.filter(({ mark }) => mark === undefined);
    expect(unmarked).toEqual(before);
    const third = await desk.run([TINY, ...flags]);
    const { runId } = allowed.record;
    const left = after.filter(({ mark }) => mark === runId).length;
    expectRefused(
      third,
      116,
      new RegExp(`of these ${left} left by run ${runId} \\(remove them with: purge --run ${runId}\\)`),
    );
  });
});

describe.concurrent('the pilot refuses', { timeout: 90_000 }, () => {
  story('a target that will not take a recipient', async ({ desk }) => {
    const { servers } = await desk.mailSystem({ refuseRecipients: [user(5)] });
    const run = await desk.run([TINY, ...servers]);
    expectRefused(run, 113, /the pilot message was not taken for user5@lab\.test: /);
    expect(run.last).not.toContain(user(4));
  });

  story('a list that somebody is missing from', async ({ desk }) => {
    const { flags } = await desk.mailSystem({ listMisses: [user(6)] });
    const run = await desk.run([TINY, ...flags]);
    expectRefused(
      run,
      113,
      /the pilot message did not reach user6@lab\.test and the target owes nothing any more: is everybody a member of the list\?/,
    );
  });

  story('somebody who answers automatically', async ({ desk }) => {
    const { flags, running } = await desk.mailSystem({ autoReply: [user(2)] });
    const run = await desk.run([TINY, ...flags]);
    expectRefused(run, 113, /somebody answered the pilot message automatically/);
    expect(await everything(running.ports.imapPort)).toEqual([]);
  });

  story('somebody whose mail comes back', async ({ desk }) => {
    const { flags, running } = await desk.mailSystem({ bounceRecipients: [user(3)] });
    const run = await desk.run([TINY, ...flags]);
    expectRefused(run, 113, /the pilot message came back from user3@lab\.test/);
    expect(await everything(running.ports.imapPort)).toEqual([]);
  });
});

story('the mail systems of these stories have as many mailboxes as the profile', async ({ desk }) => {
  const ended = await desk.say(['plan', TINY, '--json']);
  expect(JSON.parse(ended.stdout)).toMatchObject({ mailboxes: MAILBOXES });
});
