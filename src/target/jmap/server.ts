/** Listens for HTTP, plain or TLS, and says for each request who asks (RFC 7617). Answers none itself. Never crashes on input. */

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Certificate } from '../certificate.ts';
import { openPort } from '../listening.ts';
import type { Account } from '../store.ts';
import { sendProblem } from './body.ts';
import type { JmapContext } from './method.ts';
import { httpProblem } from './problem.ts';
import { Routes } from './routes.ts';

/** As long as an IMAP connection may be silent: clients keep connections through a storm's pauses, and a slow answer is ours. */
const IDLE_LIMIT_MS = 30 * 60_000;

/** For the head of a request, which is short. */
const HEADERS_LIMIT_MS = 60_000;

/** Requests sent ahead on one connection; HTTP answers in order, so nobody gains by more. */
const MAX_AHEAD = 32;

/** One connection, and who has signed in on it. */
interface Seat {
  /** Resolves when the capacity model has accepted it. */
  readonly greeted: Promise<void>;
  ahead: number;
  /** The last Authorization that was right: it costs a sign-in once a connection. */
  header: string | undefined;
  account: Account | undefined;
}

/** Resolves to the port and a way to close; rejects when the port cannot be had. */
export async function listenJmap(
  context: JmapContext,
  host: string,
  port: number,
  certificate: Certificate | undefined,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const seats = new Seats(context, new Routes(context, certificate === undefined ? 'http' : 'https'));
  const options: ServerOptions = {
    keepAliveTimeout: IDLE_LIMIT_MS,
    requestTimeout: IDLE_LIMIT_MS,
    headersTimeout: HEADERS_LIMIT_MS,
  };
  const listener: RequestListener = (request, response) => seats.take(request, response);
  const server: Server =
    certificate === undefined
      ? createServer(options, listener)
      : createTlsServer({ ...options, key: certificate.key, cert: certificate.cert }, listener);
  return {
    port: await openPort(server, host, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class Seats {
  readonly #context: JmapContext;
  readonly #routes: Routes;
  readonly #seats = new WeakMap<Socket, Seat>();

  constructor(context: JmapContext, routes: Routes) {
    this.#context = context;
    this.#routes = routes;
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    const seat = this.#seatOf(request.socket);
    // A client that goes away is that client's affair.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    seat.ahead += 1;
    response.on('close', () => {
      seat.ahead -= 1;
    });
    if (seat.ahead > MAX_AHEAD) request.socket.destroy();
    else void this.#serve(seat, request, response);
  }

  async #serve(seat: Seat, request: IncomingMessage, response: ServerResponse): Promise<void> {
    await seat.greeted;
    const url = readUrl(request);
    if (url === undefined || !this.#routes.isKnown(url.pathname)) {
      sendProblem(response, httpProblem(404));
      return;
    }
    if (this.#routes.isOpen(url.pathname)) {
      this.#routes.redirect(response);
      return;
    }
    const account = await this.#signIn(seat, request);
    if (account !== undefined) await this.#routes.serve(account, url, request, response);
    else {
      const challenge = { 'www-authenticate': 'Basic realm="replystorm target", charset="UTF-8"' };
      sendProblem(response, httpProblem(401), challenge);
    }
  }

  async #signIn(seat: Seat, request: IncomingMessage): Promise<Account | undefined> {
    const { authorization } = request.headers;
    if (authorization === undefined) return undefined;
    if (authorization === seat.header) return seat.account;
    const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1];
    if (encoded === undefined) return undefined;
    await new Promise<void>((resolve) => {
      this.#context.pace.spend('signin', 0, resolve);
    });
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const account = colon < 0 ? undefined : this.#context.signIn(text.slice(0, colon), text.slice(colon + 1));
    if (account === undefined) return undefined;
    seat.header = authorization;
    seat.account = account;
    return account;
  }

  #seatOf(socket: Socket): Seat {
    const known = this.#seats.get(socket);
    if (known !== undefined) return known;
    const greeted = new Promise<void>((resolve) => {
      this.#context.pace.spend('connect', 0, resolve);
    });
    const seat: Seat = { greeted, ahead: 0, header: undefined, account: undefined };
    this.#seats.set(socket, seat);
    return seat;
  }
}

function readUrl(request: IncomingMessage): URL | undefined {
  const path = request.url ?? '';
  return path.startsWith('/') && URL.canParse(path, 'http://target')
    ? new URL(path, 'http://target')
    : undefined;
}
