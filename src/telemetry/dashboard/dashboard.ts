/** The dashboard's server: one page, its files, a stream of events, and a way to stop. It fetches nothing and decides nothing. */

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunIdentity } from '../moment.ts';
import {
  cookieIn,
  cookieName,
  inUrl,
  isLoopback,
  isOwnHost,
  isSameOrigin,
  isToken,
  makeToken,
  type Address,
} from '../door.ts';
import { DOCUMENT, ICON } from './document.ts';
import type { Ending, Glance, Hello, Note } from './glance.ts';
import { History } from './history.ts';
import { message, type ScreenLimits, Screens } from './screens.ts';

/** Screens have one each, a page that loads a few for a moment; the rest is nobody's to hold. */
const MOST_CONNECTIONS = 64;

/** A request of ours is a line and some headers. */
const HEAD_BYTES = 16_384;

const REQUEST_MS = 10_000;

/** What a request's target is read against; nobody is called so. */
const BASE = 'http://dashboard';

/** Nothing comes from elsewhere, nothing is sent elsewhere, nobody frames it, and no script is written into the page. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

export interface DashboardSettings {
  readonly address: Address;
  /** The page's script and style sheet, as built. */
  readonly script: string;
  readonly style: string;
  readonly readOnly: boolean;
  /** Called once, when somebody has confirmed in the page that the run shall stop. */
  readonly stop: () => void;
  readonly limits?: ScreenLimits;
}

/** One run's dashboard, from before its first packet to its verdict. */
export class Dashboard {
  readonly #settings: DashboardSettings;
  readonly #history = new History();
  readonly #screens: Screens;
  readonly #server: Server;
  readonly #token: string | undefined;
  /** In every id: a page that comes from another run's stream on the same port must not be taken for one of ours. */
  readonly #mark = randomBytes(4).toString('hex');
  #identity: RunIdentity | null = null;
  #stopping = false;
  #stopAsked = false;

  constructor(settings: DashboardSettings) {
    this.#settings = settings;
    this.#token = isLoopback(settings.address.host) ? undefined : makeToken();
    this.#screens = new Screens(settings.limits ?? {});
    this.#server = createServer(
      { maxHeaderSize: HEAD_BYTES, requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
      (request, response) => this.#answer(request, response),
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Listens; answers with the URL to open, its token included where one is needed, or with what is in the way. */
  async listen(): Promise<
    { readonly ok: true; readonly url: string } | { readonly ok: false; readonly problem: string }
  > {
    const { address } = this.#settings;
    const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      this.#server.once('error', resolve);
      this.#server.listen({ host: address.host, port: address.port }, () => resolve(undefined));
    });
    if (failure !== undefined) {
      await this.#screens.end('');
      const why = failure.code === 'EADDRINUSE' ? 'it is in use' : (failure.code ?? failure.message);
      return { ok: false, problem: `cannot listen on ${inUrl(address)}: ${why}` };
    }
    // A connection that cannot be served is the client's loss, never the run's.
    this.#server.on('error', () => undefined);
    const query = this.#token === undefined ? '' : `?token=${this.#token}`;
    return { ok: true, url: `http://${inUrl({ ...address, port: this.port })}/${query}` };
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#settings.address.port;
  }

  /** Screens that watch, and how many were cut off because they did not read. */
  get watched(): { readonly screens: number; readonly dropped: number } {
    return { screens: this.#screens.count, dropped: this.#screens.dropped };
  }

  /** One second of the run. */
  show(identity: RunIdentity, glance: Glance): void {
    const isNew = this.#identity === null;
    this.#identity = identity;
    const second = this.#history.add(glance);
    if (this.#screens.count === 0) return;
    // Who opened the page before the run began does not know yet whose it is.
    if (isNew) this.#tell('hello', this.#hello(undefined));
    else this.#tell('second', second);
  }

  /** An event of the run. */
  note(note: Note): void {
    this.#tell('note', this.#history.note(note));
  }

  /** The run ends early, whoever asked for it. */
  stopping(): void {
    this.#stopping = true;
    this.#tell('stopping', {});
  }

  /** Tells how it ended, lets everybody go and closes; resolves once nothing holds the process any more. */
  async end(ending: Ending): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    await this.#screens.end(message('verdict', this.#id(), ending));
    this.#server.closeAllConnections();
    await closed;
  }

  #tell(event: string, data: unknown): void {
    if (this.#screens.count > 0) this.#screens.tell(message(event, this.#id(), data));
  }

  #id(): string {
    return `${this.#mark}.${this.#history.seq}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    // A body says nothing that we ask for; unread it would keep the connection.
    request.resume();
    if (!isOwnHost(request.headers.host)) return refuse(response, 403, 'this name does not lead here');
    const asked = request.url ?? '/';
    // `//` is a target of HTTP and no URL: what this threw would end the run.
    if (!URL.canParse(asked, BASE)) return refuse(response, 404, 'nothing is here');
    const url = new URL(asked, BASE);
    const given = url.searchParams.get('token') ?? undefined;
    if (this.#token !== undefined) {
      const name = cookieName(this.port);
      if (isToken(given, this.#token))
        response.setHeader('set-cookie', `${name}=${given}; HttpOnly; SameSite=Strict; Path=/`);
      else if (!isToken(cookieIn(request.headers.cookie, name), this.#token))
        return refuse(response, 401, 'open the address with its token, as the run printed it');
    }
    this.#route(url.pathname, request, response);
  }

  #route(path: string, request: IncomingMessage, response: ServerResponse): void {
    if (path === '/stop' && !this.#settings.readOnly) return this.#stop(request, response);
    const { script, style } = this.#settings;
    const serve = {
      '/': () => file(response, 'text/html', DOCUMENT),
      '/page.js': () => file(response, 'text/javascript', script),
      '/page.css': () => file(response, 'text/css', style),
      '/icon.svg': () => file(response, 'image/svg+xml', ICON),
      '/events': () => this.#watch(request, response),
    }[path];
    if (serve === undefined) return refuse(response, 404, 'nothing is here');
    if (request.method !== 'GET') return refuse(response, 405, 'only GET', { allow: 'GET' });
    serve();
  }

  #watch(request: IncomingMessage, response: ServerResponse): void {
    if (!isSameOrigin(request.headers)) return refuse(response, 403, 'only for the page itself');
    if (this.#screens.full)
      return refuse(response, 503, 'as many screens watch this run as may', { 'retry-after': '5' });
    const [mark, seq = ''] = String(request.headers['last-event-id'] ?? '').split('.');
    const isOurs = mark === this.#mark && /^\d{1,15}$/.test(seq);
    const hello = this.#hello(isOurs ? Number(seq) : undefined);
    this.#screens.add(response, `retry: 1000\n${message('hello', this.#id(), hello)}`);
  }

  #hello(after: number | undefined): Hello {
    return {
      identity: this.#identity,
      readOnly: this.#settings.readOnly,
      stopping: this.#stopping,
      ...this.#history.since(after),
    };
  }

  /** A page elsewhere can make a browser send a POST: only one that says it comes from this page counts. */
  #stop(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'POST') return refuse(response, 405, 'only POST', { allow: 'POST' });
    if (request.headers.origin === undefined || !isSameOrigin(request.headers))
      return refuse(response, 403, 'only from the page itself');
    const first = !this.#stopAsked;
    this.#stopAsked = true;
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"stopping":true}\n');
    if (first) this.#settings.stop();
  }
}

function file(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(text);
}

function refuse(response: ServerResponse, status: number, why: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(`${why}\n`);
}
