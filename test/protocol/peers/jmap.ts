/** A tiny JMAP server of its own reading of RFC 8620 and 8621, on the raw HTTP peer; it can misbehave where a test wants it to. It must not use src. */

import type { Dialogue, Peer } from './dialogue.ts';
import { answer, type Asked, httpPeer } from './http.ts';
import { type Args, fieldsOf, type PeerMail, rowOf, wireOf } from './jmap-mail.ts';

export type { PeerMail } from './jmap-mail.ts';

export interface PeerBox {
  readonly id: string;
  readonly name: string;
  readonly role: string | null;
  readonly parentId?: string | null;
}

type Answered = readonly [name: string, args: Args];

export interface JmapHabits {
  /** What a filter by subject, or by a header, does. */
  subject: 'works' | 'silent' | 'fails';
  header: 'works' | 'silent' | 'fails';
  limits: Record<string, number>;
  /** Ids on a page, whatever is asked for. */
  page: number;
  /** What is accepted in Authorization. */
  authorization: string;
  /** States before this one are forgotten. */
  forgottenBefore: number;
  /** Put in place of parts of the session object. */
  session: Record<string, unknown>;
  /** Says something else instead: bytes, `as usual`, or undefined after it did what it liked with the peer. */
  instead: ((asked: Asked, peer: Peer) => string | undefined) | undefined;
  /** Mailboxes there are at first. */
  boxes: readonly PeerBox[];
  /** Roles are the server's to give. */
  keepsRoles: boolean;
  /** Recipients of one submission at most. */
  maxRecipients: number;
  /** Tells of each change over its streams of events. */
  pushes: boolean;
  /** Knows ranges of a download. */
  ranges: boolean;
  /** Answers a method otherwise. */
  method: ((name: string, args: Args) => Answered | undefined) | undefined;
}

export interface JmapPeer extends Dialogue {
  readonly mail: PeerMail[];
  readonly habits: JmapHabits;
  /** Every method that was called, with its arguments. */
  readonly calls: [string, Args][];
  readonly submitted: { readonly email: string; readonly to: readonly string[] }[];
  /** Everything that was asked for, by its first line. */
  readonly lines: readonly string[];
  readonly uploads: readonly string[];
  /** Mail comes in, oldest first. */
  deliver(...mail: readonly (Partial<PeerMail> & { readonly subject: string })[]): void;
  /** Bytes to everybody who listens for events. */
  tell(bytes: string): void;
  /** Ends all streams of events. */
  hangUp(): void;
  readonly listening: number;
}

const BOXES: readonly PeerBox[] = [
  { id: 'B1', name: 'Inbox', role: 'inbox' },
  { id: 'B2', name: 'Trash', role: 'trash' },
  { id: 'B3', name: 'Drafts', role: 'drafts' },
];

const CAPABILITIES = [
  'urn:ietf:params:jmap:core',
  'urn:ietf:params:jmap:mail',
  'urn:ietf:params:jmap:submission',
];

export const BASIC = `Basic ${Buffer.from('user0@lab.test:secret').toString('base64')}`;

const USUAL: JmapHabits = {
  subject: 'works',
  header: 'works',
  limits: {},
  page: 1_000,
  authorization: BASIC,
  forgottenBefore: 0,
  session: {},
  instead: undefined,
  method: undefined,
  boxes: BOXES,
  keepsRoles: false,
  maxRecipients: 1_000,
  pushes: false,
  ranges: true,
};

/** Serves one account `A` with a thousand states. */
export async function jmapPeer(
  subjects: readonly string[] = [],
  habits: Partial<JmapHabits> = {},
): Promise<JmapPeer> {
  const mail = subjects.map((subject, number): PeerMail => ({ id: `M${number}`, subject, box: 'B1' }));
  const store = new Store(mail, { ...USUAL, ...habits });
  const peer = await httpPeer((asked, one) => {
    const said = store.habits.instead === undefined ? 'as usual' : store.habits.instead(asked, one);
    return said === 'as usual' ? store.serve(asked, one) : said;
  });
  const { lines, uploads, calls, submitted, listeners } = store;
  return {
    ...peer,
    mail,
    habits: store.habits,
    calls,
    submitted,
    lines,
    uploads,
    deliver: (...some) => store.deliver(some),
    tell: (bytes) => {
      for (const one of listeners) one.raw(bytes);
    },
    hangUp: () => {
      for (const one of listeners.splice(0)) one.end();
    },
    get listening() {
      return listeners.filter((one) => !one.isOver).length;
    },
  };
}

/** An event that tells of a state of the account's mail. */
export function stateEvent(state: string, account = 'A'): string {
  const changed = { [account]: { Email: state } };
  return `event: state\ndata: ${JSON.stringify({ '@type': 'StateChange', changed })}\n\n`;
}

export const EVENTS_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n';

class Store {
  readonly calls: [string, Args][] = [];
  readonly submitted: { email: string; to: string[] }[] = [];
  readonly lines: string[] = [];
  readonly uploads: string[] = [];
  readonly listeners: Peer[] = [];
  readonly mail: PeerMail[];
  readonly habits: JmapHabits;
  readonly #boxes: PeerBox[];
  readonly #log: { readonly kind: 'created' | 'updated' | 'destroyed'; readonly id: string }[] = [];
  #made = 0;

  constructor(mail: PeerMail[], habits: JmapHabits) {
    this.mail = mail;
    this.habits = habits;
    this.#boxes = [...habits.boxes];
  }

  serve(asked: Asked, one: Peer): string | undefined {
    const { line, fields, body } = asked;
    this.lines.push(line);
    const [method = '', path = ''] = line.split(' ');
    if (fields.get('authorization') !== this.habits.authorization)
      return answer('401 Unauthorized', 'who?', { 'WWW-Authenticate': 'Basic' });
    if (path === '/.well-known/jmap') return answer('301 Moved', '', { Location: '/session' });
    if (path === '/session') return json(this.#session());
    if (path.startsWith('/events')) {
      this.listeners.push(one);
      return EVENTS_HEAD;
    }
    if (path === '/up/A/' && method === 'POST') {
      this.uploads.push(body);
      const blobId = `G${this.uploads.length}`;
      return json({ accountId: 'A', blobId, type: 'message/rfc822', size: body.length });
    }
    if (path.startsWith('/down/A/')) return this.#download(path.split('/')[3] ?? '', fields.get('range'));
    if (path !== '/api' || method !== 'POST') return answer('404 Not Found');
    const { methodCalls } = JSON.parse(body) as { methodCalls: [string, Args, string][] };
    const responses: [string, Args, string][] = [];
    for (const [name, args, id] of methodCalls) {
      this.calls.push([name, args]);
      const [said, given] = this.habits.method?.(name, args) ?? this.#method(name, resolve(args, responses));
      responses.push([said, given, id]);
    }
    return json({ methodResponses: responses, sessionState: 's1' });
  }

  deliver(some: readonly (Partial<PeerMail> & { readonly subject: string })[]): void {
    for (const one of some) {
      this.#made += 1;
      const id = `N${this.#made}`;
      this.mail.push({ id, box: 'B1', ...one });
      this.#note('created', one.id ?? id);
    }
  }

  #note(kind: 'created' | 'updated' | 'destroyed', id: string): void {
    this.#log.push({ kind, id });
    if (!this.habits.pushes) return;
    for (const one of this.listeners) one.raw(stateEvent(this.#state()));
  }

  #download(blobId: string, range: string | undefined): string {
    const found = this.mail.find(({ id }) => blobId === `of-${id}`);
    const bytes = found === undefined ? this.uploads[Number(blobId.slice(1)) - 1] : wireOf(found);
    if (bytes === undefined) return answer('404 Not Found');
    const last = Number(/^bytes=0-(\d+)$/.exec(range ?? '')?.[1] ?? Number.NaN);
    if (!this.habits.ranges || Number.isNaN(last)) return answer('200 OK', bytes);
    const part = bytes.slice(0, last + 1);
    const said = `bytes 0-${part.length - 1}/${bytes.length}`;
    return answer('206 Partial Content', part, { 'Content-Range': said });
  }

  #session(): Args {
    const { limits, session } = this.habits;
    return {
      capabilities: Object.fromEntries(CAPABILITIES.map((name, at) => [name, at === 0 ? limits : {}])),
      accounts: { A: { name: 'a' } },
      primaryAccounts: Object.fromEntries(CAPABILITIES.map((name) => [name, 'A'])),
      apiUrl: '/api',
      uploadUrl: '/up/{accountId}/',
      downloadUrl: '/down/{accountId}/{blobId}/{name}?type={type}',
      eventSourceUrl: '/events?types={types}&closeafter={closeafter}&ping={ping}',
      state: 's1',
      ...session,
    };
  }

  #method(name: string, args: Args): Answered {
    switch (name) {
      case 'Mailbox/get':
        return [
          name,
          { list: this.#boxes.map((box) => ({ ...box, totalEmails: this.#within(box.id).length })) },
        ];
      case 'Mailbox/set':
        return this.#makeBox(args);
      case 'Identity/get':
        return [name, { list: [{ id: 'I1', email: 'user0@lab.test' }] }];
      case 'Email/query':
        return this.#query(args);
      case 'Email/get': {
        const ids = args['ids'] as string[];
        const list = this.mail
          .filter(({ id }) => ids.includes(id))
          .map((one) => rowOf(one, args['properties'] as string[]));
        return [name, { list, notFound: ids.filter((id) => !this.#find(id)), state: this.#state() }];
      }
      case 'Email/set':
        return this.#set(args);
      case 'Email/changes':
        return this.#changes(args);
      case 'Email/import': {
        const [[key, given] = ['', {} as Args]] = Object.entries(args['emails'] as Record<string, Args>);
        const box = Object.keys(given['mailboxIds'] as object)[0] ?? '';
        const id = `M${this.mail.length + 1_000}`;
        const body = this.uploads[Number(String(given['blobId']).slice(1)) - 1] ?? '';
        const { keywords, receivedAt } = given as unknown as PeerMail;
        const more = { ...(keywords && { keywords }), ...(receivedAt && { receivedAt }) };
        this.mail.push({ id, subject: '', box, body, ...more });
        this.#note('created', id);
        return [name, { created: { [key]: { id } } }];
      }
      case 'EmailSubmission/set':
        return this.#submit(args);
      default:
        return ['error', { type: 'unknownMethod' }];
    }
  }

  #query(args: Args): Answered {
    const filter = (args['filter'] ?? {}) as {
      inMailbox?: string;
      subject?: string;
      header?: [string, string];
    };
    const { position, limit } = args as { position: number; limit: number };
    for (const kind of ['subject', 'header'] as const) {
      if (filter[kind] === undefined || this.habits[kind] === 'works') continue;
      if (this.habits[kind] === 'silent') return ['Email/query', { ids: [], position, queryState: 'q' }];
      return ['error', { type: 'serverFail', description: 'no index' }];
    }
    const wanted = (filter.subject ?? filter.header?.[1] ?? '').toLowerCase();
    const field = filter.header?.[0] ?? 'Subject';
    const held = filter.inMailbox === undefined ? this.mail : this.#within(filter.inMailbox);
    const fits = held.filter((one) => fieldsOf(one, field).join().toLowerCase().includes(wanted));
    const [sort] = (args['sort'] ?? []) as { isAscending?: boolean }[];
    // Mail without a time of its own lies in the order it is listed in, whichever is asked for.
    const timed = fits.some(({ receivedAt }) => receivedAt !== undefined);
    if (timed) fits.sort((one, other) => ((one.receivedAt ?? '') < (other.receivedAt ?? '') ? -1 : 1));
    if (timed && sort?.isAscending === false) fits.reverse();
    const cap = Math.min(limit, this.habits.page);
    const ids = fits.slice(position, position + cap).map(({ id }) => id);
    return ['Email/query', { ids, position, queryState: 'q', ...(cap < limit ? { limit: cap } : {}) }];
  }

  #set(args: Args): Answered {
    const destroyed: string[] = [];
    const notDestroyed: Record<string, Args> = {};
    for (const id of (args['destroy'] ?? []) as string[]) {
      const at = this.mail.findIndex((one) => one.id === id);
      if (at < 0) notDestroyed[id] = { type: 'notFound' };
      else {
        this.mail.splice(at, 1);
        this.#note('destroyed', id);
        destroyed.push(id);
      }
    }
    const updated: Record<string, null> = {};
    const notUpdated: Record<string, Args> = {};
    for (const [id, patch] of Object.entries((args['update'] ?? {}) as Record<string, Args>)) {
      const found = this.#find(id);
      if (found === undefined) notUpdated[id] = { type: 'notFound' };
      else {
        found.box = Object.keys(patch['mailboxIds'] as object)[0] ?? '';
        delete found.alsoIn;
        this.#note('updated', id);
        updated[id] = null;
      }
    }
    return ['Email/set', { destroyed, notDestroyed, updated, notUpdated, newState: this.#state() }];
  }

  #changes(args: Args): Answered {
    const since = Number(args['sinceState']);
    if (!(since >= this.habits.forgottenBefore)) return ['error', { type: 'cannotCalculateChanges' }];
    const until = Math.min(this.#log.length, since + (args['maxChanges'] as number));
    const part = this.#log.slice(since, until);
    const lists = (['created', 'updated', 'destroyed'] as const).map((kind) => [
      kind,
      part.filter((one) => one.kind === kind).map(({ id }) => id),
    ]);
    const rest = { newState: String(until), hasMoreChanges: until < this.#log.length };
    return ['Email/changes', { ...(Object.fromEntries(lists) as Args), ...rest }];
  }

  #makeBox(args: Args): Answered {
    const [[key, given] = ['', {} as Args]] = Object.entries(args['create'] as Record<string, Args>);
    const { name, role = null } = given as { name: string; role?: string | null };
    if (this.habits.keepsRoles && role !== null)
      return ['Mailbox/set', { notCreated: { [key]: { type: 'invalidProperties', properties: ['role'] } } }];
    const id = `B${this.#boxes.length + 1}`;
    this.#boxes.push({ id, name, role });
    return ['Mailbox/set', { created: { [key]: { id } } }];
  }

  #submit(args: Args): Answered {
    const created: Record<string, Args> = {};
    const notCreated: Record<string, Args> = {};
    const { maxRecipients } = this.habits;
    for (const [key, given] of Object.entries(args['create'] as Record<string, Args>)) {
      const { rcptTo } = given['envelope'] as { rcptTo: { email: string }[] };
      const email = given['emailId'] as string;
      if (rcptTo.length > maxRecipients) notCreated[key] = { type: 'tooManyRecipients', maxRecipients };
      else {
        this.submitted.push({ email, to: rcptTo.map((one) => one.email) });
        created[key] = { id: `S${this.submitted.length}` };
      }
    }
    const destroyed = (args['onSuccessDestroyEmail'] as string[]).some((name) => name.slice(1) in created);
    const named = Object.values(args['create'] as Record<string, Args>)[0]?.['emailId'] as string;
    const at = named.startsWith('#') ? this.mail.length - 1 : this.mail.findIndex(({ id }) => id === named);
    if (destroyed) this.mail.splice(at, 1);
    return ['EmailSubmission/set', { created, notCreated }];
  }

  #within(boxId: string): PeerMail[] {
    return this.mail.filter(({ box, alsoIn }) => box === boxId || alsoIn === boxId);
  }

  #find(id: string): PeerMail | undefined {
    return this.mail.find((one) => one.id === id);
  }

  #state(): string {
    return String(this.#log.length);
  }
}

/** Puts in what a back-reference names (RFC 8620 §3.7); only lists at the top are ever asked for. */
function resolve(args: Args, responses: readonly (readonly [string, Args, string])[]): Args {
  const entries = Object.entries(args).map(([name, value]) => {
    if (!name.startsWith('#')) return [name, value];
    const { resultOf, path } = value as { resultOf: string; path: string };
    const [, found] = responses.find(([, , id]) => id === resultOf) ?? [];
    return [name.slice(1), found?.[path.slice(1)] ?? []];
  });
  return Object.fromEntries(entries) as Args;
}

/** A whole answer of JSON. */
export function json(value: unknown, status = '200 OK'): string {
  return answer(status, JSON.stringify(value), { 'Content-Type': 'application/json' });
}
