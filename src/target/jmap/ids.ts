/** The names that JMAP objects go by, and back: of accounts, mailboxes, emails, threads and blobs. Looks nothing up. */

import type { Copy, Mailbox } from '../mailbox.ts';
import type { Account } from '../store.ts';

export function accountId(account: Account): string {
  return `a${account.place}`;
}

/** A folder's UIDVALIDITY is the store's own count: no two folders ever share one. */
export function mailboxId(folder: Mailbox): string {
  return `m${folder.uidValidity}`;
}

/** The UIDVALIDITY that a mailbox's id names; undefined: no such id was ever given. */
export function readMailboxId(id: string): number | undefined {
  return id[0] === 'm' ? wholeNumber(id.slice(1)) : undefined;
}

export function emailId(id: number): string {
  return `e${id}`;
}

/** Every message is a thread by itself: a server may say so (RFC 8621 §3), and a storm's one thread helps nobody. */
export function threadId(id: number): string {
  return `t${id}`;
}

/** Of the whole message. */
export function blobId(copy: Copy): string {
  return `b${copy.id}`;
}

/** Of one part's content, by its number in the message. */
export function partBlobId(copy: Copy, part: number): string {
  return `b${copy.id}-${part}`;
}

/** The number of an email or a thread; undefined: no such id was ever given. */
export function readId(prefix: 'e' | 't', id: unknown): number | undefined {
  return typeof id === 'string' && id[0] === prefix ? wholeNumber(id.slice(1)) : undefined;
}

/** The copy that a blob is of, and the part, unless it is the whole message. */
export function readBlobId(id: string): { readonly copy: number; readonly part?: number } | undefined {
  if (id[0] !== 'b') return undefined;
  const [first = '', second, ...more] = id.slice(1).split('-');
  const copy = wholeNumber(first);
  if (copy === undefined || more.length > 0) return undefined;
  if (second === undefined) return { copy };
  const part = wholeNumber(second);
  return part === undefined ? undefined : { copy, part };
}

function wholeNumber(digits: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : undefined;
}
