/** Which door an endpoint is, by its protocol. It opens none. */

import type { EndpointProtocol } from '../profile/guard.ts';
import type { MailboxDoor, SubmitDoor } from '../words.ts';

/** What mailboxes are opened by at an endpoint. */
export function mailboxDoorOf({ protocol }: { readonly protocol: EndpointProtocol }): MailboxDoor {
  if (protocol.startsWith('jmap')) return 'jmap';
  return protocol.startsWith('http') ? 'http' : 'imap';
}

/** What messages are handed in by at an endpoint. */
export function submitDoorOf({ protocol }: { readonly protocol: EndpointProtocol }): SubmitDoor {
  if (protocol.startsWith('jmap')) return 'jmap';
  return protocol.startsWith('http') ? 'http' : 'smtp';
}
