/** A tiny JMAP server of its own reading of RFC 8620 and 8621, on the raw HTTP peer; it can misbehave where a test wants it to. It must not use src. */

import type { Dialogue, Peer } from './dialogue.ts';
import { answer, type Asked, httpPeer } from './http.ts';

export interface PeerMail {
  id: string;
  subject: string;
  box: string;
}

type Args = Readonly<Record<string, unknown>>;
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
  /** Answers a method otherwise. */
  method: ((name: string, args: Args) => Answered | undefined) | undefined;
}

export interface JmapPeer extends Dialogue {
  readonly mail: PeerMail[];
  readonly habits: JmapHabits;
  /** Every method that was called, with its arguments. */
  readonly calls: [string, Args][];
  readonly submitted: { readonly email: string; readonly to: readonly string[] }[];
}

const BOXES = [
  { id: 'B1', name: 'Inbox', role: 'inbox', totalEmails: 0 },
  { id: 'B2', name: 'Trash', role: 'trash', totalEmails: 0 },
  { id: 'B3', name: 'Drafts', role: 'drafts', totalEmails: 0 },
];

const CAPABILITIES = [
  'urn:ietf:params:jmap:core',
  'urn:ietf:params:jmap:mail',
  'urn:ietf:params:jmap:submission',
];

export const BASIC = `Basic ${Buffer.from('user0@lab.test:secret').toString('base64')}`;

/** Serves one account `A` with a thousand states. */
export async function jmapPeer(
  subjects: readonly string[] = [],
  habits: Partial<JmapHabits> = {},
): Promise<JmapPeer> {
  const mail = subjects.map((subject, number): PeerMail => ({ id: `M${number}`, subject, box: 'B1' }));
  const store = new Store(mail, {
    subject: 'works',
    header: 'works',
    limits: {},
    page: 1_000,
    authorization: BASIC,
    forgottenBefore: 0,
    session: {},
    instead: undefined,
    method: undefined,
    ...habits,
  });
  const peer = await httpPeer((asked, one) => {
    const said = store.habits.instead === undefined ? 'as usual' : store.habits.instead(asked, one);
    return said === 'as usual' ? store.serve(asked) : said;
  });
  return { ...peer, mail, habits: store.habits, calls: store.calls, submitted: store.submitted };
}

class Store {
  readonly calls: [string, Args][] = [];
  readonly submitted: { email: string; to: string[] }[] = [];
  readonly mail: PeerMail[];
  readonly habits: JmapHabits;
  readonly #log: { readonly kind: 'created' | 'updated' | 'destroyed'; readonly id: string }[] = [];
  #blobs = 0;

  constructor(mail: PeerMail[], habits: JmapHabits) {
    this.mail = mail;
    this.habits = habits;
  }

  serve({ line, fields, body }: Asked): string {
    const [method = '', path = ''] = line.split(' ');
    if (fields.get('authorization') !== this.habits.authorization)
      return answer('401 Unauthorized', 'who?', { 'WWW-Authenticate': 'Basic' });
    if (path === '/.well-known/jmap') return answer('301 Moved', '', { Location: '/session' });
    if (path === '/session') return json(this.#session());
    if (path === '/up/A/' && method === 'POST') {
      this.#blobs += 1;
      return json({ accountId: 'A', blobId: `G${this.#blobs}`, type: 'message/rfc822', size: body.length });
    }
    if (path.startsWith('/down/A/')) return answer('200 OK', `blob ${path.split('/')[3]}`);
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

  #session(): Args {
    const { limits, session } = this.habits;
    return {
      capabilities: Object.fromEntries(CAPABILITIES.map((name, at) => [name, at === 0 ? limits : {}])),
      accounts: { A: { name: 'a' } },
      primaryAccounts: Object.fromEntries(CAPABILITIES.map((name) => [name, 'A'])),
      apiUrl: '/api',
      uploadUrl: '/up/{accountId}/',
      downloadUrl: '/down/{accountId}/{blobId}/{name}?type={type}',
      eventSourceUrl: '',
      state: 's1',
      ...session,
    };
  }

  #method(name: string, args: Args): Answered {
    switch (name) {
      case 'Mailbox/get':
        return [name, { list: BOXES }];
      case 'Identity/get':
        return [name, { list: [{ id: 'I1', email: 'user0@lab.test' }] }];
      case 'Email/query':
        return this.#query(args);
      case 'Email/get': {
        const ids = args['ids'] as string[];
        const list = this.mail.filter(({ id }) => ids.includes(id));
        return [name, { list, notFound: ids.filter((id) => !this.#find(id)), state: this.#state() }];
      }
      case 'Email/set':
        return this.#set(args);
      case 'Email/changes':
        return this.#changes(args);
      case 'Email/import': {
        const [[key, given] = ['', undefined]] = Object.entries(args['emails'] as Record<string, Args>);
        const box = Object.keys(given?.['mailboxIds'] as object)[0] ?? '';
        const id = `M${this.mail.length + 1_000}`;
        this.mail.push({ id, subject: '', box });
        this.#log.push({ kind: 'created', id });
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
    const fits = this.mail.filter(
      ({ box, subject }) =>
        (filter.inMailbox === undefined || box === filter.inMailbox) &&
        subject.toLowerCase().includes(wanted),
    );
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
        this.#log.push({ kind: 'destroyed', id });
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
        this.#log.push({ kind: 'updated', id });
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

  #submit(args: Args): Answered {
    const [[key, given] = ['', undefined]] = Object.entries(args['create'] as Record<string, Args>);
    if (given === undefined) return ['error', { type: 'invalidArguments' }];
    const { rcptTo } = given['envelope'] as { rcptTo: { email: string }[] };
    this.submitted.push({ email: given['emailId'] as string, to: rcptTo.map(({ email }) => email) });
    this.mail.pop();
    return ['EmailSubmission/set', { created: { [key]: { id: 'S1' } } }];
  }

  #find(id: string): PeerMail | undefined {
    return this.mail.find((one) => one.id === id);
  }

  #state(): string {
    return String(this.#log.length);
  }
}

/** Puts in what a back-reference names (RFC 8620 §3.7); only `/ids` is ever asked for. */
function resolve(args: Args, responses: readonly (readonly [string, Args, string])[]): Args {
  const entries = Object.entries(args).map(([name, value]) => {
    if (!name.startsWith('#')) return [name, value];
    const { resultOf } = value as { resultOf: string };
    const [, found] = responses.find(([, , id]) => id === resultOf) ?? [];
    return [name.slice(1), found?.['ids'] ?? []];
  });
  return Object.fromEntries(entries) as Args;
}

/** A whole answer of JSON. */
export function json(value: unknown, status = '200 OK'): string {
  return answer(status, JSON.stringify(value), { 'Content-Type': 'application/json' });
}
