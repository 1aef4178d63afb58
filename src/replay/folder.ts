/** Reads a folder's messages by whose they are. Knows nothing of plans or phases, and changes nothing. */

import { parseMessageId, RUN_HEADER } from '../storm/numbering.ts';
import type { MailClient, MailRow } from './clients/client.ts';
import { wordsOf } from './clients/words.ts';

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

/** Opens a folder and lists it; a text says what went wrong. */
export async function listFolder(
  client: MailClient,
  folder: string,
  readOnly: boolean,
): Promise<readonly FolderEntry[] | string> {
  const opened = await client.open(folder, { readOnly });
  if (opened.value === undefined) return `${folder}: ${wordsOf(opened.outcome)}`;
  if (opened.value.exists === 0) return [];
  const listed = await client.list(FIELDS);
  return listed.value === undefined ? `${folder}: ${wordsOf(listed.outcome)}` : listed.value.map(entryOf);
}

function entryOf(row: MailRow): FolderEntry {
  const mark = row.headers.get(RUN_HEADER.toLowerCase())?.trim();
  const identity = parseMessageId(row.headers.get('message-id') ?? '');
  const number = identity !== undefined && identity.runId === mark ? identity.number : undefined;
  return { uid: row.uid, mark, number, subject: row.headers.get('subject') ?? '' };
}

/** Removes exactly these messages of the open folder, or says what it left. */
export async function removeUids(
  client: MailClient,
  uids: readonly number[],
  holdsOthers: boolean,
): Promise<string | undefined> {
  if (uids.length === 0) return undefined;
  const { outcome } = await client.remove(uids, holdsOthers);
  return outcome.kind === 'ok' ? undefined : wordsOf(outcome);
}
