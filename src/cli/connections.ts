/** How many connections a run may hold at once, and whether this process may open so many files. Opens none. */

import { readFileSync } from 'node:fs';
import type { Profile } from '../profile/schema.ts';
import { clientCount } from '../storm/clients.ts';

/** Files a process has open beside its connections: its own code, logs, pipes, threads. */
const OTHER_FILES = 200;

/** Connections a run may have open at once: journeys', watchers', clients', the quiescence sample's; sweeps come before and after. */
export function connectionsOf(profile: Profile): number {
  const { limits, canaries, quiescence } = profile;
  const lasting = canaries.watchers + quiescence.sample + clientCount(profile);
  return limits.smtpConnections + limits.imapConnections + lasting;
}

/** What is wrong where the lasting sessions alone are more than this process may have; undefined if nothing is, or nobody knows. */
export function tooFewFiles(profile: Profile, limits: string = ownLimits()): string | undefined {
  const may = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  const needed = connectionsOf(profile) + OTHER_FILES;
  if (may === undefined || clientCount(profile) === 0 || needed <= Number(may)) return undefined;
  return `clients: ${clientCount(profile)} open sessions and all else need ${needed} open files, this process may have ${may}: raise it with ulimit -n`;
}

/** Linux's own words about this process; empty elsewhere. */
function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
