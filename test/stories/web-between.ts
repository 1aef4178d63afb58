/** Stands between a client and an HTTP server, and spoils answers when told to, each in a way of its own. It knows nothing of mail. */

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Ways to spoil an answer; none of them lets the request through. */
export const SPOILS = {
  later: (_, response) => {
    response.writeHead(429, { 'retry-after': '1' }).end('slow down');
  },
  broken: (_, response) => {
    response.writeHead(503).end('try again');
  },
  page: (_, response) => {
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<html><body>Welcome to the captive portal</body></html>');
  },
  cut: (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"methodResponses":[');
    setImmediate(() => response.destroy());
  },
  giant: (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const megabyte = Buffer.alloc(1_048_576, 0x20);
    response.on('error', () => undefined);
    for (let sent = 0; sent < 20; sent += 1) response.write(megabyte);
    response.end();
  },
  elsewhere: (elsewhere, response) => {
    response.writeHead(302, { location: elsewhere }).end();
  },
  drip: (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 50);
    response.on('close', () => clearInterval(timer));
  },
} as const satisfies Readonly<Record<string, (elsewhere: string, response: ServerResponse) => void>>;

export type Spoil = keyof typeof SPOILS;

export interface WebBetween {
  readonly port: number;
  /** From now on every `everyNth` request to the path is spoilt, the ways in turn; undefined: none is. */
  spoil(everyNth: number | undefined): void;
  /** How often each way was met. */
  readonly spoilt: ReadonlyMap<Spoil, number>;
  /** Requests that came to the place where nobody may be led. */
  readonly strays: () => number;
  /** Changes the Authorization of each request on its way; undefined refuses it with 401. */
  authorize: (authorization: string) => string | undefined;
  readonly close: () => Promise<void>;
}

/** Listens, and passes everything on to a port of this machine. Only requests to `path` are ever spoilt. */
export async function listenBetweenWeb(
  to: number,
  path: string,
  ways: readonly Spoil[],
): Promise<WebBetween> {
  const spoilt = new Map<Spoil, number>();
  let strays = 0;
  let everyNth: number | undefined;
  let count = 0;
  const astray = createServer((_, response) => {
    strays += 1;
    response.end('{}');
  });
  await listen(astray);
  const elsewhere = `http://127.0.0.1:${(astray.address() as AddressInfo).port}/`;
  const server = createServer((asked, response) => {
    const authorization = between.authorize(asked.headers.authorization ?? '');
    if (authorization === undefined) {
      asked.resume();
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
      return;
    }
    if (everyNth !== undefined && asked.url?.startsWith(path) === true) {
      count += 1;
      const way = ways[Math.floor(count / everyNth) % ways.length];
      if (count % everyNth === 0 && way !== undefined) {
        spoilt.set(way, (spoilt.get(way) ?? 0) + 1);
        asked.resume();
        asked.on('end', () => SPOILS[way](elsewhere, response));
        return;
      }
    }
    pass(asked, response, to, authorization);
  });
  await listen(server);
  const between: WebBetween = {
    port: (server.address() as AddressInfo).port,
    spoil: (nth) => {
      everyNth = nth;
    },
    spoilt,
    strays: () => strays,
    authorize: (authorization) => authorization,
    close: async () => {
      for (const one of [server, astray]) {
        one.closeAllConnections();
        await new Promise<void>((resolve) => {
          one.close(() => resolve());
        });
      }
    },
  };
  return between;
}

function pass(asked: IncomingMessage, response: ServerResponse, port: number, authorization: string): void {
  const headers = { ...asked.headers, ...(authorization === '' ? {} : { authorization }) };
  const onward = request(
    { host: '127.0.0.1', port, method: asked.method, path: asked.url, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    },
  );
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  asked.pipe(onward);
}

function listen(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
}
