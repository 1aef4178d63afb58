/** Who is who: personas onto mailboxes, mailboxes onto shards and addresses. Pure arithmetic. */

import { mix32, randomStream } from '../random.ts';

/** The mailbox that stands for a person of the full population. */
export function mailboxOfPersona(persona: number, seed: number, mailboxes: number): number {
  return mix32(persona + mix32(seed)) % mailboxes;
}

/** The shard that owns a mailbox: its reader, its watcher, its deleter and what it sends. */
export function shardOfMailbox(mailbox: number, shards: number): number {
  return mix32(mailbox + 0x5bd1e995) % shards;
}

/** `user{n}@lab.test` and a first number -> the address of mailbox 0, 1, ... */
export interface AccountPattern {
  readonly pattern: string;
  readonly first: number;
}

/** Addresses one by one, mailbox 0 first. */
export interface AccountList {
  readonly addresses: readonly string[];
}

export type Accounts = AccountPattern | AccountList;

/** The address of a mailbox. */
export function addressOf(accounts: Accounts, mailbox: number): string {
  if ('addresses' in accounts) {
    const address = accounts.addresses[mailbox];
    if (address === undefined) throw new RangeError(`mailbox ${mailbox} has no address`);
    return address;
  }
  return accounts.pattern.replace('{n}', String(accounts.first + mailbox));
}

/** Whoever writes from outside writes from here: a name that nobody can own (RFC 2606 §3), so that no bounce leaves. */
const OUTSIDE_DOMAIN = 'outside.example';

/** The address of somebody outside. */
export function outsideAddress(sender: number): string {
  return `sender${sender}@${OUTSIDE_DOMAIN}`;
}

/** The domains of all accounts, in lower case, each once. */
export function domainsOf(accounts: Accounts): readonly string[] {
  const addresses = 'addresses' in accounts ? accounts.addresses : [accounts.pattern];
  return [...new Set(addresses.map((address) => address.slice(address.lastIndexOf('@') + 1).toLowerCase()))];
}

/** `count` distinct mailboxes drawn from the audience, in ascending order. */
export function drawMailboxes(
  seed: number,
  label: string,
  count: number,
  mailboxes: number,
): readonly number[] {
  const wanted = Math.min(count, mailboxes);
  const stream = randomStream(seed, label, 0);
  // One mark a mailbox: sorted as it stands, and a tenth of what a set of numbers would take.
  const marks = new Uint8Array(mailboxes);
  // Floyd's sampling: `wanted` draws, no list of the whole audience.
  for (let top = mailboxes - wanted; top < mailboxes; top += 1) {
    const candidate = stream.integer(top + 1);
    marks[marks[candidate] === 1 ? top : candidate] = 1;
  }
  const chosen: number[] = [];
  for (let mailbox = 0; chosen.length < wanted; mailbox += 1) if (marks[mailbox] === 1) chosen.push(mailbox);
  return chosen;
}
