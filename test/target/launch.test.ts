/** The target as a process of its own. Needs dist. */

import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { launchTarget } from '../../src/target/launch.ts';
import { labConfig, LIST, RawClient } from './lab.ts';
import { createTransport } from 'nodemailer';

it('starts, answers what it owes, and stops', async () => {
  const result = await launchTarget(labConfig({ probePort: 0, tls: true }));
  if (!result.ok) throw new Error(result.reason);
  const { target } = result;
  expect(target.ports.ca).toContain('BEGIN CERTIFICATE');
  const transport = createTransport({
    host: '127.0.0.1',
    port: target.ports.submitPort,
    auth: { user: 'ada@lab.test', pass: 'correct horse' },
    tls: { ca: target.ports.ca ?? '' },
  });
  await transport.sendMail({ from: 'ada@lab.test', to: LIST, subject: 'test', text: 'test' });
  transport.close();
  while ((await target.owed()) !== 0);
  const client = new RawClient(target.ports.imapPort);
  await client.hear(/^\* OK/);
  await target.stop();
  await target.stop();
  await target.exited;
  expect(await target.owed()).toBeUndefined();
  expect(await client.closing()).toContain('BYE');
});

it('answers with the reason when it cannot start', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => {
    blocker.listen(0, '127.0.0.1', resolve);
  });
  const address = blocker.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const taken = await launchTarget(labConfig({ imapPort: port }));
  blocker.close();
  expect(taken).toMatchObject({ ok: false, reason: expect.stringContaining('EADDRINUSE') });
  const wrong = await launchTarget(labConfig({ listMembers: ['nobody@lab.test'] }));
  expect(wrong).toMatchObject({ ok: false, reason: expect.stringContaining('nobody@lab.test') });
});

it('answers when time runs out', async () => {
  const late = await launchTarget(labConfig(), 1);
  expect(late).toMatchObject({ ok: false, reason: expect.stringContaining('not listening after 1 ms') });
});
