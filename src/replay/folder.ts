/** Reads a folder's messages by whose they are, and removes exactly the named ones. Knows nothing of plans or phases. */

import type { ImapConnection } from '../protocol/imap/connection.ts';
import type { HeaderRow } from '../protocol/imap/fetch.ts';
import type { Folder } from '../protocol/imap/folders.ts';
import { uidSets } from '../protocol/imap/sets.ts';
import { parseMessageId, RUN_HEADER } from '../storm/numbering.ts';
import { wordsOf } from './sweep.ts';

/** Identity and threading of one message, from its headers. */
export interface FolderEntry {
  readonly uid: number;
  /** The run or provision whose mark it bears. */
  readonly mark: string | undefined;
  /** Our number for it, if the Message-ID is one of that run's. */
  readonly number: number | undefined;
  readonly subject: string;
}

const FIELDS = ['Message-ID', RUN_HEADER, 'Subject'] as const;

/** Messages listed by one FETCH: its answer is in memory as a whole before it is taken apart. */
const LISTED_AT_ONCE = 5_000;

/** Opens a folder and lists it; a text says what went wrong. */
export async function listFolder(
  connection: ImapConnection,
  folder: string,
  readOnly: boolean,
): Promise<readonly FolderEntry[] | string> {
  const opened = await connection.select(folder, { readOnly });
  if (opened.value === undefined) return `${folder}: ${wordsOf(opened.outcome)}`;
  if (opened.value.exists === 0) return [];
  const sets = opened.value.exists <= LISTED_AT_ONCE ? ['1:*'] : await slices(connection);
  if (typeof sets === 'string') return `${folder}: ${sets}`;
  const entries: FolderEntry[] = [];
  for (const set of sets) {
    const fetched = await connection.fetchHeaders(set, FIELDS);
    if (fetched.value === undefined) return `${folder}: ${wordsOf(fetched.outcome)}`;
    for (const row of fetched.value) entries.push(entryOf(row));
  }
  return entries;
}

/** Sets of at most LISTED_AT_ONCE messages that together name the whole folder that is open. */
async function slices(connection: ImapConnection): Promise<readonly string[] | string> {
  const found = await connection.search({ all: true });
  if (found.value === undefined) return wordsOf(found.outcome);
  return setsOf(found.value);
}

/** Sets of at most LISTED_AT_ONCE of these messages each. */
export function setsOf(uids: readonly number[]): string[] {
  const sets: string[] = [];
  for (let at = 0; at < uids.length; at += LISTED_AT_ONCE)
    sets.push(...uidSets(uids.slice(at, at + LISTED_AT_ONCE)));
  return sets;
}

function entryOf(row: HeaderRow): FolderEntry {
  const mark = row.headers.get(RUN_HEADER.toLowerCase())?.trim();
  const identity = parseMessageId(row.headers.get('message-id') ?? '');
  const number = identity !== undefined && identity.runId === mark ? identity.number : undefined;
  return { uid: row.uid, mark, number, subject: row.headers.get('subject') ?? '' };
}

/**
 * Removes exactly these messages of the open folder. Without UIDPLUS a plain EXPUNGE would take what others flagged,
 * so then it is done only where the folder holds nothing else. Says what it left, if anything.
 */
export async function removeUids(
  connection: ImapConnection,
  uids: readonly number[],
  holdsOthers: boolean,
): Promise<string | undefined> {
  if (uids.length === 0) return undefined;
  const exact = connection.capabilities.has('UIDPLUS');
  if (!exact && holdsOthers)
    return 'the server offers no UIDPLUS and the folder holds other mail: nothing was removed there';
  for (const set of uidSets(uids)) {
    const flagged = await connection.store(set, '+FLAGS.SILENT', ['\\Deleted']);
    if (flagged.outcome.kind !== 'ok') return `STORE: ${wordsOf(flagged.outcome)}`;
    const gone = exact ? await connection.uidExpunge(set) : await connection.expunge();
    if (gone.outcome.kind !== 'ok') return `EXPUNGE: ${wordsOf(gone.outcome)}`;
  }
  return undefined;
}

/** Which place of the ledger a folder is, by special use (RFC 6154) or, where the server names none, by its usual name. */
export function placeOf(folder: Folder): 'present' | 'trashed' | 'junked' | 'sent' {
  const last =
    folder.name
      .split(folder.delimiter ?? '/')
      .at(-1)
      ?.toLowerCase() ?? '';
  if (folder.attributes.has('\\trash') || ['trash', 'deleted items', 'deleted messages'].includes(last))
    return 'trashed';
  if (folder.attributes.has('\\junk') || ['junk', 'spam', 'junk e-mail'].includes(last)) return 'junked';
  if (folder.attributes.has('\\sent') || ['sent', 'sent items', 'sent messages'].includes(last))
    return 'sent';
  return 'present';
}
