/** IMAP commands as text and literals, safe against injection. It must not write to a socket. */

import type { DataResponse, StatusResponse } from './response.ts';

/** Text goes out as it is; bytes go out as a literal. */
export type Piece = string | Buffer;

/** What a command made of an untagged response: not its own, taken, or a reason to leave this server. */
export type Acceptance = 'ignored' | 'taken' | { readonly problem: string };

/** One command, from its name on, without tag and line end. */
export interface ImapCommand {
  readonly pieces: readonly Piece[];
  /** It alters the mailbox: without an answer it may have happened. */
  readonly changes: boolean;
  /** Nothing else is under way beside it (AUTHENTICATE, STARTTLS, IDLE). */
  readonly exclusive?: boolean;
  /** STARTTLS: no byte may follow its answer in the clear. */
  readonly seals?: boolean;
  /** Offered every untagged response that no older command took; `tag` is the command's own. */
  accept?(response: DataResponse | StatusResponse, tag: string): Acceptance;
  /** A `+` once all pieces are out, with its text: a line to answer with, or undefined to stay silent. */
  continued?(text: string): string | undefined;
  /**
   * Its tagged answer, before anything that came after it is read, so that no cut of the stream changes what follows. A text
   * says why the answer is no answer: the command ends in `PROTOCOL` and the server is left.
   */
  settled?(answer: StatusResponse): string | undefined;
  /** Another command waits: end, if that can be done. */
  interrupt?(): void;
}

/** RFC 9051 §9: characters that an atom may not hold; `]` and the brackets of flags are left out to be safe. */
const ATOM = /^[A-Za-z0-9!#$&'+,./:;<=>?@^_`|~-]+$/;

/** Longer strings go as literals: servers bound their lines. */
const QUOTED_LIMIT = 1_000;

/** An astring (RFC 9051 §4.3): atom, quoted string or literal. Undefined for NUL, which IMAP cannot carry. */
export function astring(text: string): Piece | undefined {
  if (text.includes('\0')) return undefined;
  if (text.length <= QUOTED_LIMIT && ATOM.test(text) && text.toUpperCase() !== 'NIL') return text;
  return quotedOrLiteral(text);
}

/** A string: quoted where it is printable ASCII, else a literal in UTF-8. The caller has excluded NUL. */
export function quotedOrLiteral(text: string): Piece {
  if (text.length <= QUOTED_LIMIT && /^[\u0020-\u007e]*$/.test(text)) {
    return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  }
  return Buffer.from(text);
}

/** `\Deleted`, `$Junk`: what may stand in a flag list unquoted. */
export function isFlag(flag: string): boolean {
  return /^\\?[A-Za-z0-9$_.!#&'+-]{1,200}$/.test(flag);
}

/** `Message-ID`: what may stand in HEADER.FIELDS unquoted. */
export function isFieldName(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,200}$/.test(name);
}
