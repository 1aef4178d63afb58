/** A wire without a socket: tests feed it chunks and read what was written. It must not wait for anything. */

import type { Ending } from '../../../src/protocol/ending.ts';
import { ImapChannel } from '../../../src/protocol/imap/channel.ts';
import { ImapConnection } from '../../../src/protocol/imap/connection.ts';
import { MailboxView } from '../../../src/protocol/imap/mailbox.ts';
import type { ReaderLimits } from '../../../src/protocol/imap/reader.ts';
import type { Wire } from '../../../src/protocol/wire.ts';

/** What a channel asks of a wire, kept in memory. */
export class FakeWire {
  ending: Ending | undefined;
  readonly secure = false;
  readonly localAddress = undefined;
  written = '';
  #onData: ((chunk: Buffer) => void) | undefined;
  #onEnding: ((ending: Ending) => void) | undefined;

  listen(onData: (chunk: Buffer) => void, onEnding: (ending: Ending) => void): void {
    this.#onData = onData;
    this.#onEnding = onEnding;
  }

  write(...pieces: readonly Buffer[]): void {
    if (this.ending === undefined) this.written += Buffer.concat(pieces).toString('latin1');
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
  feed(chunk: Buffer): void {
    this.#onData?.(chunk);
  }
}

/** A connection on a fake wire, past its greeting; tags count from R1. */
export function fakeConnection(
  limits: ReaderLimits,
  capabilities: string,
): { readonly wire: FakeWire; readonly connection: ImapConnection } {
  const wire = new FakeWire();
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
