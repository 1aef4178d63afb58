/** Wires without a socket: tests feed it chunks and read what was written. It must not wait for anything. */

import type { Ending } from '../../../src/protocol/ending.ts';
import { ImapChannel } from '../../../src/protocol/imap/channel.ts';
import { ImapConnection } from '../../../src/protocol/imap/connection.ts';
import { MailboxView } from '../../../src/protocol/imap/mailbox.ts';
import type { ReaderLimits } from '../../../src/protocol/imap/reader.ts';
import type { OnData, Wire } from '../../../src/protocol/wire.ts';

/** What a channel asks of a wire, without what becomes of the bytes. */
class FakeWire {
  ending: Ending | undefined;
  readonly secure = false;
  readonly localAddress = undefined;
  readonly isFlushed = true;
  #onData: OnData | undefined;
  #onEnding: ((ending: Ending) => void) | undefined;

  listen(onData: OnData, onEnding: (ending: Ending) => void): void {
    this.#onData = onData;
    this.#onEnding = onEnding;
  }

  arm(): void {}

  disarm(): void {}

  end(ending: Ending): void {
    if (this.ending !== undefined) return;
    this.ending = ending;
    this.#onData = undefined;
    this.#onEnding?.(ending);
  }

  /** Bytes from the server; none are heard after the end. */
  protected hear(chunk: Buffer, length: number): void {
    this.#onData?.(chunk, length);
  }
}

/** Keeps what was written, as text. */
export class TextWire extends FakeWire {
  written = '';

  write(...pieces: readonly Buffer[]): void {
    if (this.ending === undefined) this.written += Buffer.concat(pieces).toString('latin1');
  }

  feed(chunk: Buffer): void {
    this.hear(chunk, chunk.length);
  }
}

/** Counts what was written. One buffer carries every chunk, as a thread's sockets share theirs. */
export class ChunkWire extends FakeWire {
  writtenBytes = 0;
  readonly #shared = Buffer.alloc(65_536, 'stale\r\n');

  write(...pieces: readonly Buffer[]): void {
    for (const piece of pieces) this.writtenBytes += piece.length;
  }

  feed(chunk: Buffer): void {
    chunk.copy(this.#shared);
    this.hear(this.#shared, chunk.length);
  }
}

/** A connection on a fake wire, past its greeting; tags count from R1. */
export function fakeConnection(
  limits: ReaderLimits,
  capabilities: string,
): { readonly wire: TextWire; readonly connection: ImapConnection } {
  const wire = new TextWire();
  const view = new MailboxView();
  let nowUs = 0;
  const clock = (): number => {
    nowUs += 1;
    return nowUs;
  };
  const channel = new ImapChannel(wire as unknown as Wire, { clock, commandUs: 1e9, limits });
  channel.observe = (response) => view.observe(response);
  void channel.greeting();
  wire.feed(Buffer.from(`* PREAUTH [CAPABILITY ${capabilities}] hi\r\n`));
  channel.opened();
  return { wire, connection: new ImapConnection(channel, view, 1_000) };
}
