/** Listens for IMAP connections, plain or TLS from the first byte, and gives each its session. Speaks no command. */

import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Certificate } from '../certificate.ts';
import { openPort } from '../listening.ts';
import { type ImapContext, ImapSession } from './session.ts';

/** Resolves to the port and a way to close; rejects when the port cannot be had. */
export async function listenImap(
  context: ImapContext,
  host: string,
  port: number,
  implicitTls: Certificate | undefined,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const sockets = new Map<Socket, ImapSession>();
  const greet = (socket: Socket): void => {
    sockets.set(socket, new ImapSession(context, socket));
    socket.on('close', () => sockets.delete(socket));
  };
  const server: Server =
    implicitTls === undefined
      ? createServer(greet)
      : createTlsServer({ key: implicitTls.key, cert: implicitTls.cert }, greet);
  return {
    port: await openPort(server, host, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const [socket, session] of sockets) {
          session.close('going down');
          socket.destroySoon();
        }
      }),
  };
}
