/** Sessions that stand open beside the journeys: who polls, who waits in IDLE, who is pushed to. Pure; nothing here connects. */

import type { Profile } from '../profile/schema.ts';
import { drawMailboxes } from './audience.ts';

/** `poll` looks at intervals; `idle` waits in IDLE (RFC 2177); `push` asks for NOTIFY (RFC 5465), and idles where it is not offered. */
export const CLIENT_KINDS = ['poll', 'idle', 'push'] as const;

export type ClientKind = (typeof CLIENT_KINDS)[number];

export interface StandingClient {
  readonly kind: ClientKind;
  /** Whose session it is. */
  readonly mailbox: number;
  /** Real time between two looks of a `poll`, in microseconds. */
  readonly everyUs: number;
  /** Part of `everyUs` that passes before the first look: clients do not look in step. */
  readonly firstUs: number;
}

/** The sessions of a profile, spread evenly over mailboxes in an order drawn from the seed. */
export function drawClients(profile: Profile, seed: number, mailboxes: number): readonly StandingClient[] {
  const clients: StandingClient[] = [];
  for (const kind of CLIENT_KINDS) {
    const block = profile.clients?.[kind];
    if (block === undefined) continue;
    const { sessions } = block;
    const everyUs = 'every' in block ? block.every : 0;
    const people = drawMailboxes(seed, `clients.${kind}`, sessions, mailboxes);
    for (let index = 0; index < sessions; index += 1) {
      const mailbox = people[index % people.length] as number;
      clients.push({ kind, mailbox, everyUs, firstUs: Math.floor((everyUs * index) / sessions) });
    }
  }
  return clients;
}

/** How many sessions a profile keeps open. */
export function clientCount(profile: Pick<Profile, 'clients'>): number {
  return CLIENT_KINDS.reduce((sum, kind) => sum + (profile.clients?.[kind]?.sessions ?? 0), 0);
}
