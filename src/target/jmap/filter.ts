/** A /query's filter -> a yes-or-no question (RFC 8620 §5.5, RFC 8621 §4.4.1). Asks nobody anything yet. */

import { decodeEncodedWords } from '../encoded-words.ts';
import type { Copy, Mailbox } from '../mailbox.ts';
import type { Message } from '../message.ts';
import type { Store } from '../store.ts';
import type { SubjectFilter } from '../switches.ts';
import { bodyValue, contentOf, hasAttachment } from './content.ts';
import { mailboxId, readMailboxId } from './ids.ts';
import { flagName } from './keywords.ts';
import { type Fault, fault, isCount, isFault, isObject, isString, isStrings, type Json } from './method.ts';

export type Question<T> = (one: T) => boolean;

/** Conditions and operators of one filter. */
const MAX_CONDITIONS = 256;

/** Reads a filter, operators and all; `readCondition` knows what a condition may say. */
export function readFilter<T>(
  filter: unknown,
  readCondition: (condition: Json) => Question<T> | Fault,
): Question<T> | Fault {
  const budget = { left: MAX_CONDITIONS };
  const read = (given: unknown): Question<T> | Fault => {
    budget.left -= 1;
    if (budget.left < 0) return fault('unsupportedFilter', 'too many conditions');
    if (!isObject(given)) return fault('invalidArguments', 'filter: expected an object');
    const { operator, conditions } = given;
    if (operator === undefined) return readCondition(given);
    if (!Array.isArray(conditions)) return fault('invalidArguments', 'filter: expected conditions');
    const questions: Question<T>[] = [];
    for (const condition of conditions) {
      const question = read(condition);
      if (isFault(question)) return question;
      questions.push(question);
    }
    if (operator === 'AND') return (one) => questions.every((question) => question(one));
    if (operator === 'OR') return (one) => questions.some((question) => question(one));
    if (operator === 'NOT') return (one) => !questions.some((question) => question(one));
    return fault('invalidArguments', 'filter: expected the operator AND, OR or NOT');
  };
  return filter === undefined || filter === null ? () => true : read(filter);
}

/** What a filter of emails is read with. */
export interface EmailFilterContext {
  readonly store: Store;
  readonly subjectFilter: SubjectFilter;
}

/** The folder that a filter keeps to, so that no other has to be looked through; undefined: any. */
export function folderOf(filter: unknown, folders: Iterable<Mailbox>): Mailbox | undefined {
  if (!isObject(filter)) return undefined;
  const { inMailbox, operator, conditions } = filter;
  if (operator === 'AND' && Array.isArray(conditions)) {
    const direct = conditions.find((one) => isObject(one) && isString(one['inMailbox'])) as Json | undefined;
    return direct && folderOf({ inMailbox: direct['inMailbox'] }, folders);
  }
  return operator === undefined ? [...folders].find((folder) => mailboxId(folder) === inMailbox) : undefined;
}

/** Whether more than a folder is asked about: then every message in it has to be looked at. */
export function isSearch(filter: unknown): boolean {
  return isObject(filter) && Object.keys(filter).some((name) => name !== 'inMailbox');
}

/** The question of one FilterCondition: all of its properties hold. */
export function readEmailCondition(condition: Json, context: EmailFilterContext): Question<Copy> | Fault {
  const questions: Question<Copy>[] = [];
  for (const [name, value] of Object.entries(condition)) {
    const reader = Object.hasOwn(CONDITIONS, name) ? CONDITIONS[name] : undefined;
    if (reader === undefined) return fault('unsupportedFilter', `no filter by ${name}`);
    if (BY_INDEX.has(name) && context.subjectFilter === 'fails')
      return fault('serverFail', 'there is no search index');
    const question = reader(value, context);
    if (question === undefined)
      return fault('invalidArguments', `filter: ${name} has a value of another type`);
    questions.push(BY_INDEX.has(name) && context.subjectFilter === 'finds nothing' ? () => false : question);
  }
  return (copy) => questions.every((question) => question(copy));
}

/** What a server with a search index looks up there, and one without cannot answer. */
const BY_INDEX: ReadonlySet<string> = new Set(['text', 'from', 'to', 'cc', 'bcc', 'subject', 'body']);

type Reader = (value: unknown, context: EmailFilterContext) => Question<Copy> | undefined;

const CONDITIONS: Readonly<Record<string, Reader>> = {
  inMailbox: (value) => {
    if (!isString(value)) return undefined;
    // Read once: the question is asked of every copy.
    const wanted = readMailboxId(value);
    return (copy) => copy.folder.uidValidity === wanted;
  },
  inMailboxOtherThan: (value) =>
    isStrings(value) ? (copy) => !value.includes(mailboxId(copy.folder)) : undefined,
  before: (value) => received(value, (seconds, asked) => seconds < asked),
  after: (value) => received(value, (seconds, asked) => seconds >= asked),
  minSize: (value) => (isCount(value) ? (copy) => copy.message.raw.length >= value : undefined),
  maxSize: (value) => (isCount(value) ? (copy) => copy.message.raw.length < value : undefined),
  hasKeyword: (value, context) => keyword(value, context, true),
  notKeyword: (value, context) => keyword(value, context, false),
  // A thread is one message.
  allInThreadHaveKeyword: (value, context) => keyword(value, context, true),
  someInThreadHaveKeyword: (value, context) => keyword(value, context, true),
  noneInThreadHaveKeyword: (value, context) => keyword(value, context, false),
  hasAttachment: (value) =>
    typeof value === 'boolean' ? (copy) => hasAttachment(copy.message) === value : undefined,
  text: (value) =>
    contains(value, (message) =>
      [...TEXT_FIELDS.map((name) => lowerField(message, name)), message.subject, lowerBody(message)].join(
        '\n',
      ),
    ),
  from: (value) => contains(value, (message) => lowerField(message, 'from')),
  to: (value) => contains(value, (message) => lowerField(message, 'to')),
  cc: (value) => contains(value, (message) => lowerField(message, 'cc')),
  bcc: (value) => contains(value, (message) => lowerField(message, 'bcc')),
  subject: (value) => contains(value, (message) => message.subject),
  body: (value) => contains(value, lowerBody),
  header,
};

const TEXT_FIELDS = ['from', 'to', 'cc', 'bcc'] as const;

function contains(value: unknown, textOf: (message: Message) => string): Question<Copy> | undefined {
  if (!isString(value)) return undefined;
  const wanted = value.toLowerCase();
  return (copy) => textOf(copy.message).includes(wanted);
}

function lowerField(message: Message, name: (typeof TEXT_FIELDS)[number]): string {
  return message.rendering(`lower ${name}`, () =>
    decodeEncodedWords(message.field(name) ?? '').toLowerCase(),
  );
}

/** Not kept: bodies are large, and who looks into them pays for it. */
function lowerBody(message: Message): string {
  const texts = contentOf(message).parts.filter((part) => part.type.startsWith('text/'));
  return texts.map((part) => bodyValue(message.raw, part, 0).value.toLowerCase()).join('\n');
}

/** `[name]`: it is there; `[name, text]`: it is there and contains the text (RFC 8621 §4.4.1). */
function header(value: unknown): Question<Copy> | undefined {
  if (!isStrings(value) || value.length < 1 || value.length > 2) return undefined;
  const name = (value[0] as string).toLowerCase();
  const text = value[1]?.toLowerCase() ?? '';
  return (copy) =>
    copy.message.fields.some(
      (field) => field.name === name && decodeEncodedWords(field.value).toLowerCase().includes(text),
    );
}

function keyword(value: unknown, { store }: EmailFilterContext, has: boolean): Question<Copy> | undefined {
  const name = isString(value) ? flagName(value) : undefined;
  if (name === undefined) return undefined;
  const bit = store.knownFlagBit(name);
  return (copy) => ((copy.flags & bit) !== 0) === has;
}

function received(
  value: unknown,
  compare: (seconds: number, asked: number) => boolean,
): Question<Copy> | undefined {
  const asked = readUtcDate(value);
  return asked === undefined ? undefined : (copy) => compare(copy.receivedSeconds, asked);
}

/** UTCDate (RFC 8620 §1.4) -> seconds since 1970, a fraction perhaps. */
export function readUtcDate(value: unknown): number | undefined {
  if (!isString(value) || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at / 1_000;
}
