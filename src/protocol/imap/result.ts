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

/** An answer with its value, which is only made when the outcome is `ok`. */
export function resultOf<T>(answer: ImapAnswer, value: () => T): ImapResult<T> {
  const { outcome, startedUs, endedUs } = answer;
  return outcome.kind === 'ok'
    ? { outcome, value: value(), startedUs, endedUs }
    : { outcome, startedUs, endedUs };
}

/** Refused by us before a byte left: `ARGUMENT` (cannot be sent safely), `UNSUPPORTED` (not offered). */
export function refusedResult(
  clock: Clock,
  code: 'ARGUMENT' | 'UNSUPPORTED' | 'PROTOCOL',
  text: string,
): ImapResult<never> {
  const atUs = clock();
  return { outcome: refusal(code, text), startedUs: atUs, endedUs: atUs };
}
