/** A mailbox over JMAP: each method one request or one fixed sequence of them. It must not retry or choose a strategy. */

import type { Credentials } from '../connect.ts';
import type { Call, JmapChannel, JmapResult } from './channel.ts';
import {
  type Changes,
  type Created,
  type Got,
  type Identity,
  type Mailbox,
  type QueryPage,
  readChanges,
  readCreated,
  readGot,
  readIdentities,
  readMailboxes,
  readQuery,
  readSet,
  type SetDone,
} from './methods.ts';
import { JmapPush, PING_S, type ToldStates } from './push.ts';
import type { JmapLimits } from './session.ts';
import {
  importCall,
  type ImportOptions,
  type JmapEnvelope,
  type Letter,
  postCalls,
  type Posted,
  readImported,
  readPosted,
} from './submission.ts';
import { asString, type JsonObject, parseJson } from './values.ts';

/** What Email/query is asked (RFC 8621 §4.4). */
export interface EmailQuery {
  /** FilterCondition or FilterOperator, as it goes over the wire. */
  readonly filter?: JsonObject;
  /** The newest first unless told. */
  readonly sort?: readonly JsonObject[];
  readonly position?: number;
  /** At most so many ids; a server may answer fewer. */
  readonly limit: number;
  /** Ask how many there are on all pages, which may cost the server a walk. */
  readonly counts?: boolean;
}

/** A query and what was listed of it. */
export interface Listed extends Got {
  readonly page: QueryPage;
}

/** A query and what was destroyed of it. */
export interface Swept extends SetDone {
  readonly page: QueryPage;
}

/** Changes, and what was asked of each message that they created. */
export interface News extends Changes {
  readonly rows: readonly JsonObject[];
}

/** All folders, and the state of all mail just then. */
export interface Entry {
  readonly mailboxes: readonly Mailbox[];
  readonly state: string;
}

/** As whom one may submit, and all folders. */
export interface Outgoing {
  readonly identities: readonly Identity[];
  readonly mailboxes: readonly Mailbox[];
}

const NEWEST_FIRST = [{ property: 'receivedAt', isAscending: false }];

/** Names of ours in one request. */
const QUERY = 'q';
const CHANGES = 'c';
const CREATED = 'n';

const MAILBOX_PROPERTIES = ['id', 'name', 'role', 'parentId', 'totalEmails'];

/**
 * Opened by `openJmap`. Calls made without awaiting the one before wait their turn, so that no more than one request of this
 * user is under way, however few the server allows; nothing here ever rejects. What names more objects than the server
 * takes in one call is refused as `ARGUMENT`: `limits` says how many that are.
 */
export class JmapConnection {
  readonly #channel: JmapChannel;
  readonly #accountId: string;

  constructor(channel: JmapChannel) {
    this.#channel = channel;
    this.#accountId = channel.session.accountId;
  }

  get limits(): JmapLimits {
    return this.#channel.session.limits;
  }

  /** The server has said that the session changed: who cares opens anew. */
  get isStale(): boolean {
    return this.#channel.isStale;
  }

  /** From the next call on: a token may have been renewed. */
  signInAs(credentials: Credentials): void {
    this.#channel.signInAs(credentials);
  }

  /** Mailbox/get: all of them. */
  mailboxes(): Promise<JmapResult<readonly Mailbox[]>> {
    return this.#channel.run([this.#mailboxes()], false, ([args = {}]) => readMailboxes(args));
  }

  /** Mailbox/get, and Email/get of nothing for its state, in one request: from that state on `changes` can tell. */
  enter(): Promise<JmapResult<Entry>> {
    const state = this.#call('Email/get', { ids: [], properties: ['id'] }, 'g');
    return this.#channel.run([state, this.#mailboxes()], false, ([given = {}, args = {}]) => {
      const [got, mailboxes] = [readGot(given), readMailboxes(args)];
      if (typeof got === 'string' || typeof mailboxes === 'string')
        return typeof got === 'string' ? got : (mailboxes as string);
      return { mailboxes, state: got.state };
    });
  }

  /** Mailbox/set create, at the top (RFC 8621 §2.5); the value is its id. */
  async createMailbox(name: string, role: string | null): Promise<JmapResult<string>> {
    const create = { [CREATED]: { name, parentId: null, ...(role === null ? {} : { role }) } };
    const call = this.#call('Mailbox/set', { create }, 'b');
    const answered = await this.#channel.run([call], true, ([args = {}]) =>
      readCreated(args, 'Mailbox/set', CREATED),
    );
    return onlyCreated(answered);
  }

  /** Email/query: one page of ids. */
  query(query: EmailQuery): Promise<JmapResult<QueryPage>> {
    return this.#channel.run([this.#query(query)], false, ([args = {}]) => readQuery(args, query.limit));
  }

  /** Email/get. */
  async get(ids: readonly string[], properties: readonly string[]): Promise<JmapResult<Got>> {
    const refused = this.#tooMany(ids.length, 'maxObjectsInGet');
    if (refused !== undefined) return refused;
    const call = this.#call('Email/get', { ids, properties }, 'g');
    return this.#channel.run([call], false, ([args = {}]) => readGot(args));
  }

  /** Email/query and Email/get of what it found, in one request (RFC 8620 §3.7). */
  async list(query: EmailQuery, properties: readonly string[]): Promise<JmapResult<Listed>> {
    const refused = this.#tooMany(query.limit, 'maxObjectsInGet');
    if (refused !== undefined) return refused;
    const get = this.#call('Email/get', { '#ids': found(), properties }, 'g');
    return this.#channel.run([this.#query(query), get], false, ([asked = {}, given = {}]) => {
      const page = readQuery(asked, query.limit);
      if (typeof page === 'string') return page;
      const got = readGot(given);
      return typeof got === 'string' ? got : { ...got, page };
    });
  }

  /** Email/set destroy: out of every mailbox, for good. What is refused is refused one by one. */
  async destroy(ids: readonly string[]): Promise<JmapResult<SetDone>> {
    const refused = this.#tooMany(ids.length, 'maxObjectsInSet');
    if (refused !== undefined) return refused;
    const call = this.#call('Email/set', { destroy: ids }, 'd');
    return this.#channel.run([call], true, ([args = {}]) => readSet(args, ids, 'destroyed'));
  }

  /** Email/query and Email/set destroy of what it found, in one request. */
  async sweep(query: EmailQuery): Promise<JmapResult<Swept>> {
    const refused = this.#tooMany(query.limit, 'maxObjectsInSet');
    if (refused !== undefined) return refused;
    const destroy = this.#call('Email/set', { '#destroy': found() }, 'd');
    return this.#channel.run([this.#query(query), destroy], true, ([asked = {}, given = {}]) => {
      const page = readQuery(asked, query.limit);
      if (typeof page === 'string') return page;
      const done = readSet(given, page.ids, 'destroyed');
      return typeof done === 'string' ? done : { ...done, page };
    });
  }

  /** Email/set update: into this mailbox and out of all others, as a person's Delete does with Trash. */
  async move(ids: readonly string[], mailboxId: string): Promise<JmapResult<SetDone>> {
    const refused = this.#tooMany(ids.length, 'maxObjectsInSet');
    if (refused !== undefined) return refused;
    const update = Object.fromEntries(ids.map((id) => [id, { mailboxIds: { [mailboxId]: true } }]));
    const call = this.#call('Email/set', { update }, 'u');
    return this.#channel.run([call], true, ([args = {}]) => readSet(args, ids, 'updated'));
  }

  /** Email/changes since a state; `cannotCalculateChanges` where the server has forgotten it (RFC 8620 §5.2). */
  changes(sinceState: string, maxChanges: number): Promise<JmapResult<Changes>> {
    const call = this.#call('Email/changes', { sinceState, maxChanges }, CHANGES);
    return this.#channel.run([call], false, ([args = {}]) => readChanges(args));
  }

  /** Email/changes, and Email/get of what they created, in one request. */
  async news(
    sinceState: string,
    maxChanges: number,
    properties: readonly string[],
  ): Promise<JmapResult<News>> {
    const refused = this.#tooMany(maxChanges, 'maxObjectsInGet');
    if (refused !== undefined) return refused;
    const changes = this.#call('Email/changes', { sinceState, maxChanges }, CHANGES);
    const created = { resultOf: CHANGES, name: 'Email/changes', path: '/created' };
    const get = this.#call('Email/get', { '#ids': created, properties }, 'g');
    return this.#channel.run([changes, get], false, ([told = {}, given = {}]) => {
      const [page, got] = [readChanges(told), readGot(given)];
      if (typeof page === 'string' || typeof got === 'string')
        return typeof page === 'string' ? page : (got as string);
      return { ...page, rows: got.rows };
    });
  }

  /** Identity/get and Mailbox/get, in one request. */
  async outgoing(): Promise<JmapResult<Outgoing>> {
    const accountId = this.#channel.session.submissionAccountId;
    if (accountId === undefined) return this.#channel.refused('UNSUPPORTED', 'nobody may submit here');
    const asWhom: Call = ['Identity/get', { accountId, ids: null }, 'i'];
    return this.#channel.run([asWhom, this.#mailboxes()], false, ([given = {}, args = {}]) => {
      const [identities, mailboxes] = [readIdentities(given), readMailboxes(args)];
      if (typeof identities === 'string' || typeof mailboxes === 'string')
        return typeof identities === 'string' ? identities : (mailboxes as string);
      return { identities, mailboxes };
    });
  }

  /** Hears of changes to mail over a connection of its own (RFC 8620 §7.3); or why that cannot be. */
  push(changed: (states: ToldStates) => void): JmapPush | JmapResult<never> {
    const variables = { types: 'Email', closeafter: 'no', ping: String(PING_S) };
    const open = this.#channel.stream(this.#channel.session.eventSourceUrl, variables);
    return typeof open === 'function' ? new JmapPush(open, this.#accountId, changed) : open;
  }

  /** A blob goes up (RFC 8620 §6.1); the value is its id. */
  async upload(message: Buffer): Promise<JmapResult<string>> {
    const { session } = this.#channel;
    if (message.length > session.limits.maxSizeUpload)
      return this.#channel.refused('ARGUMENT', `${message.length} octets are more than maxSizeUpload`);
    const request = {
      method: 'POST',
      headers: ['content-type', 'message/rfc822'],
      body: message,
      // Nobody sees a blob: a message is where it is imported.
      changes: false,
      keeps: true,
    } as const;
    const uploaded = await this.#channel.fetch(session.uploadUrl, {}, request, ({ body }) => {
      const blobId = asString((parseJson(body) as JsonObject | null | undefined)?.['blobId']);
      return blobId === undefined ? 'an upload without a blobId' : { blobId };
    });
    const { value, ...rest } = uploaded;
    return value === undefined ? rest : { ...rest, value: value.blobId };
  }

  /** A blob comes down (RFC 8620 §6.2), or its first bytes: as a range where the server knows them, else cut here. */
  download(blobId: string, maxBytes?: number): Promise<JmapResult<Buffer>> {
    const headers = maxBytes === undefined ? [] : ['range', `bytes=0-${Math.max(1, maxBytes) - 1}`];
    const request = { method: 'GET', headers, changes: false, keeps: true } as const;
    const variables = { blobId, name: 'message.eml', type: 'message/rfc822' };
    return this.#channel.fetch(this.#channel.session.downloadUrl, variables, request, (answer) => {
      const { body, status } = answer;
      const range = answer.field('content-range') ?? '';
      if (status === 206 && (maxBytes === undefined || !range.startsWith('bytes 0-')))
        return `a part of a blob that nobody asked for (${range})`;
      return maxBytes === undefined ? body : body.subarray(0, maxBytes);
    });
  }

  /** Email/import of an uploaded message (RFC 8621 §4.8); the value is its id. */
  async import(blobId: string, mailboxId: string, options: ImportOptions = {}): Promise<JmapResult<string>> {
    const call = importCall(this.#accountId, { blobId, mailboxId }, options);
    return onlyCreated(await this.#channel.run([call], true, ([args = {}]) => readImported(args)));
  }

  /** Email/import, where it is needed, and EmailSubmission/set of one message to each envelope, in one request. */
  async post(
    letter: Letter,
    identityId: string,
    envelopes: readonly JmapEnvelope[],
  ): Promise<JmapResult<Posted>> {
    const submission = this.#channel.session.submissionAccountId;
    if (submission === undefined) return this.#channel.refused('UNSUPPORTED', 'nobody may submit here');
    const refused = this.#tooMany(envelopes.length, 'maxObjectsInSet');
    if (refused !== undefined) return refused;
    const calls = postCalls({ mail: this.#accountId, submission }, letter, identityId, envelopes);
    return this.#channel.run(calls, true, (answers) => readPosted(answers, letter, envelopes.length));
  }

  #mailboxes(): Call {
    return this.#call('Mailbox/get', { ids: null, properties: MAILBOX_PROPERTIES }, 'b');
  }

  #query({ filter, sort = NEWEST_FIRST, position = 0, limit, counts = false }: EmailQuery): Call {
    const args = { ...(filter === undefined ? {} : { filter }), sort, position, limit };
    return this.#call('Email/query', counts ? { ...args, calculateTotal: true } : args, QUERY);
  }

  #call(method: string, args: JsonObject, id: string): Call {
    return [method, { accountId: this.#accountId, ...args }, id];
  }

  #tooMany(count: number, limit: 'maxObjectsInGet' | 'maxObjectsInSet'): JmapResult<never> | undefined {
    const most = this.limits[limit];
    if (count <= most) return undefined;
    return this.#channel.refused('ARGUMENT', `${count} objects are more than ${limit} (${most})`);
  }
}

/** A reference to what the query of the same request found. */
function found(): JsonObject {
  return { resultOf: QUERY, name: 'Email/query', path: '/ids' };
}

/** One object was to be created: what became of it is the outcome. */
function onlyCreated(answered: JmapResult<Created>): JmapResult<string> {
  const { value, ...rest } = answered;
  if (value === undefined) return rest;
  return value.id === undefined ? { ...rest, outcome: value.outcome } : { ...rest, value: value.id };
}
