/** Ctrl-C: the first ends the run in good order, the second leaves at once. Both are signals that others listen to. */

import { setMaxListeners } from 'node:events';

export interface Interrupts {
  /** Aborted by the first. */
  readonly stop: AbortSignal;
  /** Aborted by the second. */
  readonly leave: AbortSignal;
  /** The same as the first, asked for elsewhere; never the second. */
  readonly ask: () => void;
  /** Stops listening. */
  readonly close: () => void;
}

/** Listens for SIGINT and SIGTERM until closed. */
export function listenForInterrupts(say: (text: string) => void): Interrupts {
  const stop = new AbortController();
  const leave = new AbortController();
  // A sweep has a listener for each mailbox it is in; more than ten is no leak.
  setMaxListeners(0, stop.signal, leave.signal);
  const ask = (): void => {
    if (stop.signal.aborted) return;
    say('stopping: what is under way may end, then it is judged; once more leaves at once');
    stop.abort();
  };
  const onSignal = (): void => {
    if (stop.signal.aborted) leave.abort();
    else ask();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const close = (): void => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
  return { stop: stop.signal, leave: leave.signal, ask, close };
}
