/** The page that a scraper reads while a run goes on: `GET /metrics` over HTTP, read-only. It must not make a run wait, nor hold more than a bounded amount for whoever asks. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { inUrl, isToken } from '../door.ts';
import { CONTENT_TYPES, type Format, negotiate } from './exposition.ts';

/** A pair of scrapers and a few people with a browser; each costs one page of memory at most. */
const MAX_CONNECTIONS = 16;

/** A page is made anew at most this often, so that asking more often costs the run nothing. */
const PAGE_MS = 1_000;

/** Who has not asked, or not read what they asked for, within so long is cut off: a page must not wait for a reader that never comes. */
const PATIENCE_MS = 10_000;

/** Kept open between two scrapes; Prometheus' usual intervals are shorter. */
const KEEP_ALIVE_MS = 75_000;

/** Headers of a request: a scraper sends six. */
const MAX_HEADERS = 64;

export interface MetricsServerSettings {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Asked for as `Authorization: Bearer`; undefined: nobody needs one, and only this machine is answered. */
  readonly token: string | undefined;
  /** Whether an address is this machine's loopback. */
  readonly isLoopback: (address: string) => boolean;
  readonly page: (format: Format) => string;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly patienceMs?: number;
}

export type Served =
  | { readonly ok: true; readonly server: MetricsServer }
  | { readonly ok: false; readonly problem: string };

/** Serves from `open` to `close`. */
export class MetricsServer {
  readonly #settings: MetricsServerSettings;
  readonly #server: Server;
  readonly #pages = new Map<Format, { readonly body: Buffer; readonly atMs: number }>();
  #url = '';
  #scrapes = 0;

  /** Listens; the answer says what is in the way if it cannot. */
  static open(settings: MetricsServerSettings): Promise<Served> {
    const one = new MetricsServer(settings);
    return new Promise((resolve) => {
      one.#server.once('error', (error) => resolve({ ok: false, problem: error.message }));
      one.#server.listen(settings.port, settings.host, () => {
        const { address, port } = one.#server.address() as AddressInfo;
        one.#url = `http://${inUrl({ host: address, port })}/metrics`;
        resolve({ ok: true, server: one });
      });
    });
  }

  private constructor(settings: MetricsServerSettings) {
    this.#settings = settings;
    const patienceMs = settings.patienceMs ?? PATIENCE_MS;
    const bounds = {
      requestTimeout: patienceMs,
      headersTimeout: patienceMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
    };
    const server = createServer({ ...bounds, connectionsCheckingInterval: 1_000 }, (request, response) =>
      this.#answer(request, response),
    );
    server.maxConnections = MAX_CONNECTIONS;
    server.maxHeadersCount = MAX_HEADERS;
    this.#server = server;
  }

  /** Where it is reached. */
  get url(): string {
    return this.#url;
  }

  /** Pages that were asked for and given out. */
  get scrapes(): number {
    return this.#scrapes;
  }

  /** The next page is made anew, whatever is kept: something has changed that nobody may miss. */
  renew(): void {
    this.#pages.clear();
  }

  /** Hangs up on everybody. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const refusal = this.#refusal(request);
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (refusal !== undefined) {
      const { status, words, headers } = refusal;
      response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
      response.end(`${words}\n`);
      return;
    }
    const format = negotiate(request.headers.accept);
    const body = this.#page(format);
    const headers = { 'Content-Type': CONTENT_TYPES[format], 'Content-Length': body.length, Vary: 'Accept' };
    this.#scrapes += 1;
    // By the time, not by inactivity: who sends a byte now and then would be active for ever.
    const deadline = setTimeout(() => request.socket.destroy(), this.#settings.patienceMs ?? PATIENCE_MS);
    response.once('close', () => clearTimeout(deadline));
    response.writeHead(200, headers);
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  #refusal(
    request: IncomingMessage,
  ): { status: number; words: string; headers?: Record<string, string> } | undefined {
    const { token, isLoopback } = this.#settings;
    const { authorization, host } = request.headers;
    const name = hostOf(host);
    // A name that leads here by somebody else's name server (DNS rebinding) would let their page read ours.
    if (token === undefined && name !== 'localhost' && !isLoopback(name))
      return { status: 403, words: 'expected a loopback address as the host: this is for this machine only' };
    if (token !== undefined && !isToken(authorization, `Bearer ${token}`))
      return { status: 401, words: 'expected a bearer token', headers: { 'WWW-Authenticate': 'Bearer' } };
    const [path] = (request.url ?? '').split('?');
    if (path !== '/metrics') return { status: 404, words: 'found nothing here, expected /metrics' };
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return { status: 405, words: 'expected GET', headers: { Allow: 'GET, HEAD' } };
    return undefined;
  }

  #page(format: Format): Buffer {
    const { page, nowMs } = this.#settings;
    const known = this.#pages.get(format);
    if (known !== undefined && nowMs() - known.atMs < PAGE_MS) return known.body;
    const body = Buffer.from(page(format), 'utf8');
    this.#pages.set(format, { body, atMs: nowMs() });
    return body;
  }
}

/** The host of a Host header, without port and brackets; the empty text where there is none. */
function hostOf(header: string | undefined): string {
  const url = `http://${header ?? ''}/`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
}
