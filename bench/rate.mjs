/** Is a rate the rate of all workers together? 80/s over four of them against smtp-sink (Debian package postfix). Needs `npm run build`. */

import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));

const holder = createServer().listen(0, '127.0.0.1');
await new Promise((resolve) => holder.once('listening', resolve));
const { port } = holder.address();
await new Promise((resolve) => holder.close(resolve));

const sink = spawn('/usr/sbin/smtp-sink', ['-u', 'nobody', `127.0.0.1:${port}`, '1000'], {
  stdio: 'inherit',
});
try {
  await sleep(500);
  const flags = ['--rate', '80', '--workers', '4', '--connections', '8', '--duration', '10s', '--json'];
  const args = [PROGRAM, 'calibrate', 'smtp', '--submit', `smtp://127.0.0.1:${port}?tls=off`, ...flags];
  // A generator that was late still says what it offered.
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error) => error);
  const { messages, offered, achieved, lagUs, verdict } = JSON.parse(stdout);
  process.stdout.write(
    `asked for 80/s by 4 workers for 10 s: ${messages} messages, offered ${offered}/s, achieved ${achieved.toFixed(2)}/s, lag p50 ${lagUs.p50} µs, ${verdict.status}\n`,
  );
  if (offered !== 80) process.exitCode = 1;
} finally {
  sink.kill();
}
