/** One smtp-sink (Debian package postfix) on a free loopback port, ended by its own pid. Benchmarks only. */

import { spawn } from 'node:child_process';
import { createConnection, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Connections that may wait to be taken, and be open at once (`-m`). */
const CONNECTIONS = '1000';

/**
 * The sink has a core of its own and all its clients share another, as they would on two machines: otherwise the
 * scheduler puts both on one core at will, and switching between them is counted as the client's time.
 */
const SINK_CORE = '1';
export const CLIENT_CORE = '0';

const PATIENCE_MS = 10_000;

/** Starts it; `stop` ends it. */
export async function startSink() {
  const port = await freePort();
  const args = ['-u', 'nobody', '-m', CONNECTIONS, `127.0.0.1:${port}`, CONNECTIONS];
  const sink = spawn('taskset', ['-c', SINK_CORE, '/usr/sbin/smtp-sink', ...args], { stdio: 'inherit' });
  const lastResort = () => sink.kill();
  process.once('exit', lastResort);
  for (const from = performance.now(); !(await greets(port)); await sleep(50))
    if (performance.now() - from > PATIENCE_MS) throw new Error('smtp-sink does not answer');
  return { port, submit: `smtp://127.0.0.1:${port}?tls=off`, stop: () => sink.kill() };
}

async function freePort() {
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address();
  await new Promise((resolve) => holder.close(resolve));
  return port;
}

function greets(port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', () => end(true));
    socket.once('error', () => end(false));
  });
}
