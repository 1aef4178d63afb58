/** A raw TCP server that follows a script: expect a line, send bytes. It must not know any protocol. */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from './endpoint.ts';

/** One accepted connection, as the script sees it. */
export class Peer {
  #socket: Socket;
  #held = Buffer.alloc(0);
  #isOver = false;
  #wake: (() => void) | undefined;
  readonly lines: string[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen(socket);
  }

  /** Sends lines as they are, each with CRLF. */
  send(...lines: readonly string[]): void {
    this.raw(lines.map((line) => `${line}\r\n`).join(''));
  }

  raw(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** One write a byte, each flushed before the next: chunks arrive cut everywhere. */
  async dribble(bytes: string): Promise<void> {
    for (const byte of Buffer.from(bytes, 'latin1')) {
      await new Promise((resolve) => this.#socket.write(Buffer.from([byte]), resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** The next line, which must match. */
  async expect(pattern: RegExp): Promise<RegExpExecArray> {
    const line = await this.line();
    const match = pattern.exec(line ?? '<end>');
    if (match === null) throw new Error(`expected ${String(pattern)}, got ${line ?? '<end>'}`);
    return match;
  }

  /** The next line, undefined at the end. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const feed = this.#held.indexOf(10);
      if (feed >= 0) {
        const line = this.#held.subarray(0, feed).toString('latin1').replace(/\r$/, '');
        this.#held = this.#held.subarray(feed + 1);
        this.lines.push(line);
        return line;
      }
      if (this.#isOver) return undefined;
      await this.#more();
    }
  }

  async bytes(count: number): Promise<Buffer> {
    while (this.#held.length < count && !this.#isOver) await this.#more();
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  /** Message lines up to the final dot, unstuffed not. */
  async message(): Promise<string[]> {
    const lines: string[] = [];
    for (let line = await this.line(); line !== undefined && line !== '.'; line = await this.line()) {
      lines.push(line);
    }
    return lines;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** True when bytes came that no expectation has taken. */
  get hasHeld(): boolean {
    return this.#held.length > 0;
  }

  async ended(): Promise<void> {
    while (!this.#isOver) await this.#more();
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** TLS from here on, as the server. */
  async secure(certificate: Certificate): Promise<void> {
    this.#socket.removeAllListeners('data');
    const secured = new TLSSocket(this.#socket, { isServer: true, ...certificate });
    this.#socket = secured;
    this.#listen(secured);
    await new Promise((resolve) => {
      secured.once('secure', resolve);
      secured.once('close', resolve);
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#held = Buffer.concat([this.#held, chunk]);
      this.#wake?.();
    });
    socket.on('error', () => this.#over());
    socket.on('close', () => this.#over());
    socket.on('end', () => this.#over());
  }

  #over(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

export interface Dialogue {
  readonly port: number;
  /** Rejects with the first expectation that was not met; resolves when every script has run to its end. */
  finished(): Promise<void>;
  close(): Promise<void>;
}

/** Runs `script` for every connection. */
export async function dialogue(script: (peer: Peer, index: number) => Promise<void>): Promise<Dialogue> {
  const runs: Promise<void>[] = [];
  const peers: Peer[] = [];
  const server: Server = createServer((socket) => {
    const peer = new Peer(socket);
    peers.push(peer);
    const run = script(peer, peers.length - 1);
    // Looked at in `finished`; until then it must not count as unhandled.
    run.catch(() => peer.destroy());
    runs.push(run);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    finished: async () => {
      await Promise.all(runs);
    },
    close: async () => {
      for (const peer of peers) peer.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
