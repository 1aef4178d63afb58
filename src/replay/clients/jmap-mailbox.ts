/** A mailbox over JMAP as journeys and sweeps use one: signed in by its session, numbers of its own, the server's limits kept. It must not count, retry, or choose what to delete. */

import type { Clock, ProtocolOutcome } from '../../measure/outcome.ts';
import type { Credentials } from '../../protocol/connect.ts';
import { okOutcome, refusal } from '../../protocol/ending.ts';
import { HttpConnection, type HttpSettings } from '../../protocol/http/connection.ts';
import type { JmapResult } from '../../protocol/jmap/channel.ts';
import type { Entry, JmapConnection } from '../../protocol/jmap/connection.ts';
import type { Mailbox } from '../../protocol/jmap/methods.ts';
import { openJmap } from '../../protocol/jmap/open.ts';
import type { JsonObject } from '../../protocol/jmap/values.ts';
import { everyId, everyRow, eachChunk, idOf, inOrder, settled } from '../jmap-pages.ts';
import { FilterTrust } from '../jmap-search.ts';
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
  type Waited,
} from './client.ts';
import { findByMessageId } from './jmap-find.ts';
import { folderFor, foldersOf, makeFolder } from './jmap-folders.ts';
import { inboxNews } from './jmap-news.ts';
import { JmapRows, propertiesOf } from './jmap-rows.ts';
import { JmapWake } from './jmap-wake.ts';

/** Where a worker's mailboxes are, and what it has learnt of their server. */
export interface JmapDoor {
  readonly http: HttpSettings;
  /** Where the session is; the well-known place unless named. */
  readonly path?: string | undefined;
  readonly trust: FilterTrust;
  /** Told when the server refuses credentials that it took before. */
  readonly signedOut?: () => void;
}

/** By endpoint: each is one object for a worker's whole life. */
const trusts = new WeakMap<HttpSettings['endpoint'], FilterTrust>();

/** What all of a worker's clients have learnt of a server's filters. */
export function trustIn(endpoint: HttpSettings['endpoint']): FilterTrust {
  const known = trusts.get(endpoint);
  if (known !== undefined) return known;
  const made = new FilterTrust();
  trusts.set(endpoint, made);
  return made;
}

/** What `jmap.session` came to. */
export interface JmapEntered {
  readonly outcome: ProtocolOutcome;
  /** Present exactly when the outcome is `ok`. */
  readonly client?: JmapMailClient;
  readonly startedUs: number;
  readonly endedUs: number;
  readonly retryAfterUs?: number;
}

/**
 * Signs in to one mailbox over a fresh connection. Never rejects. `opened` is told of the client before anybody is signed in:
 * whoever may wait no longer destroys it.
 */
export async function openJmapMailbox(
  door: JmapDoor,
  credentials: Credentials,
  opened: (client: JmapMailClient) => void = () => undefined,
): Promise<JmapEntered> {
  const client = new JmapMailClient(door);
  opened(client);
  const entered = await client.signIn(credentials);
  if (entered.outcome.kind === 'ok') return { ...entered, client };
  client.destroy();
  return entered;
}

/** What there is once somebody is signed in. */
interface Standing {
  readonly connection: JmapConnection;
  readonly wake: JmapWake;
}

/** What a refusal of the credentials reads as: the token ran out, or the password was changed. */
const SIGNED_OUT = 'AUTHENTICATIONFAILED';

/**
 * Made by `openJmapMailbox`. Where the server refuses the credentials in mid-life the client is closed: its owner signs in
 * anew. A lost connection closes nothing, since the next request opens another.
 */
export class JmapMailClient implements MailClient {
  readonly door = 'jmap';
  readonly isExact = true;
  readonly hasUids = false;
  readonly rows = new JmapRows();
  readonly #door: JmapDoor;
  readonly #http: HttpConnection;
  readonly #clock: Clock;
  #standing: Standing | undefined;
  #entry: Entry = { mailboxes: [], state: '' };
  /** Folders that this reading of their counts has opened: another opening of one asks again. */
  readonly #openedOnce = new Set<string>();
  #folderId: string | undefined;
  #arrivals: { state: string; readonly known: Set<string>; count: number } | undefined;
  #isSignedOut = false;

  constructor(door: JmapDoor) {
    this.#door = door;
    this.#http = new HttpConnection(door.http);
    this.#clock = door.http.clock;
  }

  /** What `jmap.session` is: the session object, then all folders and the state of mail in one request. Done once. */
  async signIn(credentials: Credentials): Promise<MailResult<void>> {
    const { http, path } = this.#door;
    const place = { endpoint: http.endpoint, clock: this.#clock, path };
    const { connection, ...opening } = await openJmap(this.#http, place, credentials);
    if (connection === undefined) return opening;
    const { value: entry, ...entered } = await connection.enter();
    const timed = { ...entered, startedUs: opening.startedUs };
    if (entry === undefined) return timed;
    this.#entry = entry;
    this.#standing = { connection, wake: new JmapWake(connection, this.#clock) };
    this.#standing.wake.saw(entry.state);
    return timed;
  }

  /** For what only JMAP can say. */
  get connection(): JmapConnection {
    if (this.#standing === undefined) throw new Error('nobody is signed in');
    return this.#standing.connection;
  }

  /** HTTP is under TLS from its first byte, or never. */
  get tls(): boolean {
    return this.#door.http.endpoint.tls === 'implicit';
  }

  get closed(): boolean {
    return this.#isSignedOut || this.#http.closed;
  }

  get bytesRead(): number {
    return this.#http.bytesRead + (this.#standing?.wake.bytesRead ?? 0);
  }

  async folders(): Promise<MailResult<readonly MailFolder[]>> {
    const { value, ...rest } = await this.#enter();
    return value === undefined ? rest : { ...rest, value: foldersOf(value.mailboxes) };
  }

  /** Asks the server nothing where the folders have just been read. */
  async open(folder: string, _options?: { readonly readOnly?: boolean }): Promise<MailResult<OpenedFolder>> {
    const atUs = this.#clock();
    let answer: MailResult<Entry> = {
      outcome: okOutcome('known since the session'),
      startedUs: atUs,
      endedUs: atUs,
      value: this.#entry,
    };
    if (this.#openedOnce.has(folder)) answer = await this.#enter();
    const { value: entry, ...rest } = answer;
    if (entry === undefined) return rest;
    const found = foldersOf(entry.mailboxes).find(({ name }) => name === folder);
    if (found === undefined) return { ...rest, outcome: refusal('NONEXISTENT', `no folder ${folder}`) };
    this.#openedOnce.add(folder);
    this.#folderId = found.id;
    const bookmark: Bookmark = { door: 'jmap', state: entry.state };
    return { ...rest, value: { exists: found.exists, bookmark } };
  }

  async list(fields: readonly string[]): Promise<MailResult<readonly MailRow[]>> {
    const folderId = this.#folderId;
    if (folderId === undefined) return this.#nothingOpen();
    const { value, ...rest } = await this.#told(everyRow(this.connection, folderId, propertiesOf(fields)));
    return value === undefined ? rest : { ...rest, value: this.rows.enterFolder(folderId, value) };
  }

  async newest(count: number, fields: readonly string[]): Promise<MailResult<readonly MailRow[]>> {
    if (this.#folderId === undefined) return this.#nothingOpen();
    const limit = Math.min(count, this.connection.limits.maxObjectsInGet);
    const query = { filter: { inMailbox: this.#folderId }, limit };
    const { value, ...rest } = await this.#told(this.connection.list(query, propertiesOf(fields)));
    if (value === undefined) return rest;
    return { ...rest, value: this.rows.enter(inOrder(value.page.ids, value.rows).toReversed()) };
  }

  async headers(uids: readonly number[], fields: readonly string[]): Promise<MailResult<readonly MailRow[]>> {
    const ids = this.rows.idsOf(uids);
    const { value, ...rest } = await this.#get(ids, propertiesOf(fields));
    if (value === undefined) return rest;
    return { ...rest, value: this.rows.enter(inOrder(ids, value)).sort((one, other) => one.uid - other.uid) };
  }

  async bodies(
    uids: readonly number[],
    { maxBytes }: { readonly maxBytes?: number } = {},
  ): Promise<MailResult<readonly MailBody[]>> {
    const unknown = this.rows.idsOf(uids.filter((uid) => this.rows.blobOf(uid) === undefined));
    let startedUs: number | undefined;
    if (unknown.length > 0 || uids.length === 0) {
      const { value, ...asked } = await this.#get(unknown, propertiesOf([]));
      if (value === undefined) return asked;
      this.rows.enter(value);
      startedUs = asked.startedUs;
    }
    const bodies: MailBody[] = [];
    for (const uid of uids) {
      const blobId = this.rows.blobOf(uid);
      if (blobId === undefined) continue;
      const { value: body, ...answer } = await this.#told(this.connection.download(blobId, maxBytes));
      startedUs ??= answer.startedUs;
      const { outcome } = answer;
      const isGone = outcome.kind === 'rejected' && outcome.code === 404;
      if (body !== undefined) bodies.push({ uid, body });
      else if (!isGone) return { ...answer, startedUs };
    }
    const endedUs = this.#clock();
    const outcome = okOutcome(`${bodies.length} bodies`);
    return { outcome, value: bodies, startedUs: startedUs ?? endedUs, endedUs };
  }

  async find(messageId: string): Promise<MailResult<readonly number[]>> {
    if (this.#folderId === undefined) return this.#nothingOpen();
    const { trust } = this.#door;
    const asked = findByMessageId(this.connection, this.#folderId, messageId, trust);
    const { value, ...rest } = await this.#told(asked);
    return value === undefined ? rest : { ...rest, value: value.map((id) => this.rows.uidOf(id)) };
  }

  async news(since: Bookmark, fields: readonly string[]): Promise<MailResult<MailNews>> {
    const inboxId = this.idFor('inbox');
    if (since.door !== 'jmap' || inboxId === undefined) return this.#nothingOpen();
    this.#standing?.wake.looking();
    const asked = inboxNews(this.connection, inboxId, since.state, propertiesOf(fields));
    const { value, ...rest } = await this.#told(asked);
    if (value === undefined) return rest;
    this.#standing?.wake.saw(value.state);
    // Of a whole folder that had to be read anew, what this client knows is no news to it.
    const rows = value.isFull ? value.rows.filter((row) => !this.rows.knows(idOf(row))) : value.rows;
    const bookmark: Bookmark = { door: 'jmap', state: value.state };
    return { ...rest, value: { rows: this.rows.enter(rows), bookmark } };
  }

  awaitNews({
    forUs,
    signal,
  }: {
    readonly forUs: number;
    readonly signal: AbortSignal;
  }): Promise<MailResult<Waited>> | undefined {
    return this.closed ? undefined : this.#standing?.wake.wait(forUs, signal);
  }

  async arrivals(): Promise<MailResult<number>> {
    const inboxId = this.idFor('inbox');
    if (inboxId === undefined) return this.#nothingOpen();
    if (this.#arrivals === undefined) {
      const { value, ...rest } = await this.#told(everyId(this.connection, { inMailbox: inboxId }));
      if (value === undefined) return rest;
      // What has come since the session was read is in the list and among the changes: it is counted once.
      this.#arrivals = { state: this.#entry.state, known: new Set(value), count: value.length };
      return { ...rest, value: value.length };
    }
    const known = this.#arrivals;
    const { value, ...rest } = await this.#told(inboxNews(this.connection, inboxId, known.state, []));
    if (value === undefined) return rest;
    const fresh = value.rows.map(idOf).filter((id) => !known.known.has(id));
    for (const id of fresh) known.known.add(id);
    known.state = value.state;
    known.count += fresh.length;
    return { ...rest, value: known.count };
  }

  async remove(uids: readonly number[]): Promise<MailResult<void>> {
    const ids = this.rows.idsOf(uids);
    const { maxObjectsInSet } = this.connection.limits;
    const destroy = (some: readonly string[]): Promise<JmapResult<unknown>> =>
      this.connection.destroy(some).then(settled);
    if (ids.length === 0) return this.#locally(okOutcome('nothing to remove'));
    const { value: _, ...rest } = await this.#changed(eachChunk(ids, maxObjectsInSet, destroy));
    return rest;
  }

  async append(
    message: Buffer,
    { seen, date }: { readonly seen: boolean; readonly date: Date },
  ): Promise<MailResult<void>> {
    const inboxId = this.idFor('inbox');
    if (inboxId === undefined) return this.#nothingOpen();
    const { value: blobId, ...uploaded } = await this.#told(this.connection.upload(message));
    if (blobId === undefined) return uploaded;
    const options = { seen, receivedAtMs: date.getTime() };
    const { value: _, ...imported } = await this.#changed(this.connection.import(blobId, inboxId, options));
    return { ...imported, startedUs: uploaded.startedUs };
  }

  leave(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.#standing?.wake.destroy();
    this.#http.destroy();
  }

  /** The id of a folder by what it is for, as far as is known. */
  idFor(role: 'inbox' | 'trash'): string | undefined {
    return folderFor(role, this.#entry.mailboxes)?.id;
  }

  /** Makes a Trash, for a client that found none. */
  async makeTrash(): Promise<MailResult<string>> {
    const made = await this.#changed(makeFolder(this.connection, 'trash'));
    if (made.value === undefined) return made;
    const trash: Mailbox = { id: made.value, name: 'Trash', role: 'trash', parentId: null, totalEmails: 0 };
    this.#entry = { ...this.#entry, mailboxes: [...this.#entry.mailboxes, trash] };
    return made;
  }

  /** Into this folder and out of all others; what is refused of a single message is the outcome. */
  async move(ids: readonly string[], folderId: string): Promise<MailResult<unknown>> {
    return this.#changed(this.connection.move(ids, folderId).then(settled));
  }

  /** Out of every folder, for good; what is refused of a single message is the outcome. */
  async expunge(ids: readonly string[]): Promise<MailResult<unknown>> {
    return this.#changed(this.connection.destroy(ids).then(settled));
  }

  /** Opens a folder by its id and lists it. */
  async listFolder(folderId: string, fields: readonly string[]): Promise<MailResult<readonly MailRow[]>> {
    this.#folderId = folderId;
    return this.list(fields);
  }

  async #enter(): Promise<JmapResult<Entry>> {
    const entered = await this.#told(this.connection.enter());
    if (entered.value !== undefined) this.#entry = entered.value;
    this.#openedOnce.clear();
    return entered;
  }

  /** Email/get in chunks; nothing is asked for in one of them. */
  async #get(
    ids: readonly string[],
    properties: readonly string[],
  ): Promise<JmapResult<readonly JsonObject[]>> {
    const { maxObjectsInGet } = this.connection.limits;
    const get = (some: readonly string[]): Promise<JmapResult<{ readonly rows: readonly JsonObject[] }>> =>
      this.connection.get(some, properties);
    const asked =
      ids.length > 0
        ? eachChunk(ids, maxObjectsInGet, get)
        : get([]).then(({ value, ...rest }) => (value === undefined ? rest : { ...rest, value: [value] }));
    const { value, ...rest } = await this.#told(asked);
    return value === undefined ? rest : { ...rest, value: value.flatMap(({ rows }) => rows) };
  }

  /** Folders' counts are no longer what was read of them. */
  #changed<T>(asked: Promise<JmapResult<T>>): Promise<JmapResult<T>> {
    for (const { name } of foldersOf(this.#entry.mailboxes)) this.#openedOnce.add(name);
    return this.#told(asked);
  }

  /** Whatever the server says, it may say that it does not know us any more. */
  async #told<T>(asked: Promise<JmapResult<T>>): Promise<JmapResult<T>> {
    const answer = await asked;
    const { outcome } = answer;
    if (outcome.kind === 'rejected' && outcome.code === 401 && outcome.enhanced === SIGNED_OUT) {
      if (!this.#isSignedOut) this.#door.signedOut?.();
      this.#isSignedOut = true;
      // Whoever finds it closed opens another, and thinks no more of this one: its stream would stand for ever.
      this.destroy();
    }
    return answer;
  }

  #nothingOpen(): MailResult<never> {
    return this.#locally(refusal('ARGUMENT', `no folder is open, or the account has no ${INBOX}`));
  }

  #locally(outcome: ProtocolOutcome): MailResult<never> {
    const atUs = this.#clock();
    return { outcome, startedUs: atUs, endedUs: atUs };
  }
}
