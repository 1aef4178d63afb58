/** Proves the lab with other people's clients, nodemailer and imapflow, before anything of ours is measured against it. */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { STOP_PATIENCE_MS } from './processes.ts';
import { describeReal } from './gate.ts';
import { type Lab, startLab } from './lab.ts';

const run = promisify(execFile);

const MARK = 'X-Lab-Mark';

async function owed(lab: Lab): Promise<number> {
  const { stdout } = await run('sh', ['-c', lab.queueProbe]);
  return Number(stdout.trim());
}

async function whenDrained(lab: Lab): Promise<void> {
  await expect.poll(() => owed(lab), { timeout: 60_000, interval: 100 }).toBe(0);
}

interface Letter {
  readonly mark: string;
  readonly to: readonly string[];
  readonly from?: string;
}

/** Through the submission port: STARTTLS with the certificate checked, then AUTH. */
async function submit(lab: Lab, letter: Letter, password = lab.password, method = 'PLAIN'): Promise<number> {
  const transport = createTransport({
    host: '127.0.0.1',
    port: lab.submitPort,
    requireTLS: true,
    authMethod: method,
    auth: { user: 'user0@lab.test', pass: password },
    tls: { ca: await readFile(lab.ca, 'utf8'), servername: 'localhost' },
  });
  const from = letter.from ?? 'user0@lab.test';
  const sent = await transport.sendMail({
    envelope: { from, to: [...letter.to] },
    from,
    to: lab.list,
    subject: 'a letter',
    text: 'words',
    headers: { [MARK]: letter.mark },
  });
  transport.close();
  return sent.accepted.length;
}

async function imap(lab: Lab, user: string, port: number, password = lab.password): Promise<ImapFlow> {
  return new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: port === lab.imapsPort,
    servername: 'localhost',
    tls: { ca: await readFile(lab.ca, 'utf8') },
    auth: { user, pass: password },
    logger: false,
  });
}

async function marksIn(lab: Lab, user: string, port: number): Promise<string[]> {
  const client = await imap(lab, user, port);
  await client.connect();
  const marks: string[] = [];
  await client.mailboxOpen('INBOX');
  for await (const message of client.fetch('1:*', { headers: [MARK] })) {
    marks.push(message.headers?.toString('latin1').split(':')[1]?.trim() ?? '');
  }
  await client.logout();
  return marks;
}

describeReal('the lab with a list of 20', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ mailboxes: 20 });
  });
  afterAll(async () => {
    await lab.stop();
  });

  test('a letter to the list reaches every member once, says imapflow, and so do the files', async () => {
    expect(await submit(lab, { mark: 'to-the-list', to: [lab.list] })).toBe(1);
    await whenDrained(lab);
    for (const account of lab.accounts) {
      expect(await marksIn(lab, account, lab.imapPort), account).toEqual(['to-the-list']);
    }
    const counted = await lab.countMaildirs(MARK.toLowerCase(), 'to-the-list');
    expect(counted.total).toBe(20);
    expect(counted.byFolder).toEqual({ INBOX: 20 });
    expect(Object.values(counted.byAccount)).toEqual(Array.from({ length: 20 }, () => 1));
    expect(await lab.countMaildirs(MARK, 'to-the-lis')).toMatchObject({ total: 0, byFolder: {} });
  });

  test('IMAPS answers, Trash and Junk are there, and the count follows a move', async () => {
    const client = await imap(lab, 'user3@lab.test', lab.imapsPort);
    await client.connect();
    const uses = (await client.list()).map((folder) => `${folder.path} ${folder.specialUse ?? ''}`.trim());
    expect(uses.toSorted()).toEqual(['INBOX \\Inbox', 'Junk \\Junk', 'Trash \\Trash']);
    await client.mailboxOpen('INBOX');
    await client.messageMove('1:*', 'Trash');
    await client.logout();
    const counted = await lab.countMaildirs(MARK, 'to-the-list');
    expect(counted).toMatchObject({ total: 20, byFolder: { INBOX: 19, Trash: 1 } });
  });

  test('a wrong password is refused by both doors, and AUTH LOGIN works', async () => {
    await expect(submit(lab, { mark: 'never', to: [lab.list] }, 'wrong')).rejects.toMatchObject({
      code: 'EAUTH',
      responseCode: 535,
    });
    const client = await imap(lab, 'user1@lab.test', lab.imapPort, 'wrong');
    await expect(client.connect()).rejects.toMatchObject({ authenticationFailed: true });
    client.close();
    expect(await submit(lab, { mark: 'login', to: ['user1@lab.test'] }, lab.password, 'LOGIN')).toBe(1);
  });

  test('submission wants TLS and a sign-in; neither door relays; an unknown account is refused', async () => {
    const letter = { from: 'user0@lab.test', to: 'user1@lab.test', text: 'words' };
    const bare = createTransport({ host: '127.0.0.1', port: lab.submitPort, ignoreTLS: true });
    await expect(bare.sendMail(letter)).rejects.toMatchObject({ responseCode: 530 });
    const open = createTransport({ host: '127.0.0.1', port: lab.smtpPort, ignoreTLS: true });
    await expect(open.sendMail({ ...letter, to: 'a@elsewhere.example' })).rejects.toMatchObject({
      responseCode: 554,
    });
    await expect(open.sendMail({ ...letter, to: 'user20@lab.test' })).rejects.toMatchObject({
      responseCode: 550,
    });
    await expect(submit(lab, { mark: 'never', to: ['a@elsewhere.example'] })).rejects.toMatchObject({
      responseCode: 554,
    });
    expect((await open.sendMail(letter)).accepted).toEqual(['user1@lab.test']);
  });

  test('the list follows setMembers', async () => {
    await lab.setMembers(['user4@lab.test', 'user5@lab.test']);
    await submit(lab, { mark: 'to-two', to: [lab.list] });
    await whenDrained(lab);
    expect((await lab.countMaildirs(MARK, 'to-two')).byAccount).toEqual({ user4: 1, user5: 1 });
  });

  test('LMTP takes mail past Postfix', async () => {
    const door = createTransport({
      host: '127.0.0.1',
      port: lab.lmtpPort,
      lmtp: true,
      ignoreTLS: true,
    });
    await door.sendMail({
      from: 'user0@lab.test',
      to: ['user6@lab.test', 'user7@lab.test'],
      text: 'words',
      headers: { [MARK]: 'by-lmtp' },
    });
    expect((await lab.countMaildirs(MARK, 'by-lmtp')).byAccount).toEqual({ user6: 1, user7: 1 });
  });
});

describeReal('the lab with fan-out by the generator', () => {
  test('takes 1,000 recipients in one envelope and delivers each a copy; stop leaves nothing', async () => {
    const lab = await startLab({ mailboxes: 1_000, firstAccount: 500 });
    try {
      expect(lab.accounts[0]).toBe('user500@lab.test');
      expect(await submit(lab, { mark: 'to-all', to: lab.accounts })).toBe(1_000);
      await whenDrained(lab);
      expect(await lab.countMaildirs(MARK, 'to-all')).toMatchObject({
        total: 1_000,
        byFolder: { INBOX: 1_000 },
      });
      expect(lab.processes().length).toBeGreaterThan(2);
    } finally {
      await lab.stop();
    }
    expect(lab.processes()).toEqual([]);
    expect(existsSync(lab.mailRoot)).toBe(false);
    expect(existsSync(lab.ca)).toBe(false);
    await expect(run('sh', ['-c', lab.queueProbe])).rejects.toThrow();
    await lab.stop();
  });

  test('stops while a client that never hangs up holds a connection', async () => {
    const lab = await startLab({ mailboxes: 1 });
    const lingering = connect({ host: '127.0.0.1', port: lab.imapPort });
    // What the server does to the connection is its own affair here.
    lingering.on('error', () => undefined);
    await once(lingering, 'data');
    const askedMs = performance.now();
    await lab.stop();
    // Not as long as the stop is patient with a server that does not end.
    expect(performance.now() - askedMs).toBeLessThan(STOP_PATIENCE_MS);
    expect(lab.processes()).toEqual([]);
    lingering.destroy();
  });

  test('the queue probe counts what is owed, and extraMainCf has the last word', async () => {
    const lab = await startLab({ mailboxes: 3, extraMainCf: ['defer_transports = lmtp'] });
    try {
      expect(await owed(lab)).toBe(0);
      await submit(lab, { mark: 'put-off', to: [lab.list] });
      await submit(lab, { mark: 'put-off', to: ['user1@lab.test'] });
      expect(await owed(lab)).toBe(2);
      expect((await lab.countMaildirs(MARK, 'put-off')).total).toBe(0);
    } finally {
      await lab.stop();
    }
  });

  test('two labs stand side by side, and what goes to one stays out of the other', async () => {
    const labs = await Promise.all([startLab({ mailboxes: 2 }), startLab({ mailboxes: 2 })]);
    try {
      await submit(labs[0], { mark: 'left', to: [labs[0].list] });
      await whenDrained(labs[0]);
      expect((await labs[0].countMaildirs(MARK, 'left')).total).toBe(2);
      expect((await labs[1].countMaildirs(MARK, 'left')).total).toBe(0);
    } finally {
      await Promise.all(labs.map((lab) => lab.stop()));
    }
  });
});
