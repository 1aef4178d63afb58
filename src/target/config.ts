/** What the embedded target is told before it starts, and what it answers. Plain data that crosses a process border. */

import type { CapacityConfig } from '../capacity/config.ts';
import type { MischiefConfig } from './mischief.ts';
import type { TargetSwitches } from './switches.ts';

export interface TargetConfig {
  /** The address to listen on; a loopback address, the target is not fit for anything else. */
  readonly host: string;
  /** The name the servers greet with, for example `lab.test`. */
  readonly domain: string;
  /** Every mailbox, by its address. Sign-in takes the whole address. */
  readonly accounts: readonly string[];
  /** One password for all. */
  readonly password: string;
  /** The distribution list's address. */
  readonly list?: string;
  /** Who the list expands to; every account unless given. Members must be accounts. */
  readonly listMembers?: readonly string[];
  /** Authors get their own message back from the list; they do unless this is false. */
  readonly listEcho?: boolean;
  /** Members of the list that have no mailbox: what is for them comes back (RFC 3464). */
  readonly deadMembers?: readonly string[];
  /** Whose owner is away, and how many days pass before the same sender is answered again (RFC 5230 §4.1). */
  readonly outOfOffice?: { readonly accounts: readonly string[]; readonly days: number };
  readonly capacity: CapacityConfig;
  /** STARTTLS on both ports and two more ports with TLS from the first byte, by a certificate made on the spot. */
  readonly tls: boolean;
  /** 0 takes any free port. */
  readonly smtpPort: number;
  /** 0 takes any free port. */
  readonly imapPort: number;
  /** JMAP over HTTP, or over HTTPS with `tls`; 0 takes any free port, absent leaves it closed. */
  readonly jmapPort?: number;
  /** Answers GET / with the copies still owed, over HTTP; 0 takes any free port, absent leaves it closed. */
  readonly probePort?: number;
  readonly switches: TargetSwitches;
  /** What to do wrong on purpose, by chance; absent: nothing. */
  readonly mischief?: MischiefConfig;
}

/** Where a started target listens, and whom to trust. */
export interface TargetPorts {
  readonly submitPort: number;
  readonly submitsPort?: number;
  readonly imapPort: number;
  readonly imapsPort?: number;
  readonly jmapPort?: number;
  readonly probePort?: number;
  /** PEM of the certificate authority, when `tls` was asked for. */
  readonly ca?: string;
}

/** What the parent says to the target's process. */
export type ToTarget =
  | { readonly type: 'start'; readonly config: TargetConfig }
  | { readonly type: 'queue'; readonly id: number }
  | { readonly type: 'stop' };

/** What the target's process says to its parent. */
export type FromTarget =
  | ({ readonly type: 'ready' } & TargetPorts)
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'queue'; readonly id: number; readonly owed: number };
