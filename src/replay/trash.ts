/** Where a server keeps what people throw away: by special use, by name, or made now. It moves nothing there. */

import type { ImapConnection } from '../protocol/imap/connection.ts';
import type { Folder } from '../protocol/imap/folders.ts';
import { placeOf } from './folder.ts';
import { wordsOf } from './sweep.ts';

/** What a client calls it where there is none. */
const USUAL_NAME = 'Trash';

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
