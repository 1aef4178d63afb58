/** What journeys and sweeps ask of a mail client, whatever it speaks: words and types. Each protocol answers in a file of its own. */

import type { Place } from '../../measure/dispositions.ts';
import type { ProtocolOutcome } from '../../measure/outcome.ts';
import type { MailboxDoor, OperationName } from '../../words.ts';

/** `value` is present exactly when the outcome is `ok`. Instants in microseconds from the plan's zero. */
export interface MailResult<T> {
  readonly outcome: ProtocolOutcome;
  readonly value?: T;
  readonly startedUs: number;
  readonly endedUs: number;
  /** How long the server asks to wait before the next question, where it said so. */
  readonly retryAfterUs?: number;
}

/**
 * A message as a listing tells it. `uid` is IMAP's, or a number that this client gives the message: it means nothing to
 * another client, and ascends in the order in which the client came to know the messages (a listing: oldest first).
 */
export interface MailRow {
  readonly uid: number;
  /** By lower-case name, unfolded, undecoded; of a repeated field the first. Fields that are not there are absent. */
  readonly headers: ReadonlyMap<string, string>;
}

/** A message as it lies there: its bytes from the first header field on, as many as were asked for. */
export interface MailBody {
  readonly uid: number;
  readonly body: Buffer;
}

/** A folder that holds mail of its own: virtual ones are left out. */
export interface MailFolder {
  /** What `open` takes. */
  readonly name: string;
  /** `sent`: an author's own copy, in Sent or Drafts, which no path of the storm made. */
  readonly place: Place | 'sent';
  readonly isInbox: boolean;
}

/** Up to where a mailbox is known; outlives the client that gave it. Only clients of the same protocol look inside. */
export type Bookmark =
  | { readonly door: 'imap'; readonly uidNext: number }
  | { readonly door: 'jmap'; readonly state: string }
  | { readonly door: 'http'; readonly known: ReadonlySet<string> };

export interface OpenedFolder {
  readonly exists: number;
  readonly bookmark: Bookmark;
}

export interface MailNews {
  /** Oldest first. */
  readonly rows: readonly MailRow[];
  readonly bookmark: Bookmark;
}

export interface Waited {
  readonly changed: boolean;
  /** When the server said so; the wait itself may end later. */
  readonly changedUs: number;
}

/** INBOX, whatever it is called where it lies. */
export const INBOX = 'INBOX';

/**
 * One person's mailbox, signed in. Nothing here ever rejects, retries or counts; calls made without awaiting the one before are
 * answered in order. Lists, bodies and numbers are of the folder that is open.
 */
export interface MailClient {
  readonly door: MailboxDoor;
  /** The connection is, or was last, under TLS. */
  readonly tls: boolean;
  /** It will not serve any more: sign in anew. */
  readonly closed: boolean;
  /** Bytes read from the server so far. */
  readonly bytesRead: number;
  /** `remove` takes exactly what it is told to. */
  readonly isExact: boolean;
  /** Numbers are the server's own, the same to every client, and ascend in the order of arrival. */
  readonly hasUids: boolean;

  folders(): Promise<MailResult<readonly MailFolder[]>>;
  open(folder: string, options?: { readonly readOnly?: boolean }): Promise<MailResult<OpenedFolder>>;
  /** Everything in the folder, oldest first. */
  list(fields: readonly string[]): Promise<MailResult<readonly MailRow[]>>;
  /** The newest, oldest of them first: a client's first screen. */
  newest(count: number, fields: readonly string[]): Promise<MailResult<readonly MailRow[]>>;
  headers(uids: readonly number[], fields: readonly string[]): Promise<MailResult<readonly MailRow[]>>;
  /** Those that are still there. An empty list is asked all the same: somebody opens an empty mailbox. */
  bodies(
    uids: readonly number[],
    options?: { readonly maxBytes?: number },
  ): Promise<MailResult<readonly MailBody[]>>;
  /** Numbers of messages with this Message-ID, angle brackets included. */
  find(messageId: string): Promise<MailResult<readonly number[]>>;
  /** What came into INBOX since then. */
  news(since: Bookmark, fields: readonly string[]): Promise<MailResult<MailNews>>;
  /**
   * Waits until something may have come since this client last looked, at most so long; undefined where the server
   * cannot be waited for, or has not yet shown that it tells: look again after a moment.
   */
  awaitNews(options: {
    readonly forUs: number;
    readonly signal: AbortSignal;
  }): Promise<MailResult<Waited>> | undefined;
  /** Messages that have come into INBOX; only differences between two answers mean anything. */
  arrivals(): Promise<MailResult<number>>;
  /** Removes these for good, and nothing else; where that cannot be (see `isExact`) and the folder holds others, refuses. */
  remove(uids: readonly number[], holdsOthers: boolean): Promise<MailResult<void>>;
  /** Puts messages of the past into INBOX. Refused as `UNSUPPORTED` where the protocol knows no such thing. */
  append(
    message: Buffer,
    options: { readonly seen: boolean; readonly date: Date },
  ): Promise<MailResult<void>>;
  /** Says goodbye, as far as the protocol knows one. */
  leave(): Promise<void>;
  /** Ends at once whatever is under way. */
  destroy(): void;
}

/** Under which names a client's answers are counted. `undefined`: it asks the server nothing. */
export interface MailboxOperations {
  readonly open: OperationName | undefined;
  readonly list: OperationName;
  readonly headers: OperationName;
  readonly find: OperationName;
  readonly body: OperationName;
  /** A look that a client makes by itself. */
  readonly poll: OperationName;
  /** From the server's word that something came until it was read. */
  readonly wake: OperationName;
}

export const MAILBOX_OPERATIONS: Readonly<Record<MailboxDoor, MailboxOperations>> = {
  imap: {
    open: 'imap.open',
    list: 'imap.headers',
    headers: 'imap.headers',
    find: 'imap.search',
    body: 'imap.body',
    poll: 'imap.poll',
    wake: 'imap.idle',
  },
  jmap: {
    open: undefined,
    list: 'jmap.query',
    headers: 'jmap.get',
    find: 'jmap.query',
    body: 'jmap.get',
    poll: 'jmap.poll',
    wake: 'jmap.push',
  },
  http: {
    open: undefined,
    list: 'http.list',
    headers: 'http.fetch',
    find: 'http.list',
    body: 'http.fetch',
    poll: 'http.poll',
    wake: 'http.poll',
  },
};

/** Messages taken in one go; `saved` when the server itself holds the same selection (IMAP's `$`, RFC 5182). */
export interface Gulp {
  readonly uids: readonly number[];
  readonly saved: boolean;
}

/** How somebody at an open folder deletes over one protocol, by what the server offers. It selects nothing but by search. */
export interface Hand {
  /** Looks for where things are thrown away, where the strategy needs such a place; says what is wrong. */
  prepare(): Promise<string | undefined>;
  /** What the server's search for a subject finds, each named and none foreign; undefined: nothing, or it failed. */
  search(subject: string): Promise<Gulp | undefined>;
  /** Disposes of one gulp; it counts as asked for from the moment the command leaves. */
  dispose(gulp: Gulp): Promise<void>;
  /** What is left to do when everything has been selected. `taken`: all that was. */
  finish(taken: readonly number[]): Promise<void>;
}
