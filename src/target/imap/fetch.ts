/** FETCH: the items a client asks for, and one copy rendered as they say (RFC 3501 §6.4.5). Changes no flag itself. */

import type { AccessKind } from '../../capacity/config.ts';
import { type Copy, FLAG } from '../mailbox.ts';
import type { Message } from '../message.ts';
import { type MimePart, mimeOf } from '../mime.ts';
import type { Scanner } from './scanner.ts';
import { envelopeText, structureText } from './structure.ts';
import type { FlagText } from './view.ts';

/** Items of one FETCH; more is BAD. */
const MAX_ITEMS = 64;

/** Text and bytes of an answer, in order; bytes are slices of the shared message, never copied. */
export type Piece = string | Buffer;

type Simple = 'UID' | 'FLAGS' | 'INTERNALDATE' | 'RFC822.SIZE' | 'ENVELOPE' | 'BODY' | 'BODYSTRUCTURE';

/** `BODY[section]<partial>`, or one of the RFC822 forms. */
interface SectionItem {
  readonly label: string;
  /** Part numbers; empty for the message itself. */
  readonly path: readonly number[];
  readonly text: 'ALL' | 'HEADER' | 'TEXT' | 'MIME' | 'FIELDS' | 'FIELDS.NOT';
  /** Lower-case names for FIELDS. */
  readonly names: readonly string[];
  readonly peek: boolean;
  readonly partial?: { readonly offset: number; readonly count: number };
}

export type FetchItem = Simple | SectionItem;

const MACROS: Readonly<Record<string, readonly Simple[]>> = {
  ALL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
  FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
  FULL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY'],
};

// Longest first: ENVELOPE's letters begin no other item, but BODY's begin BODYSTRUCTURE.
const SIMPLE: readonly Simple[] = [
  'BODYSTRUCTURE',
  'RFC822.SIZE',
  'INTERNALDATE',
  'ENVELOPE',
  'FLAGS',
  'UID',
];

const WHOLE = { path: [], names: [] } as const;

/** Reads the items, one or a list or a macro; undefined on a mistake. `UID FETCH` always shows the UID. */
export function readItems(scanner: Scanner, byUid: boolean): FetchItem[] | undefined {
  const items: FetchItem[] = [];
  if (scanner.take('(')) {
    do {
      const item = readItem(scanner);
      if (item === undefined || items.length >= MAX_ITEMS) return undefined;
      items.push(item);
    } while (scanner.take(' '));
    if (!scanner.take(')')) return undefined;
  } else {
    const macro = Object.keys(MACROS).find((name) => scanner.take(name));
    const item = macro === undefined ? readItem(scanner) : undefined;
    if (macro === undefined && item === undefined) return undefined;
    items.push(...(item === undefined ? (MACROS[macro ?? ''] ?? []) : [item]));
  }
  if (byUid && !items.includes('UID')) items.unshift('UID');
  return items;
}

/** Whole bodies cost as a body, the rest as headers. */
export function fetchKind(items: readonly FetchItem[]): AccessKind {
  const isBody = (item: FetchItem): boolean =>
    typeof item !== 'string' && (item.text === 'ALL' || item.text === 'TEXT');
  return items.some(isBody) ? 'body' : 'headers';
}

/** True if fetching these sets \Seen. */
export function marksSeen(items: readonly FetchItem[]): boolean {
  return items.some((item) => typeof item !== 'string' && !item.peek);
}

/** `* 12 FETCH (...)`; FLAGS are added when reading set \Seen just now. */
export function renderFetch(
  sequence: number,
  copy: Copy,
  items: readonly FetchItem[],
  flagText: FlagText,
  seenNow: boolean,
  out: Piece[],
): void {
  let text = `* ${sequence} FETCH (`;
  let separator = '';
  const showFlags = seenNow && !items.includes('FLAGS');
  for (const item of showFlags ? [...items, 'FLAGS' as const] : items) {
    text += separator;
    separator = ' ';
    if (typeof item === 'string') {
      text += `${item} ${SIMPLE_VALUES[item](copy, flagText)}`;
      continue;
    }
    const value = sectionValue(copy.message, item);
    const origin = item.partial === undefined ? '' : `<${item.partial.offset}>`;
    text += `${item.label}${origin} `;
    if (value === undefined) text += 'NIL';
    else if (typeof value === 'string') text += `{${value.length}}\r\n${value}`;
    else {
      out.push(`${text}{${value.length}}\r\n`, value);
      text = '';
    }
  }
  out.push(`${text})\r\n`);
}

function readItem(scanner: Scanner): FetchItem | undefined {
  if (scanner.take('RFC822.HEADER')) return { ...WHOLE, label: 'RFC822.HEADER', text: 'HEADER', peek: true };
  if (scanner.take('RFC822.TEXT')) return { ...WHOLE, label: 'RFC822.TEXT', text: 'TEXT', peek: false };
  const simple = SIMPLE.find((name) => scanner.take(name));
  if (simple !== undefined) return simple;
  if (scanner.take('RFC822')) return { ...WHOLE, label: 'RFC822', text: 'ALL', peek: false };
  if (!scanner.take('BODY')) return undefined;
  const peek = scanner.take('.PEEK');
  if (!scanner.take('[')) return peek ? undefined : 'BODY';
  return readSection(scanner, peek);
}

function readSection(scanner: Scanner, peek: boolean): SectionItem | undefined {
  const path: number[] = [];
  let separator = '';
  for (let number = scanner.number(); number !== undefined; number = scanner.number()) {
    path.push(number);
    separator = '.';
    if (scanner.peek() === ']' || path.length > MAX_ITEMS || !scanner.take('.')) break;
    separator = '';
  }
  if (path.length > 0 && separator === '.' && scanner.peek() !== ']') return undefined;
  const prefix = path.join('.');
  const read = readSectionText(scanner, path.length > 0);
  if (read === undefined || !scanner.take(']')) return undefined;
  const dot = prefix !== '' && read.label !== '' ? '.' : '';
  const label = `BODY[${prefix}${dot}${read.label}]`;
  const item = { label, path, text: read.text, names: read.names, peek };
  if (!scanner.take('<')) return item;
  const offset = scanner.number();
  const count = scanner.take('.') ? scanner.number() : undefined;
  if (offset === undefined || count === undefined || !scanner.take('>')) return undefined;
  return { ...item, partial: { offset, count } };
}

function readSectionText(
  scanner: Scanner,
  inPart: boolean,
): { text: SectionItem['text']; names: string[]; label: string } | undefined {
  if (scanner.peek() === ']') return { text: 'ALL', names: [], label: '' };
  if (scanner.take('HEADER.FIELDS')) {
    const text = scanner.take('.NOT') ? 'FIELDS.NOT' : 'FIELDS';
    if (!scanner.take(' (')) return undefined;
    const names: string[] = [];
    do {
      const name = scanner.astring();
      if (name === undefined || names.length >= MAX_ITEMS) return undefined;
      names.push(name);
    } while (scanner.take(' '));
    if (!scanner.take(')')) return undefined;
    const label = `HEADER.${text} (${names.map(headerNameText).join(' ')})`;
    return { text, names: names.map((name) => name.toLowerCase()), label };
  }
  if (scanner.take('HEADER')) return { text: 'HEADER', names: [], label: 'HEADER' };
  if (scanner.take('TEXT')) return { text: 'TEXT', names: [], label: 'TEXT' };
  if (inPart && scanner.take('MIME')) return { text: 'MIME', names: [], label: 'MIME' };
  return undefined;
}

/** A name is repeated to the client as it came, unless it cannot stand there bare. */
function headerNameText(name: string): string {
  return /^[!#-'*+\-./0-9:;<=>?@A-Z^_`a-z|}~]+$/.test(name) ? name : '"?"';
}

const SIMPLE_VALUES: Readonly<Record<Simple, (copy: Copy, flagText: FlagText) => string>> = {
  UID: (copy) => String(copy.uid),
  FLAGS: (copy, flagText) => `(${flagText(copy.flags)})`,
  INTERNALDATE: (copy) => `"${internalDate(copy.receivedSeconds)}"`,
  'RFC822.SIZE': (copy) => String(copy.message.raw.length),
  ENVELOPE: ({ message }) => message.rendering('ENVELOPE', () => envelopeText(message.fields)),
  BODY: ({ message }) => structure(message, false),
  BODYSTRUCTURE: ({ message }) => structure(message, true),
};

function structure(message: Message, extended: boolean): string {
  const key = extended ? 'BODYSTRUCTURE' : 'BODY';
  return message.rendering(key, () => structureText(message.raw, mimeOf(message), extended));
}

/** Undefined for a part that is not there. */
function sectionValue(message: Message, item: SectionItem): Piece | undefined {
  const whole = sectionBytes(message, item);
  if (whole === undefined || item.partial === undefined) return whole;
  const { offset, count } = item.partial;
  return typeof whole === 'string'
    ? whole.slice(offset, offset + count)
    : whole.subarray(offset, offset + count);
}

function sectionBytes(message: Message, item: SectionItem): Piece | undefined {
  const { raw } = message;
  if (item.path.length === 0 && item.text !== 'MIME') {
    if (item.text === 'ALL') return raw;
    if (item.text === 'HEADER') return raw.subarray(0, message.bodyStart);
    if (item.text === 'TEXT') return raw.subarray(message.bodyStart);
    return message.rendering(`${item.text}\n${item.names.join('\n')}`, () =>
      chosenFields(raw, message.fields, item),
    );
  }
  const part = findPart(mimeOf(message), item.path);
  if (part === undefined) return undefined;
  if (item.text === 'ALL') return raw.subarray(part.bodyStart, part.end);
  if (item.text === 'MIME') return raw.subarray(part.headerStart, part.bodyStart);
  // HEADER and TEXT of a part speak of the message inside it (RFC 3501 §6.4.5).
  const inner = part.kind === 'MESSAGE' ? part.children[0] : undefined;
  if (inner === undefined) return undefined;
  if (item.text === 'HEADER') return raw.subarray(inner.headerStart, inner.bodyStart);
  if (item.text === 'TEXT') return raw.subarray(inner.bodyStart, inner.end);
  return chosenFields(raw, inner.fields, item);
}

function findPart(root: MimePart, path: readonly number[]): MimePart | undefined {
  let part: MimePart | undefined = root;
  for (const number of path) {
    // Through a message/rfc822, numbers count the parts of the message inside.
    if (part?.kind === 'MESSAGE' && part.children[0] !== undefined) part = part.children[0];
    const isMultipart: boolean = part?.kind === 'MULTIPART' && part.children.length > 0;
    if (!isMultipart && number === 1) continue;
    part = isMultipart ? part?.children[number - 1] : undefined;
    if (part === undefined) return undefined;
  }
  return part;
}

function chosenFields(raw: Buffer, fields: Message['fields'], item: SectionItem): string {
  const wanted = item.text === 'FIELDS';
  const chosen = fields.filter((field) => item.names.includes(field.name) === wanted);
  return `${chosen.map((field) => raw.toString('latin1', field.start, field.end)).join('')}\r\n`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `17-Jul-1996 02:44:25 +0000` (RFC 3501 §9, date-time). */
function internalDate(seconds: number): string {
  const at = new Date(seconds * 1_000);
  const day = String(at.getUTCDate()).padStart(2, ' ');
  const time = at.toISOString().slice(11, 19);
  return `${day}-${MONTHS[at.getUTCMonth()] ?? 'Jan'}-${at.getUTCFullYear()} ${time} +0000`;
}

/** The flags a copy has once it was read. */
export function seenFlags(copy: Copy): number {
  return copy.flags | FLAG.seen;
}
