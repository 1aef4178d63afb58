/** What a command handler is given and what it gives back: the agreement between the session and its commands. */

import type { AccessKind } from '../../capacity/config.ts';
import type { Account, Store } from '../store.ts';
import type { Unruly } from '../unruly.ts';
import type { Scanner } from './scanner.ts';
import type { Piece } from './fetch.ts';
import type { View } from './view.ts';

/** The tagged answer: `OK [READ-WRITE] done`, without the tag. */
export type Status = `${'OK' | 'NO' | 'BAD'} ${string}`;

/** Work that the capacity model has to price before it is done. */
export interface Work {
  readonly kind: AccessKind;
  readonly messages: number;
  /** Does it, writing untagged lines to the session. */
  readonly run: () => Status;
}

/** Nothing to price: the answer at once. */
export type Answer = Work | Status;

/** Reads its arguments when called; does nothing before `run`. Undefined: the arguments are wrong, BAD. */
export type Handler = (seat: Seat, scanner: Scanner) => Answer | undefined;

/** What a session lets its commands see and change. */
export interface Seat {
  readonly store: Store;
  readonly capabilities: () => string;
  readonly signIn: (name: string, password: string) => Account | undefined;
  account: Account | undefined;
  view: View | undefined;
  /** What to do wrong on purpose; undefined in a target that behaves. */
  readonly unruly: Unruly | undefined;
  /** Queues untagged output before the tagged line. */
  readonly write: (piece: Piece) => void;
  /** Opens a folder, closing the one before. */
  readonly open: (view: View | undefined) => void;
  readonly onChange: () => void;
  /** Takes the next line as it comes, for AUTHENTICATE and IDLE. */
  readonly ask: (prompt: string, answer: (line: string) => void) => void;
  /** Ends a command that asked. */
  readonly resume: (answer: Answer | undefined) => void;
  /** After the tagged answer is out: close, or start TLS. */
  readonly afterwards: (what: 'close' | 'tls') => void;
}

/** Answers for a command that asked the client for more: it is finished by `resume`. */
export const ASKED = 'OK asked' satisfies Status;

/** A piece of work. */
export function work(kind: AccessKind, messages: number, run: () => Status): Work {
  return { kind, messages, run };
}
