/** One engine in a process of its own, told by its parent: mailboxes to empty with imapflow, or idle sessions of ours to hold. For bench/imap.mjs only. */

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import pLimit from 'p-limit';

import { approveTarget } from '../dist/profile/guard.js';
import { openImap } from '../dist/protocol/imap/open.js';
import { monotonicUs, runClock } from '../dist/replay/clock.js';

const clock = runClock(monotonicUs());

/** imapflow: connect, sign in, open, flag everything deleted, expunge, leave; two at once, as ours. */
async function empty({ port, tls, ca, from, count, atOnce, password }) {
  const limit = pLimit(atOnce);
  let deleted = 0;
  const one = async (mailbox) => {
    const client = new ImapFlow({
      host: 'localhost',
      port,
      secure: false,
      doSTARTTLS: tls,
      auth: { user: `user${mailbox}@lab.test`, pass: password },
      logger: false,
      tls: { ca: tls ? readFileSync(ca, 'utf8') : undefined },
      disableAutoIdle: true,
    });
    client.on('expunge', () => {
      deleted += 1;
    });
    await client.connect();
    if (client.secureConnection !== tls) throw new Error(`TLS is ${client.secureConnection}, wanted ${tls}`);
    await client.mailboxOpen('INBOX');
    await client.messageDelete('1:*');
    await client.logout();
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: count }, (_, index) => limit(() => one(from + index))));
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, messages: deleted };
}

/** Sessions of ours in IDLE; memory is read at each step, after a collection. */
async function idle({ port, tls, ca, mailboxes, steps, password }) {
  const request = { protocol: 'imap', host: 'localhost', port, tls: tls ? 'required' : 'off' };
  const { target } = approveTarget({
    submit: request,
    mailbox: request,
    submitAddresses: ['127.0.0.1'],
    mailboxAddresses: ['127.0.0.1'],
    domains: ['lab.test'],
    hasStopCondition: false,
    hasCaps: false,
  });
  const pem = tls ? readFileSync(ca, 'utf8') : undefined;
  const connections = [];
  const limit = pLimit(16);
  const open = async (index) => {
    const { connection, message } = await openImap({ endpoint: target.mailbox, clock, ca: pem });
    if (connection === undefined) throw new Error(message);
    const login = `user${index % mailboxes}@lab.test`;
    for (const done of [await connection.signIn({ login, password }), await connection.select('INBOX')])
      if (done.outcome.kind !== 'ok') throw new Error(JSON.stringify(done.outcome));
    void connection.idle({ forUs: 29 * 60_000_000 });
    connections.push(connection);
  };
  const readings = [];
  for (const step of steps) {
    await Promise.all(
      Array.from({ length: step - connections.length }, (_, index) =>
        limit(() => open(connections.length + index)),
      ),
    );
    await sleep(2_000);
    for (let i = 0; i < 4; i += 1) globalThis.gc();
    readings.push({
      sessions: connections.length,
      alive: connections.filter((one) => !one.closed).length,
      rssBytes: process.memoryUsage.rss(),
    });
  }
  for (const connection of connections) connection.destroy();
  return readings;
}

/** Tells the parent what came of it. */
async function serve({ job, ...rest }) {
  try {
    process.send({ done: await (job === 'empty' ? empty(rest) : idle(rest)) });
  } catch (error) {
    process.send({ failed: error.stack ?? String(error) });
  }
  process.disconnect();
}

process.once('message', (order) => void serve(order));
