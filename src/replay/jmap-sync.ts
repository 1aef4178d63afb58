/** Keeps up with a mailbox over JMAP by its changes, or by reading it anew where the server has forgotten what we know. It must not patch up a gap. */

import type { JmapResult } from '../protocol/jmap/channel.ts';
import type { JmapConnection } from '../protocol/jmap/connection.ts';
import type { Changes } from '../protocol/jmap/methods.ts';
import { okOutcome } from '../protocol/ending.ts';
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
  const followed = await eachChange(
    known.state,
    (state) => connection.changes(state, AT_ONCE),
    ({ created, destroyed }) => {
      for (const id of created) ids.add(id);
      for (const id of destroyed) ids.delete(id);
    },
  );
  const { value: end, ...rest } = followed;
  if (end === undefined) return rest;
  if (end === FORGOTTEN) return { ...(await readAll(connection)), startedUs: rest.startedUs };
  return { ...rest, value: { ids, state: end.state, isFull: false } };
}

/** The server cannot tell what has changed since then: everything must be read anew. */
export const FORGOTTEN = 'forgotten';

/** RFC 8620 §5.2; the second is §5.6's, of servers that will not tell in parts. */
const FORGETTING: ReadonlySet<string> = new Set(['cannotCalculateChanges', 'tooManyChanges']);

/** Changes since a state, page by page, each handed to `take`; the value is the state they lead to. */
export async function eachChange<T extends Changes>(
  since: string,
  ask: (state: string) => Promise<JmapResult<T>>,
  take: (page: T) => void,
): Promise<JmapResult<{ readonly state: string } | typeof FORGOTTEN>> {
  let state = since;
  let startedUs: number | undefined;
  for (let page = 0; ; page += 1) {
    const { value: changes, ...answer } = await ask(state);
    startedUs ??= answer.startedUs;
    const rest = { ...answer, startedUs };
    if (changes === undefined) {
      const { outcome } = answer;
      const isForgotten = outcome.kind === 'rejected' && FORGETTING.has(outcome.enhanced ?? '');
      return isForgotten ? { ...rest, outcome: okOutcome(outcome.text), value: FORGOTTEN } : rest;
    }
    take(changes);
    const isStuck = changes.newState === state;
    state = changes.newState;
    if (!changes.hasMore || isStuck) return { ...rest, value: { state } };
    if (page >= PAGES) return { ...rest, value: FORGOTTEN };
  }
}
