/** When work is done by a store with limits: two coupled queues in the caller's time. No clock, no timer, no chance. */

import { type AccessKind, type CapacityConfig, capacityProblems } from './config.ts';

/**
 * One store: a FIFO delivery queue and a pool of access servers, each slowing the other by its backlog.
 *
 * Every instant is in microseconds (fractions allowed) on any axis that the caller keeps to. Instants may not run
 * backwards: an earlier one is taken as the latest seen. The state is exact between calls (deliveries that began
 * before an access was asked for are priced without it), so answers do not depend on how often anyone looks.
 */
export class Capacity {
  readonly #config: CapacityConfig;
  readonly #perCopyUs: number;
  /** When each server is free, as a heap: the first is free first, and no newcomer can start earlier. */
  readonly #freeAtUs: Float64Array;
  #nowUs = Number.NEGATIVE_INFINITY;
  #copyDoneUs = 0;
  #lastDoneUs = Number.NEGATIVE_INFINITY;
  #unfinished = 0;
  #finished = 0;

  /** Throws on a configuration that `capacityProblems` refuses. */
  constructor(config: CapacityConfig) {
    const problems = capacityProblems(config);
    if (problems.length > 0) throw new RangeError(`capacity: ${problems.join('; ')}`);
    this.#config = config;
    this.#perCopyUs = 1_000_000 / config.deliveriesPerSecond;
    this.#freeAtUs = new Float64Array(config.accessServers).fill(Number.NEGATIVE_INFINITY);
  }

  /**
   * Takes on one piece of client work and says when it will be done. First come, first served, by the server that
   * is free first; the slow-down is that of the delivery backlog on arrival.
   *
   * @param messages how many messages it fetches, scans, flags or moves
   * @param commands how many commands in a row it stands for, one after the other on one server
   */
  access(nowUs: number, kind: AccessKind, messages: number, commands = 1): number {
    const now = this.#advance(nowUs);
    const { fixedUs, perMessageUs } = this.#config.service[kind];
    const share = Math.min(1, this.deliveryBacklogUs() / this.#config.saturationUs);
    const serviceUs =
      (fixedUs * commands + perMessageUs * messages) * (1 + this.#config.deliverySlowsAccess * share);
    const doneUs = Math.max(now, this.#freeAt(0)) + serviceUs;
    if (serviceUs > 0) this.#occupyFirst(doneUs);
    return doneUs;
  }

  /** Queues copies for delivery, behind all that are queued already. */
  enqueue(nowUs: number, copies: number): void {
    const now = this.#advance(nowUs);
    if (copies <= 0) return;
    if (this.#unfinished === 0) this.#copyDoneUs = now + this.#copyTimeUs(now);
    this.#unfinished += copies;
  }

  /**
   * Hands over the copies whose delivery is done by now and that were not handed over before: how many. With `atMost`
   * the model stands still at the instant of the last of them, `lastDeliveryUs`, where so many were done.
   */
  deliver(nowUs: number, atMost = Number.POSITIVE_INFINITY): number {
    if (this.#finished < atMost) this.#advance(nowUs, atMost - this.#finished);
    const done = Math.min(this.#finished, atMost);
    this.#finished -= done;
    return done;
  }

  /** When the latest finished copy was done; minus infinity before the first. */
  get lastDeliveryUs(): number {
    return this.#lastDoneUs;
  }

  /** When the next copy will be done, given what is known now; undefined with nothing queued. */
  nextDeliveryUs(): number | undefined {
    if (this.#finished > 0) return this.#nowUs;
    return this.#unfinished > 0 ? this.#copyDoneUs : undefined;
  }

  /** Copies queued and not handed over. */
  owed(): number {
    return this.#unfinished + this.#finished;
  }

  /** Time that the queued copies would take with nobody reading, at the latest instant seen. */
  deliveryBacklogUs(): number {
    return this.#unfinished * this.#perCopyUs;
  }

  /** How long an access arriving at this instant would wait for a server. */
  accessBacklogUs(nowUs: number): number {
    return Math.max(0, this.#freeAt(0) - nowUs);
  }

  /** Goes on to an instant, or to the instant at which `atMost` more copies are done, if that is earlier. */
  #advance(nowUs: number, atMost = Number.POSITIVE_INFINITY): number {
    const now = Math.max(nowUs, this.#nowUs);
    let left = atMost;
    while (this.#unfinished > 0 && this.#copyDoneUs <= now && left > 0) {
      this.#finish(1);
      left -= 1;
      if (this.#unfinished > 0 && left > 0)
        left -= this.#finishAlike(now, Math.min(this.#unfinished - 1, left));
      if (this.#unfinished > 0) this.#copyDoneUs += this.#copyTimeUs(this.#copyDoneUs);
    }
    this.#nowUs = left > 0 ? now : Math.max(this.#nowUs, this.#lastDoneUs);
    return this.#nowUs;
  }

  /**
   * Finishes as many of the next copies as follow one formula: the cost of a burst must not grow with its copies.
   * `copyDoneUs` is the end of the copy before, where they begin. How many it finished.
   */
  #finishAlike(now: number, most: number): number {
    const { accessSlowsDelivery: slowed, saturationUs } = this.#config;
    const fromUs = this.#copyDoneUs;
    const backlogUs = slowed === 0 ? 0 : this.accessBacklogUs(fromUs);
    const perCopyUs = this.#perCopyUs;
    if (backlogUs === 0) {
      // Once the access pool has room it keeps it until someone asks.
      return this.#finishBatch(
        Math.min(most, Math.floor((now - fromUs) / perCopyUs)),
        (copies) => copies * perCopyUs,
      );
    }
    if (backlogUs >= saturationUs) {
      const slowUs = perCopyUs * (1 + slowed);
      const begun = Math.floor((backlogUs - saturationUs) / slowUs) + 1;
      const copies = Math.min(most, begun, Math.floor((now - fromUs) / slowUs));
      return this.#finishBatch(copies, (count) => count * slowUs);
    }
    // Below saturation each copy sees a little less backlog u than the one before: u' = ratio·u − perCopy, a geometric row.
    const ratio = 1 - (perCopyUs * slowed) / saturationUs;
    if (ratio <= 0) return 0;
    const offset = saturationUs / slowed;
    const first = backlogUs + offset;
    const untilUs = backlogUs - (now - fromUs) + offset;
    const reach = Math.log(Math.max(offset, untilUs) / first) / Math.log(ratio);
    return this.#finishBatch(Math.min(most, Math.floor(reach)), (copies) => first * (1 - ratio ** copies));
  }

  #finishBatch(copies: number, tookUs: (copies: number) => number): number {
    if (copies <= 0) return 0;
    this.#copyDoneUs += tookUs(copies);
    this.#finish(copies);
    return copies;
  }

  #finish(copies: number): void {
    this.#unfinished -= copies;
    this.#finished += copies;
    this.#lastDoneUs = this.#copyDoneUs;
  }

  /** How long the copy takes that begins at this instant. */
  #copyTimeUs(atUs: number): number {
    const share = Math.min(1, this.accessBacklogUs(atUs) / this.#config.saturationUs);
    return this.#perCopyUs * (1 + this.#config.accessSlowsDelivery * share);
  }

  /** The server that is free first takes work until an instant, and sinks to its place. */
  #occupyFirst(doneUs: number): void {
    const heap = this.#freeAtUs;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && this.#freeAt(below + 1) < this.#freeAt(below)) below += 1;
      if (this.#freeAt(below) >= doneUs) break;
      heap[at] = this.#freeAt(below);
      at = below;
    }
    heap[at] = doneUs;
  }

  #freeAt(server: number): number {
    return this.#freeAtUs[server] ?? 0;
  }
}
