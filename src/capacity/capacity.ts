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
  readonly #freeAtUs: Float64Array;
  #nowUs = Number.NEGATIVE_INFINITY;
  /** The server that is free first; the earliest start any newcomer can have. */
  #firstFree = 0;
  #copyDoneUs = 0;
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
   */
  access(nowUs: number, kind: AccessKind, messages: number): number {
    const now = this.#advance(nowUs);
    const { fixedUs, perMessageUs } = this.#config.service[kind];
    const share = Math.min(1, this.deliveryBacklogUs() / this.#config.saturationUs);
    const serviceUs = (fixedUs + perMessageUs * messages) * (1 + this.#config.deliverySlowsAccess * share);
    const doneUs = Math.max(now, this.#freeAt(this.#firstFree)) + serviceUs;
    if (serviceUs > 0) {
      this.#freeAtUs[this.#firstFree] = doneUs;
      this.#firstFree = this.#findFirstFree();
    }
    return doneUs;
  }

  /** Queues copies for delivery, behind all that are queued already. */
  enqueue(nowUs: number, copies: number): void {
    const now = this.#advance(nowUs);
    if (copies <= 0) return;
    if (this.#unfinished === 0) this.#copyDoneUs = now + this.#copyTimeUs(now);
    this.#unfinished += copies;
  }

  /** Hands over the copies whose delivery is done by now and that were not handed over before: how many. */
  deliver(nowUs: number): number {
    this.#advance(nowUs);
    const done = this.#finished;
    this.#finished = 0;
    return done;
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
    return Math.max(0, this.#freeAt(this.#firstFree) - nowUs);
  }

  #advance(nowUs: number): number {
    if (nowUs > this.#nowUs) this.#nowUs = nowUs;
    const now = this.#nowUs;
    while (this.#unfinished > 0 && this.#copyDoneUs <= now) {
      this.#finish(1);
      if (this.#unfinished === 0) break;
      // Once the access pool has room it keeps it until someone asks, so the rest goes at the plain rate at once.
      if (this.accessBacklogUs(this.#copyDoneUs) === 0) {
        const whole = Math.floor((now - this.#copyDoneUs) / this.#perCopyUs);
        const batch = Math.min(this.#unfinished - 1, whole);
        this.#finish(batch);
        this.#copyDoneUs += batch * this.#perCopyUs;
      }
      this.#copyDoneUs += this.#copyTimeUs(this.#copyDoneUs);
    }
    return now;
  }

  #finish(copies: number): void {
    this.#unfinished -= copies;
    this.#finished += copies;
  }

  /** How long the copy takes that begins at this instant. */
  #copyTimeUs(atUs: number): number {
    const share = Math.min(1, this.accessBacklogUs(atUs) / this.#config.saturationUs);
    return this.#perCopyUs * (1 + this.#config.accessSlowsDelivery * share);
  }

  #findFirstFree(): number {
    let first = 0;
    for (let server = 1; server < this.#freeAtUs.length; server += 1) {
      if (this.#freeAt(server) < this.#freeAt(first)) first = server;
    }
    return first;
  }

  #freeAt(server: number): number {
    return this.#freeAtUs[server] ?? 0;
  }
}
