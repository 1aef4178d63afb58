/** A message's parts as JMAP shows them (RFC 8621 §4.1.4): decoded, numbered, sorted into body and attachments. Changes nothing. */

import { decodeEncodedWords } from '../encoded-words.ts';
import { type MimePart, mimeOf, partField, readParameters } from '../mime.ts';
import type { Message } from '../message.ts';

/** Bytes of a part that a preview is made from, and of the preview itself (RFC 8621 §4.1.4). */
const PREVIEW_FROM_BYTES = 4_096;
const PREVIEW_BYTES = 255;

/** One part with its number; the root is 1. */
export interface Part {
  readonly number: number;
  readonly mime: MimePart;
  /** Lower case: `text/plain`. */
  readonly type: string;
  readonly charset: string | null;
  readonly disposition: string | null;
  readonly name: string | null;
  readonly children: readonly Part[];
}

/** A message taken apart, once for all its copies. */
export interface Content {
  readonly root: Part;
  /** Depth first, the root among them. */
  readonly parts: readonly Part[];
  readonly textBody: readonly Part[];
  readonly htmlBody: readonly Part[];
  readonly attachments: readonly Part[];
}

const contents = new WeakMap<Message, Content>();

export function contentOf(message: Message): Content {
  const known = contents.get(message);
  if (known !== undefined) return known;
  const parts: Part[] = [];
  const root = numbered(mimeOf(message), parts);
  const body = { text: [] as Part[], html: [] as Part[], attachments: [] as Part[] };
  sort([root], 'mixed', false, body.text, body.html, body.attachments);
  const content = { root, parts, textBody: body.text, htmlBody: body.html, attachments: body.attachments };
  contents.set(message, content);
  return content;
}

export function isMultipart(part: Part): boolean {
  return part.type.startsWith('multipart/');
}

/** A part's content with its transfer encoding undone (RFC 2045 §6). */
export function decodedBytes(raw: Buffer, part: Part, most: number = Number.POSITIVE_INFINITY): Buffer {
  const { bodyStart, end } = part.mime;
  const bytes = raw.subarray(bodyStart, Math.min(end, bodyStart + most));
  const encoding = partField(part.mime, 'content-transfer-encoding')?.toLowerCase();
  if (encoding === 'base64') return Buffer.from(bytes.toString('latin1'), 'base64');
  return encoding === 'quoted-printable' ? unquoted(bytes) : bytes;
}

/** EmailBodyValue: as text with bare line feeds, cut after so many octets of UTF-8 unless that is 0. */
export function bodyValue(
  raw: Buffer,
  part: Part,
  maxBytes: number,
): { value: string; isEncodingProblem: boolean; isTruncated: boolean } {
  const read = decodedText(decodedBytes(raw, part), part.charset);
  const whole = read.text.replaceAll('\r\n', '\n');
  const value = maxBytes === 0 ? whole : cut(whole, maxBytes);
  return { value, isEncodingProblem: read.problem, isTruncated: value.length < whole.length };
}

/** The first words of the message's text. */
export function previewOf(message: Message): string {
  return message.rendering('jmap preview', () => {
    const part = contentOf(message).textBody.find((one) => one.type.startsWith('text/'));
    if (part === undefined) return '';
    const { text } = decodedText(decodedBytes(message.raw, part, PREVIEW_FROM_BYTES), part.charset);
    const plain = part.type === 'text/html' ? text.replaceAll(/<[^<>]*>/g, ' ') : text;
    return cut(plain.replaceAll(/\s+/g, ' ').trim(), PREVIEW_BYTES);
  });
}

/** Whether a client should offer something to download. */
export function hasAttachment(message: Message): boolean {
  return contentOf(message).attachments.some((part) => part.disposition !== 'inline');
}

function numbered(mime: MimePart, parts: Part[]): Part {
  const children: Part[] = [];
  const [disposition, parameters] = readParameters(
    (partField(mime, 'content-disposition') ?? '').slice(0, 2_000),
  );
  const parameter = (list: readonly (readonly [string, string])[], name: string): string | undefined =>
    list.find(([known]) => known === name)?.[1];
  const fileName = parameter(parameters, 'FILENAME') ?? parameter(mime.parameters, 'NAME');
  // A multipart without parts is some bytes.
  const opaque = mime.kind === 'MULTIPART' && mime.children.length === 0;
  const part: Part = {
    number: parts.length + 1,
    mime,
    type: opaque ? 'application/octet-stream' : `${mime.kind}/${mime.subtype}`.toLowerCase(),
    charset: mime.kind === 'TEXT' ? (parameter(mime.parameters, 'CHARSET') ?? 'us-ascii') : null,
    disposition: disposition === '' ? null : disposition.toLowerCase(),
    name: fileName === undefined ? null : decodeEncodedWords(fileName),
    children,
  };
  parts.push(part);
  // What is inside an attached message is that message's affair.
  if (mime.kind === 'MULTIPART') for (const child of mime.children) children.push(numbered(child, parts));
  return part;
}

function isMedia({ type }: Part): boolean {
  return /^(?:image|audio|video)\//.test(type);
}

/** Whether a part is to be read in its place, rather than offered as a file. */
function isInline(part: Part, index: number, within: string): boolean {
  const readable = part.type === 'text/plain' || part.type === 'text/html' || isMedia(part);
  if (part.disposition === 'attachment' || !readable) return false;
  return index === 0 || (within !== 'related' && (isMedia(part) || part.name === null));
}

/** Puts parts where they belong; a list that is undefined takes none. RFC 8621 §4.1.4 says what is to come out. */
function sort(
  parts: readonly Part[],
  within: string,
  inAlternative: boolean,
  textList: Part[] | undefined,
  htmlList: Part[] | undefined,
  attachments: Part[],
): void {
  let text = textList;
  let html = htmlList;
  const texts = text?.length ?? -1;
  const htmls = html?.length ?? -1;
  for (const [index, part] of parts.entries()) {
    if (isMultipart(part)) {
      const kind = part.type.slice('multipart/'.length);
      sort(part.children, kind, inAlternative || kind === 'alternative', text, html, attachments);
    } else if (!isInline(part, index, within)) attachments.push(part);
    else if (within === 'alternative') {
      const list = part.type === 'text/plain' ? text : part.type === 'text/html' ? html : attachments;
      list?.push(part);
    } else {
      // One of several versions: from here on it is that version's alone.
      if (inAlternative && part.type === 'text/plain') html = undefined;
      if (inAlternative && part.type === 'text/html') text = undefined;
      text?.push(part);
      html?.push(part);
      if ((text === undefined || html === undefined) && isMedia(part)) attachments.push(part);
    }
  }
  if (within !== 'alternative' || text === undefined || html === undefined) return;
  // Only one version is there: it serves for both.
  if (text.length === texts && html.length > htmls) text.push(...html.slice(htmls));
  else if (html.length === htmls && text.length > texts) html.push(...text.slice(texts));
}

/** RFC 2045 §6.7; what is no escape stays as it is. */
function unquoted(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte !== 0x3d) {
      out[length++] = byte;
      continue;
    }
    const soft = bytes[at + 1] === 0x0a ? 1 : bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a ? 2 : 0;
    const hex = soft === 0 ? bytes.toString('latin1', at + 1, at + 3) : '';
    if (soft === 0) out[length++] = /^[0-9a-f]{2}$/i.test(hex) ? Number.parseInt(hex, 16) : byte;
    at += soft === 0 ? (/^[0-9a-f]{2}$/i.test(hex) ? 2 : 0) : soft;
  }
  return out.subarray(0, length);
}

function decodedText(bytes: Buffer, charset: string | null): { text: string; problem: boolean } {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  if (charset === null || /^(?:us-ascii|utf-?8)$/i.test(charset)) {
    try {
      return { text: utf8.decode(bytes), problem: false };
    } catch {
      return { text: bytes.toString('utf8'), problem: true };
    }
  }
  try {
    return { text: new TextDecoder(charset).decode(bytes), problem: false };
  } catch {
    return { text: bytes.toString('latin1'), problem: true };
  }
}

/** At most so many octets of UTF-8, never half a character. */
function cut(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text.slice(0, maxBytes), 'utf8');
  if (bytes.length <= maxBytes) return bytes.toString('utf8');
  let end = maxBytes;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
