/** Opens a server's port. It knows nothing of what is spoken there. */

import type { Server } from 'node:net';

/** Connections open at once; a storm has at most some thousands. */
const MAX_CONNECTIONS = 50_000;

/** The kernel's queue of connections not accepted yet: everybody signs in at nine. */
const BACKLOG = 4_096;

/** Resolves to the port, which is another than 0; rejects when it cannot be had. */
export async function openPort(server: Server, host: string, port: number): Promise<number> {
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
