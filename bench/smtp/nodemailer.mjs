/** nodemailer's pool, warm, sending argv[3] messages of argv[4] bytes to argv[2]: prints the CPU seconds of that as JSON. */

import { createTransport } from 'nodemailer';

const [port, messages, bytes] = process.argv.slice(2).map(Number);
const CONNECTIONS = 10;

const transport = createTransport({
  host: '127.0.0.1',
  port,
  pool: true,
  maxConnections: CONNECTIONS,
  maxMessages: Number.POSITIVE_INFINITY,
  secure: false,
  ignoreTLS: true,
});
const text = 'x'
  .repeat(70)
  .concat('\r\n')
  .repeat(Math.ceil(bytes / 72))
  .slice(0, bytes);
const mail = { from: 'user0@lab.test', to: 'user0@lab.test', subject: 'calibration', text };

/** Twice as many under way as connections, so that none waits for the loop. */
async function send(count) {
  let left = count;
  const keepBusy = async () => {
    while (left > 0) {
      left -= 1;
      await transport.sendMail(mail);
    }
  };
  await Promise.all(Array.from({ length: 2 * CONNECTIONS }, keepBusy));
}

await send(500);
const from = performance.now();
const before = process.cpuUsage();
await send(messages);
const { user, system } = process.cpuUsage(before);
process.stdout.write(
  JSON.stringify({ cpuSeconds: (user + system) / 1e6, wallSeconds: (performance.now() - from) / 1e3 }),
);
transport.close();
