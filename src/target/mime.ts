/** A message's bytes -> the tree of its MIME parts, as offsets (RFC 2045, 2046). Decodes no content. */

import { findBody, type HeaderField, type Message, readFields } from './message.ts';

/** Depth and number of parts read; what lies deeper is one opaque part. Hostile mail must not cost more. */
const MAX_DEPTH = 8;
const MAX_PARTS = 100;

export interface MimePart {
  readonly headerStart: number;
  readonly bodyStart: number;
  readonly end: number;
  readonly fields: readonly HeaderField[];
  /** Upper case. */
  readonly kind: string;
  readonly subtype: string;
  /** Of Content-Type, names in upper case, in order. */
  readonly parameters: readonly (readonly [string, string])[];
  readonly children: readonly MimePart[];
}

/** Trees go when their messages go. */
const trees = new WeakMap<Message, MimePart>();

/** The message's tree, read once for all its copies. */
export function mimeOf(message: Message): MimePart {
  const known = trees.get(message);
  if (known !== undefined) return known;
  const tree = readPart(message.raw, 0, message.raw.length, 0, { left: MAX_PARTS });
  trees.set(message, tree);
  return tree;
}

export function partField(part: MimePart, name: string): string | undefined {
  return part.fields.find((field) => field.name === name)?.value;
}

/** `[kind, subtype, parameters]` of a value such as `text/plain; charset=utf-8`. */
export function readParameters(value: string): [string, [string, string][]] {
  const [first = '', ...rest] = value.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  const parameters: [string, string][] = [];
  for (const piece of rest) {
    const equals = piece.indexOf('=');
    if (equals <= 0) continue;
    const name = piece.slice(0, equals).trim().toUpperCase();
    const raw = piece.slice(equals + 1).trim();
    const text = raw.startsWith('"') ? raw.replace(/^"|"$/g, '').replaceAll(/\\(.)/g, '$1') : raw;
    parameters.push([name, text]);
  }
  return [first.trim(), parameters];
}

function readPart(
  raw: Buffer,
  start: number,
  end: number,
  depth: number,
  budget: { left: number },
): MimePart {
  budget.left -= 1;
  const bodyStart = findBody(raw, start, end);
  const fields = readFields(raw, start, bodyStart);
  const type = fields.find((field) => field.name === 'content-type')?.value ?? 'text/plain; charset=us-ascii';
  // Parameters beyond a line's worth are nobody's; the split above must stay cheap.
  const [essence, parameters] = readParameters(type.slice(0, 2_000));
  const slash = essence.indexOf('/');
  const kind = (slash > 0 ? essence.slice(0, slash) : 'TEXT').toUpperCase();
  const subtype = (slash > 0 ? essence.slice(slash + 1) : 'PLAIN').toUpperCase();
  let children: MimePart[] = [];
  if (depth < MAX_DEPTH && kind === 'MULTIPART') {
    const boundary = parameters.find(([name]) => name === 'BOUNDARY')?.[1];
    if (boundary !== undefined && boundary !== '')
      children = readChildren(raw, bodyStart, end, boundary, depth, budget);
  } else if (depth < MAX_DEPTH && kind === 'MESSAGE' && subtype === 'RFC822') {
    children = [readPart(raw, bodyStart, end, depth + 1, budget)];
  }
  return { headerStart: start, bodyStart, end, fields, kind, subtype, parameters, children };
}

function readChildren(
  raw: Buffer,
  start: number,
  end: number,
  boundary: string,
  depth: number,
  budget: { left: number },
): MimePart[] {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  const children: MimePart[] = [];
  let partStart = -1;
  for (let at = raw.indexOf(delimiter, start); at !== -1 && at < end; ) {
    const after = at + delimiter.length;
    const atLineStart = at === start || raw[at - 1] === 0x0a;
    const closes = raw[after] === 0x2d && raw[after + 1] === 0x2d;
    if (atLineStart) {
      // The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
      const partEnd = raw[at - 2] === 0x0d ? at - 2 : at - 1;
      if (partStart !== -1 && budget.left > 0)
        children.push(readPart(raw, partStart, Math.max(partStart, partEnd), depth + 1, budget));
      const lineEnd = raw.indexOf(0x0a, after);
      if (closes || lineEnd === -1 || lineEnd >= end) return children;
      partStart = lineEnd + 1;
    }
    at = raw.indexOf(delimiter, after);
  }
  if (partStart !== -1 && budget.left > 0) children.push(readPart(raw, partStart, end, depth + 1, budget));
  return children;
}
