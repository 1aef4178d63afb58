/** Dovecot's cap on sessions of one user from one address: its refusal is told apart from a wrong password, and patience gets through. */

import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { readAs } from '../replay/readers.ts';
import { describeReal } from './gate.ts';
import { type Lab, startLab } from './lab.ts';

let lab: Lab;

async function session(): Promise<ImapFlow> {
  const auth = { user: 'user0@lab.test', pass: lab.password };
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: lab.imapPort,
    secure: false,
    doSTARTTLS: false,
    auth,
    logger: false,
  });
  client.on('error', () => undefined);
  onTestFinished(() => client.close());
  await client.connect();
  return client;
}

describeReal('mail_max_userip_connections', () => {
  beforeAll(async () => {
    lab = await startLab({ mailboxes: 1, extraDovecot: ['mail_max_userip_connections = 2'] });
  });
  afterAll(() => lab?.stop());

  test('is a limiter, not a wrong password; whoever tries again gets in once a place is free', async () => {
    const place = { imapPort: lab.imapPort, address: 'user0@lab.test', password: lab.password };
    const first = await session();
    await session();
    const refused = await readAs(place, 0);
    expect(refused.counts('imap.signin')?.intents).toMatchObject({ rejected: 1, limited: 1 });
    const patient = readAs(place, 200, 50_000);
    await first.logout();
    const { counts, patience } = await patient;
    expect(counts('journey.read')?.intents).toMatchObject({ ok: 1 });
    expect(patience?.gaveUp).toBe(0);
  });
});
