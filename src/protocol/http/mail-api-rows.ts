/** Reads one page of a mail API's listing: whose a row is, and what it tells of its message. It must not ask for another. */

import type { MailApiTemplate } from '../../profile/mail-api-schema.ts';
import { asCount, asObject, parseJson } from '../jmap/values.ts';
import { pointerText, valueAt } from './pointer.ts';

/** A message as a listing shows it: texts as the API shows them, encoded or not. What it does not show is absent. */
export interface ApiRow {
  readonly id: string;
  readonly messageId?: string | undefined;
  readonly subject?: string | undefined;
  readonly mark?: string | undefined;
  /** Of all header fields those that were wanted, by lower-case name; undefined where the API does not show them. */
  readonly headers?: ReadonlyMap<string, string> | undefined;
}

export interface ApiPage {
  /** In the API's order, those of the mailbox only. */
  readonly rows: readonly ApiRow[];
  /** Rows of the page, whosever. */
  readonly count: number;
  readonly total: number | undefined;
  /** The id of the first row, whosever. */
  readonly first: string | undefined;
}

/** No API has ids that are longer; a whole message would do for one otherwise. */
const LONGEST_ID = 512;

/** The page; a text says what is wrong with it. `wanted`: names of header fields, in lower case. */
export function readPage(
  { list, identity }: Pick<MailApiTemplate, 'list' | 'identity'>,
  body: Buffer,
  address: string,
  wanted: ReadonlySet<string>,
): ApiPage | string {
  const document = parseJson(body);
  if (document === undefined) return 'no JSON';
  const listed = valueAt(document, list.rows);
  if (!Array.isArray(listed)) return `no list at ${pointerText(list.rows)}`;
  const total = list.total === undefined ? undefined : asCount(valueAt(document, list.total));
  if (list.total !== undefined && total === undefined) return `no count at ${pointerText(list.total)}`;
  const rows: ApiRow[] = [];
  for (const row of listed as readonly unknown[]) {
    const id = idOf(valueAt(row, list.id));
    if (id === undefined) return `a row without an id at ${pointerText(list.id)}`;
    const isMine = ownedBy(list, row, address);
    if (typeof isMine === 'string') return isMine;
    if (!isMine) continue;
    rows.push({
      id,
      messageId: identity?.messageId && textOf(valueAt(row, identity.messageId)),
      subject: identity?.subject && textOf(valueAt(row, identity.subject)),
      mark: identity?.mark && textOf(valueAt(row, identity.mark)),
      headers: identity?.headers && fieldsOf(valueAt(row, identity.headers), wanted),
    });
  }
  return { rows, count: listed.length, total, first: idOf(valueAt(listed[0], list.id)) };
}

/** A dot segment would name another place than a message (RFC 3986 §3.3). */
function idOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value !== 'string' || value.length === 0 || value.length > LONGEST_ID) return undefined;
  return value === '.' || value === '..' ? undefined : value;
}

/** Whether the row is the mailbox's; a text where it says nothing of whose it is. */
function ownedBy(
  { owner, ownerAddress = [] }: MailApiTemplate['list'],
  row: unknown,
  address: string,
): boolean | string {
  if (owner === undefined) return true;
  const found = owner.map((pointer) => valueAt(row, pointer));
  if (found.every((value) => value === undefined))
    return `a row without an owner at ${owner.map(pointerText).join(' or ')}`;
  return found.flat().some((one) => bareAddress(valueAt(one, ownerAddress)) === address.toLowerCase());
}

/** `Somebody <a@b>` and `a@b` are one address; case does not tell two mailboxes apart here. */
function bareAddress(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  return (/<([^<>]*)>\s*$/.exec(value)?.[1] ?? value).trim().toLowerCase();
}

/** Of a field that came more than once the first. */
function textOf(value: unknown): string | undefined {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  return typeof one === 'string' ? one : undefined;
}

/** Undefined where this row shows none: that says nothing of the message. */
function fieldsOf(value: unknown, wanted: ReadonlySet<string>): ReadonlyMap<string, string> | undefined {
  const shown = asObject(value);
  if (shown === undefined) return undefined;
  const fields = new Map<string, string>();
  for (const [name, given] of Object.entries(shown)) {
    const text = textOf(given);
    const key = name.toLowerCase();
    if (text !== undefined && wanted.has(key) && !fields.has(key)) fields.set(key, text);
  }
  return fields;
}
