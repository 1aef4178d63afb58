/** One copy as an Email object (RFC 8621 §4.1), property by property as asked. Reads only. */

import type { Copy } from '../mailbox.ts';
import type { Message } from '../message.ts';
import type { Store } from '../store.ts';
import { partField } from '../mime.ts';
import {
  bodyValue,
  contentOf,
  decodedBytes,
  hasAttachment,
  isMultipart,
  type Part,
  previewOf,
} from './content.ts';
import {
  addressesOf,
  allHeaders,
  dateOf,
  headerValue,
  messageIdsOf,
  readHeaderProperty,
  textOf,
} from './headers.ts';
import { blobId, emailId, mailboxId, partBlobId, threadId } from './ids.ts';
import { keywordsOf } from './keywords.ts';
import type { Json } from './method.ts';

type Property = (copy: Copy) => unknown;

/** How bodies are to be shown: Email/get's own arguments (RFC 8621 §4.2). */
export interface BodyChoice {
  readonly bodyProperties: readonly string[];
  readonly text: boolean;
  readonly html: boolean;
  readonly all: boolean;
  /** 0: whole. */
  readonly maxBytes: number;
}

export const USUAL_PROPERTIES: readonly string[] = (
  'id blobId threadId mailboxIds keywords size receivedAt messageId inReplyTo references sender from to cc bcc ' +
  'replyTo subject sentAt hasAttachment preview bodyValues textBody htmlBody attachments'
).split(' ');

export const USUAL_BODY_PROPERTIES: readonly string[] =
  'partId blobId size name type charset disposition cid language location'.split(' ');

/** What was read from a message's header once, for all its copies. */
const parsed = new WeakMap<Message, Map<string, unknown>>();

/** Properties -> a function that shows a copy; the name of the first property that is none. */
export function emailReader(
  properties: readonly string[],
  store: Store,
  bodies: BodyChoice,
): ((copy: Copy) => Json) | string {
  const wrong = bodies.bodyProperties.find((name) => bodyProperty(name) === undefined);
  if (wrong !== undefined) return wrong;
  const readers: [string, Property][] = [];
  for (const name of new Set(['id', ...properties])) {
    const reader = propertyReader(name, store, bodies);
    if (reader === undefined) return name;
    readers.push([name, reader]);
  }
  return (copy) => Object.fromEntries(readers.map(([name, read]) => [name, read(copy)]));
}

/** Properties of the copy itself. */
function metadata(store: Store): Readonly<Record<string, Property>> {
  return {
    id: (copy) => emailId(copy.id),
    blobId,
    threadId: (copy) => threadId(copy.id),
    mailboxIds: (copy) => ({ [mailboxId(copy.folder)]: true }),
    keywords: (copy) => keywordsOf(store, copy.flags),
    size: (copy) => copy.message.raw.length,
    receivedAt: (copy) => new Date(copy.receivedSeconds * 1_000).toISOString().replace('.000Z', 'Z'),
    preview: (copy) => previewOf(copy.message),
    hasAttachment: (copy) => hasAttachment(copy.message),
    headers: ({ message }) => allHeaders(message.raw, message.fields),
  };
}

const last = (message: Message, name: string): string | undefined =>
  message.fields.findLast((field) => field.name === name)?.value;

/** Properties of the message's header, by the field that they come from. */
const FROM_HEADER: Readonly<Record<string, (message: Message) => unknown>> = {
  messageId: (message) => messageIdsOf(last(message, 'message-id')),
  inReplyTo: (message) => messageIdsOf(last(message, 'in-reply-to')),
  references: (message) => messageIdsOf(last(message, 'references')),
  sender: (message) => addressesOf(message.fields, 'sender'),
  from: (message) => addressesOf(message.fields, 'from'),
  to: (message) => addressesOf(message.fields, 'to'),
  cc: (message) => addressesOf(message.fields, 'cc'),
  bcc: (message) => addressesOf(message.fields, 'bcc'),
  replyTo: (message) => addressesOf(message.fields, 'reply-to'),
  subject: (message) => {
    const value = last(message, 'subject');
    return value === undefined ? null : textOf(value);
  },
  sentAt: (message) => dateOf(last(message, 'date')),
};

function propertyReader(name: string, store: Store, bodies: BodyChoice): Property | undefined {
  const own = metadata(store);
  if (Object.hasOwn(own, name)) return own[name];
  const fromHeader = Object.hasOwn(FROM_HEADER, name) ? FROM_HEADER[name] : undefined;
  if (fromHeader !== undefined) return ({ message }) => readOnce(message, name, fromHeader);
  const shown = (parts: readonly Part[], copy: Copy): Json[] =>
    parts.map((part) => bodyPart(copy, part, bodies.bodyProperties, false));
  switch (name) {
    case 'bodyStructure':
      return (copy) => bodyPart(copy, contentOf(copy.message).root, bodies.bodyProperties, true);
    case 'textBody':
    case 'htmlBody':
    case 'attachments':
      return (copy) => shown(contentOf(copy.message)[name], copy);
    case 'bodyValues':
      return ({ message }) => bodyValues(message, bodies);
    default: {
      const asked = readHeaderProperty(name);
      return asked && (({ message }) => headerValue(message.raw, message.fields, asked));
    }
  }
}

function readOnce(message: Message, name: string, read: (message: Message) => unknown): unknown {
  const known = parsed.get(message) ?? new Map<string, unknown>();
  parsed.set(message, known);
  if (!known.has(name)) known.set(name, read(message));
  return known.get(name);
}

function bodyValues(message: Message, { text, html, all, maxBytes }: BodyChoice): Json {
  const content = contentOf(message);
  const wanted = new Set([
    ...(text ? content.textBody : []),
    ...(html ? content.htmlBody : []),
    ...(all ? content.parts : []),
  ]);
  const texts = [...wanted].filter((part) => part.type.startsWith('text/'));
  return Object.fromEntries(
    texts.map((part) => [String(part.number), bodyValue(message.raw, part, maxBytes)]),
  );
}

type BodyProperty = (copy: Copy, part: Part) => unknown;

const trimmed = (value: string | undefined): string | null => value?.trim() ?? null;

const BODY_PROPERTIES: Readonly<Record<string, BodyProperty>> = {
  partId: (_copy, part) => (isMultipart(part) ? null : String(part.number)),
  blobId: (copy, part) => (isMultipart(part) ? null : partBlobId(copy, part.number)),
  size: (copy, part) => (isMultipart(part) ? 0 : decodedBytes(copy.message.raw, part).length),
  headers: (copy, part) => allHeaders(copy.message.raw, part.mime.fields),
  name: (_copy, part) => part.name,
  type: (_copy, part) => part.type,
  charset: (_copy, part) => part.charset,
  disposition: (_copy, part) => part.disposition,
  cid: (_copy, part) => trimmed(partField(part.mime, 'content-id')?.replaceAll(/[<>]/g, '')),
  language: (_copy, part) => {
    const value = partField(part.mime, 'content-language');
    return value === undefined ? null : value.split(',').map((tag) => tag.trim());
  },
  location: (_copy, part) => trimmed(partField(part.mime, 'content-location')),
};

function bodyProperty(name: string): BodyProperty | undefined {
  if (name === 'subParts') return () => null;
  if (Object.hasOwn(BODY_PROPERTIES, name)) return BODY_PROPERTIES[name];
  const asked = readHeaderProperty(name);
  return asked && ((copy, part) => headerValue(copy.message.raw, part.mime.fields, asked));
}

/** EmailBodyPart; with its own parts only where the structure was asked for. */
function bodyPart(copy: Copy, part: Part, properties: readonly string[], deep: boolean): Json {
  const entries = properties
    .filter((name) => name !== 'subParts')
    .map((name): [string, unknown] => [name, bodyProperty(name)?.(copy, part)]);
  if (deep && isMultipart(part))
    entries.push(['subParts', part.children.map((child) => bodyPart(copy, child, properties, true))]);
  return Object.fromEntries(entries);
}
