/** Servers that are none: one that takes connections and says nothing, one that passes lines on and counts what is answered. */

import { connect, createServer, type Server, type Socket } from 'node:net';

/** A port on this machine, and a way to close it with everything on it. */
export interface Port {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Takes connections and never says a word. `taken` counts them. */
export async function listenMute(): Promise<Port & { readonly taken: () => number }> {
  let taken = 0;
  const port = await listen(() => {
    taken += 1;
  });
  return { ...port, taken: () => taken };
}

/** Passes everything on to a port of this machine, what clients say changed if need be, and counts the answers that match. */
export async function listenBetween(
  to: number,
  answer: RegExp,
  change: (said: string) => string = (said) => said,
): Promise<Port & { readonly answers: () => number }> {
  let answers = 0;
  const port = await listen((socket, sockets) => {
    const server = connect(to, '127.0.0.1');
    sockets.add(server);
    server.on('error', () => socket.destroy());
    server.on('data', (chunk: Buffer) => {
      answers += chunk
        .toString('latin1')
        .split('\r\n')
        .filter((line) => answer.test(line)).length;
    });
    socket.on('data', (chunk: Buffer) => {
      server.write(change(chunk.toString('latin1')), 'latin1');
    });
    socket.on('close', () => server.destroy());
    server.pipe(socket);
  });
  return { ...port, answers: () => answers };
}

/** Below the ports that systems hand out by themselves: nobody beside us is given one while a test counts on its silence. */
const QUIET_PORTS = { from: 20_000, count: 10_000 };

/** A port where nobody listens, and where nobody will by chance. */
export async function deadPort(): Promise<number> {
  for (;;) {
    const port = QUIET_PORTS.from + Math.floor(Math.random() * QUIET_PORTS.count);
    if (await isDead(port)) return port;
  }
}

function isDead(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
  });
}

async function listen(greet: (socket: Socket, sockets: Set<Socket>) => void): Promise<Port> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    greet(socket, sockets);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { port: typeof address === 'object' && address !== null ? address.port : 0, close };
}
