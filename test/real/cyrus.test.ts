/** The Cyrus lab itself: it starts, delivers, lets in whom it should, and leaves nothing behind. */

import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type CyrusLab, missingForCyrus, startCyrus } from './cyrus.ts';
import { describeWith } from './gate.ts';

let lab: CyrusLab;

function client(pass: string): ImapFlow {
  const auth = { user: 'user0@lab.test', pass };
  return new ImapFlow({
    host: '127.0.0.1',
    port: lab.imapPort,
    secure: false,
    auth,
    logger: false,
    doSTARTTLS: false,
  });
}

describeWith(missingForCyrus(), 'the Cyrus lab', () => {
  beforeAll(async () => {
    lab = await startCyrus({ mailboxes: 3 });
  });
  afterAll(() => lab?.stop());

  test('takes mail by LMTP and shows it over IMAP, beside a Trash known by its use', async () => {
    const transport = createTransport({ host: '127.0.0.1', port: lab.lmtpPort, lmtp: true, ignoreTLS: true });
    await transport.sendMail({ from: 'a@lab.test', to: ['user0@lab.test'], subject: 'hello', text: 'x' });
    transport.close();
    const reader = client(lab.password);
    await reader.connect();
    expect(await reader.status('INBOX', { messages: true })).toMatchObject({ messages: 1 });
    const uses = (await reader.list()).map(({ path, specialUse }) => [path, specialUse]);
    expect(uses).toContainEqual(['Trash', String.raw`\Trash`]);
    await reader.logout();
  });

  test('lets nobody in with another password', async () => {
    const reader = client('wrong');
    await expect(reader.connect()).rejects.toThrow();
  });

  test('leaves no process behind', async () => {
    expect(lab.processes().length).toBeGreaterThan(2);
    await lab.stop();
    expect(lab.processes()).toEqual([]);
  });
});
