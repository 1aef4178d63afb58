/** Calls back at every chance to look at the clock: a tick a millisecond, or without pause when spinning. Keeps no schedule. */

/** Timers may fire early or late by milliseconds; the schedule lies elsewhere, so that never moves an instant. */
const TICK_MS = 1;

/**
 * Starts ticking; the answer stops it. `spin` trades a whole core for a lag of microseconds: sockets are still read
 * between two looks, but utilisation then says nothing.
 */
export function startTicker(tick: () => void, spin: boolean): () => void {
  if (!spin) {
    const timer = setInterval(tick, TICK_MS);
    return () => clearInterval(timer);
  }
  let immediate = setImmediate(function again() {
    immediate = setImmediate(again);
    tick();
  });
  return () => clearImmediate(immediate);
}
