/** What each path of the JMAP server does for somebody who has signed in: session, API, upload, download, events. Signs nobody in. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from '../store.ts';
import { runApi } from './api.ts';
import { Uploads } from './blobs.ts';
import { Bodies, sendJson, sendProblem } from './body.ts';
import { contentOf, decodedBytes, isMultipart } from './content.ts';
import { openEventSource, readEventChoice } from './events.ts';
import { accountId, readBlobId } from './ids.ts';
import { AccountJournal } from './journal.ts';
import {
  MAX_CONCURRENT_REQUESTS,
  MAX_CONCURRENT_UPLOADS,
  MAX_REQUEST_BYTES,
  MAX_UPLOAD_BYTES,
} from './limits.ts';
import type { Desk, JmapContext } from './method.ts';
import { httpProblem, problem } from './problem.ts';
import { PATHS, sessionObject } from './session.ts';
import { Submissions } from './submissions.ts';

/** Event sources of one account at a time: a person has a few windows open. */
const MAX_EVENT_SOURCES = 100;

/** One account's desk, and what is going on at it. */
interface Busy extends Desk {
  requests: number;
  uploads: number;
  eventSources: number;
}

interface Visit {
  readonly desk: Busy;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export class Routes {
  readonly #context: JmapContext;
  readonly #scheme: string;
  readonly #desks = new Map<Account, Busy>();
  readonly #uploads = new Uploads();
  readonly #bodies = new Bodies();

  constructor(context: JmapContext, scheme: 'http' | 'https') {
    this.#context = context;
    this.#scheme = scheme;
  }

  isKnown(path: string): boolean {
    return this.isOpen(path) || ROUTES.some(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
  }

  /** Open to everybody, since it says nothing about anybody. */
  isOpen(path: string): boolean {
    return path === PATHS.wellKnown;
  }

  /** RFC 8620 §2.2 lets the well-known place point elsewhere, and real servers do. */
  redirect(response: ServerResponse): void {
    response.writeHead(307, { location: PATHS.session, 'content-length': 0 });
    response.end();
  }

  async serve(account: Account, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, method, run] = ROUTES.find(([prefix]) => url.pathname.startsWith(prefix)) ?? [];
    if (run === undefined || method === undefined) sendProblem(response, httpProblem(404));
    else if (request.method !== method) sendProblem(response, httpProblem(405), { allow: method });
    else await run(this, { desk: this.#deskOf(account), url, request, response });
  }

  async session({ desk, request, response }: Visit): Promise<void> {
    await this.#spend('poll', 0);
    const { account } = desk;
    sendJson(response, 200, JSON.stringify(sessionObject(account, this.#originOf(request))));
  }

  /** Counted while it is worked at: whoever has left meanwhile holds nobody up. */
  async api(visit: Visit): Promise<void> {
    const { desk, response } = visit;
    if (desk.requests >= MAX_CONCURRENT_REQUESTS) return tooMany(response, 'maxConcurrentRequests');
    desk.requests += 1;
    try {
      await this.#runApi(visit);
    } finally {
      desk.requests -= 1;
    }
  }

  async #runApi({ desk, request, response }: Visit): Promise<void> {
    if (!/^application\/json *(?:;|$)/i.test(request.headers['content-type'] ?? ''))
      return sendProblem(response, problem('notJSON', 'the content type is not application/json'));
    const body = await this.#bodies.read(request, MAX_REQUEST_BYTES);
    if (typeof body === 'string') return refuseBody(response, body, 'maxSizeRequest');
    const peer = request.socket.remoteAddress ?? 'unknown';
    const context = this.#context;
    const outcome = await runApi({ context, uploads: this.#uploads, desk, peer }, body);
    if (outcome === 'hangUp') request.socket.destroy();
    else if ('text' in outcome) sendJson(response, 200, outcome.text);
    else sendProblem(response, outcome);
  }

  async upload({ desk, url, request, response }: Visit): Promise<void> {
    const [id, ...more] = url.pathname.slice('/jmap/upload/'.length).split('/');
    if (id !== accountId(desk.account) || more.join('') !== '')
      return sendProblem(response, httpProblem(404));
    if (desk.uploads >= MAX_CONCURRENT_UPLOADS) return tooMany(response, 'maxConcurrentUpload');
    desk.uploads += 1;
    try {
      await this.#takeIn(desk, request, response);
    } finally {
      desk.uploads -= 1;
    }
  }

  async #takeIn(desk: Busy, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await this.#bodies.read(request, MAX_UPLOAD_BYTES);
    if (typeof body === 'string') return refuseBody(response, body, 'maxSizeUpload');
    // To put it by is little; importing it costs what an APPEND does.
    await this.#spend('poll', 0);
    const blobId = this.#uploads.keep(desk.account, body);
    const type = request.headers['content-type'] ?? 'application/octet-stream';
    const told = { accountId: accountId(desk.account), blobId, type, size: body.length };
    sendJson(response, 201, JSON.stringify(told));
  }

  async download({ desk, url, response }: Visit): Promise<void> {
    const [id, blobId = '', name, ...more] = url.pathname.slice('/jmap/download/'.length).split('/');
    if (id !== accountId(desk.account) || name === undefined || more.length > 0)
      return sendProblem(response, httpProblem(404));
    await this.#spend('body', 1);
    const bytes = this.#uploads.find(desk.account, blobId) ?? mailBytes(desk, blobId);
    if (bytes === undefined) return sendProblem(response, httpProblem(404));
    const accept = url.searchParams.get('accept') ?? '';
    response.writeHead(200, {
      'content-type': /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(accept) ? accept : 'application/octet-stream',
      'content-length': bytes.length,
      // The name is percent-encoded already, and of the characters that a URL's path may have (RFC 8187).
      'content-disposition': `attachment; filename*=UTF-8''${name.replaceAll(/[^\w.%-]/g, '_')}`,
      'cache-control': 'private, immutable, max-age=31536000',
    });
    response.end(bytes);
  }

  async events({ desk, url, request, response }: Visit): Promise<void> {
    const choice = readEventChoice(url.searchParams);
    if (choice === undefined)
      return sendProblem(response, { type: 'about:blank', status: 400, detail: 'types, closeafter, ping' });
    await this.#spend('poll', 0);
    // Its end has been told already, and would not be told again.
    if (response.destroyed) return undefined;
    if (desk.eventSources >= MAX_EVENT_SOURCES)
      return sendProblem(response, { type: 'about:blank', status: 429, detail: 'too many event sources' });
    desk.eventSources += 1;
    response.on('close', () => {
      desk.eventSources -= 1;
    });
    openEventSource(this.#context, desk, choice, request, response);
  }

  #spend(kind: 'poll' | 'body', messages: number): Promise<void> {
    return new Promise((resolve) => {
      this.#context.pace.spend(kind, messages, resolve);
    });
  }

  #deskOf(account: Account): Busy {
    const known = this.#desks.get(account);
    if (known !== undefined) return known;
    const journal = new AccountJournal(account);
    const submissions = new Submissions();
    const desk = { account, journal, submissions, requests: 0, uploads: 0, eventSources: 0 };
    this.#desks.set(account, desk);
    return desk;
  }

  /** As the client calls us, or by our address where it says nothing that could be one. */
  #originOf({ headers, socket }: IncomingMessage): string {
    const host = headers.host ?? '';
    const known = /^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i.test(host);
    return `${this.#scheme}://${known ? host : `${socket.localAddress}:${socket.localPort}`}`;
  }
}

type Run = (routes: Routes, visit: Visit) => Promise<void>;

/** By the beginning of a path, with the one method that it has. */
const ROUTES: readonly (readonly [string, 'GET' | 'POST', Run])[] = [
  ['/jmap/session', 'GET', (routes, visit) => routes.session(visit)],
  ['/jmap/api', 'POST', (routes, visit) => routes.api(visit)],
  ['/jmap/upload', 'POST', (routes, visit) => routes.upload(visit)],
  ['/jmap/download', 'GET', (routes, visit) => routes.download(visit)],
  ['/jmap/events', 'GET', (routes, visit) => routes.events(visit)],
];

/** The bytes of a message, or of a part with its encoding undone. */
function mailBytes({ journal }: Desk, blobId: string): Buffer | undefined {
  const blob = readBlobId(blobId);
  const message = blob && journal.copy(blob.copy)?.message;
  if (message === undefined || blob?.part === undefined) return message?.raw;
  const part = contentOf(message).parts[blob.part - 1];
  return part === undefined || isMultipart(part) ? undefined : decodedBytes(message.raw, part);
}

function tooMany(response: ServerResponse, limit: string): void {
  sendProblem(response, problem('limit', 'too many at a time', { limit }));
}

/** Who has gone hears nothing. */
function refuseBody(response: ServerResponse, why: 'tooLarge' | 'noRoom' | 'gone', limit: string): void {
  if (why === 'tooLarge') {
    const status = limit === 'maxSizeUpload' ? 413 : 400;
    sendProblem(response, problem('limit', 'larger than we are willing to take', { limit, status }));
  } else if (why === 'noRoom') sendProblem(response, httpProblem(503), { 'retry-after': '1' });
}
