/** How a connection ended, and the outcome that follows for what was under way on it. It must not guess in our favour. */

import type { Ok, ProtocolOutcome, Rejected, Unknown } from '../measure/outcome.ts';

/**
 * `refused`: nobody answered the door. `closed`: the other side hung up. `timeout`: a deadline passed.
 * `tls`: no trust. `protocol`: it spoke nonsense. `said`: it announced that it closes. `local`: we destroyed it.
 */
export type EndingKind = 'refused' | 'closed' | 'timeout' | 'tls' | 'protocol' | 'said' | 'local';

export interface Ending {
  readonly kind: EndingKind;
  /** For a person: what happened. */
  readonly text: string;
  /** The server's own last word (SMTP 421, IMAP BYE), for `said`. */
  readonly refusal?: Rejected;
}

/** Why a connection could not be opened, for the caller to tell apart. */
export type OpenFailure = 'refused' | 'tls' | 'auth' | 'timeout' | 'protocol';

/** The server's words that a record keeps. */
const TEXT_LIMIT = 200;

/** At most 200 characters, without control characters, so that no server writes on somebody's terminal. */
export function clipped(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.slice(0, TEXT_LIMIT).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

export function okOutcome(evidence: string): Ok {
  return { kind: 'ok', evidence: clipped(evidence) };
}

export function unknownOutcome(because: string): Unknown {
  return { kind: 'unknown', because: clipped(because) };
}

/** A refusal with no server tag on it: ours (`UNSUPPORTED`, `ARGUMENT`), or the network's (`REFUSED`, `CLOSED`). */
export function refusal(code: string, text: string, temporary = false): Rejected {
  return {
    kind: 'rejected',
    code,
    temporary,
    limiter: false,
    greylist: false,
    overQuota: false,
    text: clipped(text),
  };
}

const CODES: Readonly<Record<EndingKind, string>> = {
  refused: 'REFUSED',
  closed: 'CLOSED',
  timeout: 'TIMEOUT',
  tls: 'TLS',
  protocol: 'PROTOCOL',
  said: 'CLOSED',
  local: 'CLOSED',
};

/**
 * How far an operation had come when its connection ended. `untried`: not a byte of it left. `asked`: it left, but the
 * server had not all it needed to do it. `handedOver`: the server may have done it (RFC 1047: after the final dot).
 */
export type Progress = 'untried' | 'asked' | 'handedOver';

/** What an operation without its answer ended in. */
export function outcomeOfEnding(ending: Ending, progress: Progress): ProtocolOutcome {
  if (progress === 'handedOver') return unknownOutcome(ending.text);
  if (ending.kind === 'timeout' && progress === 'asked') return unknownOutcome(ending.text);
  return ending.refusal ?? refusal(CODES[ending.kind], ending.text, ending.kind !== 'tls');
}

/** The class of an ending that came while opening. */
export function failureOfEnding(ending: Ending): OpenFailure {
  if (ending.kind === 'timeout' || ending.kind === 'tls' || ending.kind === 'protocol') return ending.kind;
  return 'refused';
}

/** What a message to several ended in: one unknown recipient makes it unknown, else one refusal a refusal. */
export function outcomeOfAll(recipients: readonly ProtocolOutcome[]): ProtocolOutcome {
  return (
    recipients.find(({ kind }) => kind === 'unknown') ??
    recipients.find(({ kind }) => kind === 'rejected') ??
    recipients.at(-1) ??
    okOutcome('no recipients')
  );
}
