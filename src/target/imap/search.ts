/** SEARCH: criteria read once into a yes-or-no question, then asked of every copy (RFC 3501 §6.4.4). */

import { type Copy, FLAG } from '../mailbox.ts';
import { decodeEncodedWords } from '../encoded-words.ts';
import { MAX_NESTING, type Scanner } from './scanner.ts';
import type { View } from './view.ts';

/** Answers for the copy at this index of the view. */
export type Question = (copy: Copy, index: number) => boolean;

/** Keys of one SEARCH; more is BAD. */
const MAX_KEYS = 256;

interface Reading {
  readonly scanner: Scanner;
  readonly view: View;
  readonly flagBit: (name: string) => number;
  keys: number;
}

const FLAG_KEYS: Readonly<Record<string, readonly [number, boolean]>> = {
  SEEN: [FLAG.seen, true],
  UNSEEN: [FLAG.seen, false],
  DELETED: [FLAG.deleted, true],
  UNDELETED: [FLAG.deleted, false],
  FLAGGED: [FLAG.flagged, true],
  UNFLAGGED: [FLAG.flagged, false],
  ANSWERED: [FLAG.answered, true],
  UNANSWERED: [FLAG.answered, false],
  DRAFT: [FLAG.draft, true],
  UNDRAFT: [FLAG.draft, false],
};

const DATE_KEYS: Readonly<Record<string, (day: number, asked: number) => boolean>> = {
  SINCE: (day, asked) => day >= asked,
  SENTSINCE: (day, asked) => day >= asked,
  BEFORE: (day, asked) => day < asked,
  SENTBEFORE: (day, asked) => day < asked,
  ON: (day, asked) => day === asked,
  SENTON: (day, asked) => day === asked,
};

const HEADER_KEYS: ReadonlySet<string> = new Set(['FROM', 'TO', 'CC', 'BCC']);

/** Reads all criteria to the end of the line; undefined on a mistake. */
export function readCriteria(
  scanner: Scanner,
  view: View,
  flagBit: (name: string) => number,
): Question | undefined {
  const reading: Reading = { scanner, view, flagBit, keys: 0 };
  const question = readAll(reading, 0);
  return question !== undefined && scanner.atEnd() ? question : undefined;
}

function readAll(reading: Reading, depth: number): Question | undefined {
  const questions: Question[] = [];
  do {
    const question = readKey(reading, depth);
    if (question === undefined) return undefined;
    questions.push(question);
  } while (reading.scanner.take(' '));
  if (questions.length === 1) return questions[0];
  return (copy, index) => questions.every((question) => question(copy, index));
}

function readKey(reading: Reading, depth: number): Question | undefined {
  reading.keys += 1;
  const { scanner, view } = reading;
  if (depth > MAX_NESTING || reading.keys > MAX_KEYS) return undefined;
  if (scanner.take('(')) {
    const question = readAll(reading, depth + 1);
    return scanner.take(')') ? question : undefined;
  }
  const set = scanner.sequenceSet();
  if (set !== undefined) {
    const isMember = view.membership(set, false);
    return (_copy, index) => isMember(index);
  }
  const name = scanner.atom()?.toUpperCase();
  if (name === undefined) return undefined;
  const flag = FLAG_KEYS[name];
  if (flag !== undefined) return (copy) => ((copy.flags & flag[0]) !== 0) === flag[1];
  if (name === 'ALL' || name === 'OLD') return () => true;
  if (name === 'NEW' || name === 'RECENT') return () => false;
  return readKeyWithArgument(reading, name, depth);
}

function readKeyWithArgument(reading: Reading, name: string, depth: number): Question | undefined {
  const { scanner, view, flagBit } = reading;
  if (!scanner.take(' ')) return undefined;
  if (name === 'NOT') {
    const question = readKey(reading, depth + 1);
    return question && ((copy, index) => !question(copy, index));
  }
  if (name === 'OR') {
    const left = readKey(reading, depth + 1);
    const right = left !== undefined && scanner.take(' ') ? readKey(reading, depth + 1) : undefined;
    return left && right && ((copy, index) => left(copy, index) || right(copy, index));
  }
  if (name === 'UID') {
    const set = scanner.sequenceSet();
    const isMember = set === undefined ? undefined : view.membership(set, true);
    return isMember && ((_copy, index) => isMember(index));
  }
  if (name === 'KEYWORD' || name === 'UNKEYWORD') {
    const bit = flagBit(scanner.atom() ?? '');
    return (copy) => ((copy.flags & bit) !== 0) === (name === 'KEYWORD');
  }
  if (name === 'LARGER' || name === 'SMALLER') return sizeQuestion(scanner.number(), name);
  const compare = DATE_KEYS[name];
  if (compare !== undefined) return dateQuestion(scanner.astring(), name, compare);
  return readTextKey(scanner, name);
}

function sizeQuestion(size: number | undefined, name: 'LARGER' | 'SMALLER'): Question | undefined {
  if (size === undefined) return undefined;
  return name === 'LARGER'
    ? (copy) => copy.message.raw.length > size
    : (copy) => copy.message.raw.length < size;
}

const DAY_MS = 86_400_000;

/** Days are compared in UTC, which a server may do (RFC 3501 §6.4.4 disregards time and zone). */
function dateQuestion(
  text: string | undefined,
  name: string,
  compare: (day: number, asked: number) => boolean,
): Question | undefined {
  if (text === undefined || !/^\d{1,2}-[a-z]{3}-\d{4}$/i.test(text)) return undefined;
  const asked = Math.floor(Date.parse(`${text.replaceAll('-', ' ')} UTC`) / DAY_MS);
  if (Number.isNaN(asked)) return undefined;
  if (!name.startsWith('SENT')) return (copy) => compare(Math.floor(copy.receivedSeconds / 86_400), asked);
  return (copy) => compare(Math.floor(Date.parse(copy.message.field('date') ?? '') / DAY_MS), asked);
}

function readTextKey(scanner: Scanner, name: string): Question | undefined {
  const header = name === 'HEADER' ? scanner.astring()?.toLowerCase() : name.toLowerCase();
  if (header === undefined || (name === 'HEADER' && !scanner.take(' '))) return undefined;
  const argument = scanner.astring();
  if (argument === undefined) return undefined;
  // The client's bytes arrive as Latin-1 text and are UTF-8 in anything modern.
  const wanted = Buffer.from(argument, 'latin1').toString('utf8').toLowerCase();
  if (name === 'SUBJECT') return (copy) => copy.message.subject.includes(wanted);
  if (name === 'HEADER' || HEADER_KEYS.has(name)) return headerQuestion(header, wanted);
  if (name === 'TEXT' || name === 'BODY') return bytesQuestion(wanted, name === 'BODY');
  return undefined;
}

/** An empty text asks for the field's presence (RFC 3501 §6.4.4, HEADER). */
function headerQuestion(header: string, wanted: string): Question {
  return (copy) =>
    copy.message.fields.some(
      (field) => field.name === header && decodeEncodedWords(field.value).toLowerCase().includes(wanted),
    );
}

/** Looks at the raw bytes, transfer encodings as they are; one answer a message, since its copies share them. */
function bytesQuestion(wanted: string, bodyOnly: boolean): Question {
  const known = new Map<Copy['message'], boolean>();
  return (copy) => {
    const answer = known.get(copy.message);
    if (answer !== undefined) return answer;
    const { raw, bodyStart } = copy.message;
    const found = raw
      .toString('utf8', bodyOnly ? bodyStart : 0)
      .toLowerCase()
      .includes(wanted);
    known.set(copy.message, found);
    return found;
  };
}
