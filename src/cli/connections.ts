/** How many connections a run may hold at once, and whether this process may open so many files. Opens none. */

import { readFileSync } from 'node:fs';
import type { Profile } from '../profile/schema.ts';
import { authorCount } from '../storm/awaited.ts';
import { clientCount } from '../storm/clients.ts';
import type { Plan } from '../storm/plan.ts';
import { formatCount } from '../units.ts';

/** Files a process has open beside its connections: its own code, logs, pipes, threads. */
const OTHER_FILES = 200;

/** Authors of a coupled storm that may sit at their mailboxes at once: a third of the ports one address has to one server. */
const MOST_AUTHORS = 10_000;

/** Lasting sessions of those who wait to see what they answer; none in open mode. */
export function sittersOf(plan: Plan | undefined): number {
  return plan?.mode === 'coupled' ? authorCount(plan) : 0;
}

/** What is wrong where more authors would have to be watched than can be; undefined if nothing is. */
export function tooManySessions(plan: Plan): string | undefined {
  const sitters = sittersOf(plan);
  if (sitters <= MOST_AUTHORS) return undefined;
  return `coupled: ${formatCount(sitters)} authors of replies would each need a session, at most ${formatCount(MOST_AUTHORS)} may: fewer replies (replies.replyAlls), or --mode open`;
}

/** Connections a run may have open at once: journeys', watchers', clients', waiting authors', the quiescence sample's; sweeps come before and after. */
export function connectionsOf(profile: Profile, plan?: Plan): number {
  const { limits, canaries, quiescence } = profile;
  const lasting = canaries.watchers + quiescence.sample + clientCount(profile) + sittersOf(plan);
  return limits.smtpConnections + limits.imapConnections + lasting;
}

/** What is wrong where the lasting sessions alone are more than this process may have; undefined if nothing is, or nobody knows. */
export function tooFewFiles(profile: Profile, plan?: Plan, limits: string = ownLimits()): string | undefined {
  const may = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  const needed = connectionsOf(profile, plan) + OTHER_FILES;
  const lasting = clientCount(profile) + sittersOf(plan);
  if (may === undefined || lasting === 0 || needed <= Number(may)) return undefined;
  return `${clientCount(profile) === 0 ? 'coupled' : 'clients'}: ${lasting} open sessions and all else need ${needed} open files, this process may have ${may}: raise it with ulimit -n`;
}

/** Linux's own words about this process; empty elsewhere. */
function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
