/** Free loopback ports for a lab, and the wait until servers greet on them. Sends nothing but hellos of TCP. */

import { connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Ports {
  readonly submitPort: number;
  readonly smtpPort: number;
  readonly imapPort: number;
  readonly imapsPort: number;
  readonly lmtpPort: number;
}

const BETWEEN_TRIES_MS = 20;

/** A server that has accepted a connection greets within this, or is asked again. */
const GREETING_MS = 3_000;

/** Five ports nobody listens on: all held at once, so that they differ, and then let go. */
export async function pickPorts(): Promise<Ports> {
  const holders = await Promise.all(Array.from({ length: 5 }, hold));
  const ports = holders.map(({ port }) => port);
  await Promise.all(holders.map(({ server }) => new Promise((done) => server.close(done))));
  const [submitPort = 0, smtpPort = 0, imapPort = 0, imapsPort = 0, lmtpPort = 0] = ports;
  return { submitPort, smtpPort, imapPort, imapsPort, lmtpPort };
}

/** Waits until something on the port greets as it should; `check` throws when waiting has become pointless. */
export async function whenGreeting(
  port: number,
  greeting: RegExp,
  patience: AbortSignal,
  check: () => void,
): Promise<void> {
  for (;;) {
    const words = await firstWords(port, greeting.test(''));
    if (words !== undefined && greeting.test(words)) return;
    check();
    if (patience.aborted)
      throw new Error(`nobody greets on port ${port}; heard: ${words ?? 'no connection'}`);
    await sleep(BETWEEN_TRIES_MS);
  }
}

/** What the server says first; the empty text as soon as it accepts when it is not expected to speak first. */
function firstWords(port: number, silent: boolean): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: GREETING_MS });
    const end = (words: string | undefined): void => {
      socket.destroy();
      resolve(words);
    };
    if (silent) socket.once('connect', () => end(''));
    socket.once('data', (chunk: Buffer) => end(chunk.toString('latin1')));
    socket.once('timeout', () => end(undefined));
    socket.once('error', () => end(undefined));
    socket.once('close', () => end(undefined));
  });
}

function hold(): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port was given'));
      else resolve({ server, port: address.port });
    });
  });
}
