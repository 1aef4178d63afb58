/** What main and its workers say to each other. Plain data, no secrets beyond those of signing in, no behaviour. */

import type { Sighting } from '../measure/canaries.ts';
import type { CohortReads } from '../measure/cohorts.ts';
import type { ReplyNotes } from '../measure/cascade.ts';
import type { HealthReading } from '../measure/health.ts';
import type { LedgerMatrices, LedgerNotes } from '../measure/ledger-share.ts';
import type { MannerNotes } from '../measure/manners.ts';
import type { PatienceShare } from '../measure/patience.ts';
import type { ReadingsShare } from '../measure/readings.ts';
import type { TallyDelta } from '../measure/recorder.ts';
import type { TargetRequest } from '../profile/guard.ts';
import type { MailApiTemplate } from '../profile/mail-api-schema.ts';
import type { ReplyMode } from '../profile/storm-schema.ts';
import type { Accounts } from '../storm/audience.ts';
import type { DigestSum } from '../storm/digest.ts';
import type { Shard } from '../storm/plan.ts';
import type { Doors, Phase } from '../words.ts';
import type { DoorPaths } from './context.ts';
import type { Relay, SignIns } from './sign-ins.ts';
import type { SubmitPolicy } from './submit-policy.ts';
import type { TokenAnswer } from './tokens.ts';

/** Everything a worker needs to re-plan its own share and run it. */
export interface WorkerStart {
  readonly runId: string;
  /** The profile's own text: each worker reads it for itself. */
  readonly profileText: string;
  readonly seed: number;
  readonly mailboxes: number;
  readonly speed: number;
  readonly mode: ReplyMode;
  readonly doors: Doors;
  readonly shard: Shard;
  /** Zero of the plan on the machine's monotonic clock, in microseconds. */
  readonly zeroUs: number;
  readonly startedAtMs: number;
  /** Judged again by the worker's own guard. */
  readonly request: TargetRequest;
  readonly accounts: Accounts;
  readonly signIns: SignIns;
  readonly relay: Relay | undefined;
  /** Set where accounts sign in by tokens, which main fetches. */
  readonly tokenLifetimeUs: number | undefined;
  readonly ca: string | undefined;
  readonly serverName: string | undefined;
  readonly tlsInsecure: boolean;
  readonly submission?: SubmitPolicy | undefined;
  readonly list: string | undefined;
  readonly paths?: DoorPaths | undefined;
  readonly mailApi?: MailApiTemplate | undefined;
  /** To address in To headers where no list expands. */
  readonly listName: string;
  readonly provisioned: string | undefined;
  /** Workers look at the clock without pause. */
  readonly spin: boolean;
  /** Memory that all workers write, each its own bits. */
  readonly matrices: LedgerMatrices;
}

export type ToWorker =
  | { readonly type: 'phase'; readonly phase: Phase; readonly zeroUs: number }
  /** The drain will last at least until this offset after its zero. */
  | { readonly type: 'grant'; readonly phase: Phase; readonly offsetUs: number }
  /** The drain ends at this offset after its zero. */
  | { readonly type: 'cut'; readonly phase: Phase; readonly offsetUs: number }
  | { readonly type: 'hold'; readonly held: boolean }
  /** A token that the worker asked for. */
  | { readonly type: 'token'; readonly mailbox: number; readonly answer: TokenAnswer }
  /** Begin nothing new; let what is under way end within the grace, then report. */
  | { readonly type: 'finish'; readonly stopping: boolean; readonly graceMs: number };

/** How a worker stands, for the console and for quiescence. */
export interface WorkerProgress {
  readonly inFlight: number;
  readonly canariesWaiting: number;
  /** Copies of messages to everybody that the target took so far. */
  readonly copiesAccepted: number;
  /** Messages to the list not yet answered for. */
  readonly repliesUnderWay: number;
}

export type FromWorker =
  | { readonly type: 'ready'; readonly digest: DigestSum }
  | { readonly type: 'failed'; readonly reason: string }
  | {
      readonly type: 'delta';
      readonly delta: TallyDelta;
      /** Of the time since the last notebook; undefined outside the load. */
      readonly health: HealthReading | undefined;
      readonly atUs: number;
    }
  | { readonly type: 'progress'; readonly progress: WorkerProgress }
  /** Asks for a token of an account; `refused`: the last one, which no longer serves. */
  | { readonly type: 'token'; readonly mailbox: number; readonly refused: string | undefined }
  | { readonly type: 'locked'; readonly words: string }
  | {
      readonly type: 'done';
      /** What this worker kept for itself; the rest lies in the shared matrices. */
      readonly notes: LedgerNotes;
      readonly manners: MannerNotes;
      readonly canaries: readonly Sighting[];
      readonly patience: PatienceShare;
      readonly reads: readonly CohortReads[];
      readonly replies: ReplyNotes;
      readonly readings: ReadingsShare;
    };
