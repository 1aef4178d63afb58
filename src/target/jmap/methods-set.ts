/** Changing mail: Email/set and Email/import (RFC 8621 §4.6, §4.8). What a call changes, it changes at one instant. */

import { type Copy, FLAG, type Mailbox } from '../mailbox.ts';
import { Message } from '../message.ts';
import { readUtcDate } from './filter.ts';
import { accountId, blobId, emailId, readBlobId, readId, threadId } from './ids.ts';
import { MAX_OBJECTS_IN_SET } from './limits.ts';
import {
  type Answer,
  type Call,
  fault,
  isFault,
  isObject,
  isString,
  type Json,
  type Method,
  optional,
  orNull,
  realId,
  spend,
} from './method.ts';
import {
  type EmailPatch,
  flagsAfter,
  folderAfter,
  foldersById,
  invalidProperty,
  isSetError,
  readMembers,
  readPatch,
  type SetError,
  setError,
} from './patch.ts';
import { readSet, type Setting } from './set.ts';

export const set: Method = async (call) => {
  const setting = readSet(call);
  return isFault(setting) ? setting : carryOut(call, setting);
};

/** Takes its time first and then acts: nothing can come between the state that was asked for and the change. */
export async function carryOut(call: Call, setting: Setting): Promise<Answer> {
  const patches = setting.update.map(([id, patch]) => [id, readPatch(patch)] as const);
  const touching = (property: keyof EmailPatch): number =>
    patches.filter(([, patch]) => !isSetError(patch) && patch[property] !== undefined).length;
  const works = [
    ['move', touching('mailboxIds')],
    ['store', touching('keywords')],
    ['expunge', setting.destroy.length],
  ] as const;
  for (const [kind, messages] of works) await spend(call, kind, messages, Math.min(1, messages));
  const { account, journal } = call.desk;
  const oldState = journal.emailState;
  if (setting.ifInState !== null && setting.ifInState !== oldState) return fault('stateMismatch');
  const { updated, notUpdated } = update(call, patches, setting.destroy);
  const { destroyed, notDestroyed } = destroy(call, setting.destroy);
  // Messages come by import; making one from its parts is not offered.
  const notCreated = setting.create.map(([key]): [string, Json] => [key, setError('forbidden')]);
  const result = {
    accountId: accountId(account),
    oldState,
    newState: journal.emailState,
    created: null,
    updated: orNull(updated),
    destroyed: destroyed.length === 0 ? null : destroyed,
    notCreated: orNull(new Map(notCreated)),
    notUpdated: orNull(notUpdated),
    notDestroyed: orNull(notDestroyed),
  };
  return { result };
}

function find(
  { desk, memory }: Call,
  given: string,
): { readonly id: string; readonly copy: Copy | undefined } {
  const id = realId(memory, given) ?? given;
  const number = readId('e', id);
  return { id, copy: number === undefined ? undefined : desk.journal.copy(number) };
}

/** Where a copy is to lie, and with which flags. */
interface Move {
  readonly copy: Copy;
  readonly to: Mailbox;
  readonly flags: number;
}

function update(
  call: Call,
  patches: readonly (readonly [string, EmailPatch | SetError])[],
  goingIds: readonly string[],
): { updated: Map<string, null>; notUpdated: Map<string, Json> } {
  const updated = new Map<string, null>();
  const notUpdated = new Map<string, Json>();
  const moves: Move[] = [];
  const folders = foldersById(call.desk.account.folders.values());
  const going = new Set(goingIds.map((given) => realId(call.memory, given) ?? given));
  for (const [given, patch] of patches) {
    const { id, copy } = find(call, given);
    if (updated.has(id)) continue;
    const wanted = after(copy, patch);
    if (going.has(id)) notUpdated.set(id, setError('willDestroy'));
    else if (isSetError(wanted)) notUpdated.set(id, wanted);
    else {
      if (wanted.to === wanted.copy.folder) wanted.to.setFlags(wanted.copy, wanted.flags);
      else moves.push(wanted);
      updated.set(id, null);
    }
  }
  move(moves);
  return { updated, notUpdated };

  function after(copy: Copy | undefined, patch: EmailPatch | SetError): Move | SetError {
    if (copy === undefined) return setError('notFound');
    if (isSetError(patch)) return patch;
    const { mailboxIds, keywords } = patch;
    const to = mailboxIds ? folderAfter(mailboxIds, copy.folder, folders, call.memory) : copy.folder;
    const flags = keywords ? flagsAfter(keywords, copy.flags, call.context.store) : copy.flags;
    if (typeof flags !== 'number') return flags;
    return isSetError(to) ? to : { copy, to, flags };
  }
}

/** One pass over each folder, however many leave it. */
function move(moves: readonly Move[]): void {
  const leaving = new Map<Mailbox, Copy[]>();
  for (const { copy, to, flags } of moves) {
    const there = leaving.get(copy.folder) ?? [];
    to.add(copy.message, copy.receivedSeconds, flags, copy.id);
    there.push(copy);
    leaving.set(copy.folder, there);
  }
  for (const [folder, copies] of leaving) folder.expunge(copies);
}

function destroy(
  call: Call,
  ids: readonly string[],
): { destroyed: string[]; notDestroyed: Map<string, Json> } {
  const { context, desk } = call;
  const { unruly } = context;
  const destroyed = new Set<string>();
  const notDestroyed = new Map<string, Json>();
  const going = new Map<Mailbox, Copy[]>();
  for (const given of ids) {
    const { id, copy } = find(call, given);
    if (copy === undefined) notDestroyed.set(id, setError('notFound'));
    else if (!destroyed.has(id)) {
      destroyed.add(id);
      // A target that lies says that it is gone.
      if (unruly?.keeps(desk.account, copy) === true) continue;
      const there = going.get(copy.folder) ?? [];
      there.push(copy);
      going.set(copy.folder, there);
    }
  }
  for (const [folder, copies] of going)
    folder.expunge(unruly === undefined ? copies : unruly.expunges(desk.account, folder, copies));
  return { destroyed: [...destroyed], notDestroyed };
}

export const importEmails: Method = async (call) => {
  const { args, desk, memory } = call;
  const ifInState = optional(args['ifInState'], isString, null);
  if (!isObject(args['emails']) || ifInState === undefined)
    return fault('invalidArguments', 'expected emails by creation id, and a state or none');
  const emails = Object.entries(args['emails']);
  if (emails.length > MAX_OBJECTS_IN_SET) return fault('requestTooLarge');
  await spend(call, 'append', emails.length, emails.length);
  const oldState = desk.journal.emailState;
  if (ifInState !== null && ifInState !== oldState) return fault('stateMismatch');
  const created = new Map<string, Json>();
  const notCreated = new Map<string, Json>();
  for (const [key, wanted] of emails) {
    const copy = importOne(call, wanted);
    if (isSetError(copy)) notCreated.set(key, copy);
    else {
      memory.created.set(key, emailId(copy.id));
      const size = copy.message.raw.length;
      created.set(key, {
        id: emailId(copy.id),
        blobId: blobId(copy),
        threadId: threadId(copy.id),
        size,
      });
    }
  }
  const newState = desk.journal.emailState;
  const account = accountId(desk.account);
  const result = {
    accountId: account,
    oldState,
    newState,
    created: orNull(created),
    notCreated: orNull(notCreated),
  };
  return { result };
};

function importOne(call: Call, wanted: unknown): Copy | SetError {
  const { context, desk, memory } = call;
  if (!isObject(wanted) || !isString(wanted['blobId'])) return invalidProperty('blobId');
  const message = messageOf(call, wanted['blobId']);
  if (message === undefined) return setError('blobNotFound', { notFound: [wanted['blobId']] });
  // Whatever has a header is a message (RFC 8621 §4.8 leaves it to the server).
  if (message.fields.length === 0) return setError('invalidEmail');
  const mailboxes = readMembers(wanted['mailboxIds']);
  if (mailboxes === undefined) return invalidProperty('mailboxIds');
  const folders = foldersById(desk.account.folders.values());
  const folder = folderAfter({ whole: mailboxes, into: [], outOf: [] }, undefined, folders, memory);
  if (isSetError(folder)) return folder;
  const keywords = readMembers(wanted['keywords'] ?? {});
  if (keywords === undefined) return invalidProperty('keywords');
  const flags = flagsAfter({ whole: keywords, into: [], outOf: [] }, 0, context.store);
  if (typeof flags !== 'number') return flags;
  const given = wanted['receivedAt'] ?? undefined;
  const seconds = given === undefined ? Date.now() / 1_000 : readUtcDate(given);
  if (seconds === undefined) return invalidProperty('receivedAt');
  if (context.unruly?.isOverQuota(desk.account, [message]) === true) return setError('overQuota');
  return folder.add(message, Math.floor(seconds), flags & ~FLAG.deleted);
}

/** What was uploaded, or a message that is here already and is shared. */
function messageOf({ uploads, desk }: Call, id: string): Message | undefined {
  const uploaded = uploads.find(desk.account, id);
  if (uploaded !== undefined) return new Message(uploaded);
  const blob = readBlobId(id);
  if (blob === undefined || blob.part !== undefined) return undefined;
  return desk.journal.copy(blob.copy)?.message;
}
