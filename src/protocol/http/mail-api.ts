/** A mailbox over a mail API that a template describes: list, fetch, delete, submit, each an outcome. It must not retry, nor choose what to ask next. */

import type { Clock, ProtocolOutcome } from '../../measure/outcome.ts';
import type { MailApiTemplate, RequestTemplate } from '../../profile/mail-api-schema.ts';
import type { Credentials } from '../connect.ts';
import { clipped, okOutcome, outcomeOfAll, refusal } from '../ending.ts';
import { parseJson } from '../jmap/values.ts';
import { withoutSecrets } from '../secrets.ts';
import { basicHeader, bearerHeader } from './authorization.ts';
import type { HttpAnswer, HttpConnection } from './connection.ts';
import { filledRequest, type Values } from './filling.ts';
import { type ApiPage, type ApiRow, readPage } from './mail-api-rows.ts';
import { instead, nonsense, toldBy } from './mail-api-status.ts';
import { pointerText, valueAt } from './pointer.ts';

/** `value` is present exactly when the outcome is `ok`. Instants in microseconds from the plan's zero. */
export interface ApiResult<T> {
  readonly outcome: ProtocolOutcome;
  readonly value?: T;
  readonly startedUs: number;
  readonly endedUs: number;
  /** How long the server asks to wait (Retry-After). */
  readonly retryAfterUs?: number;
}

export interface MailApiSettings {
  readonly http: HttpConnection;
  readonly api: MailApiTemplate;
  readonly clock: Clock;
  /** Whose mailbox it is. */
  readonly address: string;
  readonly credentials: Credentials;
}

/** What is handed in. `subject` in plain text, `messageId` with its angle brackets, `mark` of the run. */
export interface ApiMessage {
  readonly from: string;
  readonly subject: string;
  readonly messageId: string;
  readonly mark: string;
  readonly raw: Buffer;
}

/** Rows that one listing may go through: a thousand messages in each of a few hundred mailboxes that lie in one place. */
const MOST_ROWS = 500_000;

/** Pages of one listing: so many rows in pages of a hundred. */
const MOST_PAGES = 5_000;

/** A listing from which mail goes away while it is read in pages misses rows: it is begun anew so often, and then given up. */
const RESTARTS = 5;

/** One person's mailbox; calls take their turns on the connection, and a listing or a delete may be several requests. */
export class MailApi {
  readonly #settings: MailApiSettings;
  #authorization: string | undefined;
  #problem: ProtocolOutcome | undefined;
  #secrets: readonly string[] = [];
  #known: Values = {};

  constructor(settings: MailApiSettings) {
    this.#settings = settings;
    this.signInAs(settings.credentials);
  }

  /** From the next request on: a token may have been renewed. */
  signInAs(credentials: Credentials): void {
    const { api, address } = this.#settings;
    const { login, password, token } = credentials;
    const secret = token ?? password;
    const authorization =
      api.auth === 'basic' ? basicHeader(login, password) : api.auth === 'bearer' ? bearerHeader(secret) : '';
    this.#authorization = authorization === '' ? undefined : authorization;
    this.#problem =
      authorization === undefined
        ? refusal('ARGUMENT', 'a login or secret that no Authorization header can carry')
        : credentials.authorizationId === undefined
          ? undefined
          : refusal('UNSUPPORTED', 'HTTP has no way for a master user to act as somebody else (authzid)');
    this.#known = { address, login, secret };
    const said = authorization ?? '';
    this.#secrets = [said, said.slice(said.indexOf(' ') + 1), password, token ?? ''];
  }

  /** Octets read from the server so far. */
  get bytesRead(): number {
    return this.#settings.http.bytesRead;
  }

  /** It will not serve any more. */
  get closed(): boolean {
    return this.#settings.http.closed;
  }

  /** Ids that one delete may name. */
  get deleteAtOnce(): number {
    return this.#settings.api.delete.atOnce ?? 1;
  }

  destroy(): void {
    this.#settings.http.destroy();
  }

  /**
   * The mailbox's messages, oldest first; `newest`: at least so many of the newest, where there are as many. `wanted`: names
   * of header fields, in lower case.
   */
  async list(
    wanted: ReadonlySet<string>,
    { newest = Number.POSITIVE_INFINITY }: { readonly newest?: number } = {},
  ): Promise<ApiResult<readonly ApiRow[]>> {
    let startedUs: number | undefined;
    for (let attempt = 0; attempt < RESTARTS; attempt += 1) {
      const { value, ...rest } = await this.#listOnce(wanted, newest);
      startedUs ??= rest.startedUs;
      if (value === undefined) return { ...rest, startedUs };
      if (value !== 'shrunk') return { ...rest, startedUs, value };
    }
    const atUs = this.#settings.clock();
    const words = `mail went away while it was listed, ${RESTARTS} times over, or the total counts other mail too`;
    return { outcome: refusal('PROTOCOL', words, true), startedUs: startedUs ?? atUs, endedUs: atUs };
  }

  /** The message as it lies there; undefined where it is gone. */
  async fetch(id: string): Promise<ApiResult<Buffer | undefined>> {
    const { fetch, statuses } = this.#settings.api;
    const answer = await this.#ask(fetch, { id }, false);
    if ('refused' in answer) return answer.refused;
    const { outcome, gone } = toldBy(answer, statuses, false);
    if (gone) return { ...this.#when(answer, okOutcome('gone')), value: undefined };
    if (outcome.kind !== 'ok') return this.#when(answer, outcome);
    const message = this.#messageIn(answer);
    if (typeof message === 'string') return this.#when(answer, nonsense(message, false));
    return { ...this.#when(answer, outcome), value: message };
  }

  /** Deletes these, as many a request as the API takes; what is gone already counts. Ends at the first that is refused. */
  async delete(ids: readonly string[]): Promise<ApiResult<number>> {
    const { delete: remove, statuses } = this.#settings.api;
    let last: ApiResult<never> = this.#idle('nothing to delete');
    let startedUs: number | undefined;
    // An empty list is never said: some APIs take it for everything.
    for (let at = 0; at < ids.length; at += this.deleteAtOnce) {
      const some = ids.slice(at, at + this.deleteAtOnce);
      const answer = await this.#ask(remove, { id: some[0] ?? '', ids: some }, true);
      if ('refused' in answer) return answer.refused;
      const { outcome, gone } = toldBy(answer, statuses, true);
      // Of several that one is gone says nothing of the others.
      last = this.#when(answer, gone && some.length === 1 ? okOutcome('gone already') : outcome);
      startedUs ??= last.startedUs;
      if (last.outcome.kind !== 'ok') return { ...last, startedUs };
    }
    return { ...last, startedUs: startedUs ?? last.startedUs, value: ids.length };
  }

  /** Hands a message in, to as many recipients a request as the API takes: an outcome for each. */
  async submit(
    message: ApiMessage,
    to: readonly string[],
  ): Promise<ApiResult<readonly ProtocolOutcome[]> & { readonly recipients: readonly ProtocolOutcome[] }> {
    const { submit, statuses } = this.#settings.api;
    const recipients: ProtocolOutcome[] = [];
    let last: ApiResult<never> = this.#idle('no recipients');
    let startedUs: number | undefined;
    const values = submit === undefined ? {} : valuesOf(message);
    for (let at = 0; at < to.length; at += submit?.atOnce ?? to.length) {
      const some = to.slice(at, at + (submit?.atOnce ?? to.length));
      const answer =
        submit === undefined
          ? { refused: this.#refused(refusal('UNSUPPORTED', 'this mail API takes no messages in')) }
          : await this.#ask(submit, { ...values, to: some }, true);
      last =
        'refused' in answer ? answer.refused : this.#when(answer, toldBy(answer, statuses, true).outcome);
      startedUs ??= last.startedUs;
      for (const _ of some) recipients.push(last.outcome);
    }
    const outcome = outcomeOfAll(recipients);
    const result = { ...last, outcome, recipients, startedUs: startedUs ?? last.startedUs };
    return outcome.kind === 'ok' ? { ...result, value: recipients } : result;
  }

  async #listOnce(
    wanted: ReadonlySet<string>,
    newest: number,
  ): Promise<ApiResult<readonly ApiRow[] | 'shrunk'>> {
    const { list, statuses } = this.#settings.api;
    const isEnough = (rows: number): boolean => list.order === 'newestFirst' && rows >= newest;
    // By id: a row may come again where mail arrives between two pages.
    const rows = new Map<string, ApiRow>();
    let startedUs: number | undefined;
    let total: number | undefined;
    let first: string | undefined;
    let offset = 0;
    for (let pages = 1; ; pages += 1) {
      const answer = await this.#ask(list, { offset, limit: list.pageSize ?? 0 }, false);
      if ('refused' in answer) return answer.refused;
      startedUs ??= answer.startedUs;
      const failed = (outcome: ProtocolOutcome): ApiResult<never> => ({
        ...this.#when(answer, outcome),
        startedUs: startedUs ?? answer.startedUs,
      });
      const { outcome } = toldBy(answer, statuses, false);
      if (outcome.kind !== 'ok') return failed(outcome);
      const page = readPage(this.#settings.api, answer.body, this.#settings.address, wanted);
      if (typeof page === 'string') return failed(nonsense(`${page}, in ${instead(answer)}`, false));
      for (const row of page.rows) if (!rows.has(row.id)) rows.set(row.id, row);
      offset += page.count;
      if (offset > MOST_ROWS || pages > MOST_PAGES)
        return failed(nonsense(`more than ${MOST_ROWS} rows, or ${MOST_PAGES} pages`, false));
      if (first !== undefined && page.first === first)
        return failed(nonsense('the same page again, whatever the offset', false));
      first = page.first;
      if (hasShrunk(page, offset, total)) return { ...failed(outcome), value: 'shrunk' };
      total = page.total;
      if (isEnough(rows.size) || isLast(page, offset, list.pageSize)) {
        const ordered = [...rows.values()];
        return { ...failed(outcome), value: list.order === 'newestFirst' ? ordered.toReversed() : ordered };
      }
    }
  }

  /** The answer, or why nothing was asked. */
  async #ask(
    template: RequestTemplate,
    values: Values,
    changes: boolean,
  ): Promise<HttpAnswer | { readonly refused: ApiResult<never> }> {
    if (this.#problem !== undefined) return { refused: this.#refused(this.#problem) };
    const filled = filledRequest(template, { ...this.#known, ...values });
    if (typeof filled === 'string') return { refused: this.#refused(refusal('ARGUMENT', filled)) };
    const authorization = this.#authorization === undefined ? [] : ['authorization', this.#authorization];
    const headers = [...authorization, ...filled.headers];
    const { method } = template;
    const { path, body } = filled;
    return this.#settings.http.ask({ method, path, headers, body, changes, keeps: true });
  }

  /** The bytes of the message; a text says why there are none. */
  #messageIn(answer: HttpAnswer): Buffer | string {
    const { message: pointer, base64 } = this.#settings.api.fetch;
    if (pointer === undefined) return asMessage(answer.body) ?? `no message but ${instead(answer)}`;
    const found = valueAt(parseJson(answer.body), pointer);
    if (typeof found !== 'string') return `no text at ${pointerText(pointer)}, in ${instead(answer)}`;
    if (base64 && !/^[\sA-Za-z0-9+/_-]*={0,2}\s*$/.test(found)) return `no base64 at ${pointerText(pointer)}`;
    return (
      asMessage(Buffer.from(found, base64 ? 'base64' : 'utf8')) ?? `no message at ${pointerText(pointer)}`
    );
  }

  #when(answer: HttpAnswer, outcome: ProtocolOutcome): ApiResult<never> {
    const { startedUs, endedUs, retryAfterUs } = answer;
    return {
      outcome: this.#clean(outcome),
      startedUs,
      endedUs,
      ...(retryAfterUs === undefined ? {} : { retryAfterUs }),
    };
  }

  /** A server may echo what it was told, in words of any outcome. */
  #clean(outcome: ProtocolOutcome): ProtocolOutcome {
    if (outcome.kind === 'rejected') return withoutSecrets(outcome, this.#secrets);
    const words = outcome.kind === 'ok' ? outcome.evidence : outcome.because;
    const { text } = withoutSecrets(refusal('', words), this.#secrets);
    if (text === words) return outcome;
    return outcome.kind === 'ok' ? okOutcome(text) : { kind: 'unknown', because: clipped(text) };
  }

  #refused(outcome: ProtocolOutcome): ApiResult<never> {
    const atUs = this.#settings.clock();
    return { outcome, startedUs: atUs, endedUs: atUs };
  }

  #idle(evidence: string): ApiResult<never> {
    return this.#refused(okOutcome(evidence));
  }
}

/** Fewer than a page before has said, or nothing where there must be more: what followed has moved up, out of our sight. */
function hasShrunk({ count, total }: ApiPage, offset: number, before: number | undefined): boolean {
  if (total === undefined) return false;
  return (before !== undefined && total < before) || (count === 0 && offset < total);
}

/** A page that adds nothing ends any listing; where the API counts, its count does. */
function isLast({ count, total }: ApiPage, offset: number, pageSize: number | undefined): boolean {
  return pageSize === undefined || count === 0 || (total !== undefined && offset >= total);
}

/** Undefined for what does not begin with a header field (RFC 5322 §2.2), such as a page for people. */
function asMessage(bytes: Buffer): Buffer | undefined {
  return /^[!-9;-~]{1,200}[ \t]*:/.test(bytes.toString('latin1', 0, 256)) ? bytes : undefined;
}

function valuesOf({ from, subject, messageId, mark, raw }: ApiMessage): Values {
  const gap = raw.indexOf('\r\n\r\n');
  const body = gap < 0 ? Buffer.alloc(0) : raw.subarray(gap + 4);
  return { from, subject, messageId, mark, raw, rawBase64: raw.toString('base64'), body };
}
