/** Finds bounces, delays, auto-replies and receipts among unmarked mail and traces them to the message of ours that caused them. Reads only. */

import type { NoticeKind } from '../measure/notices.ts';
import { parseMessageId, type MessageIdentity } from '../storm/numbering.ts';
import type { MailClient } from './clients/client.ts';
import { wordsOf } from './clients/words.ts';
import type { FolderEntry } from './folder.ts';

/** Bytes of an unmarked message read at first: whole for an auto-reply, and for a notification about a few recipients. */
const TRACE_BYTES = 64 * 1_024;

/** A notification that is longer is read again, so far: at some 300 bytes a recipient, twice over, twenty thousand of them. */
const LONG_TRACE_BYTES = 16 * 1_024 * 1_024;

/** Unmarked messages fetched in one answer: a megabyte or so of somebody's mail in memory, not all of it. */
const TRACED_AT_ONCE = 20;

/** Unmarked messages of one folder that are read although nothing in their headers names us, the newest: beyond that the folder is somebody's, not a storm's. */
const MAX_TRACED = 1_000;

/** Reports of one folder that are read, the newest: their headers do not say what they are about, and a list with dead members sends one each a message. */
const MAX_REPORTS = 100_000;

/** What tells an answer to one of ours without reading it. */
const TRACE_FIELDS = ['In-Reply-To', 'References', 'Content-Type', 'From'] as const;

/** What a notification says of one recipient (RFC 3464 §2.3). */
export interface NoticeRecipient {
  /** In lower case. */
  readonly address: string;
  /** `failed` is an end; `delayed` promises another try (§2.3.3). */
  readonly action: 'failed' | 'delayed';
  /** RFC 3463, as 5.2.2; null where it was not given. */
  readonly status: string | null;
}

/** A notice as its text tells it. */
export interface Notice {
  readonly identity: MessageIdentity;
  readonly kind: NoticeKind;
  /** Who it says it is from, in lower case; empty where it does not say. */
  readonly from: string;
  /** Empty for an auto-reply and a receipt. */
  readonly recipients: readonly NoticeRecipient[];
}

/** A notice that came of a message of ours. */
export interface Trace extends Notice {
  readonly uid: number;
}

export interface Traced {
  readonly traces: readonly Trace[];
  /** Unmarked messages that were not looked at, or not to their end, since there was too much of them. */
  readonly unread: number;
}

/** Finds notices of messages of ours among unmarked mail of the folder that is open. */
export async function traceNotices(
  client: MailClient,
  unmarked: readonly FolderEntry[],
): Promise<Traced | string> {
  const sorted = await sortByHeaders(client, unmarked);
  if (typeof sorted === 'string') return sorted;
  const { reports, others } = sorted;
  const traces = [...sorted.traces];
  // The newest: what lay there before the storm is none of its notices.
  const uids = [...reports.slice(-MAX_REPORTS), ...others.slice(-MAX_TRACED)].sort((a, b) => a - b);
  let unread = reports.length + others.length - uids.length;
  for (let at = 0; at < uids.length; at += TRACED_AT_ONCE) {
    const some = uids.slice(at, at + TRACED_AT_ONCE);
    const fetched = await client.bodies(some, { maxBytes: TRACE_BYTES });
    if (fetched.value === undefined) return wordsOf(fetched.outcome);
    for (const { uid, body } of fetched.value) {
      const text = body.length < TRACE_BYTES ? body : await readOn(client, uid, body);
      if (typeof text === 'string') return text;
      if (text.length >= LONG_TRACE_BYTES) unread += 1;
      const notice = readNotice(text.toString('latin1'));
      if (notice !== undefined) traces.push({ uid, ...notice });
    }
  }
  return { traces, unread };
}

/** Unmarked mail by what has to be read of it, in order of UIDs. */
interface Sorted {
  /** Nothing more: answers that name a message of ours. */
  readonly traces: readonly Trace[];
  readonly reports: readonly number[];
  readonly others: readonly number[];
}

async function sortByHeaders(client: MailClient, unmarked: readonly FolderEntry[]): Promise<Sorted | string> {
  const traces: Trace[] = [];
  const reports: number[] = [];
  const others: number[] = [];
  if (unmarked.length === 0) return { traces, reports, others };
  const uids = unmarked.map(({ uid }) => uid);
  const fetched = await client.headers(uids, TRACE_FIELDS);
  if (fetched.value === undefined) return wordsOf(fetched.outcome);
  for (const { uid, headers } of fetched.value) {
    const from = headers.get('from');
    const identity = answered(headers.get('in-reply-to'), headers.get('references'));
    if (/multipart\/report/i.test(headers.get('content-type') ?? '')) reports.push(uid);
    else if (identity === undefined || isMailer(from)) others.push(uid);
    else traces.push({ uid, identity, kind: 'autoReply', from: addressIn(from), recipients: [] });
  }
  return { traces, reports, others };
}

/** The whole of a long notification, for one of a thousand recipients is long; of any other mail what was read is enough. */
async function readOn(client: MailClient, uid: number, body: Buffer): Promise<Buffer | string> {
  if (!isReport(headerOf(body.toString('latin1')))) return body;
  const fetched = await client.bodies([uid], { maxBytes: LONG_TRACE_BYTES });
  return fetched.value === undefined ? wordsOf(fetched.outcome) : (fetched.value[0]?.body ?? body);
}

/** What a message tells of one of ours; undefined if it is no notice of it. */
export function readNotice(text: string): Notice | undefined {
  const header = headerOf(text);
  const from = addressIn(fieldOf(header, 'From'));
  if (isReport(header)) {
    const notice = readReport(header, text);
    return notice && { ...notice, from };
  }
  const isReceipt = /report-type="?disposition-notification/i.test(header);
  // An answer names what it answers (RFC 3834 §3.1.5); a receipt too, in its own way (RFC 8098 §3.2.5).
  const original = isReceipt ? /^Original-Message-ID:\s*(<rs\.[^>]*>)/im.exec(text)?.[1] : undefined;
  // What only quotes us somewhere is the last resort.
  const identity =
    idIn(original) ?? answered(fieldOf(header, 'In-Reply-To'), fieldOf(header, 'References')) ?? idIn(text);
  if (identity === undefined) return undefined;
  // There are servers that report failures in words alone.
  const kind = isReceipt ? 'receipt' : isMailer(fieldOf(header, 'From')) ? 'bounce' : 'autoReply';
  return { identity, kind, from, recipients: [] };
}

/** What a delivery status notification tells. */
function readReport(header: string, text: string): Omit<Notice, 'from'> | undefined {
  const recipients = recipientsIn(text);
  // The returned header names its own message; its In-Reply-To and References name others, and may stand before it.
  const returned = /^Message-ID:\s*(<rs\.[^>]*>)/im.exec(text.slice(header.length))?.[1];
  const identity = idIn(returned) ?? idIn(fieldOf(header, 'In-Reply-To')) ?? idIn(text);
  if (identity === undefined) return undefined;
  const failed = recipients.length === 0 || recipients.some(({ action }) => action === 'failed');
  return { identity, kind: failed ? 'bounce' : 'delay', recipients };
}

/** The per-recipient blocks of a delivery status (RFC 3464 §2.3). */
function recipientsIn(text: string): NoticeRecipient[] {
  const recipients: NoticeRecipient[] = [];
  for (const block of text.split(/\r?\n\r?\n/)) {
    const address = /^Final-Recipient:\s*rfc822;\s*<?([^\s>]+)/im.exec(block)?.[1]?.toLowerCase();
    const action = /^Action:\s*(failed|delayed)/im.exec(block)?.[1]?.toLowerCase();
    const status = /^Status:\s*([245]\.\d{1,3}\.\d{1,3})/im.exec(block)?.[1] ?? null;
    if (address !== undefined && (action === 'failed' || action === 'delayed'))
      recipients.push({ address, action, status });
  }
  return recipients;
}

/** What an answer says it answers. */
function answered(
  inReplyTo: string | undefined,
  references: string | undefined,
): MessageIdentity | undefined {
  return idIn(inReplyTo) ?? idIn(references);
}

function isMailer(from: string | undefined): boolean {
  return /mailer-daemon|postmaster/i.test(from ?? '');
}

/** The first address of a field, in lower case; empty where there is none. */
function addressIn(field: string | undefined): string {
  return /[^\s<>"(),;]+@[^\s<>"(),;]+/.exec(field ?? '')?.[0]?.toLowerCase() ?? '';
}

function isReport(header: string): boolean {
  return /report-type="?delivery-status/i.test(header);
}

/** The message's own header, unfolded. */
function headerOf(text: string): string {
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length;
  return text.slice(0, end).replaceAll(/\r?\n(?=[ \t])/g, '');
}

function fieldOf(header: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*)$`, 'im').exec(header)?.[1];
}

/** The last of our ids in a text: of References the last is the message itself (RFC 5322 §3.6.4). */
function idIn(text: string | undefined): MessageIdentity | undefined {
  const ids = text?.match(/<rs\.[^<>\s]{1,200}>/g) ?? [];
  for (const id of ids.toReversed()) {
    const identity = parseMessageId(id);
    if (identity !== undefined) return identity;
  }
  return undefined;
}
