/** Which hand goes with which client. It does nothing with either. */

import type { Sitting } from '../sitting.ts';
import type { Hand } from './client.ts';
import { HttpMailClient } from './http.ts';
import { HttpHand } from './http-hand.ts';
import { ImapMailClient } from './imap.ts';
import { ImapHand } from './imap-hand.ts';
import { JmapHand } from './jmap-hand.ts';
import { JmapMailClient, trustIn } from './jmap-mailbox.ts';

/** How the owner of this sitting deletes. */
export function handOf(sitting: Sitting): Hand {
  const { client } = sitting;
  if (client instanceof ImapMailClient) return new ImapHand(sitting, client);
  if (client instanceof JmapMailClient)
    return new JmapHand(sitting, client, trustIn(sitting.context.access.target.mailbox));
  if (client instanceof HttpMailClient) return new HttpHand(sitting, client);
  throw new Error(`nobody deletes over ${client.door}`);
}
