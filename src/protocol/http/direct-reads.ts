/** Bytes of a plain socket on the shortest way to undici's parser: past the stream that a socket is for everybody else. It must not look at them. */

import type { Socket } from 'node:net';
import { readBuffer } from '../read-buffer.ts';

/**
 * undici asks a socket `read()` when it hears `readable`. A stream answers that with a buffer of 64 KiB allocated for each
 * read, a queue and a tick in between: a fifth of what a request costs. Here the read is copied out of the thread's one
 * buffer (undici keeps pieces of what it was given until an answer is whole) and handed over at once.
 */
export class DirectReads {
  #socket: Socket | undefined;
  /** Read, and not asked for yet. */
  #chunk: Buffer | null = null;

  /** For the socket's making. */
  readonly onread = {
    buffer: readBuffer(),
    callback: (length: number, bytes: Uint8Array): boolean => {
      this.#chunk = Buffer.from(bytes.subarray(0, length));
      this.#socket?.emit('readable');
      // Nobody wants more now: the socket rests until somebody asks.
      return this.#chunk === null;
    },
  };

  /** Answers for this socket, made with our `onread`, from now on. */
  serve(socket: Socket): void {
    this.#socket = socket;
    const readOfStream = socket.read.bind(socket);
    socket.read = (size?: number): Buffer | null => {
      const chunk = size === 0 ? null : this.#chunk;
      // The stream itself holds nothing but the end; asked, it tells that, and reads again where it rested.
      if (chunk === null) return readOfStream(size) as Buffer | null;
      this.#chunk = null;
      return chunk;
    };
  }
}
