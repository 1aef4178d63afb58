/** Fills the holes of a request's template, each value escaped for where it stands. It must not send anything. */

import type { JsonTemplate } from '../../profile/mail-api-json.ts';
import type { RequestTemplate } from '../../profile/mail-api-schema.ts';
import type { Filling, Placeholder } from '../../profile/mail-api-text.ts';

/** What holes are filled with; what is not given is empty. */
export type Values = Readonly<Partial<Record<Placeholder, string | number | Buffer | readonly string[]>>>;

export interface FilledRequest {
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer | undefined;
}

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** The request; a text says why there can be none. */
export function filledRequest(request: RequestTemplate, values: Values): FilledRequest | string {
  const path = request.path.map((piece) => pieceText(piece, values, percentEncoded)).join('');
  const headers: string[] = [];
  let type: string | undefined;
  for (const [name, filling] of request.headers ?? []) {
    const value = filling.map((piece) => pieceText(piece, values, asIs)).join('');
    // RFC 9110 §5.5; what a header cannot carry is not said otherwise.
    if (!/^[\t -~]*$/.test(value)) return `the header ${name} cannot carry what it is to be filled with`;
    headers.push(name, value);
    if (name.toLowerCase() === 'content-type') type = value;
  }
  const { body } = request;
  if (body === undefined) return { path, headers, body: undefined };
  if (type === undefined)
    headers.push('content-type', body.kind === 'json' ? JSON_TYPE : 'text/plain; charset=utf-8');
  if (body.kind === 'json')
    return { path, headers, body: Buffer.from(JSON.stringify(jsonOf(body.json, values)), 'utf8') };
  const isForm = type?.toLowerCase().startsWith(FORM_TYPE) === true;
  return { path, headers, body: bytesOf(body.text, values, isForm) };
}

/** RFC 3986 §2.1: everything but unreserved characters, by the octets of UTF-8; half a surrogate becomes U+FFFD. */
export function percentEncoded(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9._~-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

function asIs(text: string): string {
  return text;
}

/** Several values in a text stand with commas between them. */
function pieceText(piece: Filling[number], values: Values, escaped: (text: string) => string): string {
  if (typeof piece === 'string') return piece;
  const value = values[piece.put];
  if (value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  if (Buffer.isBuffer(value)) return escaped(value.toString('utf8'));
  return value.map(escaped).join(',');
}

/** Bytes as they stand: a message is not always text. */
function bytesOf(filling: Filling, values: Values, isForm: boolean): Buffer {
  const escaped = isForm ? percentEncoded : asIs;
  return Buffer.concat(
    filling.map((piece) => {
      const value = typeof piece === 'string' ? undefined : values[piece.put];
      return Buffer.isBuffer(value) && !isForm
        ? value
        : Buffer.from(pieceText(piece, values, escaped), 'utf8');
    }),
  );
}

function jsonOf(template: JsonTemplate, values: Values): unknown {
  switch (template.is) {
    case 'value':
      return template.value;
    case 'text':
      return textOrNumber(template.text, values);
    case 'map':
      return Object.fromEntries(template.entries.map(([key, value]) => [key, jsonOf(value, values)]));
    case 'list':
      return listOf(template, values);
  }
}

function listOf({ items, each }: JsonTemplate & { readonly is: 'list' }, values: Values): unknown[] {
  const several = each === undefined ? undefined : values[each];
  if (each === undefined || !isSeveral(several)) return items.map((item) => jsonOf(item, values));
  return several.flatMap((one) => items.map((item) => jsonOf(item, { ...values, [each]: one })));
}

function isSeveral(value: Values[Placeholder]): value is readonly string[] {
  return Array.isArray(value);
}

/** A number that stands alone is one in JSON too. */
function textOrNumber(text: Filling, values: Values): unknown {
  const [only] = text;
  if (text.length === 1 && only !== undefined && typeof only !== 'string') {
    const value = values[only.put];
    if (typeof value === 'number') return value;
  }
  return text.map((piece) => pieceText(piece, values, asIs)).join('');
}
