/** Which hand goes with which client. It does nothing with either. */

import type { Sitting } from '../sitting.ts';
import type { Hand } from './client.ts';
import { ImapMailClient } from './imap.ts';
import { ImapHand } from './imap-hand.ts';

/** How the owner of this sitting deletes. */
export function handOf(sitting: Sitting): Hand {
  const { client } = sitting;
  if (client instanceof ImapMailClient) return new ImapHand(sitting, client);
  throw new Error(`nobody deletes over ${client.door}`);
}
