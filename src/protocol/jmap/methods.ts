/** Answers of JMAP methods (RFC 8620 §5, RFC 8621) as values of ours. It must not believe what does not fit. */

import type { ProtocolOutcome, Rejected } from '../../measure/outcome.ts';
import { okOutcome, unknownOutcome } from '../ending.ts';
import { setRefusal } from './classify.ts';
import { asCount, asObject, asObjects, asString, asStrings, type JsonObject } from './values.ts';

/** RFC 8621 §2. */
export interface Mailbox {
  readonly id: string;
  readonly name: string;
  /** `inbox`, `trash`, `junk`, `drafts`, `sent` and others; null where it has none. */
  readonly role: string | null;
  /** The mailbox it lies in; null at the top. */
  readonly parentId: string | null;
  readonly totalEmails: number;
}

/** How one of several objects that were to be created ended. */
export interface Created {
  readonly outcome: ProtocolOutcome;
  /** Present exactly when the outcome is `ok`. */
  readonly id?: string;
  /** How many recipients the server takes at once, where that was what it refused (RFC 8621 §7.5). */
  readonly maxRecipients?: number;
}

export interface QueryPage {
  readonly ids: readonly string[];
  /** Of all pages; undefined where the server did not count. */
  readonly total: number | undefined;
  readonly position: number;
  /** The most a page may hold: what was asked for, or what the server bears. A shorter one is the last. */
  readonly cap: number;
}

export interface Got {
  readonly rows: readonly JsonObject[];
  readonly notFound: readonly string[];
  /** From here on `changes` can tell. */
  readonly state: string;
}

/** What a /set did to each object it named. */
export interface SetDone {
  readonly done: readonly string[];
  readonly refused: ReadonlyMap<string, Rejected>;
}

export interface Changes {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly destroyed: readonly string[];
  readonly newState: string;
  readonly hasMore: boolean;
}

/** RFC 8621 §6. */
export interface Identity {
  readonly id: string;
  readonly email: string;
}

export function readMailboxes(args: JsonObject): readonly Mailbox[] | string {
  const rows = asObjects(args['list']);
  if (rows === undefined) return 'Mailbox/get without a list';
  const mailboxes: Mailbox[] = [];
  for (const row of rows) {
    const id = asString(row['id']);
    const name = asString(row['name']);
    if (id === undefined || name === undefined) return 'a mailbox without id or name';
    const [role = null, parentId = null] = [asString(row['role']), asString(row['parentId'])];
    mailboxes.push({ id, name, role, parentId, totalEmails: asCount(row['totalEmails']) ?? 0 });
  }
  return mailboxes;
}

export function readIdentities(args: JsonObject): readonly Identity[] | string {
  const rows = asObjects(args['list']);
  if (rows === undefined) return 'Identity/get without a list';
  return rows.flatMap((row) => {
    const id = asString(row['id']);
    return id === undefined ? [] : [{ id, email: asString(row['email']) ?? '' }];
  });
}

/** `most`: more than were asked for are no answer to us. */
export function readQuery(args: JsonObject, most: number): QueryPage | string {
  const ids = asStrings(args['ids']);
  if (ids === undefined) return 'Email/query without ids';
  if (ids.length > most) return `Email/query answered ${ids.length} ids and was asked for ${most}`;
  const cap = Math.min(most, asCount(args['limit']) ?? most);
  return { ids, total: asCount(args['total']), position: asCount(args['position']) ?? 0, cap };
}

export function readGot(args: JsonObject): Got | string {
  const rows = asObjects(args['list']);
  const state = asString(args['state']);
  if (rows === undefined || state === undefined) return 'Email/get without list or state';
  return { rows, notFound: asStrings(args['notFound']) ?? [], state };
}

/** Every object that was named must be answered for: one in neither list has an unknown fate, which is no answer. */
export function readSet(
  args: JsonObject,
  named: readonly string[],
  kind: 'destroyed' | 'updated',
): SetDone | string {
  const level = kind === 'destroyed' ? 'notDestroyed' : 'notUpdated';
  const failed = asObject(args[level]) ?? {};
  const done = kind === 'destroyed' ? (asStrings(args[kind]) ?? []) : Object.keys(asObject(args[kind]) ?? {});
  const isDone = new Set(done);
  const refused = new Map<string, Rejected>();
  for (const id of named) {
    const error = Object.hasOwn(failed, id) ? failed[id] : undefined;
    if (error !== undefined) refused.set(id, setRefusal(error, level));
    else if (!isDone.has(id)) return `Email/set says nothing of ${id.slice(0, 60)}`;
  }
  return { done: named.filter((id) => !refused.has(id)), refused };
}

export function readChanges(args: JsonObject): Changes | string {
  const [created, updated, destroyed] = ['created', 'updated', 'destroyed'].map((name) =>
    asStrings(args[name]),
  );
  const newState = asString(args['newState']);
  if (created === undefined || updated === undefined || destroyed === undefined || newState === undefined)
    return 'Email/changes without its lists or its state';
  return { created, updated, destroyed, newState, hasMore: args['hasMoreChanges'] === true };
}

/** What became of the object that was to be created under a name of ours. Without a word on it, it may be there. */
export function readCreated(args: JsonObject, method: string, name: string): Created {
  const error = asObject(asObject(args['notCreated'])?.[name]);
  if (error !== undefined) {
    const maxRecipients = asCount(error['maxRecipients']);
    const outcome = setRefusal(error, 'notCreated');
    return maxRecipients === undefined ? { outcome } : { outcome, maxRecipients };
  }
  const id = asString(asObject(asObject(args['created'])?.[name])?.['id']);
  if (id === undefined)
    return { outcome: unknownOutcome(`${method} says nothing of what was to be created`) };
  return { outcome: okOutcome(method), id };
}
