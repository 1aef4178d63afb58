/** A JMAP account's mailboxes as folders: what each is for, by its role (RFC 8621 §2), and one made where there is none. It must not touch mail. */

import type { JmapResult } from '../../protocol/jmap/channel.ts';
import type { JmapConnection } from '../../protocol/jmap/connection.ts';
import type { Mailbox } from '../../protocol/jmap/methods.ts';
import { INBOX, type MailFolder } from './client.ts';
import { placeOf } from './imap-folders.ts';

/** A folder and what the server calls it. */
export interface JmapFolder extends MailFolder {
  readonly id: string;
  /** As the server last counted. */
  readonly exists: number;
}

/** Roles of what shows mail that lies elsewhere (RFC 6154's \All and the like). */
const VIRTUAL: ReadonlySet<string> = new Set(['all', 'flagged', 'important']);

const PLACES: Readonly<Record<string, MailFolder['place']>> = {
  trash: 'trashed',
  junk: 'junked',
  sent: 'sent',
  drafts: 'sent',
};

/** Where an email that lies in several folders is listed: the first of these. */
const ORDER: readonly MailFolder['place'][] = ['present', 'junked', 'trashed', 'sent'];

/** Deeper than people file: a server whose folders lie in each other in a circle ends here. */
const DEPTH = 32;

/** What a client calls one that it makes. */
const NAMES = { trash: 'Trash', drafts: 'Drafts' } as const;

/** Folders with mail of their own, INBOX first. */
export function foldersOf(mailboxes: readonly Mailbox[]): readonly JmapFolder[] {
  const byId = new Map(mailboxes.map((mailbox) => [mailbox.id, mailbox]));
  const named = new Set<string>();
  const folders = mailboxes
    .filter(({ role }) => role === null || !VIRTUAL.has(role))
    .map((mailbox): JmapFolder => {
      const isInbox = mailbox.role === 'inbox';
      const path = isInbox ? INBOX : pathOf(mailbox, byId);
      // Two paths may read the same, where a name holds a slash.
      const name = named.has(path) ? mailbox.id : path;
      named.add(name);
      return { id: mailbox.id, name, place: placeIn(mailbox), isInbox, exists: mailbox.totalEmails };
    });
  const rank = ({ isInbox, place }: JmapFolder): number => (isInbox ? -1 : ORDER.indexOf(place));
  return folders.sort((one, other) => rank(one) - rank(other));
}

/** The folder of a role; for want of one that says so, of its usual name. */
export function folderFor(
  role: 'inbox' | 'trash' | 'drafts',
  mailboxes: readonly Mailbox[],
): Mailbox | undefined {
  const byRole = mailboxes.find((mailbox) => mailbox.role === role);
  if (byRole !== undefined || role === 'inbox') return byRole;
  const isCalledSo = (mailbox: Mailbox): boolean =>
    role === 'trash' ? placeIn(mailbox) === 'trashed' : mailbox.name.toLowerCase() === 'drafts';
  return mailboxes.find((mailbox) => mailbox.role === null && isCalledSo(mailbox));
}

/** Makes a folder; the value is its id. Some servers keep roles to themselves: then one that is only called so. */
export async function makeFolder(
  connection: JmapConnection,
  role: keyof typeof NAMES,
): Promise<JmapResult<string>> {
  const made = await connection.createMailbox(NAMES[role], role);
  if (made.outcome.kind !== 'rejected' || made.outcome.code !== 'notCreated') return made;
  const plain = await connection.createMailbox(NAMES[role], null);
  return { ...plain, startedUs: made.startedUs };
}

function placeIn({ role, name }: Mailbox): MailFolder['place'] {
  if (role !== null) return PLACES[role] ?? 'present';
  return placeOf({ name, delimiter: undefined, attributes: new Set() });
}

function pathOf(mailbox: Mailbox, byId: ReadonlyMap<string, Mailbox>): string {
  const names = [mailbox.name];
  let parent = byId.get(mailbox.parentId ?? '');
  for (let depth = 0; parent !== undefined && depth < DEPTH; depth += 1) {
    names.unshift(parent.name);
    parent = byId.get(parent.parentId ?? '');
  }
  return names.join('/');
}
