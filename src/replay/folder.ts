/** Reads a folder's messages by whose they are, and removes exactly the named ones. Knows nothing of plans or phases. */

import type { ImapConnection } from '../protocol/imap/connection.ts';
import type { HeaderRow } from '../protocol/imap/fetch.ts';
import type { Folder } from '../protocol/imap/folders.ts';
import { uidSets } from '../protocol/imap/sets.ts';
import type { NotificationKind } from '../measure/notifications.ts';
import { parseMessageId, RUN_HEADER, type MessageIdentity } from '../storm/numbering.ts';
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

/** Bytes of an unmarked message read to find out whether it is a bounce or an auto-reply to one of ours. */
const TRACE_BYTES = 64 * 1_024;

/** Unmarked messages fetched in one answer: a megabyte or so of somebody's mail in memory, not all of it. */
const TRACED_AT_ONCE = 20;

/** Unmarked messages of one folder that are read although nothing in their headers names us: beyond that the folder is somebody's, not a storm's. */
const MAX_TRACED = 1_000;

/** Reports of one folder that are read: their headers do not say what they are about, and a list with dead members sends one each a message. */
const MAX_REPORTS = 100_000;

/** What tells an answer to one of ours without reading it. */
const TRACE_FIELDS = ['In-Reply-To', 'References', 'Content-Type', 'From'] as const;

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

function setsOf(uids: readonly number[]): string[] {
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

/** What came of a message of ours and is not marked: a bounce, an auto-reply, a receipt of somebody else's client. */
export interface Trace {
  readonly uid: number;
  readonly runId: string;
  readonly number: number;
  readonly kind: NotificationKind;
  /** Who it says it is from, in lower case; empty where it does not say. */
  readonly from: string;
  /** Addresses that a delivery status notification calls failed (RFC 3464 §2.3); empty for the others. */
  readonly failed: readonly string[];
}

/** Finds notifications of messages of ours among unmarked mail of the folder that is open. */
export async function traceNotices(
  connection: ImapConnection,
  unmarked: readonly FolderEntry[],
): Promise<readonly Trace[] | string> {
  const traces: Trace[] = [];
  const reports: number[] = [];
  const others: number[] = [];
  for (const set of setsOf(unmarked.map(({ uid }) => uid))) {
    const fetched = await connection.fetchHeaders(set, TRACE_FIELDS);
    if (fetched.value === undefined) return wordsOf(fetched.outcome);
    for (const { uid, headers } of fetched.value) {
      const value = (name: string): string => headers.get(name) ?? '';
      const identity = parseMessageId(`${value('in-reply-to')} ${value('references')}`);
      if (/multipart\/report/i.test(value('content-type'))) reports.push(uid);
      else if (identity === undefined) others.push(uid);
      else traces.push(traceOf(uid, identity, 'autoReply', value('from'), []));
    }
  }
  const uids = [...reports.slice(0, MAX_REPORTS), ...others.slice(0, MAX_TRACED)].sort((a, b) => a - b);
  for (let at = 0; at < uids.length; at += TRACED_AT_ONCE) {
    const set = uidSets(uids.slice(at, at + TRACED_AT_ONCE)).join(',');
    const fetched = await connection.fetchBody(set, { maxBytes: TRACE_BYTES });
    if (fetched.value === undefined) return wordsOf(fetched.outcome);
    for (const row of fetched.value) {
      const text = row.body.toString('latin1');
      const identity = parseMessageId(text);
      if (identity === undefined) continue;
      const from = /^From:(.*)$/im.exec(text)?.[1] ?? '';
      traces.push(traceOf(row.uid, identity, kindOf(text, from), from, failedRecipients(text)));
    }
  }
  return traces;
}

function traceOf(
  uid: number,
  { runId, number }: MessageIdentity,
  kind: NotificationKind,
  from: string,
  failed: readonly string[],
): Trace {
  const address = /[^\s<>"(),;]+@[^\s<>"(),;]+/.exec(from)?.[0] ?? '';
  return { uid, runId, number, kind, from: address.toLowerCase(), failed };
}

function kindOf(text: string, from: string): NotificationKind {
  if (/report-type="?disposition-notification/i.test(text)) return 'receipt';
  const isBounce = /report-type="?delivery-status/i.test(text) || /mailer-daemon|postmaster/i.test(from);
  return isBounce ? 'bounce' : 'autoReply';
}

function failedRecipients(text: string): string[] {
  if (!/report-type="?delivery-status/i.test(text)) return [];
  const failed: string[] = [];
  for (const block of text.split(/\r?\n\r?\n/)) {
    const recipient = /^Final-Recipient:\s*rfc822;\s*<?([^\s>]+)/im.exec(block)?.[1];
    // A delayed notice promises another try: only `failed` is an end (RFC 3464 §2.3.3).
    if (recipient !== undefined && /^Action:\s*failed/im.test(block)) failed.push(recipient.toLowerCase());
  }
  return failed;
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
