/** A patch of an Email -> which mailbox and which flags it ends with (RFC 8620 §5.3, RFC 8621 §4.6). Changes nothing. */

import type { Mailbox } from '../mailbox.ts';
import type { Store } from '../store.ts';
import { mailboxId } from './ids.ts';
import { flagName } from './keywords.ts';
import { isObject, type Json, type Memory, realId } from './method.ts';

/** A set given as a whole, or names to put in and to take out. */
export interface SetChange {
  readonly whole: readonly string[] | undefined;
  readonly into: readonly string[];
  readonly outOf: readonly string[];
}

export interface EmailPatch {
  readonly mailboxIds: SetChange | undefined;
  readonly keywords: SetChange | undefined;
}

/** A SetError (RFC 8620 §5.3). */
export type SetError = {
  readonly type: string;
  readonly description?: string;
  readonly properties?: readonly string[];
  readonly notFound?: readonly string[];
  readonly invalidRecipients?: readonly string[];
  /** Octets. */
  readonly maxSize?: number;
  readonly maxRecipients?: number;
};

export function setError(type: string, more: Omit<SetError, 'type'> = {}): SetError {
  return { type, ...more };
}

export function isSetError(value: object): value is SetError {
  return 'type' in value;
}

export function invalidProperty(...properties: readonly string[]): SetError {
  return setError('invalidProperties', { properties });
}

/** Reads a PatchObject. Only where it lies and its keywords can change; the rest of an Email is for ever. */
export function readPatch(patch: unknown): EmailPatch | SetError {
  if (!isObject(patch)) return setError('invalidPatch');
  for (const name of Object.keys(patch)) {
    if (!/^(?:mailboxIds|keywords)(?:\/[^/]+)?$/.test(name)) return invalidProperty(name);
  }
  const mailboxIds = readSetChange(patch, 'mailboxIds');
  const keywords = readSetChange(patch, 'keywords');
  if (mailboxIds !== undefined && isSetError(mailboxIds)) return mailboxIds;
  if (keywords !== undefined && isSetError(keywords)) return keywords;
  return { mailboxIds, keywords };
}

function readSetChange(patch: Json, property: string): SetChange | SetError | undefined {
  const into: string[] = [];
  const outOf: string[] = [];
  let whole: readonly string[] | undefined;
  for (const [path, value] of Object.entries(patch)) {
    if (path === property) {
      whole = readMembers(value);
      if (whole === undefined) return invalidProperty(property);
    } else if (path.startsWith(`${property}/`)) {
      const name = path
        .slice(property.length + 1)
        .replaceAll('~1', '/')
        .replaceAll('~0', '~');
      if (value === true) into.push(name);
      else if (value === null) outOf.push(name);
      else return invalidProperty(path);
    }
  }
  const parts = into.length + outOf.length;
  // A whole and its parts in one patch contradict each other.
  if (whole !== undefined && parts > 0) return setError('invalidPatch');
  return whole === undefined && parts === 0 ? undefined : { whole, into, outOf };
}

/** `{ name: true, ... }`; undefined: it is something else. */
export function readMembers(value: unknown): readonly string[] | undefined {
  if (!isObject(value)) return undefined;
  return Object.values(value).every((one) => one === true) ? Object.keys(value) : undefined;
}

/** The one folder that it ends in: an email lies in one here, as the session object says (maxMailboxesPerEmail). */
export function folderAfter(
  change: SetChange,
  now: Mailbox | undefined,
  folders: ReadonlyMap<string, Mailbox>,
  memory: Memory,
): Mailbox | SetError {
  const start = change.whole ?? (now === undefined ? [] : [mailboxId(now)]);
  const outOf = new Set(change.outOf.map((id) => realId(memory, id) ?? id));
  const ids = new Set([...start, ...change.into].map((id) => realId(memory, id) ?? id));
  const left = [...ids].filter((id) => !outOf.has(id));
  const found = left.map((id) => folders.get(id));
  if (found.length === 0 || found.includes(undefined)) return invalidProperty('mailboxIds');
  return found.length > 1 ? setError('tooManyMailboxes') : (found[0] as Mailbox);
}

/** The flags that it ends with. Keywords the store has not seen are made known, while there is room. */
export function flagsAfter(change: SetChange, now: number, store: Store): number | SetError {
  let flags = change.whole === undefined ? now : 0;
  for (const keyword of [...(change.whole ?? []), ...change.into]) {
    const name = flagName(keyword);
    if (name === undefined) return invalidProperty(`keywords/${keyword}`);
    const bit = store.flagBit(name);
    if (bit === 0) return setError('tooManyKeywords');
    flags |= bit;
  }
  for (const keyword of change.outOf) flags &= ~store.knownFlagBit(flagName(keyword) ?? '');
  return flags;
}

/** An account's folders by their ids. */
export function foldersById(folders: Iterable<Mailbox>): ReadonlyMap<string, Mailbox> {
  return new Map([...folders].map((folder) => [mailboxId(folder), folder]));
}
