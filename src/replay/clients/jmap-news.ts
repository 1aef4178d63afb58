/** What came into a JMAP INBOX since a state, by its changes, or by reading it anew where the server has forgotten. It must not say what is new to whom. */

import type { JmapResult } from '../../protocol/jmap/channel.ts';
import type { JmapConnection } from '../../protocol/jmap/connection.ts';
import { asObject, asString, type JsonObject } from '../../protocol/jmap/values.ts';
import { everyRow } from '../jmap-pages.ts';
import { eachChange, FORGOTTEN } from '../jmap-sync.ts';

/** Changes asked for at once, where the server bears as many objects. */
const AT_ONCE = 500;

export interface InboxNews {
  /** Oldest first. */
  readonly rows: readonly JsonObject[];
  readonly state: string;
  /** Everything that lies there, since the server cannot say what of it came since then. */
  readonly isFull: boolean;
}

/** Messages made in INBOX since `state`, with these properties. What was moved there had come before, somewhere. */
export async function inboxNews(
  connection: JmapConnection,
  inboxId: string,
  state: string,
  properties: readonly string[],
): Promise<JmapResult<InboxNews>> {
  const asked = [...new Set(['id', 'mailboxIds', 'receivedAt', ...properties])];
  const atOnce = Math.min(AT_ONCE, connection.limits.maxObjectsInGet);
  const found: JsonObject[] = [];
  const { value: end, ...answer } = await eachChange(
    state,
    (since) => connection.news(since, atOnce, asked),
    ({ rows }) => {
      for (const row of rows) if (asObject(row['mailboxIds'])?.[inboxId] === true) found.push(row);
    },
  );
  if (end === undefined) return answer;
  if (end === FORGOTTEN) return { ...(await anew(connection, inboxId, asked)), startedUs: answer.startedUs };
  return { ...answer, value: { rows: found.sort(byArrival), state: end.state, isFull: false } };
}

/** The state is asked for first: what comes in between is told twice rather than never. */
async function anew(
  connection: JmapConnection,
  inboxId: string,
  properties: readonly string[],
): Promise<JmapResult<InboxNews>> {
  const { value: got, ...first } = await connection.get([], ['id']);
  if (got === undefined) return first;
  const { value: rows, ...rest } = await everyRow(connection, inboxId, properties);
  return rows === undefined ? rest : { ...rest, value: { rows, state: got.state, isFull: true } };
}

function byArrival(one: JsonObject, other: JsonObject): number {
  return arrivedAtMs(one) - arrivedAtMs(other);
}

function arrivedAtMs(row: JsonObject): number {
  const atMs = Date.parse(asString(row['receivedAt']) ?? '');
  return Number.isNaN(atMs) ? 0 : atMs;
}
