/** Stands before an SMTP server and cuts the line at the final dot of chosen messages, before or after the server has it. Tests only. */

import { connect, createServer, type Socket } from 'node:net';

import { parseMessageId } from '../../src/storm/numbering.ts';

/** `afterDot`: the server took the message, and its answer is kept back. `beforeDot`: the server never gets the dot. */
export type Cut = 'afterDot' | 'beforeDot' | undefined;

export interface CuttingProxy {
  readonly port: number;
  /** Numbers of the messages whose lines were cut, by how. */
  readonly cut: Readonly<Record<Exclude<Cut, undefined>, Set<number>>>;
  close(): Promise<void>;
}

const DOT = Buffer.from('\r\n.\r\n');

/** Listens on a free port of loopback; `choose` says by a message's number what becomes of its line. */
export async function cuttingProxy(
  serverPort: number,
  choose: (number: number) => Cut,
): Promise<CuttingProxy> {
  const cut = { afterDot: new Set<number>(), beforeDot: new Set<number>() };
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    new CutLine(client, server, choose, (how, number) => cut[how].add(number)).listen();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    cut,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** One connection: commands go through, and each message is looked at as a whole before its dot goes on. */
class CutLine {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #choose: (number: number) => Cut;
  readonly #done: (how: Exclude<Cut, undefined>, number: number) => void;
  /** What the client has said and the server has not heard yet. */
  #held = Buffer.alloc(0);
  #inMessage = false;
  /** The message whose answer is kept back. */
  #waitingFor: number | undefined;
  #kept = '';

  constructor(
    client: Socket,
    server: Socket,
    choose: (number: number) => Cut,
    done: (how: Exclude<Cut, undefined>, number: number) => void,
  ) {
    this.#client = client;
    this.#server = server;
    this.#choose = choose;
    this.#done = done;
  }

  listen(): void {
    this.#client.on('data', (chunk: Buffer) => {
      this.#held = Buffer.concat([this.#held, chunk]);
      this.#pass();
    });
    this.#server.on('data', (chunk: Buffer) => this.#answer(chunk));
  }

  #pass(): void {
    if (this.#waitingFor !== undefined) return;
    if (!this.#inMessage) {
      this.#server.write(this.#held);
      this.#held = Buffer.alloc(0);
      return;
    }
    const end = this.#held.indexOf(DOT);
    if (end < 0) return;
    const message = this.#held.subarray(0, end + DOT.length);
    this.#held = this.#held.subarray(end + DOT.length);
    this.#inMessage = false;
    const number = parseMessageId(
      message.toString('latin1').replace(/^(?:In-Reply-To|References):.*(?:\r\n[ \t].*)*/gim, ''),
    )?.number;
    const how = number === undefined ? undefined : this.#choose(number);
    if (how === 'beforeDot' && number !== undefined) {
      this.#done(how, number);
      this.#server.write(message.subarray(0, -DOT.length), () => this.#hangUp());
      return;
    }
    if (how === 'afterDot') this.#waitingFor = number;
    this.#server.write(message);
    if (how === undefined) this.#pass();
  }

  #answer(chunk: Buffer): void {
    if (this.#waitingFor === undefined) {
      this.#client.write(chunk);
      // Data follows only when it was asked for; the answers before it may come in the same piece.
      if (/(?:^|\n)354 /.test(chunk.toString('latin1'))) {
        this.#inMessage = true;
        this.#pass();
      }
      return;
    }
    this.#kept += chunk.toString('latin1');
    if (!this.#kept.includes('\n')) return;
    if (/^250 .*queued as/m.test(this.#kept)) {
      this.#done('afterDot', this.#waitingFor);
      this.#hangUp();
      return;
    }
    // Refused: that answer is no loss of a line, and goes through.
    this.#waitingFor = undefined;
    this.#client.write(this.#kept);
    this.#kept = '';
    this.#pass();
  }

  #hangUp(): void {
    this.#client.destroy();
    this.#server.destroy();
  }
}
