/** A mailbox over a mail API as journeys and sweeps want it: one folder, listed anew at each look. It chooses no strategy, and neither counts nor records. */

import type { Clock, ProtocolOutcome } from '../../measure/outcome.ts';
import type { MailApiTemplate } from '../../profile/mail-api-schema.ts';
import type { Credentials } from '../../protocol/connect.ts';
import { okOutcome, refusal } from '../../protocol/ending.ts';
import { HttpConnection, type HttpSettings } from '../../protocol/http/connection.ts';
import type { ApiRow } from '../../protocol/http/mail-api-rows.ts';
import { MailApi } from '../../protocol/http/mail-api.ts';
import {
  type Bookmark,
  INBOX,
  type MailBody,
  type MailClient,
  type MailFolder,
  type MailNews,
  type MailResult,
  type MailRow,
  type OpenedFolder,
} from './client.ts';
import { HttpHeaders } from './http-headers.ts';

export interface HttpMailSettings {
  readonly http: HttpSettings;
  readonly api: MailApiTemplate;
  /** Whose mailbox it is. */
  readonly address: string;
  readonly credentials: Credentials;
}

/** A client of somebody's mailbox. Nothing is asked yet: over HTTP nobody signs in, and the first listing shows who may. */
export function httpMailClient({ http, api, address, credentials }: HttpMailSettings): HttpMailClient {
  const { clock, endpoint } = http;
  const engine = new MailApi({ http: new HttpConnection(http), api, clock, address, credentials });
  return new HttpMailClient(engine, api, clock, endpoint.tls === 'implicit');
}

const NO_FIELDS: readonly string[] = [];

export class HttpMailClient implements MailClient {
  readonly door = 'http';
  readonly isExact = true;
  readonly hasUids = false;
  readonly tls: boolean;
  readonly #engine: MailApi;
  /** Told once how the first answer took the credentials. */
  #signedIn: (outcome: ProtocolOutcome) => void = () => undefined;
  /** Told when the server refuses credentials that it took before. */
  #signedOut: () => void = () => undefined;
  #hasAnswered = false;
  #isSignedOut = false;
  readonly #headers: HttpHeaders;
  readonly #clock: Clock;
  /** What is in the mailbox as it was last listed, both ways. */
  #numbers = new Map<string, number>();
  #ids = new Map<number, string>();
  #given = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(engine: MailApi, api: MailApiTemplate, clock: Clock, tls: boolean) {
    this.#engine = engine;
    this.#headers = new HttpHeaders(engine, api);
    this.#clock = clock;
    this.tls = tls;
  }

  get closed(): boolean {
    return this.#isSignedOut || this.#engine.closed;
  }

  /** The first answer stands for a sign-in: whoever counts those is told how it went. */
  onSignIn(told: (outcome: ProtocolOutcome) => void): void {
    this.#signedIn = told;
  }

  onSignedOut(told: () => void): void {
    this.#signedOut = told;
  }

  get bytesRead(): number {
    return this.#engine.bytesRead;
  }

  /** Messages that one request removes. */
  get removeAtOnce(): number {
    return this.#engine.deleteAtOnce;
  }

  /** INBOX and nothing else: whoever throws away deletes for good. */
  folders(): Promise<MailResult<readonly MailFolder[]>> {
    return this.#unasked([{ name: INBOX, place: 'present', isInbox: true }]);
  }

  /** Asks nothing, so that nobody can say yet how much there is: as much as there may be. */
  open(folder: string): Promise<MailResult<OpenedFolder>> {
    if (folder.toUpperCase() !== INBOX) {
      const { value: _, ...rest } = this.#now(
        refusal('NONEXISTENT', `a mail API has no folder but ${INBOX}`),
      );
      return Promise.resolve(rest);
    }
    return this.#unasked({ exists: Number.POSITIVE_INFINITY, bookmark: this.#bookmark() });
  }

  list(fields: readonly string[]): Promise<MailResult<readonly MailRow[]>> {
    return this.#inTurn(async () => {
      const { value, ...rest } = await this.#look(fields);
      return value === undefined ? rest : this.#rowsOf(value, fields, rest);
    });
  }

  newest(count: number, fields: readonly string[]): Promise<MailResult<readonly MailRow[]>> {
    return this.#inTurn(async () => {
      const asked = await this.#engine.list(this.#headers.wanted(fields), { newest: count });
      const { value, ...rest } = this.#heard(asked);
      if (value === undefined) return rest;
      for (const { id } of value) this.#number(id);
      return this.#rowsOf(value.slice(Math.max(0, value.length - count)), fields, rest);
    });
  }

  /** From a listing where its rows hold the fields, else message by message. */
  headers(uids: readonly number[], fields: readonly string[]): Promise<MailResult<readonly MailRow[]>> {
    return this.#inTurn(async () => {
      const asked = new Set(this.#idsOf(uids));
      if (!this.#headers.isListed(fields))
        return this.#rowsOf(
          [...asked].map((id) => ({ id })),
          fields,
          undefined,
        );
      const { value, ...rest } = await this.#look(fields);
      return value === undefined
        ? rest
        : this.#rowsOf(
            value.filter(({ id }) => asked.has(id)),
            fields,
            rest,
          );
    });
  }

  bodies(
    uids: readonly number[],
    { maxBytes = Number.POSITIVE_INFINITY }: { readonly maxBytes?: number } = {},
  ): Promise<MailResult<readonly MailBody[]>> {
    return this.#inTurn(async () => {
      // There is nothing to fetch in an empty mailbox; the server is asked for what it does have, a list.
      if (uids.length === 0) {
        const { value, ...rest } = await this.#look(NO_FIELDS);
        return value === undefined ? rest : { ...rest, value: [] };
      }
      const found: MailBody[] = [];
      let done: MailResult<never> = this.#now(okOutcome('nothing to fetch'));
      let startedUs: number | undefined;
      for (const uid of uids) {
        const id = this.#ids.get(uid);
        if (id === undefined) continue;
        const { value, ...rest } = this.#heard(await this.#engine.fetch(id));
        startedUs ??= rest.startedUs;
        done = { ...rest, startedUs };
        if (rest.outcome.kind !== 'ok') return done;
        if (value !== undefined)
          found.push({ uid, body: value.subarray(0, Math.min(maxBytes, value.length)) });
      }
      return { ...done, value: found };
    });
  }

  async find(messageId: string): Promise<MailResult<readonly number[]>> {
    const { value, ...rest } = await this.list(['Message-ID']);
    if (value === undefined) return rest;
    const found = value.filter(({ headers }) => headers.get('message-id') === messageId);
    return { ...rest, value: found.map(({ uid }) => uid) };
  }

  news(since: Bookmark, fields: readonly string[]): Promise<MailResult<MailNews>> {
    return this.#inTurn(async () => {
      const { value, ...rest } = await this.#look(fields);
      if (value === undefined) return rest;
      const known = since.door === 'http' ? since.known : new Set<string>();
      const { value: rows, ...told } = await this.#rowsOf(
        value.filter(({ id }) => !known.has(id)),
        fields,
        rest,
      );
      return rows === undefined ? told : { ...told, value: { rows, bookmark: this.#bookmark() } };
    });
  }

  /** HTTP tells nobody anything by itself. */
  awaitNews(): undefined {
    return undefined;
  }

  arrivals(): Promise<MailResult<number>> {
    return this.#inTurn(async () => {
      const { value, ...rest } = await this.#look(NO_FIELDS);
      return value === undefined ? rest : { ...rest, value: this.#given };
    });
  }

  /** By their ids, as many a request as the API takes; what has gone meanwhile is gone. */
  remove(uids: readonly number[]): Promise<MailResult<void>> {
    return this.#inTurn(async () => {
      const { value, ...rest } = this.#heard(await this.#engine.delete(this.#idsOf(uids)));
      return value === undefined ? rest : { ...rest, value: undefined };
    });
  }

  append(): Promise<MailResult<void>> {
    return Promise.resolve(this.#now(refusal('UNSUPPORTED', 'a mail API takes no messages of the past')));
  }

  leave(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.#engine.destroy();
  }

  /** A server that does not know us any more is of no use with these credentials: whoever needs it signs in anew. */
  #heard<T>(answer: MailResult<T>): MailResult<T> {
    const { outcome } = answer;
    const isRefused = outcome.kind === 'rejected' && outcome.code === 401;
    if (!isRefused && outcome.kind !== 'ok') return answer;
    const isFirst = !this.#hasAnswered;
    this.#hasAnswered = true;
    if (isFirst) this.#signedIn(outcome);
    else if (isRefused && !this.#isSignedOut) this.#signedOut();
    if (isRefused) this.#isSignedOut = true;
    return answer;
  }

  /** Everything in the mailbox; what is not there any more is forgotten, so that this holds no more than the mailbox does. */
  async #look(fields: readonly string[]): Promise<MailResult<readonly ApiRow[]>> {
    const listed = this.#heard(await this.#engine.list(this.#headers.wanted(fields)));
    if (listed.value === undefined) return listed;
    const numbers = new Map(listed.value.map(({ id }) => [id, this.#number(id)]));
    this.#numbers = numbers;
    this.#ids = new Map([...numbers].map(([id, uid]) => [uid, id]));
    return listed;
  }

  /** In the order in which they are first seen. */
  #number(id: string): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    this.#given += 1;
    this.#numbers.set(id, this.#given);
    this.#ids.set(this.#given, id);
    return this.#given;
  }

  async #rowsOf(
    rows: readonly ApiRow[],
    fields: readonly string[],
    listing: MailResult<unknown> | undefined,
  ): Promise<MailResult<readonly MailRow[]>> {
    const { told = this.#now(okOutcome('everything was known')), rows: found } = await this.#headers.of(
      rows,
      fields,
      listing,
    );
    if (told.outcome.kind !== 'ok') return told;
    return { ...told, value: found.map(({ id, headers }) => ({ uid: this.#number(id), headers })) };
  }

  #idsOf(uids: readonly number[]): string[] {
    return uids.flatMap((uid) => this.#ids.get(uid) ?? []);
  }

  #bookmark(): Bookmark {
    return { door: 'http', known: new Set(this.#numbers.keys()) };
  }

  /** A look may be several requests: the next begins when it is done, so that answers come in the order of the questions. */
  #inTurn<T>(work: () => Promise<MailResult<T>>): Promise<MailResult<T>> {
    const done = this.#turn.then(work);
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  #unasked<T>(value: T): Promise<MailResult<T>> {
    return Promise.resolve({ ...this.#now(okOutcome('nothing was asked')), value });
  }

  #now(outcome: ProtocolOutcome): MailResult<never> {
    const atUs = this.#clock();
    return { outcome, startedUs: atUs, endedUs: atUs };
  }
}
