/** Somebody else's IMAP client at a mailbox of a real server, closed when the test ends. No test here. */

import { ImapFlow } from 'imapflow';
import { onTestFinished } from 'vitest';

import type { Place } from '../replay/deletions.ts';

export async function clientOf({ imapPort: port, address: user, password: pass }: Place): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass },
    logger: false,
  });
  client.on('error', () => undefined);
  onTestFinished(() => client.close());
  await client.connect();
  return client;
}
