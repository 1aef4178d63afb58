/** Folders over JMAP: Mailbox/get, /query, /changes, /set (RFC 8621 §2). Moves no mail but what goes with a folder. */

import { FLAG, type Mailbox } from '../mailbox.ts';
import { type Question, readFilter } from './filter.ts';
import { accountId, mailboxId } from './ids.ts';
import { isShown } from './journal.ts';
import { MAX_MAILBOX_NAME_BYTES, MAX_OBJECTS_IN_GET } from './limits.ts';
import {
  type Call,
  fault,
  type Fault,
  getAnswer,
  isFault,
  isObject,
  isString,
  type Json,
  type Method,
  orNull,
  realId,
  spend,
} from './method.ts';
import { invalidProperty, isSetError, type SetError, setError } from './patch.ts';
import { readSet, type Setting } from './set.ts';
import { readWindow, windowOf } from './window.ts';

/** RFC 8621 §2, role; the folders that every account has. */
const ROLES: Readonly<Record<string, string>> = {
  INBOX: 'inbox',
  Trash: 'trash',
  Junk: 'junk',
  Sent: 'sent',
  Drafts: 'drafts',
};

const MINE = {
  mayReadItems: true,
  mayAddItems: true,
  mayRemoveItems: true,
  maySetSeen: true,
  maySetKeywords: true,
  mayCreateChild: false,
  mayRename: false,
  mayDelete: true,
  maySubmit: true,
} as const;

export const get: Method = async (call) => {
  await spend(call, 'poll', 0);
  const folders = [...call.desk.account.folders.values()];
  return getAnswer(
    call,
    call.desk.journal.mailboxState,
    new Map(folders.map((folder) => [mailboxId(folder), mailboxJson(folder)])),
  );
};

function mailboxJson(folder: Mailbox): Json {
  const shown = folder.copies.filter((copy) => isShown(copy.flags));
  const unread = shown.reduce((count, { flags }) => count + Number((flags & FLAG.seen) === 0), 0);
  const role = roleOf(folder);
  return {
    id: mailboxId(folder),
    name: folder.name === 'INBOX' ? 'Inbox' : folder.name,
    parentId: null,
    role,
    sortOrder: role === null ? 10 : Object.values(ROLES).indexOf(role),
    totalEmails: shown.length,
    unreadEmails: unread,
    totalThreads: shown.length,
    unreadThreads: unread,
    myRights: role === null ? MINE : { ...MINE, mayDelete: role !== 'inbox' },
    isSubscribed: true,
  };
}

function roleOf(folder: Mailbox): string | null {
  return ROLES[folder.name] ?? null;
}

export const query: Method = async (call) => {
  const question = readFilter<Mailbox>(call.args['filter'], readMailboxCondition);
  if (typeof question !== 'function') return question;
  const window = readWindow(call.args);
  if (isFault(window)) return window;
  await spend(call, 'poll', 0);
  const found = [...call.desk.account.folders.values()].filter((folder) => question(folder));
  const shown = windowOf(found, mailboxId, window, MAX_OBJECTS_IN_GET);
  if (isFault(shown)) return shown;
  const { account, journal } = call.desk;
  const queryState = journal.mailboxState;
  return { result: { accountId: accountId(account), queryState, canCalculateChanges: false, ...shown } };
};

function readMailboxCondition(condition: Json): Question<Mailbox> | Fault {
  const questions: Question<Mailbox>[] = [];
  for (const [name, value] of Object.entries(condition)) {
    if (name === 'role') questions.push((folder) => roleOf(folder) === value);
    else if (name === 'hasAnyRole') questions.push((folder) => (roleOf(folder) !== null) === value);
    else if (name === 'parentId') questions.push(() => value === null);
    else if (name === 'isSubscribed') questions.push(() => value === true);
    else if (name === 'name' && isString(value))
      questions.push((folder) => folder.name.toLowerCase().includes(value.toLowerCase()));
    else return fault('unsupportedFilter', `no filter by ${name}`);
  }
  return (folder) => questions.every((question) => question(folder));
}

/** Counts change with every message; what they were is not kept. */
export const changes: Method = async (call) => {
  const since = call.args['sinceState'];
  if (!isString(since)) return fault('invalidArguments', 'expected a sinceState');
  await spend(call, 'poll', 0);
  const { account, journal } = call.desk;
  if (since !== journal.mailboxState) return fault('cannotCalculateChanges');
  const none = { hasMoreChanges: false, created: [], updated: [], destroyed: [], updatedProperties: null };
  return { result: { accountId: accountId(account), oldState: since, newState: since, ...none } };
};

export const set: Method = async (call) => {
  const setting = readSet(call);
  if (isFault(setting)) return setting;
  await spend(call, 'poll', 0, setting.create.length + setting.destroy.length);
  const { account, journal } = call.desk;
  const oldState = journal.mailboxState;
  if (setting.ifInState !== null && setting.ifInState !== oldState) return fault('stateMismatch');
  const created = new Map<string, Json>();
  const notCreated = new Map<string, Json>();
  for (const [key, wanted] of setting.create) {
    const made = makeFolder(call, wanted);
    if (isSetError(made)) notCreated.set(key, made);
    else {
      const { name: _name, ...told } = mailboxJson(made);
      created.set(key, told);
      call.memory.created.set(key, mailboxId(made));
    }
  }
  const destroyed = removeFolders(call, setting);
  const notUpdated = setting.update.map(([id]): [string, Json] => [id, setError('forbidden')]);
  const result = {
    accountId: accountId(account),
    oldState,
    newState: journal.mailboxState,
    created: orNull(created),
    updated: null,
    destroyed: destroyed.done.length === 0 ? null : destroyed.done,
    notCreated: orNull(notCreated),
    notUpdated: orNull(new Map(notUpdated)),
    notDestroyed: orNull(destroyed.not),
  };
  return { result };
};

/** The folder, or a SetError (RFC 8620 §5.3). */
function makeFolder({ context, desk }: Call, wanted: unknown): Mailbox | SetError {
  const name = isObject(wanted) ? wanted['name'] : undefined;
  const isName =
    isString(name) && Buffer.byteLength(name) <= MAX_MAILBOX_NAME_BYTES && /^[^\p{Cc}%*/]+$/u.test(name);
  if (!isObject(wanted) || !isName) return invalidProperty('name');
  if ((wanted['parentId'] ?? null) !== null) return invalidProperty('parentId');
  if ((wanted['role'] ?? null) !== null) return invalidProperty('role');
  if (context.store.folder(desk.account, name) !== undefined) return invalidProperty('name');
  return context.store.createFolder(desk.account, name) ?? setError('overQuota');
}

function removeFolders(
  { args, context, desk, memory }: Call,
  { destroy }: Setting,
): { done: string[]; not: Map<string, Json> } {
  const done: string[] = [];
  const not = new Map<string, Json>();
  for (const given of destroy) {
    const id = realId(memory, given) ?? given;
    const folder = [...desk.account.folders.values()].find((one) => mailboxId(one) === id);
    if (folder === undefined) not.set(id, setError('notFound'));
    else if (folder.name === 'INBOX') not.set(id, setError('forbidden'));
    else if (args['onDestroyRemoveEmails'] !== true && folder.copies.some((copy) => isShown(copy.flags)))
      not.set(id, setError('mailboxHasEmail'));
    else {
      context.store.deleteFolder(desk.account, folder);
      done.push(id);
    }
  }
  return { done, not };
}
