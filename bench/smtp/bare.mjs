/**
 * The least a pipelining client in Node can cost: the same bytes written, the answers' line ends counted and nothing
 * else. `taskset -c 0 node bench/smtp/bare.mjs --messages 400000 --bytes 1160 --recipients 1`.
 */

import { connect } from 'node:net';
import { parseArgs } from 'node:util';

import { startSink } from './sink.mjs';

const CONNECTIONS = 10;
const LF = 10;

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '400000' },
    bytes: { type: 'string', default: '1160' },
    recipients: { type: 'string', default: '1' },
  },
});
const [messages, bytes, recipients] = [values.messages, values.bytes, values.recipients].map(Number);

const rcpt = Array.from({ length: recipients }, (_, i) => `RCPT TO:<user${i}@lab.test>\r\n`).join('');
const envelope = Buffer.from(`MAIL FROM:<user0@lab.test> SIZE=${bytes}\r\n${rcpt}DATA\r\n`);
const message = Buffer.concat([Buffer.alloc(bytes - 2, 'x'), Buffer.from('\r\n.\r\n')]);
const both = Buffer.concat([message, envelope]);

const sink = await startSink();
let sent = 0;
let answered = 0;
const before = { cpu: process.cpuUsage(), ms: performance.now() };

await Promise.all(Array.from({ length: CONNECTIONS }, () => new Promise(converse)));
const { user, system } = process.cpuUsage(before.cpu);
process.stdout.write(
  `${((user + system) / answered).toFixed(1)} µs CPU a message, ${(system / answered).toFixed(1)} of them system; ${Math.round((answered / (performance.now() - before.ms)) * 1e3)} messages/s\n`,
);
sink.stop();

/** One connection: EHLO, then each message with the next envelope behind it until all are sent. */
function converse(done) {
  let lines = 0;
  let owed = Number.POSITIVE_INFINITY;
  let isGreeted = false;
  const socket = connect({
    port: sink.port,
    host: '127.0.0.1',
    noDelay: true,
    onread: { buffer: Buffer.allocUnsafeSlow(65_536), callback: hear },
  });
  function hear(length, chunk) {
    for (let at = 0; at < length; at += 1) if (chunk[at] === LF) lines += 1;
    if (!isGreeted) greet(chunk.toString('latin1', 0, length));
    else if (lines === owed) next();
    return true;
  }
  function greet(words) {
    if (words.startsWith('220')) return void socket.write('EHLO bare\r\n');
    isGreeted = true;
    lines = 0;
    owed = recipients + 2;
    socket.write(envelope);
  }
  function next() {
    if (owed !== recipients + 2) answered += 1;
    lines = 0;
    owed = recipients + 3;
    sent += 1;
    if (sent <= messages) return void socket.write(both);
    socket.destroy();
    done();
  }
}
