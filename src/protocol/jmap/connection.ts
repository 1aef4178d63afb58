/** A mailbox over JMAP: each method one request or one fixed sequence of them. It must not retry or choose a strategy. */

import type { Rejected } from '../../measure/outcome.ts';
import type { Credentials } from '../connect.ts';
import type { Call, JmapChannel, JmapResult } from './channel.ts';
import {
  type Changes,
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
import type { JmapLimits } from './session.ts';
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

const NEWEST_FIRST = [{ property: 'receivedAt', isAscending: false }];

/** Names of ours in one request. */
const QUERY = 'q';
const CREATED = 'm';
const SENT = 's';

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
    const properties = ['id', 'name', 'role', 'totalEmails'];
    const call = this.#call('Mailbox/get', { ids: null, properties }, 'b');
    return this.#channel.run([call], false, ([args = {}]) => readMailboxes(args));
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
    const call = this.#call('Email/changes', { sinceState, maxChanges }, 'c');
    return this.#channel.run([call], false, ([args = {}]) => readChanges(args));
  }

  /** Identity/get. */
  async identities(): Promise<JmapResult<readonly Identity[]>> {
    const accountId = this.#channel.session.submissionAccountId;
    if (accountId === undefined) return this.#channel.refused('UNSUPPORTED', 'nobody may submit here');
    const call: Call = ['Identity/get', { accountId, ids: null }, 'i'];
    return this.#channel.run([call], false, ([args = {}]) => readIdentities(args));
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
    const uploaded = await this.#channel.fetch(session.uploadUrl, {}, request, (body) => {
      const blobId = asString((parseJson(body) as JsonObject | null | undefined)?.['blobId']);
      return blobId === undefined ? 'an upload without a blobId' : { blobId };
    });
    const { value, ...rest } = uploaded;
    return value === undefined ? rest : { ...rest, value: value.blobId };
  }

  /** A blob comes down (RFC 8620 §6.2). */
  download(blobId: string): Promise<JmapResult<Buffer>> {
    const request = { method: 'GET', headers: [], changes: false, keeps: true } as const;
    const variables = { blobId, name: 'message.eml', type: 'message/rfc822' };
    return this.#channel.fetch(this.#channel.session.downloadUrl, variables, request, (body) => body);
  }

  /** Email/import of an uploaded message (RFC 8621 §4.8); the value is its id. */
  async import(blobId: string, mailboxId: string): Promise<JmapResult<string>> {
    const answered = await this.#channel.run([this.#import(blobId, mailboxId)], true, ([args = {}]) => ({
      created: readCreated(args, CREATED),
    }));
    return onlyCreated(answered, 'Email/import');
  }

  /**
   * Upload, then Email/import and EmailSubmission/set in one request. What was imported is destroyed when the submission is
   * accepted; after a refusal it stays in the mailbox, with the header that tells whose it is.
   */
  async submit(
    message: Buffer,
    envelope: { readonly from: string; readonly to: readonly string[] },
    from: { readonly identityId: string; readonly mailboxId: string },
  ): Promise<JmapResult<string>> {
    const accountId = this.#channel.session.submissionAccountId;
    if (accountId === undefined) return this.#channel.refused('UNSUPPORTED', 'nobody may submit here');
    const uploaded = await this.upload(message);
    if (uploaded.value === undefined) return { ...uploaded, outcome: uploaded.outcome };
    const create = {
      identityId: from.identityId,
      emailId: `#${CREATED}`,
      envelope: {
        mailFrom: { email: envelope.from },
        rcptTo: envelope.to.map((email) => ({ email })),
      },
    };
    const args = { accountId, create: { [SENT]: create }, onSuccessDestroyEmail: [`#${SENT}`] };
    const calls: Call[] = [this.#import(uploaded.value, from.mailboxId), ['EmailSubmission/set', args, SENT]];
    const answered = await this.#channel.run(calls, true, ([imported = {}, sent = {}]) => {
      const email = readCreated(imported, CREATED);
      return { created: typeof email === 'string' ? readCreated(sent, SENT) : email };
    });
    return { ...onlyCreated(answered, 'EmailSubmission/set'), startedUs: uploaded.startedUs };
  }

  #import(blobId: string, mailboxId: string): Call {
    const email = { blobId, mailboxIds: { [mailboxId]: true } };
    return this.#call('Email/import', { emails: { [CREATED]: email } }, 'm');
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

/** One object was to be created: its refusal is the outcome. */
function onlyCreated(
  answered: JmapResult<{ readonly created: string | Rejected }>,
  method: string,
): JmapResult<string> {
  const { value, ...rest } = answered;
  if (value === undefined) return rest;
  if (typeof value.created !== 'string') return { ...rest, outcome: value.created };
  if (value.created !== '') return { ...rest, value: value.created };
  return {
    ...rest,
    outcome: { kind: 'unknown', because: `${method} says nothing of what was to be created` },
  };
}
