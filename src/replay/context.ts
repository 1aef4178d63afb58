/** What every journey on a worker shares: plan, clock, notebook, ledger, connections. A bundle of references, and how waits end. */

import { setMaxListeners } from 'node:events';
import type { Sighting } from '../measure/canaries.ts';
import type { CohortNotes } from '../measure/cohorts.ts';
import type { ReplyNotes } from '../measure/cascade.ts';
import type { LedgerShare } from '../measure/ledger-share.ts';
import type { MannerNotes } from '../measure/manners.ts';
import type { Clock } from '../measure/outcome.ts';
import type { PatienceShare } from '../measure/patience.ts';
import type { ReadingsShare } from '../measure/readings.ts';
import type { Recorder } from '../measure/recorder.ts';
import type { ApprovedTarget } from '../profile/guard.ts';
import type { MailApiTemplate } from '../profile/mail-api-schema.ts';
import type { ConnectionSettings } from '../protocol/connect.ts';
import type { Recipients } from '../protocol/smtp/recipients.ts';
import type { Accounts } from '../storm/audience.ts';
import type { Composer } from '../storm/messages.ts';
import type { Plan, Shard } from '../storm/plan.ts';
import type { Phase } from '../words.ts';
import type { MailClient } from './clients/client.ts';
import type { SessionPlaces } from './places.ts';
import type { Relay, SignIns } from './sign-ins.ts';
import type { SubmitPolicy } from './submit-policy.ts';
import type { TokenSource } from './tokens.ts';

/** How to reach the target and whom to be: plain data that crosses threads, but for the brand of the guard. */
export interface Access {
  readonly target: ApprovedTarget;
  readonly accounts: Accounts;
  /** How they sign in. Never logged. */
  readonly signIns: SignIns;
  /** Where tokens come from, if they are asked for. */
  readonly tokens: TokenSource | undefined;
  /** Who submits for everybody; the authors themselves unless given. */
  readonly relay: Relay | undefined;
  readonly ca: string | undefined;
  readonly serverName: string | undefined;
  readonly tlsInsecure: boolean;
  /** How messages are handed in; plainly where it is not set. */
  readonly submission?: SubmitPolicy | undefined;
  /** Set: the target expands this list. Absent: we address every recipient. */
  readonly list: string | undefined;
  /** Over JMAP: where the session is; the well-known place where none is named. */
  readonly paths?: DoorPaths | undefined;
  /** How mail is handed in or read where a door is HTTP. */
  readonly mailApi?: MailApiTemplate | undefined;
}

export interface DoorPaths {
  readonly submit: string | undefined;
  readonly mailbox: string | undefined;
}

/** What main has told this worker since it began. */
export interface Orders {
  /** Too many copies outstanding: replies wait. */
  held: boolean;
  /** The run is being ended: begin nothing new. Set by `stopAll`. */
  stopping: boolean;
  /** Aborted then, for whoever waits. */
  readonly halt: AbortController;
  /** The phase that runs now, for what is induced outside any journey. */
  phase: Phase;
}

export interface WorkerContext {
  readonly runId: string;
  readonly shard: Shard;
  readonly plan: Plan;
  readonly clock: Clock;
  readonly access: Access;
  /** Whom a message to everybody is addressed to. */
  readonly everybody: Recipients;
  readonly composer: Composer;
  readonly recorder: Recorder;
  readonly ledger: LedgerShare;
  /** How the mail system behaves beyond that. */
  readonly manners: MannerNotes;
  readonly orders: Orders;
  readonly canaries: Sighting[];
  /** What became of each message to everybody. */
  readonly replies: ReplyNotes;
  /** How often readers tried. */
  readonly patience: PatienceShare;
  /** What readers felt, by cohort. */
  readonly cohorts: CohortNotes;
  /** What people saw beside their times. */
  readonly readings: ReadingsShare;
  /** Mailbox connections of journeys under way, to be cut when the run may wait no longer. */
  readonly mailboxes: Set<MailClient>;
  /** Caps the mailbox connections of this worker, in all and a user; waiting for a place is the sample's `wait`. */
  readonly places: SessionPlaces;
  /** Told of every sign-in's end: five failures in a row stop the run (no lock-out storm). */
  readonly signedIn: (server: 'submit' | 'mailbox', ok: boolean, words: string) => void;
}

/** Settings for one mailbox connection; a person waits `patienceUs` for any one answer. */
export function mailboxSettings(access: Access, clock: Clock, patienceUs: number): ConnectionSettings {
  return {
    endpoint: access.target.mailbox,
    clock,
    ca: access.ca,
    serverName: access.serverName,
    tlsInsecure: access.tlsInsecure,
    deadlines: { openUs: patienceUs, commandUs: patienceUs },
  };
}

/** Settings for one submission connection, with the deadlines of RFC 5321 §4.5.3.2 unless others were asked for. */
export function submitSettings(access: Access, clock: Clock): ConnectionSettings {
  return {
    endpoint: access.target.submit,
    clock,
    ca: access.ca,
    serverName: access.serverName,
    tlsInsecure: access.tlsInsecure,
    deadlines: access.submission?.deadlines,
  };
}

/** Orders before anything was told. */
export function firstOrders(): Orders {
  const halt = new AbortController();
  // Whoever thinks between two clicks listens: as many as there are journeys under way.
  setMaxListeners(0, halt.signal);
  return { held: false, stopping: false, halt, phase: 'baseline' };
}

/** The run is being ended: nothing new begins, and nobody waits for the time to pass. */
export function stopAll(orders: Orders): void {
  orders.stopping = true;
  orders.halt.abort();
}

/** Waits as people do, at most until the run is being ended. */
export function pause({ halt: { signal } }: Orders, pauseUs: number): Promise<void> {
  return waitUnless(signal, pauseUs / 1_000);
}

/** Waits, at most until the signal is aborted. */
export function waitUnless(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
