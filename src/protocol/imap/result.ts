/** What every IMAP call answers, and how it is made from a command's answer. It must not throw away a value's instants. */

import type { Clock, ProtocolOutcome } from '../../measure/outcome.ts';
import { refusal } from '../ending.ts';
import type { ImapAnswer } from './channel.ts';

/** `value` is present exactly when the outcome is `ok`. Instants in microseconds from the plan's zero. */
export interface ImapResult<T> {
  readonly outcome: ProtocolOutcome;
  readonly value?: T;
  readonly startedUs: number;
  readonly endedUs: number;
}

/**
 * Codes of refusals that no server said. `ARGUMENT`: it cannot be sent safely. `UNSUPPORTED`: not offered. `PROTOCOL`:
 * OK without what OK promises. `UIDVALIDITY`: the folder's UIDs mean other messages than the caller believes (RFC 9051 §2.3.1.1).
 */
export type OwnRefusal = 'ARGUMENT' | 'UNSUPPORTED' | 'PROTOCOL' | 'UIDVALIDITY';

/** An answer with its value, which is only made when the outcome is `ok`. */
export function resultOf<T>(answer: ImapAnswer, value: () => T): ImapResult<T> {
  const { outcome, startedUs, endedUs } = answer;
  return outcome.kind === 'ok'
    ? { outcome, value: value(), startedUs, endedUs }
    : { outcome, startedUs, endedUs };
}

/** Refused by us before a byte left. */
export function refusedResult(clock: Clock, code: OwnRefusal, text: string): ImapResult<never> {
  const atUs = clock();
  return { outcome: refusal(code, text), startedUs: atUs, endedUs: atUs };
}
