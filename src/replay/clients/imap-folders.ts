/** What IMAP folders are for: by special use (RFC 6154), by name, or made now. It moves nothing there. */

import type { ImapConnection } from '../../protocol/imap/connection.ts';
import type { Folder } from '../../protocol/imap/folders.ts';
import { wordsOf } from './words.ts';
import type { MailFolder } from './client.ts';

/** What a client calls the folder for thrown-away mail where there is none. */
const USUAL_NAME = 'Trash';

/** The names that mail programs give folders, where the server says no use. */
const NAMES: readonly (readonly [MailFolder['place'], readonly string[]])[] = [
  ['trashed', ['trash', 'deleted items', 'deleted messages']],
  ['junked', ['junk', 'spam', 'junk e-mail']],
  ['sent', ['sent', 'sent items', 'sent messages', 'drafts']],
];

const USES: readonly (readonly [string, MailFolder['place']])[] = [
  ['\\trash', 'trashed'],
  ['\\junk', 'junked'],
  ['\\sent', 'sent'],
  ['\\drafts', 'sent'],
];

/** Which place of the ledger a folder is, by special use (RFC 6154) or, where the server names none, by its usual name. */
export function placeOf(folder: Folder): MailFolder['place'] {
  const use = USES.find(([attribute]) => folder.attributes.has(attribute));
  if (use !== undefined) return use[1];
  const last = folder.name
    .split(folder.delimiter ?? '/')
    .at(-1)
    ?.toLowerCase();
  return NAMES.find(([, names]) => names.includes(last ?? ''))?.[0] ?? 'present';
}

/** The folder's name, or why there is none. */
export type TrashAnswer = { readonly folder: string } | { readonly problem: string };

/** Finds the folder for thrown-away mail (RFC 6154 \Trash first, then the usual names), or makes it. */
export async function findTrash(connection: ImapConnection): Promise<TrashAnswer> {
  const listed = await connection.list();
  if (listed.value === undefined) return { problem: `LIST: ${wordsOf(listed.outcome)}` };
  const known = trashAmong(listed.value);
  if (known !== undefined) return { folder: known.name };
  // Courier and the like keep every folder below INBOX, and refuse one beside it.
  const delimiter = listed.value.find(({ name }) => name.toUpperCase() === 'INBOX')?.delimiter;
  const names = [USUAL_NAME, ...(delimiter === undefined ? [] : [`INBOX${delimiter}${USUAL_NAME}`])];
  let problem = '';
  for (const name of names) {
    const made = await connection.create(name);
    if (made.outcome.kind === 'ok') return { folder: name };
    problem = `CREATE ${name}: ${wordsOf(made.outcome)}`;
  }
  return { problem };
}

/** By its use where the server says one, else by its name. */
export function trashAmong(folders: readonly Folder[]): Folder | undefined {
  const real = folders.filter(
    ({ attributes }) => !attributes.has('\\noselect') && !attributes.has('\\nonexistent'),
  );
  const byUse = real.find(({ attributes }) => attributes.has('\\trash'));
  return byUse ?? real.find((folder) => placeOf(folder) === 'trashed');
}
