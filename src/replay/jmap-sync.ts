/** Keeps up with a mailbox over JMAP by its changes, or by reading it anew where the server has forgotten what we know. It must not patch up a gap. */

import type { JmapResult } from '../protocol/jmap/channel.ts';
import type { JmapConnection } from '../protocol/jmap/connection.ts';
import { everyId } from './jmap-pages.ts';

/** What is known of all mail of one account. */
export interface Known {
  readonly ids: ReadonlySet<string>;
  readonly state: string;
  /** Read anew, not brought up to date: the stampede that follows `cannotCalculateChanges` (RFC 8620 §5.2). */
  readonly isFull: boolean;
}

/** Changes asked for at once. */
const AT_ONCE = 500;

/** Pages of one update; a server that has more to say than this goes in a circle. */
const PAGES = 10_000;

/** Everything, from nothing. The state is asked for first: what comes in between is a change, told twice rather than never. */
export async function readAll(connection: JmapConnection): Promise<JmapResult<Known>> {
  const { value: got, ...first } = await connection.get([], ['id']);
  if (got === undefined) return first;
  const { value: ids, ...last } = await everyId(connection, undefined);
  const rest = { ...last, startedUs: first.startedUs };
  if (ids === undefined) return rest;
  return { ...rest, value: { ids: new Set(ids), state: got.state, isFull: true } };
}

/** What is known, brought up to date. */
export async function bringUpToDate(connection: JmapConnection, known: Known): Promise<JmapResult<Known>> {
  const ids = new Set(known.ids);
  let { state } = known;
  let startedUs: number | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const { value: changes, ...answer } = await connection.changes(state, AT_ONCE);
    startedUs ??= answer.startedUs;
    if (changes === undefined) {
      const { outcome } = answer;
      const isForgotten = outcome.kind === 'rejected' && outcome.enhanced === 'cannotCalculateChanges';
      return isForgotten ? { ...(await readAll(connection)), startedUs } : { ...answer, startedUs };
    }
    for (const id of changes.created) ids.add(id);
    for (const id of changes.destroyed) ids.delete(id);
    const isStuck = changes.newState === state;
    state = changes.newState;
    if (!changes.hasMore || isStuck) return { ...answer, startedUs, value: { ids, state, isFull: false } };
  }
  return { ...(await readAll(connection)), startedUs: startedUs ?? 0 };
}
