/** Header fields of messages that a mail API lists: from its rows where they show them, else from the messages themselves. It must not list. */

import type { MailApiTemplate } from '../../profile/mail-api-schema.ts';
import { readHeaders } from '../../protocol/imap/fetch.ts';
import type { ApiRow } from '../../protocol/http/mail-api-rows.ts';
import type { MailApi } from '../../protocol/http/mail-api.ts';
import { hasEncodedWords } from '../../storm/content/encoded-words.ts';
import { rawText } from '../../storm/content/header.ts';
import { parseMessageId, RUN_HEADER } from '../../storm/numbering.ts';
import type { MailResult } from './client.ts';

/** A message's fields, by lower-case name. */
export interface HttpHeaderRow {
  readonly id: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** `told`: how it ended, with the listing before it; undefined where nothing was asked. */
export interface HttpHeaderAnswer {
  readonly told: MailResult<never> | undefined;
  readonly rows: readonly HttpHeaderRow[];
}

const MESSAGE_ID = 'message-id';
const SUBJECT = 'subject';
const MARK = RUN_HEADER.toLowerCase();

/** Messages whose header is kept once it was fetched, a kilobyte each: it does not change, and every look lists it again. */
const KEPT = 2_000;

export class HttpHeaders {
  readonly #engine: MailApi;
  readonly #identity: NonNullable<MailApiTemplate['identity']>;
  readonly #fetched = new Map<string, ReadonlyMap<string, string>>();

  constructor(engine: MailApi, api: MailApiTemplate) {
    this.#engine = engine;
    this.#identity = api.identity ?? {};
  }

  /** What a listing is asked to keep of the header fields it shows; a mark may follow from a Message-ID. */
  wanted(fields: readonly string[]): ReadonlySet<string> {
    const wanted = new Set(fields.map((field) => field.toLowerCase()));
    if (wanted.has(MARK)) wanted.add(MESSAGE_ID);
    return wanted;
  }

  /** Rows show all of these fields. */
  isListed(fields: readonly string[]): boolean {
    const { headers, messageId, subject, mark } = this.#identity;
    if (headers !== undefined) return true;
    return fields.every((field) => {
      const name = field.toLowerCase();
      if (name === MARK) return mark !== undefined || messageId !== undefined;
      return (name === MESSAGE_ID && messageId !== undefined) || (name === SUBJECT && subject !== undefined);
    });
  }

  /**
   * The fields of these rows, in their order, without those that are gone; with the listing before it, if there was one, it
   * is one answer.
   */
  async of(
    rows: readonly ApiRow[],
    fields: readonly string[],
    listing: MailResult<unknown> | undefined,
  ): Promise<HttpHeaderAnswer> {
    const names = fields.map((field) => field.toLowerCase());
    const { value: _, ...looked } = listing ?? {};
    let told: MailResult<never> | undefined = 'outcome' in looked ? looked : undefined;
    const found: HttpHeaderRow[] = [];
    for (const row of rows) {
      let headers = this.#shown(row, names) ?? this.#fetched.get(row.id);
      if (headers === undefined) {
        const { value, ...answer } = await this.#engine.fetch(row.id);
        told = { ...answer, startedUs: told?.startedUs ?? answer.startedUs };
        if (answer.outcome.kind !== 'ok') return { told, rows: [] };
        if (value === undefined) continue;
        headers = this.#keep(row.id, value);
      }
      found.push({ id: row.id, headers: only(headers, names) });
    }
    return { told, rows: found };
  }

  /** The fields as the row shows them, made to look as they do in the message; undefined where it does not show them all. */
  #shown(row: ApiRow, names: readonly string[]): ReadonlyMap<string, string> | undefined {
    const { mark: hasMark } = this.#identity;
    const fields = new Map(row.headers);
    if (row.messageId !== undefined) fields.set(MESSAGE_ID, row.messageId);
    if (row.subject !== undefined) fields.set(SUBJECT, row.subject);
    if (row.mark !== undefined) fields.set(MARK, row.mark);
    const id = fields.get(MESSAGE_ID);
    if (id !== undefined) fields.set(MESSAGE_ID, bracketed(id));
    const subject = fields.get(SUBJECT);
    // Most APIs decode; what they show is encoded again, by the very hand that encoded what we sent.
    if (subject !== undefined && !hasEncodedWords(subject)) fields.set(SUBJECT, rawText(subject));
    if (row.headers !== undefined) return fields;
    const isKnown = (name: string): boolean =>
      fields.has(name) || (name === MARK && (hasMark !== undefined || id !== undefined));
    if (!names.every(isKnown)) return undefined;
    // An API that shows no fields of ours: the Message-ID carries the run's mark too.
    const mark = hasMark === undefined ? parseMessageId(fields.get(MESSAGE_ID) ?? '')?.runId : undefined;
    if (mark !== undefined) fields.set(MARK, mark);
    return fields;
  }

  #keep(id: string, message: Buffer): ReadonlyMap<string, string> {
    const headers = readHeaders(headerOf(message));
    for (const oldest of this.#fetched.keys()) {
      if (this.#fetched.size < KEPT) break;
      this.#fetched.delete(oldest);
    }
    this.#fetched.set(id, headers);
    return headers;
  }
}

/** RFC 5322 §2.1: up to the first empty line. */
export function headerOf(message: Buffer): Buffer {
  const gap = message.indexOf('\r\n\r\n');
  const bare = message.indexOf('\n\n');
  const ends = [gap, bare].filter((at) => at >= 0);
  return message.subarray(0, ends.length === 0 ? message.length : Math.min(...ends) + 1);
}

/** Some APIs leave out the angle brackets, which are part of it (RFC 5322 §3.6.4). */
function bracketed(id: string): string {
  const said = id.trim();
  return said.startsWith('<') ? said : `<${said}>`;
}

function only(headers: ReadonlyMap<string, string>, names: readonly string[]): ReadonlyMap<string, string> {
  const kept = new Map<string, string>();
  for (const name of names) {
    const value = headers.get(name);
    if (value !== undefined) kept.set(name, value);
  }
  return kept;
}
