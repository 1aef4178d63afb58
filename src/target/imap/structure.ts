/** Parts and header fields -> ENVELOPE and BODYSTRUCTURE text (RFC 3501 §7.4.2). Latin-1 text, one character a byte. */

import type { HeaderField } from '../message.ts';
import { imapString } from './literal.ts';
import { type MimePart, partField, readParameters } from '../mime.ts';

/** Addresses of one field that are listed; a storm's To may be long, an ENVELOPE need not be. */
const MAX_ADDRESSES = 1_000;

/** Date, subject, from, sender, reply-to, to, cc, bcc, in-reply-to, message-id. */
export function envelopeText(fields: readonly HeaderField[]): string {
  const value = (name: string): string | undefined => fields.find((field) => field.name === name)?.value;
  const from = addressList(value('from'));
  const addresses = (name: string): string => addressList(value(name));
  const orFrom = (name: string): string => (addresses(name) === 'NIL' ? from : addresses(name));
  const parts = [
    imapString(value('date')),
    imapString(value('subject')),
    from,
    orFrom('sender'),
    orFrom('reply-to'),
    addresses('to'),
    addresses('cc'),
    addresses('bcc'),
    imapString(value('in-reply-to')),
    imapString(value('message-id')),
  ];
  return `(${parts.join(' ')})`;
}

/** @param extended BODYSTRUCTURE's disposition as well, which BODY leaves out */
export function structureText(raw: Buffer, part: MimePart, extended: boolean): string {
  if (part.kind === 'MULTIPART' && part.children.length > 0) {
    const children = part.children.map((child) => structureText(raw, child, extended)).join('');
    const tail = extended ? ` ${parameterList(part.parameters)} NIL NIL NIL` : '';
    return `(${children} ${imapString(part.subtype)}${tail})`;
  }
  // A multipart without parts cannot be said in this grammar: it is some bytes.
  const kind = part.kind === 'MULTIPART' ? 'APPLICATION' : part.kind;
  const subtype = part.kind === 'MULTIPART' ? 'OCTET-STREAM' : part.subtype;
  const words = [
    imapString(kind),
    imapString(subtype),
    parameterList(part.parameters),
    imapString(partField(part, 'content-id')),
    imapString(partField(part, 'content-description')),
    imapString((partField(part, 'content-transfer-encoding') ?? '7BIT').toUpperCase()),
    String(part.end - part.bodyStart),
  ];
  const inner = part.children[0];
  if (kind === 'MESSAGE' && subtype === 'RFC822' && inner !== undefined) {
    words.push(envelopeText(inner.fields), structureText(raw, inner, extended));
  }
  if (kind === 'TEXT' || inner !== undefined) words.push(String(countLines(raw, part.bodyStart, part.end)));
  if (extended) words.push('NIL', disposition(part), 'NIL', 'NIL');
  return `(${words.join(' ')})`;
}

function disposition(part: MimePart): string {
  const value = partField(part, 'content-disposition');
  if (value === undefined) return 'NIL';
  const [name, parameters] = readParameters(value.slice(0, 2_000));
  return `(${imapString(name.toUpperCase())} ${parameterList(parameters)})`;
}

function parameterList(parameters: readonly (readonly [string, string])[]): string {
  if (parameters.length === 0) return 'NIL';
  return `(${parameters.map(([name, value]) => `${imapString(name)} ${imapString(value)}`).join(' ')})`;
}

function countLines(raw: Buffer, start: number, end: number): number {
  let lines = 0;
  for (let at = raw.indexOf(0x0a, start); at !== -1 && at < end; at = raw.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}

/** `((name NIL mailbox host) ...)`; groups are read for their members only. */
function addressList(value: string | undefined): string {
  if (value === undefined) return 'NIL';
  const entries = splitAddresses(value).slice(0, MAX_ADDRESSES).map(addressText);
  const listed = entries.filter((entry) => entry !== undefined);
  return listed.length === 0 ? 'NIL' : `(${listed.join('')})`;
}

function addressText(entry: string): string | undefined {
  const open = entry.lastIndexOf('<');
  const close = entry.indexOf('>', open);
  const bare = open === -1 || close === -1 ? entry : entry.slice(open + 1, close);
  const address = bare.replaceAll(/\([^()]*\)/g, '').trim();
  const at = address.lastIndexOf('@');
  if (at <= 0) return undefined;
  const name = open > 0 ? entry.slice(0, open).trim() : '';
  const unquoted = name.startsWith('"') ? name.replace(/^"|"$/g, '').replaceAll(/\\(.)/g, '$1') : name;
  const shown = imapString(unquoted === '' ? undefined : unquoted);
  return `(${shown} NIL ${imapString(address.slice(0, at))} ${imapString(address.slice(at + 1))})`;
}

/** Splits at commas and group marks that stand outside quotes, comments and angle brackets. */
function splitAddresses(value: string): string[] {
  const entries: string[] = [];
  let start = 0;
  let quoted = false;
  let comment = 0;
  let angle = false;
  for (let at = 0; at < value.length; at += 1) {
    const char = value[at];
    if (char === '\\') at += 1;
    else if (char === '"' && comment === 0) quoted = !quoted;
    else if (quoted) continue;
    else if (char === '(') comment += 1;
    else if (char === ')') comment = Math.max(0, comment - 1);
    else if (comment > 0) continue;
    else if (char === '<') angle = true;
    else if (char === '>') angle = false;
    else if (!angle && (char === ',' || char === ';' || char === ':')) {
      if (char !== ':') entries.push(value.slice(start, at));
      start = at + 1;
    }
  }
  entries.push(value.slice(start));
  return entries.map((entry) => entry.trim()).filter((entry) => entry !== '');
}
