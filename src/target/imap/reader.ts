/** Bytes -> IMAP commands: lines with their literals put aside (RFC 3501 §4.3, RFC 7888). Understands no command. */

/** One command: text between literals, and the literals. `texts` is always one longer than `literals`. */
export interface RawCommand {
  readonly texts: readonly string[];
  readonly literals: readonly Buffer[];
}

/** Why the connection cannot go on. */
export type ReaderTrouble = 'line too long' | 'literal too large' | 'too many literals';

export interface ReaderEvents {
  readonly command: (command: RawCommand) => void;
  /** The client waits for a go-ahead before it sends a literal (RFC 3501 §7.5). */
  readonly goAhead: () => void;
  /** The literal was announced but not sent, and will not be asked for: answer NO or BAD. Text up to it. */
  readonly refused: (text: string) => void;
  readonly trouble: (trouble: ReaderTrouble) => void;
}

/** RFC 7162 §4 asks for 8,192 octets at least; UID sets of a big delete need more. */
export const MAX_LINE_BYTES = 64 * 1024;

/** One message at most, and that of the largest size the submission server takes. */
export const MAX_LITERAL_BYTES = 64 * 1024 * 1024;

/** Before sign-in nobody needs more than a name and a password. */
const MAX_LITERAL_BYTES_UNKNOWN = 8 * 1024;

const MAX_LITERALS = 32;

const ANNOUNCED = /\{(\d{1,10})(\+?)\}$/;

export class CommandReader {
  /** Raised by the session after sign-in. */
  maxLiteralBytes = MAX_LITERAL_BYTES_UNKNOWN;
  readonly #events: ReaderEvents;
  #line: Buffer[] = [];
  #lineBytes = 0;
  #texts: string[] = [];
  #textBytes = 0;
  #literals: Buffer[] = [];
  #literal: Buffer | undefined;
  #literalFilled = 0;
  #dead = false;

  constructor(events: ReaderEvents) {
    this.#events = events;
  }

  /** Takes what the socket gave. After trouble everything is ignored. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#dead) {
      at =
        this.#literal === undefined ? this.#readLine(chunk, at) : this.#readLiteral(this.#literal, chunk, at);
    }
  }

  /** Forgets everything: bytes before a TLS handshake must not be taken for bytes inside it (RFC 3501 §6.2.1). */
  stop(): void {
    this.#dead = true;
    this.#line = [];
    this.#literals = [];
    this.#literal = undefined;
  }

  #readLine(chunk: Buffer, at: number): number {
    const newline = chunk.indexOf(0x0a, at);
    const end = newline === -1 ? chunk.length : newline + 1;
    this.#lineBytes += end - at;
    if (this.#lineBytes + this.#textBytes > MAX_LINE_BYTES) {
      this.#fail('line too long');
      return chunk.length;
    }
    if (newline === -1) {
      this.#line.push(chunk.subarray(at));
      return end;
    }
    let text = chunk.toString('latin1', at, newline);
    if (this.#line.length > 0) {
      text = Buffer.concat(this.#line).toString('latin1') + text;
      this.#line = [];
    }
    this.#textBytes += this.#lineBytes;
    this.#lineBytes = 0;
    this.#endLine(text.endsWith('\r') ? text.slice(0, -1) : text);
    return end;
  }

  #endLine(text: string): void {
    const announced = text.endsWith('}') ? ANNOUNCED.exec(text) : null;
    if (announced === null) {
      this.#finish(text);
      return;
    }
    const size = Number(announced[1]);
    const waits = announced[2] === '';
    if (size > this.maxLiteralBytes) {
      // One that waits can be told no and the line dropped; one that does not is on its way already.
      if (waits) this.#refuse(text);
      else this.#fail('literal too large');
      return;
    }
    if (this.#literals.length >= MAX_LITERALS) {
      this.#fail('too many literals');
      return;
    }
    this.#texts.push(text.slice(0, announced.index));
    this.#literals.push(Buffer.allocUnsafeSlow(size));
    this.#literal = size > 0 ? this.#literals.at(-1) : undefined;
    this.#literalFilled = 0;
    if (waits) this.#events.goAhead();
  }

  #readLiteral(literal: Buffer, chunk: Buffer, at: number): number {
    const copied = chunk.copy(literal, this.#literalFilled, at);
    this.#literalFilled += copied;
    if (this.#literalFilled === literal.length) this.#literal = undefined;
    return at + copied;
  }

  #refuse(text: string): void {
    const first = this.#texts[0] ?? text;
    this.#reset();
    this.#events.refused(first);
  }

  #finish(text: string): void {
    const command = { texts: [...this.#texts, text], literals: this.#literals };
    this.#reset();
    this.#events.command(command);
  }

  #reset(): void {
    this.#texts = [];
    this.#textBytes = 0;
    this.#literals = [];
  }

  #fail(trouble: ReaderTrouble): void {
    this.stop();
    this.#events.trouble(trouble);
  }
}
