/** The RunRecord: everything a run leaves in record.json. Types only; empty figures are null, never 0. */

import type { CohortFelt, CohortFigures } from '../measure/cohorts.ts';
import type { CascadeFigures } from '../measure/cascade.ts';
import type { HealthPoint, HealthWorst } from '../measure/health.ts';
import type { QuotaFigures } from '../measure/ledger-quota.ts';
import type { MannerFigure } from '../measure/manners.ts';
import type { NoticeCause } from '../measure/notices.ts';
import type { PhasePatience } from '../measure/patience.ts';
import type { ReadingFigures } from '../measure/reading-figures.ts';
import type { Refusal } from '../measure/refusals.ts';
import type { Summary } from '../measure/tally.ts';
import type { AftermathFigures } from '../verdict/aftermath.ts';
import type { Finding } from '../verdict/finding.ts';
import type { RecoveryFigures } from '../verdict/recovery.ts';
import type { SecondDip } from '../verdict/second-dip.ts';
import type { VerdictStatus } from '../verdict/verdict.ts';
import type { Doors, DropReason, OperationName, Phase } from '../words.ts';
import type { RecordedQuestion } from './questions/answers.ts';

/** Additive within a version: readers may rely on every field of their version. */
export const SCHEMA_VERSION = 1;

/** Times of one clock in microseconds; a percentile is null below 10/(1−p) samples. */
export type RecordedSummary = Summary;

export interface RecordedOperation {
  readonly operation: OperationName;
  readonly phase: Phase;
  readonly planned: number;
  readonly ok: number;
  readonly rejected: number;
  readonly unknown: number;
  readonly dropped: number;
  readonly droppedBy: Readonly<Record<DropReason, number>>;
  /** Of planned: not listed by the plan but made by what the server did. */
  readonly induced: number;
  /** Of rejected: as the profile expects of the target's guard, so no errors; absent where there were none. */
  readonly expected?: number;
  readonly responseUs: RecordedSummary;
  readonly responseOkUs: RecordedSummary;
  readonly serviceUs: RecordedSummary;
  readonly waitUs: RecordedSummary;
  readonly lagUs: RecordedSummary;
}

/** One kind of refusal of one operation, with how often and one example of the words. */
export type RecordedRefusal = Refusal;

/** What became of the replies: how many were sent, starved, pruned, and how long they took to be seen. */
export type RecordedCascade = CascadeFigures;

export interface RecordedLedger {
  readonly messages: number;
  readonly listMessages: number;
  readonly copiesPlanned: number;
  readonly copiesAccepted: number;
  readonly copiesSeen: number;
  readonly present: number;
  readonly trashed: number;
  readonly junked: number;
  readonly expungedAsAsked: number;
  readonly takenByStrategy: number;
  readonly goneUnasked: number;
  readonly bounced: number;
  readonly overdue: number;
  readonly lost: number;
  readonly unknown: number;
  /** Of copiesAccepted: submissions whose answer never came, and whose copy was found or came back. */
  readonly unknownResolved: number;
  readonly duplicated: number;
  readonly misdelivered: number;
  readonly foreign: number;
  /** Ours, in all folders, at the end. */
  readonly copiesRemaining: number;
  readonly takenTrashed: number;
  readonly takenExpunged: number;
  /** Set where the storm was too large for the ledger's memory: every figure here is of so many mailboxes alone. */
  readonly sample: { readonly mailboxes: number; readonly of: number } | null;
  /** Mail that a full mailbox kept out: at submission, and told by a notice later; the clinical messages of both. */
  readonly overQuota: QuotaFigures;
  /** Bounces, delays and auto-replies that came back, by cause. */
  readonly notices: readonly NoticeCause[];
  /** Mail that may have been such a notice and was not read. */
  readonly untraced: number;
  /** The first hundred copies of each kind, by Message-ID number and mailbox. */
  readonly named: Readonly<Record<string, readonly { readonly number: number; readonly mailbox: number }[]>>;
}

/** One kind of misbehaviour: how often, out of how many that were looked at (0: nobody could look), and the first few. */
export type RecordedManner = MannerFigure;

export interface RecordedCanaries {
  readonly sent: number;
  readonly seen: number;
  readonly late: number;
  readonly lost: number;
  /** The first few that nobody saw, by Message-ID number; absent in older records. */
  readonly unaccounted?: readonly { readonly number: number; readonly fate: 'refused' | 'unseen' | 'lost' }[];
  readonly byPhase: readonly {
    readonly phase: Phase;
    readonly sent: number;
    readonly seen: number;
    readonly late: number;
    readonly lost: number;
    readonly visibleUs: RecordedSummary;
  }[];
}

/** What one cohort felt in one phase, or in all of them. `reads` are `journey.read` that began, `ended` however. */
export type RecordedCohortFelt = CohortFelt;

/** One cohort of the profile, in its order. */
export type RecordedCohort = CohortFigures;

/** One interval of the timeline, for pictures. Figures below their floor of samples are null. */
export interface TimelinePoint {
  readonly startUs: number;
  readonly lengthUs: number;
  readonly copiesAccepted: number;
  readonly signInP50Us: number | null;
  readonly signInMaxUs: number | null;
  readonly canaryP50Us: number | null;
  readonly canaryMaxUs: number | null;
  /** Copies or messages the target owed, as its probe said; null without one. */
  readonly owed: number | null;
}

/** One gauge, from the baseline's zero; null where it did not answer. At most 900 points, neighbours' largest where there were more. */
export interface RecordedProbe {
  readonly name: string;
  readonly unit: string | null;
  readonly points: readonly { readonly atUs: number; readonly value: number | null }[];
}

/** A warning: what was seen, why it matters, what to try. */
export interface Warning {
  readonly seen: string;
  readonly matters: string;
  readonly attempt: string;
}

/** The model behind a simulated record, and what it says beyond a run's figures. */
export interface RecordedSimulation {
  readonly system: {
    readonly deliveriesPerSecond: number;
    readonly accessServers: number;
    /** With nothing else to do. */
    readonly signInsPerSecond: number;
    readonly discipline: 'fifo' | 'singlesFirst';
    readonly mailboxLock: boolean;
    /** Null: no such limit. */
    readonly maxSessions: number | null;
    readonly maxOwedCopies: number | null;
    /** Connections that people share as in a run; null: everybody has their own. Absent in older records. */
    readonly submissionConnections?: number | null;
    readonly mailboxConnections?: number | null;
  };
  readonly copiesAccepted: number;
  /** Messages to everybody, the blast included. */
  readonly toAll: {
    readonly accepted: number;
    readonly refused: Readonly<Record<string, number>>;
    /** Never written, since what they answer never came. */
    readonly pruned: number;
  };
  /** Storm time after the blast at which a thread guard began to refuse; null without one, or if it never did. */
  readonly guardFromUs: number | null;
  readonly owedPeak: number;
  readonly owedAtStormEnd: number;
  /** Sent until in the mailbox, by the phase it was sent in, whether somebody still waited or not. */
  readonly canaryDelays: readonly {
    readonly phase: Phase;
    readonly count: number;
    readonly p50Us: number | null;
    readonly p90Us: number | null;
    readonly maxUs: number | null;
  }[];
  /** Clicks simulated as one piece of work; 1: each by itself. */
  readonly clicksInARow: number;
  /** Messages and sessions that waited for one of the shared connections. Absent in older records. */
  readonly waitedForConnection?: number;
  readonly cannotKnow: readonly string[];
}

/** What the storm's messages came to: copies, and mail that nobody wrote. Null where nobody read the mailboxes. */
export interface RecordedAmplification {
  /** Whom a message to everybody was meant for: the mailboxes, and members of the list whose mailbox is gone. */
  readonly intendedRecipients: number;
  /** Messages of the plan that the mail system took. */
  readonly messages: number;
  /** Copies of them that it took, each once however many its path makes. */
  readonly copies: number;
  /**
   * Found a second time where replies go to the list and to whom they answer, by the census or before a delete; no part
   * of `copies`. Null also where a delete took one copy and nobody had seen whether there were two.
   */
  readonly secondCopies: number | null;
  /** Auto-replies and bounces found (a message that tells of a delay is one of these), receipts that the mail system took. */
  readonly autoReplies: number | null;
  readonly bounces: number | null;
  readonly receipts: number;
  /** Messages to everybody that take one back and that the mail system took. */
  readonly recalls: number;
  /** The mailbox that got most of what nobody wrote, beside its copies: how much, by kind. */
  readonly hottest: {
    readonly autoReplies: number;
    readonly bounces: number;
    readonly receipts: number;
  } | null;
  /** Delivered for each message of the plan: copies and what nobody wrote. */
  readonly deliveredPerMessage: number | null;
}

/** Something that happened, from the baseline's zero; phases stand in `phases`. */
export interface RecordedEvent {
  readonly atUs: number;
  readonly event: string;
  readonly detail?: string;
}

/** How many messages to everybody were meant to leave in each of even stretches (real time) from the storm's zero. */
export interface StormShape {
  readonly stretchUs: number;
  readonly messages: readonly number[];
}

export interface RunRecord {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly tool: { readonly name: string; readonly version: string };
  readonly runId: string;
  /** True: a model's prediction; no mail system was asked. */
  readonly simulated: boolean;
  /** What only a simulation knows; absent for a run. */
  readonly simulation?: RecordedSimulation;
  readonly startedAt: string;
  readonly machine: { readonly node: string; readonly platform: string; readonly cores: number };
  readonly profile: {
    readonly name: string;
    readonly title: string;
    readonly why: string;
    readonly populationMailboxes: number;
    readonly replyAllsLow: number;
    readonly replyAllsHigh: number;
    readonly replyAllsChosen: number;
    readonly canaryDeadlineUs: number;
  };
  readonly plan: {
    readonly seed: number;
    readonly digest: string;
    readonly mailboxes: number;
    readonly speed: number;
    readonly messages: number;
    readonly listMessages: number;
    /** Of them: messages that take one back. Absent where there are none. */
    readonly recalls?: number;
    readonly copies: number;
    readonly bytes: number;
    readonly peakCopiesPerSecond: number;
    readonly durationUs: number;
    readonly workers: number;
  } | null;
  readonly target: {
    readonly kind: 'embedded' | 'named';
    readonly submit: string;
    /** The door for mail from outside; null where there was none. */
    readonly inbound: string | null;
    readonly mailbox: string;
    readonly fanOut: 'list' | 'generator';
    readonly tls: string;
    readonly tlsVerified: boolean | null;
  } | null;
  /** How people reached the mail system; absent where nothing was planned, and in older records: SMTP and IMAP. */
  readonly doors?: Doors;
  /** The command line that does it again; words in capitals stand for secrets and names. Absent in older records. */
  readonly command?: string;
  /** What happened when, in order of time; absent in older records, and where nothing ran. */
  readonly events?: readonly RecordedEvent[];
  /** The storm as it was meant, for pictures; absent as `events` are. */
  readonly stormShape?: StormShape;
  readonly phases: readonly { readonly name: Phase; readonly startUs: number; readonly endUs: number }[];
  readonly drain: {
    /** After the storm's end until the target owed nothing; null if that was not seen. */
    readonly drainedUs: number | null;
    readonly quiescent: boolean;
    /** Copies still owed when the run ended; null if nobody could tell. */
    readonly owedAtEnd: number | null;
    /** Offered copies/s over the drain rate seen; null where no backlog was seen to drain. */
    readonly pressure: number | null;
    /** The real storm's, from the profile: offered copies/s of its own size and duration. */
    readonly profileOfferedPerSecond: number;
  };
  /** How the generator itself fared, in intervals as the timeline's; null where no load was run. */
  readonly generator: { readonly health: readonly HealthPoint[]; readonly worst: HealthWorst } | null;
  readonly operations: readonly RecordedOperation[];
  readonly ledger: RecordedLedger | null;
  /** Absent in records from before it was counted; null where no load was run. */
  readonly amplification?: RecordedAmplification | null;
  /** How the mail system behaved beyond that; null without a census, absent from records older than it. */
  readonly manners?: readonly RecordedManner[] | null;
  readonly canaries: RecordedCanaries | null;
  /** What each cohort felt; null where the profile names none, where not all workers told, and in a simulation. */
  readonly cohorts: readonly RecordedCohort[] | null;
  /** What became of the replies; null where not all workers told. */
  readonly cascade: RecordedCascade | null;
  /** How often people tried before they could read, by phase; null where not all workers told. */
  readonly patience: readonly PhasePatience[] | null;
  /** What the census itself cost, in none of the other figures; null where none was taken. */
  readonly census: {
    readonly mailboxes: number;
    readonly unread: number;
    readonly messages: number;
    readonly passes: number;
    readonly tookUs: number;
    readonly bytes: number;
  } | null;
  /** What people saw beside their times; absent where no load was run, not all workers told, or a record is older. */
  readonly readings?: ReadingFigures;
  /** When it was over; absent as `readings` are. */
  readonly recovery?: RecoveryFigures & { readonly secondDip: SecondDip };
  /** What it cost; absent as `readings` are. */
  readonly aftermath?: AftermathFigures;
  /** The replies as they were drawn, recalls left out; absent as `readings` are. */
  readonly replies?: { readonly drawn: number; readonly toReplies: number; readonly deepest: number };
  /** The operator's own gauges; absent where there were none. */
  readonly probes?: readonly RecordedProbe[];
  /** The questions of that day, by number, with answers or reasons; absent in older records. */
  readonly questions?: readonly RecordedQuestion[];
  readonly timeline: readonly TimelinePoint[];
  readonly errors: readonly { readonly text: string; readonly count: number }[];
  /** By operation and code, most frequent first; bounded, the rest of an operation under the code `other`. */
  readonly refusals: readonly RecordedRefusal[];
  readonly warnings: readonly Warning[];
  readonly verdict: { readonly status: VerdictStatus; readonly findings: readonly Finding[] };
  readonly exit: { readonly code: number; readonly reason: string };
}
