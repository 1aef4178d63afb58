/** Looking at mail: Email/query, Email/get, Email/changes, Thread/get (RFC 8621 §3, §4.2-4.5). Changes nothing. */

import type { Copy, Mailbox } from '../mailbox.ts';
import { type BodyChoice, emailReader, USUAL_BODY_PROPERTIES, USUAL_PROPERTIES } from './email.ts';
import { folderOf, isSearch, readEmailCondition, readFilter } from './filter.ts';
import { accountId, emailId, readId, threadId } from './ids.ts';
import { isShown } from './journal.ts';
import { MAX_OBJECTS_IN_GET, MAX_PROPERTIES, MAX_QUERY_IDS } from './limits.ts';
import {
  type Answer,
  type Call,
  fault,
  type Fault,
  type Getting,
  isBoolean,
  isCount,
  isFault,
  isObject,
  isString,
  isStrings,
  type Json,
  type Method,
  optional,
  readGet,
  spend,
} from './method.ts';
import { unitsOf } from './reference.ts';
import { readWindow, windowOf } from './window.ts';

export const query: Method = async (call) => {
  const { args, desk, context } = call;
  const { store, misbehaviour } = context;
  const filter = args['filter'];
  const { subjectFilter } = misbehaviour;
  const question = readFilter<Copy>(filter, (one) => readEmailCondition(one, { store, subjectFilter }));
  if (typeof question !== 'function') return question;
  const order = readSort(args['sort']);
  if (typeof order !== 'function') return order;
  const window = readWindow(args);
  if (isFault(window)) return window;
  const candidates = (): readonly Copy[] => {
    const folders = desk.account.folders.values();
    const folder = folderOf(filter, folders);
    return folder?.copies ?? [...desk.account.folders.values()].flatMap((one: Mailbox) => one.copies);
  };
  if (isSearch(filter)) await spend(call, 'search', candidates().length);
  else await spend(call, 'open', 0);
  const found = candidates().filter((copy) => isShown(copy.flags) && question(copy));
  const shown = windowOf(order(found), (copy) => emailId(copy.id), window, MAX_QUERY_IDS);
  if (isFault(shown)) return shown;
  const queryState = desk.journal.emailState;
  return {
    result: { accountId: accountId(desk.account), queryState, canCalculateChanges: false, ...shown },
  };
};

const ORDERS: Readonly<Record<string, (a: Copy, b: Copy) => number>> = {
  receivedAt: (a, b) => a.receivedSeconds - b.receivedSeconds,
  size: (a, b) => a.message.raw.length - b.message.raw.length,
  subject: (a, b) =>
    a.message.subject < b.message.subject ? -1 : Number(a.message.subject > b.message.subject),
};

/** Properties that a query may be sorted by; the session object names them (RFC 8621 §1.3.1). */
export const SORT_OPTIONS: readonly string[] = Object.keys(ORDERS);

/** Comparators -> a function that puts copies in order; what is equal goes by age. */
function readSort(value: unknown): ((copies: Copy[]) => Copy[]) | Fault {
  const comparators: unknown = value ?? [];
  if (!Array.isArray(comparators)) return fault('invalidArguments', 'sort: expected a list, or null');
  const compare: ((a: Copy, b: Copy) => number)[] = [];
  let newestFirst = false;
  for (const [index, comparator] of comparators.entries()) {
    const property: unknown = isObject(comparator) ? comparator['property'] : undefined;
    const ascending = isObject(comparator) ? optional(comparator['isAscending'], isBoolean, true) : undefined;
    if (!isString(property) || ascending === undefined)
      return fault('invalidArguments', 'sort: expected comparators with a property');
    const order = Object.hasOwn(ORDERS, property) ? ORDERS[property] : undefined;
    if (order === undefined || index >= SORT_OPTIONS.length) return fault('unsupportedSort');
    newestFirst ||= index === 0 && !ascending;
    compare.push(ascending ? order : (a, b) => order(b, a));
  }
  compare.push(newestFirst ? (a, b) => b.id - a.id : (a, b) => a.id - b.id);
  const together = (a: Copy, b: Copy): number => {
    for (const one of compare) {
      const by = one(a, b);
      if (by !== 0) return by;
    }
    return 0;
  };
  return (copies) => copies.sort(together);
}

export const get: Method = async (call) => {
  const { desk, context, memory } = call;
  const getting = readGet(call);
  if (isFault(getting)) return getting;
  const bodies = readBodyChoice(call.args);
  if (bodies === undefined) return fault('invalidArguments', 'an argument about bodies has another type');
  const read = emailReader(getting.properties ?? USUAL_PROPERTIES, context.store, bodies);
  if (typeof read === 'string') return fault('invalidArguments', `properties: no property ${read}`);
  const ids = getting.ids ?? allIds(call);
  if (ids.length > MAX_OBJECTS_IN_GET) return fault('requestTooLarge');
  await spend(call, bodies.text || bodies.html || bodies.all ? 'body' : 'headers', ids.length);
  const state = desk.journal.emailState;
  const { found, notFound } = look(call, ids);
  const list: Json[] = [];
  for (const copy of found) {
    const email = read(copy);
    memory.unitsLeft -= unitsOf(email, memory.unitsLeft);
    if (memory.unitsLeft < 0) return fault('requestTooLarge');
    list.push(email);
  }
  tellOfShown(call, found);
  return { result: { accountId: accountId(desk.account), state, list, notFound } };
};

function allIds({ desk }: Call): string[] {
  return [...desk.account.folders.values()].flatMap((folder) =>
    folder.copies.filter((copy) => isShown(copy.flags)).map((copy) => emailId(copy.id)),
  );
}

function look(call: Call, ids: readonly string[]): { found: Copy[]; notFound: string[] } {
  const found: Copy[] = [];
  const notFound: string[] = [];
  for (const id of ids) {
    const number = readId('e', id);
    const copy = number === undefined ? undefined : call.desk.journal.copy(number);
    if (copy === undefined) notFound.push(id);
    else found.push(copy);
  }
  return { found, notFound };
}

/** A target that misbehaves lets some of what was shown vanish. */
function tellOfShown({ context, desk }: Call, copies: readonly Copy[]): void {
  if (context.unruly === undefined) return;
  for (const folder of new Set(copies.map((copy) => copy.folder))) {
    const there = copies.filter((copy) => copy.folder === folder);
    context.unruly.shown(desk.account, folder, there);
  }
}

function readBodyChoice(args: Json): BodyChoice | undefined {
  const bodyProperties = optional(args['bodyProperties'], isStrings, USUAL_BODY_PROPERTIES);
  const text = optional(args['fetchTextBodyValues'], isBoolean, false);
  const html = optional(args['fetchHTMLBodyValues'], isBoolean, false);
  const all = optional(args['fetchAllBodyValues'], isBoolean, false);
  const maxBytes = optional(args['maxBodyValueBytes'], isCount, 0);
  if (text === undefined || html === undefined || all === undefined || maxBytes === undefined)
    return undefined;
  if (bodyProperties === undefined || bodyProperties.length > MAX_PROPERTIES) return undefined;
  return { bodyProperties, text, html, all, maxBytes };
}

export const changes: Method = async (call) => {
  const { args, desk } = call;
  const since = args['sinceState'];
  const most = optional(args['maxChanges'], isCount, Number.POSITIVE_INFINITY);
  if (!isString(since) || most === undefined || most === 0)
    return fault('invalidArguments', 'expected a sinceState, and a maxChanges above 0 or none');
  await spend(call, 'poll', 0);
  const found = desk.journal.since(since, most);
  if (found === undefined) return fault('cannotCalculateChanges');
  const result = {
    accountId: accountId(desk.account),
    oldState: since,
    newState: found.newState,
    hasMoreChanges: found.hasMore,
    created: found.created.map(emailId),
    updated: found.updated.map(emailId),
    destroyed: found.destroyed.map(emailId),
  };
  return { result };
};

/** What was found is told from what is now by nothing that is kept (RFC 8620 §5.6). */
export const queryChanges: Method = () => fault('cannotCalculateChanges');

export const threads: Method = async (call) => {
  const getting: Fault | Getting = readGet(call);
  if (isFault(getting)) return getting;
  if (getting.ids === null) return fault('requestTooLarge', 'say which threads');
  await spend(call, 'poll', 0);
  const list: Json[] = [];
  const notFound: string[] = [];
  for (const id of getting.ids) {
    const number = readId('t', id);
    const copy = number === undefined ? undefined : call.desk.journal.copy(number);
    if (copy === undefined) notFound.push(id);
    else list.push({ id: threadId(copy.id), emailIds: [emailId(copy.id)] });
  }
  const { account, journal } = call.desk;
  return {
    result: { accountId: accountId(account), state: journal.emailState, list, notFound },
  } satisfies Answer;
};
