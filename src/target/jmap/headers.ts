/** Header fields in the forms that JMAP knows (RFC 8621 §4.1.2): raw, text, addresses, message ids, dates, URLs. Reads bytes only. */

import { decodeEncodedWords } from '../encoded-words.ts';
import type { HeaderField } from '../message.ts';
import { type Address, groupsOf } from './addresses.ts';

const FORMS = ['Raw', 'Text', 'Addresses', 'GroupedAddresses', 'MessageIds', 'Date', 'URLs'] as const;
export type Form = (typeof FORMS)[number];

/** `header:NAME:asFORM:all`, read. */
export interface HeaderProperty {
  /** Lower case. */
  readonly name: string;
  readonly form: Form;
  readonly all: boolean;
}

const names = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const ADDRESSES = names(
  'from sender reply-to to cc bcc resent-from resent-sender resent-reply-to resent-to resent-cc resent-bcc',
);

/** Where a form makes sense, among the fields that RFC 5322 and RFC 2369 define; of other fields any may be asked. */
const MAKES_SENSE: Readonly<Record<Exclude<Form, 'Raw'>, ReadonlySet<string>>> = {
  Text: names('subject comments keywords list-id'),
  Addresses: ADDRESSES,
  GroupedAddresses: ADDRESSES,
  MessageIds: names('message-id in-reply-to references resent-message-id'),
  Date: names('date resent-date'),
  URLs: names('list-help list-unsubscribe list-subscribe list-post list-owner list-archive'),
};

const DEFINED: ReadonlySet<string> = new Set([
  ...Object.values(MAKES_SENSE).flatMap((set) => [...set]),
  'return-path',
  'received',
]);

/** Reads a property's name; undefined: it is none, or asks for a form that the field cannot have. */
export function readHeaderProperty(property: string): HeaderProperty | undefined {
  const [header, field = '', ...suffixes] = property.split(':');
  if (header !== 'header' || !/^[!-9;-~]+$/.test(field)) return undefined;
  const name = field.toLowerCase();
  const as = suffixes[0]?.startsWith('as') ? suffixes.shift()?.slice(2) : 'Raw';
  const form = FORMS.find((one) => one === as);
  const all = suffixes[0] === 'all';
  if (form === undefined || suffixes.length > (all ? 1 : 0)) return undefined;
  const fits = form === 'Raw' || !DEFINED.has(name) || MAKES_SENSE[form].has(name);
  return fits ? { name, form, all } : undefined;
}

/** Its value among the fields of a header: of the last one, or of all. */
export function headerValue(raw: Buffer, fields: readonly HeaderField[], asked: HeaderProperty): unknown {
  const found = fields.filter((field) => field.name === asked.name);
  if (asked.all) return found.map((field) => inForm(raw, field, asked.form));
  const last = found.at(-1);
  return last === undefined ? null : inForm(raw, last, asked.form);
}

/** Every field with its name as it is written and its value raw. */
export function allHeaders(raw: Buffer, fields: readonly HeaderField[]): { name: string; value: string }[] {
  return fields.map((field) => {
    const name = raw.toString('latin1', field.start, field.start + field.name.length);
    return { name, value: rawValue(raw, field) };
  });
}

/** The mailboxes of the last field of that name; null where there is none. */
export function addressesOf(fields: readonly HeaderField[], name: string): readonly Address[] | null {
  const field = fields.findLast((one) => one.name === name);
  return field === undefined ? null : groupsOf(field.value).flatMap((group) => group.addresses);
}

/** Message ids without their brackets; null where there is none. */
export function messageIdsOf(value: string | undefined): readonly string[] | null {
  const found = [...(value ?? '').matchAll(/<([^<>\s]+)>/g)].map(([, id]) => readable(id ?? ''));
  return found.length === 0 ? null : found;
}

/** Decoded, in one line, without what no terminal should see. */
export function textOf(value: string): string {
  return (
    decodeEncodedWords(value)
      // oxlint-disable-next-line no-control-regex -- a terminal's control characters are what is meant
      .replaceAll(/[\u0000-\u0008\u000a-\u001f\u007f]/g, '')
      .trimStart()
      .normalize('NFC')
  );
}

/** RFC 5322 §3.3 -> RFC 3339 in UTC; null where it is no date. */
export function dateOf(value: string | undefined): string | null {
  const at = value === undefined ? Number.NaN : Date.parse(value.replaceAll(/\([^()]*\)/g, ''));
  return Number.isNaN(at) ? null : new Date(at).toISOString().replace('.000Z', 'Z');
}

function inForm(raw: Buffer, field: HeaderField, form: Form): unknown {
  switch (form) {
    case 'Raw':
      return rawValue(raw, field);
    case 'Text':
      return textOf(field.value);
    case 'Addresses':
      return groupsOf(field.value).flatMap((group) => group.addresses);
    case 'GroupedAddresses':
      return groupsOf(field.value);
    case 'MessageIds':
      return messageIdsOf(field.value);
    case 'Date':
      return dateOf(field.value);
    case 'URLs': {
      const found = [...field.value.matchAll(/<([^<>]*)>/g)].map(([, url]) => readable(url ?? '').trim());
      return found.length === 0 ? null : found;
    }
  }
}

/** From the colon to the line end, folds and all; NUL is dropped (RFC 8621 §4.1.2.1). */
function rawValue(raw: Buffer, { start, end }: HeaderField): string {
  const colon = raw.indexOf(0x3a, start);
  return raw
    .toString('utf8', colon + 1, end)
    .replace(/\r?\n$/, '')
    .replaceAll('\0', '');
}

/** Latin-1 text that holds UTF-8, as anything modern does. */
function readable(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
