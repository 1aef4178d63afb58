/** The load threads of a run: started together, told the phases, listened to, ended. It judges nothing. */

import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Sighting } from '../measure/canaries.ts';
import type { CohortReads } from '../measure/cohorts.ts';
import type { ReplyNotes } from '../measure/cascade.ts';
import type { HealthReading } from '../measure/health.ts';
import { emptyShare, mergeNotes, type LedgerShape, type LedgerShare } from '../measure/ledger-share.ts';
import { emptyManners, mergeManners, type MannerNotes } from '../measure/manners.ts';
import { mergePatience, type PatienceShare } from '../measure/patience.ts';
import { emptyReadings, mergeReadings, type ReadingsShare } from '../measure/readings.ts';
import type { TallyDelta } from '../measure/recorder.ts';
import { addDigest, emptyDigest, type DigestSum } from '../storm/digest.ts';
import type { FromWorker, ToWorker, WorkerProgress, WorkerStart } from './messages.ts';
import type { TokenAnswer } from './tokens.ts';

/** A worker that has not answered by then (loading, planning, opening its watchers) never will. */
const READY_LIMIT_MS = 120_000;

/** What one client's session may take to open, beyond that: thousands of them are opened a few at a time. */
const READY_PER_CLIENT_MS = 50;

/** What the pool tells while it runs. */
export interface PoolEvents {
  readonly delta: (
    worker: number,
    delta: TallyDelta,
    atUs: number,
    health: HealthReading | undefined,
  ) => void;
  /** Five sign-ins in a row failed on one worker. */
  readonly locked: (words: string) => void;
  /** A worker needs a token of an account. */
  readonly token: (mailbox: number, refused: string | undefined) => Promise<TokenAnswer>;
  /** A worker ended without its report. */
  readonly lost: (worker: number, reason: string) => void;
}

/** What all workers left, added up. */
export interface PoolReport {
  readonly share: LedgerShare;
  readonly manners: MannerNotes;
  readonly canaries: readonly Sighting[];
  readonly patience: PatienceShare;
  readonly reads: readonly CohortReads[];
  readonly replies: ReplyNotes;
  readonly readings: ReadingsShare;
  readonly heard: number;
}

/** One set of workers, one a shard. */
export class Pool {
  readonly #workers: Worker[] = [];
  readonly #events: PoolEvents;
  /** By worker; one that has not told its standing yet has none. */
  readonly #progress = new Map<number, WorkerProgress>();
  readonly #share: LedgerShare;
  readonly #manners: MannerNotes;
  readonly #canaries: Sighting[] = [];
  readonly #patience: PatienceShare = new Map();
  readonly #reads: CohortReads[] = [];
  readonly #replies: ReplyNotes = new Map();
  readonly #readings = emptyReadings();
  readonly #ended: Promise<void>[] = [];
  readonly digest: DigestSum = emptyDigest();
  #heard = 0;

  constructor(shape: LedgerShape, events: PoolEvents) {
    this.#share = emptyShare(shape);
    this.#manners = emptyManners(shape.mailboxes);
    this.#events = events;
  }

  /** Starts the workers; a text says why one of them could not. `clients`: sessions that all of them open first. */
  async start(
    count: number,
    startOf: (shard: { index: number; count: number }) => Omit<WorkerStart, 'matrices'>,
    clients: number,
  ): Promise<string | undefined> {
    const ready = Array.from({ length: count }, (_, index) =>
      this.#startOne(index, startOf({ index, count }), READY_LIMIT_MS + clients * READY_PER_CLIENT_MS),
    );
    const failures = (await Promise.all(ready)).filter((failure) => failure !== undefined);
    return failures[0];
  }

  tell(order: ToWorker): void {
    for (const worker of this.#workers) worker.postMessage(order);
  }

  /** All workers' standing added up. */
  progress(): WorkerProgress {
    const sum = { inFlight: 0, canariesWaiting: 0, copiesAccepted: 0, repliesUnderWay: 0 };
    for (const one of this.#progress.values()) {
      sum.inFlight += one.inFlight;
      sum.canariesWaiting += one.canariesWaiting;
      sum.copiesAccepted += one.copiesAccepted;
      sum.repliesUnderWay += one.repliesUnderWay;
    }
    return sum;
  }

  /** Waits until every worker has reported or is gone, at most `limitMs` beyond which they are ended. */
  async report(limitMs: number): Promise<PoolReport> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([Promise.all(this.#ended), limit]);
    clearTimeout(timer);
    await this.destroy();
    return {
      share: this.#share,
      manners: this.#manners,
      canaries: this.#canaries,
      patience: this.#patience,
      reads: this.#reads,
      replies: this.#replies,
      readings: this.#readings,
      heard: this.#heard,
    };
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #startOne(
    index: number,
    start: Omit<WorkerStart, 'matrices'>,
    limitMs: number,
  ): Promise<string | undefined> {
    const { shape, accepted, unknown, seen, asked } = this.#share;
    const workerData: WorkerStart = { ...start, matrices: { shape, accepted, unknown, seen, asked } };
    const worker = new Worker(entryPoint(), { workerData });
    this.#workers.push(worker);
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => resolve(`worker ${index} did not get ready within ${limitMs / 1_000} s`),
        limitMs,
      );
      const ready = (failure: string | undefined): void => {
        clearTimeout(timer);
        resolve(failure);
      };
      let reported = false;
      const ended = new Promise<void>((end) => {
        worker.on('message', (message: FromWorker) => {
          if (message.type === 'done') reported = true;
          this.#hear(index, message, ready);
        });
        worker.on('error', (error) => {
          ready(`worker ${index}: ${error.message}`);
          this.#events.lost(index, error.stack ?? error.message);
        });
        worker.on('exit', () => {
          ready(`worker ${index} ended before it was ready`);
          if (!reported) this.#events.lost(index, `worker ${index} ended without its report`);
          end();
        });
      });
      this.#ended.push(ended);
    });
  }

  #hear(index: number, message: FromWorker, ready: (failure: string | undefined) => void): void {
    switch (message.type) {
      case 'ready':
        addDigest(this.digest, message.digest);
        return ready(undefined);
      case 'failed':
        ready(message.reason);
        // It may hold sessions open that would keep its thread alive.
        void this.#workers[index]?.terminate();
        return this.#events.lost(index, message.reason);
      case 'delta':
        return this.#events.delta(index, message.delta, message.atUs, message.health);
      case 'progress':
        this.#progress.set(index, message.progress);
        return undefined;
      case 'token':
        void this.#events.token(message.mailbox, message.refused).then((answer) => {
          this.#workers[index]?.postMessage({ type: 'token', mailbox: message.mailbox, answer });
        });
        return undefined;
      case 'locked':
        return this.#events.locked(message.words);
      case 'done':
        mergeNotes(this.#share, message.notes);
        mergeManners(this.#manners, message.manners);
        mergePatience(this.#patience, message.patience);
        // At most one a cohort, phase and worker.
        this.#reads.push(...message.reads);
        mergeReadings(this.#readings, message.readings);
        for (const canary of message.canaries) this.#canaries.push(canary);
        for (const [number, note] of message.replies) this.#replies.set(number, note);
        this.#heard += 1;
        return undefined;
    }
  }
}

/** From dist, the file beside this one; run from source (tests do), the built file: workers never run through a loader. */
function entryPoint(): string {
  const fromSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(fromSource ? '../../dist/replay/worker.js' : './worker.js', import.meta.url));
}
