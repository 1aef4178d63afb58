/** One side of bench/http.mjs in a process of its own: a node:http endpoint, autocannon, undici or a socket with nothing around it. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import autocannon from 'autocannon';
import { Client } from 'undici';

const ANSWER = '{"ok":true,"ids":["a","b","c"]}';
const IDS = Array.from({ length: 10 }, (_, n) => `M${n}`);
const limits = { maxCallsInRequest: 16, maxObjectsInGet: 500, maxObjectsInSet: 500 };
const SESSION = JSON.stringify({
  capabilities: { 'urn:ietf:params:jmap:core': limits, 'urn:ietf:params:jmap:mail': {} },
  primaryAccounts: { 'urn:ietf:params:jmap:mail': 'A' },
  apiUrl: '/api',
  state: 's',
});
const BOXES = JSON.stringify({
  methodResponses: [['Mailbox/get', { list: [{ id: 'B1', name: 'Inbox', role: 'inbox' }] }, 'b']],
  sessionState: 's',
});
const SWEPT = JSON.stringify({
  methodResponses: [
    ['Email/query', { accountId: 'A', ids: IDS, position: 0, queryState: 'q' }, 'q'],
    ['Email/set', { accountId: 'A', oldState: '1', newState: '2', destroyed: IDS, notDestroyed: null }, 'd'],
  ],
  sessionState: 's',
});

/** Always the same answers, whatever is asked; the last body is told at /last. */
async function serve() {
  let last = '';
  const answerTo = (url, body) => {
    if (url === '/last') return last;
    if (url === '/.well-known/jmap') return SESSION;
    if (url !== '/api') return ANSWER;
    if (body.includes('Mailbox/get')) return BOXES;
    last = body;
    return SWEPT;
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const text = answerTo(request.url, body);
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': text.length });
      response.end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send({ port: server.address().port });
}

/** User and system time of a load, in microseconds a request. */
async function costOf(requests, load) {
  const before = process.cpuUsage();
  await load();
  const { user, system } = process.cpuUsage(before);
  process.send({ us: (user + system) / requests });
  process.disconnect();
}

const CLIENTS = {
  async autocannon({ url, connections, requests }) {
    const result = await autocannon({ url, connections, amount: requests });
    if (result['2xx'] !== requests) throw new Error(`autocannon: ${result['2xx']} of ${requests}`);
  },

  undici({ url, connections, requests }) {
    const clients = Array.from(
      { length: connections },
      () => new Client(new URL(url).origin, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 }),
    );
    const options = { path: '/', method: 'GET', headers: ['accept', '*/*'] };
    return repeated(requests, clients, (client, next) =>
      client.dispatch(options, {
        onConnect: () => undefined,
        onHeaders: () => true,
        onData: () => true,
        onComplete: next,
        onError: (error) => {
          throw error;
        },
      }),
    ).then(() => Promise.all(clients.map((client) => client.destroy())));
  },

  /** The least a client on Node's sockets can cost: the answer is not read, only its end is looked for. */
  async socket({ url, connections, requests }) {
    const { hostname, port } = new URL(url);
    const words = Buffer.from(`GET / HTTP/1.1\r\nhost: ${hostname}\r\naccept: */*\r\n\r\n`);
    const buffer = Buffer.alloc(65_536);
    const sockets = [];
    for (let n = 0; n < connections; n += 1) {
      const held = { heard: undefined };
      const callback = (length, bytes) => {
        if (bytes[length - 1] === 0x7d) held.heard();
        return true;
      };
      held.socket = connect({
        host: hostname,
        port: Number(port),
        noDelay: true,
        onread: { buffer, callback },
      });
      await once(held.socket, 'connect');
      sockets.push(held);
    }
    await repeated(requests, sockets, (held, next) => {
      held.heard = next;
      held.socket.write(words);
    });
    for (const { socket } of sockets) socket.destroy();
  },
};

/** One request at a time on each line until all are answered. */
function repeated(requests, lines, ask) {
  let left = requests;
  let answered = 0;
  return new Promise((resolve) => {
    const next = (line) => {
      if (left <= 0) return;
      left -= 1;
      ask(line, () => {
        answered += 1;
        if (answered === requests) resolve();
        else next(line);
      });
    };
    for (const line of lines) next(line);
  });
}

process.once('message', (order) => {
  if (order.job === 'serve') void serve();
  else void costOf(order.requests, () => CLIENTS[order.job](order));
});
