/** Mailboxes over JMAP at the small server, closed when the test ends: shared by tests of the client. No test here. */

import { onTestFinished } from 'vitest';

import { INBOX, type OpenedFolder } from '../../src/replay/clients/client.ts';
import { type JmapMailClient, openJmapMailbox } from '../../src/replay/clients/jmap-mailbox.ts';
import { FilterTrust } from '../../src/replay/jmap-search.ts';
import { clock, settings } from '../protocol/peers/endpoint.ts';
import { type JmapHabits, type JmapPeer, jmapPeer } from '../protocol/peers/jmap.ts';

export const FIELDS = ['Message-ID', 'Subject'];
export const CREDENTIALS = { login: 'user0@lab.test', password: 'secret' };

export async function served(
  subjects: readonly string[] = [],
  habits: Partial<JmapHabits> = {},
): Promise<JmapPeer> {
  const peer = await jmapPeer(subjects, habits);
  onTestFinished(() => peer.close());
  return peer;
}

/** Signed in; nothing is open yet. */
export async function entered(
  peer: JmapPeer,
  trust = new FilterTrust(),
  now = clock,
): Promise<JmapMailClient> {
  const door = { http: { ...settings('jmap+http', peer.port), clock: now }, trust };
  const { client, outcome } = await openJmapMailbox(door, CREDENTIALS);
  if (client === undefined) throw new Error(JSON.stringify(outcome));
  onTestFinished(() => client.destroy());
  return client;
}

/** Signed in, with INBOX open. */
export async function mailbox(
  subjects: readonly string[] = [],
  habits: Partial<JmapHabits> = {},
): Promise<{ readonly peer: JmapPeer; readonly client: JmapMailClient; readonly opened: OpenedFolder }> {
  const peer = await served(subjects, habits);
  const client = await entered(peer);
  const opened = (await client.open(INBOX)).value;
  if (opened === undefined) throw new Error('no INBOX');
  return { peer, client, opened };
}

type Rows = readonly { readonly uid: number; readonly headers: ReadonlyMap<string, string> }[] | undefined;

export function subjectsOf(rows: Rows): unknown {
  return rows?.map(({ headers }) => headers.get('subject'));
}
