/** One socket with one deadline, plain or TLS: bytes in, bytes out, one ending. It must not know any mail protocol. */

import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Ending } from './ending.ts';
import { Patience } from './patience.ts';
import { readBuffer } from './read-buffer.ts';
import { handshakeOptions, type Trust, trustProblem } from './trust.ts';

/** Below this, one joined write costs less than a vector of writes. */
const JOIN_BYTES = 65_536;

/** Where to connect: an address already pinned by the guard, never a name. */
export interface Destination {
  readonly address: string;
  readonly port: number;
  readonly localAddress?: string | undefined;
}

/**
 * Takes the first `length` bytes of a chunk. It must be done with them when it returns: the bytes of a plain socket lie
 * in one buffer that all sockets of the thread read into.
 */
export type OnData = (chunk: Buffer, length: number) => void;

/** A socket's life: connect, perhaps secure, listen, one ending. Nothing it does throws or emits. */
export class Wire {
  #socket: Socket;
  readonly #trust: Trust;
  #ending: Ending | undefined;
  #connected = false;
  #secure = false;
  readonly #patience = new Patience((waitedMs) =>
    this.end({ kind: 'timeout', text: `no answer within ${waitedMs} ms` }),
  );
  /** What a plain socket had read before anybody listened. */
  #early: Buffer | undefined;
  #onData: OnData | undefined;
  #onEnding: ((ending: Ending) => void) | undefined;

  /** @param sharesReads whoever listens keeps no chunk: plain bytes are then read without allocating */
  constructor(destination: Destination, trust: Trust, sharesReads = false) {
    this.#trust = trust;
    this.#socket = connectTcp({
      host: destination.address,
      port: destination.port,
      noDelay: true,
      ...(sharesReads ? { onread: this.#sharedRead() } : {}),
      ...(destination.localAddress === undefined ? {} : { localAddress: destination.localAddress }),
    });
    this.#watch(this.#socket);
  }

  /** Set once the connection is over, whoever ended it. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  get secure(): boolean {
    return this.#secure;
  }

  /** Bytes read since the connection, or its TLS, began. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** Our own address as the other side sees it, for EHLO. */
  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  /** Resolves when TCP is up, or with the ending. */
  connected(): Promise<Ending | undefined> {
    return new Promise((resolve) => {
      if (this.#ending !== undefined) return resolve(this.#ending);
      this.#onEnding = resolve;
      this.#socket.once('connect', () => {
        this.#connected = true;
        resolve(undefined);
      });
    });
  }

  /** TLS on this connection, now. Any byte not yet read is taken as part of the handshake. */
  secured(): Promise<Ending | undefined> {
    return new Promise((resolve) => {
      if (this.#ending !== undefined) return resolve(this.#ending);
      const options = this.#handshakeOptions();
      if (options === undefined) return resolve(this.#ending);
      const plain = this.#socket;
      plain.removeAllListeners('data');
      plain.removeAllListeners('end');
      plain.removeAllListeners('close');
      this.#onEnding = resolve;
      const socket = connectTls({ ...options, socket: plain });
      this.#socket = socket;
      this.#watch(socket);
      socket.once('secureConnect', () => {
        this.#secure = true;
        resolve(undefined);
      });
    });
  }

  /** Hands bytes and the ending over from here on; nothing is read before. Call again after `secured`. */
  listen(onData: OnData, onEnding: (ending: Ending) => void): void {
    this.#onData = onData;
    this.#onEnding = onEnding;
    if (this.#ending !== undefined) return onEnding(this.#ending);
    this.#socket.on('data', (chunk: Buffer) => this.#onData?.(chunk, chunk.length));
    const early = this.#early;
    this.#early = undefined;
    if (early === undefined) return;
    onData(early, early.length);
    this.#socket.resume();
  }

  /** Nothing written waits for the socket any more: the memory of the last write is the writer's again. */
  get isFlushed(): boolean {
    return this.#socket.writableLength === 0;
  }

  /** Writes, in one packet train where the size allows. Silent once ended: the ending has been told. */
  write(...pieces: readonly Buffer[]): void {
    if (this.#ending !== undefined) return;
    const [only] = pieces;
    if (pieces.length === 1 && only !== undefined) {
      this.#socket.write(only);
      return;
    }
    let bytes = 0;
    for (const piece of pieces) bytes += piece.length;
    if (bytes <= JOIN_BYTES) {
      this.#socket.write(Buffer.concat(pieces, bytes));
      return;
    }
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
  }

  /** Starts the wait anew: without `disarm` or another `arm` the connection ends as `timeout`. */
  arm(deadlineUs: number): void {
    if (this.#ending !== undefined) return;
    this.#patience.arm(deadlineUs);
  }

  /** No wait is under way. */
  disarm(): void {
    this.#patience.disarm();
  }

  /** Ends it, once; later calls change nothing. */
  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#patience.stop();
    this.#socket.destroy();
    this.#onData = undefined;
    this.#onEnding?.(ending);
  }

  /** A bundle that OpenSSL cannot read is an operator's mistake, told like any other. */
  #handshakeOptions(): ConnectionOptions | undefined {
    try {
      return handshakeOptions(this.#trust);
    } catch (error) {
      this.end({ kind: 'tls', text: `the certificates of --tls-ca cannot be read: ${String(error)}` });
      return undefined;
    }
  }

  #sharedRead() {
    return {
      buffer: readBuffer(),
      callback: (length: number, bytes: Uint8Array): boolean => {
        const chunk = bytes as Buffer;
        if (this.#onData !== undefined) this.#onData(chunk, length);
        else if (this.#ending === undefined) this.#early = Buffer.from(chunk.subarray(0, length));
        // Nobody listens yet: no more until somebody does.
        return this.#onData !== undefined;
      },
    };
  }

  #watch(socket: Socket): void {
    // A destroyed socket may still report an error: the listener stays for good, so that none goes unhandled.
    socket.on('error', (error: NodeJS.ErrnoException) => this.end(this.#endingOf(error)));
    const closed = (): void => {
      if (socket !== this.#socket || this.#ending !== undefined) return;
      if (this.#isHandshaking()) {
        this.end({ kind: 'tls', text: 'connection closed during the TLS handshake' });
      } else {
        this.end({ kind: 'closed', text: 'the server closed the connection' });
      }
    };
    socket.on('end', closed);
    socket.on('close', closed);
  }

  #isHandshaking(): boolean {
    return 'encrypted' in this.#socket && !this.#secure;
  }

  #endingOf(error: NodeJS.ErrnoException): Ending {
    if (!this.#connected) return { kind: 'refused', text: `cannot connect: ${error.message}` };
    if (this.#isHandshaking()) return { kind: 'tls', text: trustProblem(error, this.#trust) };
    return { kind: 'closed', text: `connection broken: ${error.message}` };
  }
}
