/** What every journey on a worker shares: plan, clock, notebook, ledger, connections. A bundle of references, no behaviour. */

import type { LimitFunction } from 'p-limit';
import type { Sighting } from '../measure/canaries.ts';
import type { LedgerShare } from '../measure/ledger.ts';
import type { Clock } from '../measure/outcome.ts';
import type { Recorder } from '../measure/recorder.ts';
import type { ApprovedTarget } from '../profile/guard.ts';
import type { Credentials, ConnectionSettings } from '../protocol/connect.ts';
import type { ImapConnection } from '../protocol/imap/connection.ts';
import type { Recipients } from '../protocol/smtp/recipients.ts';
import type { AccountPattern } from '../storm/audience.ts';
import type { Composer } from '../storm/messages.ts';
import type { Plan, Shard } from '../storm/plan.ts';
import type { Phase } from '../words.ts';
import type { SubmitPolicy } from './submit-policy.ts';

/** How to reach the target and whom to be: plain data that crosses threads, but for the brand of the guard. */
export interface Access {
  readonly target: ApprovedTarget;
  readonly accounts: AccountPattern;
  /** The one password of all accounts. Never logged. */
  readonly password: string;
  readonly ca: string | undefined;
  readonly serverName: string | undefined;
  readonly tlsInsecure: boolean;
  /** How messages are handed in; plainly where it is not set. */
  readonly submission?: SubmitPolicy | undefined;
  /** Set: the target expands this list. Absent: we address every recipient. */
  readonly list: string | undefined;
}

/** What main has told this worker since it began. */
export interface Orders {
  /** Too many copies outstanding: replies wait. */
  held: boolean;
  /** The run is being ended: begin nothing new. */
  stopping: boolean;
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
  readonly orders: Orders;
  readonly canaries: Sighting[];
  /** Mailbox connections of journeys under way, to be cut when the run may wait no longer. */
  readonly mailboxes: Set<ImapConnection>;
  /** Caps the mailbox connections of this worker; waiting for a place is the sample's `wait`. */
  readonly mailboxPlaces: LimitFunction;
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

/** Who signs in as an address. */
export function credentialsOf(access: Access, address: string): Credentials {
  return { login: address, password: access.password };
}

/** Who signs in to hand in a message of this author: the relay account, or the author. */
export function submitterOf(access: Access, author: string): Credentials | undefined {
  // LMTP is spoken inside a site and knows no sign-in (RFC 2033).
  if (access.target.submit.protocol === 'lmtp') return undefined;
  return access.submission?.relay ?? credentialsOf(access, author);
}
