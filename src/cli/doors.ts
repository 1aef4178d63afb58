/** Which doors a run goes through, by its flags: those of the embedded target, or of servers that somebody named. Connects to nothing. */

import type { EndpointRequest } from '../profile/guard.ts';
import { mailboxDoorOf, submitDoorOf } from '../replay/doors.ts';
import { USUAL_DOORS, type Doors } from '../words.ts';
import type { EndpointReading } from './endpoints.ts';

/** The word for the embedded target's own JMAP door, where a URL would name somebody else's. */
export const OWN_JMAP = 'jmap';

export type MeantDoors =
  | { readonly kind: 'embedded'; readonly doors: Doors }
  | { readonly kind: 'named' }
  | { readonly kind: 'problem'; readonly problem: string };

/** Whose doors `--submit` and `--mailbox` mean. */
export function meantDoors(submit: string | undefined, mailbox: string | undefined): MeantDoors {
  const isOwn = (text: string | undefined): boolean => text === undefined || text === OWN_JMAP;
  if (isOwn(submit) && isOwn(mailbox))
    return {
      kind: 'embedded',
      doors: {
        submit: submit === undefined ? USUAL_DOORS.submit : OWN_JMAP,
        mailbox: mailbox === undefined ? USUAL_DOORS.mailbox : OWN_JMAP,
      },
    };
  const flag = submit === OWN_JMAP ? '--submit' : mailbox === OWN_JMAP ? '--mailbox' : undefined;
  if (flag === undefined) return { kind: 'named' };
  return {
    kind: 'problem',
    problem: `${flag}: found ${OWN_JMAP} beside the URL of a named target, expected a URL too, such as jmap+http://host:port (${OWN_JMAP} alone is the embedded target's door)`,
  };
}

/** The doors of a named target. */
export function doorsOf(submit: EndpointRequest, mailbox: EndpointRequest): Doors {
  return { submit: submitDoorOf(submit), mailbox: mailboxDoorOf(mailbox) };
}

/** Where a JMAP session is, as the URL names it; undefined for the well-known place. A mail API says itself where things are. */
export function pathOf(
  flag: string,
  reading: Extract<EndpointReading, { readonly ok: true }>,
): { readonly path: string | undefined } | { readonly problem: string } {
  const { path, endpoint } = reading;
  const isBare = path === '' || path === '/';
  if (isBare || endpoint.protocol.startsWith('jmap')) return { path: isBare ? undefined : path };
  return {
    problem: `${flag}: found the path ${JSON.stringify(path)}, expected none: the mail API (--mail-api) says where things are`,
  };
}
