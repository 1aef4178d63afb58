/** IDLE (RFC 2177): waits until the mailbox changes, time is up or somebody else needs the line. It must not wait for ever. */

import type { ImapAnswer, ImapChannel } from './channel.ts';
import type { MailboxView } from './mailbox.ts';

export interface IdleOptions {
  /** At most this long; bounded by 29 minutes, after which servers hang up. */
  readonly forUs: number;
  readonly signal?: AbortSignal | undefined;
  /** A value of `arrivals` read earlier: if mail has come since, there is nothing to wait for. */
  readonly sinceArrivals?: number | undefined;
}

export interface IdleNews {
  readonly changed: boolean;
  /** When the first change was seen; `endedUs` of the result comes after DONE was answered. */
  readonly changedUs?: number;
}

/** RFC 2177 §3. */
const LONGEST_IDLE_US = 29 * 60_000_000;

/** One IDLE, from its start to the answer after DONE. The news is valid whatever the answer. */
export async function idleOnce(
  channel: ImapChannel,
  view: MailboxView,
  options: IdleOptions,
): Promise<{ answer: ImapAnswer; news: IdleNews }> {
  let changedUs: number | undefined;
  let isResting = false;
  let isOver = false;
  const sayDone = (): void => {
    if (isResting && isOver) {
      isResting = false;
      channel.say('DONE');
    }
  };
  const stop = (): void => {
    isOver = true;
    sayDone();
  };
  const timer = setTimeout(stop, Math.ceil(Math.min(options.forUs, LONGEST_IDLE_US) / 1_000));
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted === true) stop();
  view.onChange = () => {
    changedUs ??= channel.clock();
    stop();
  };
  const answer = await channel.run({
    pieces: ['IDLE'],
    changes: false,
    exclusive: true,
    continued: () => {
      isResting = true;
      channel.rest();
      sayDone();
      return undefined;
    },
    interrupt: stop,
  });
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', stop);
  view.onChange = undefined;
  return {
    answer,
    news: changedUs === undefined ? { changed: false } : { changed: true, changedUs },
  };
}
