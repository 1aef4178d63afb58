/** Reads a whole mailbox over JMAP, page by page. It must not go on for ever, whatever the server counts. */

import type { JmapResult } from '../protocol/jmap/channel.ts';
import type { JmapConnection } from '../protocol/jmap/connection.ts';
import type { QueryPage, SetDone } from '../protocol/jmap/methods.ts';
import { asString, type JsonObject } from '../protocol/jmap/values.ts';
import { refusal } from '../protocol/ending.ts';

/** More mail than any mailbox of a storm holds: a server that says there is more goes in a circle. */
const LISTED_LIMIT = 1_000_000;

/** Ids of everything that fits, in the server's order. */
export function everyId(
  connection: JmapConnection,
  filter: JsonObject | undefined,
): Promise<JmapResult<readonly string[]>> {
  const limit = connection.limits.maxObjectsInGet;
  return pages(async (position) => {
    const asked = await connection.query({ ...(filter === undefined ? {} : { filter }), position, limit });
    const { value: page, ...rest } = asked;
    return page === undefined ? rest : { ...rest, value: { page, found: page.ids } };
  });
}

/** Oldest first: what comes while pages are read stands at the end, and moves none of those before it. */
const OLDEST_FIRST = [{ property: 'receivedAt', isAscending: true }];

/** Everything in a mailbox, oldest first, with these properties of each, listed and fetched in the same requests. */
export async function everyRow(
  connection: JmapConnection,
  mailboxId: string,
  properties: readonly string[],
): Promise<JmapResult<readonly JsonObject[]>> {
  const limit = connection.limits.maxObjectsInGet;
  const { value: rows, ...rest } = await pages(async (position) => {
    const query = { filter: { inMailbox: mailboxId }, sort: OLDEST_FIRST, position, limit };
    const { value: listed, ...answer } = await connection.list(query, ['id', ...properties]);
    if (listed === undefined) return answer;
    return { ...answer, value: { page: listed.page, found: inOrder(listed.page.ids, listed.rows) } };
  });
  return rows === undefined ? rest : { ...rest, value: inOrder(rows.map(idOf), rows) };
}

/** Rows by the order of ids, each once: Email/get answers in any order (RFC 8620 §5.1), and pages may overlap. */
export function inOrder(ids: readonly string[], rows: readonly JsonObject[]): readonly JsonObject[] {
  const byId = new Map(rows.map((row) => [idOf(row), row]));
  return [...new Set(ids)].map((id) => byId.get(id)).filter((row) => row !== undefined);
}

export function idOf(row: JsonObject): string {
  return asString(row['id']) ?? '';
}

/** Everything in a mailbox with one property of each. */
export async function everyOne(
  connection: JmapConnection,
  mailboxId: string,
  property: string,
): Promise<JmapResult<readonly (readonly [id: string, value: string])[]>> {
  const { value: rows, ...rest } = await everyRow(connection, mailboxId, [property]);
  if (rows === undefined) return rest;
  return { ...rest, value: rows.map((row) => [idOf(row), asString(row[property]) ?? ''] as const) };
}

/** In lists of at most so many. */
export function chunksOf<T>(all: readonly T[], atOnce: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / atOnce) }, (_, at) =>
    all.slice(at * atOnce, (at + 1) * atOnce),
  );
}

/** What was asked of each chunk in turn, until one is not ok: that outcome is the outcome. There must be something to ask for. */
export async function eachChunk<T>(
  ids: readonly string[],
  atOnce: number,
  ask: (ids: readonly string[]) => Promise<JmapResult<T>>,
): Promise<JmapResult<readonly T[]>> {
  const all: T[] = [];
  let last: JmapResult<readonly T[]> | undefined;
  for (const chunk of chunksOf(ids, atOnce)) {
    const { value, ...answer } = await ask(chunk);
    const rest = { ...answer, startedUs: last?.startedUs ?? answer.startedUs };
    if (value === undefined) return rest;
    all.push(value);
    last = { ...rest, value: all };
  }
  if (last === undefined) throw new Error('nothing was to be asked for');
  return last;
}

/**
 * A /set as one operation: what it was refused of a single message is its outcome. A message that is gone is as gone as
 * anybody who deletes it could wish.
 */
export function settled({ value, ...rest }: JmapResult<SetDone>): JmapResult<SetDone> {
  if (value === undefined) return rest;
  const outcome = [...value.refused.values()].find(({ enhanced }) => enhanced !== 'notFound');
  return outcome === undefined ? { ...rest, value } : { ...rest, outcome };
}

/** The outcome is the last page's, the time all of theirs. */
async function pages<T>(
  read: (position: number) => Promise<JmapResult<{ page: QueryPage; found: readonly T[] }>>,
): Promise<JmapResult<readonly T[]>> {
  const all: T[] = [];
  let startedUs: number | undefined;
  for (let position = 0; ; ) {
    const { value, ...answer } = await read(position);
    startedUs ??= answer.startedUs;
    const rest = { ...answer, startedUs };
    if (value === undefined) return rest;
    for (const one of value.found) all.push(one);
    position += value.page.ids.length;
    if (value.page.ids.length === 0 || value.page.ids.length < value.page.cap) return { ...rest, value: all };
    if (position > LISTED_LIMIT)
      return { ...rest, outcome: refusal('PROTOCOL', `a mailbox of more than ${LISTED_LIMIT} messages`) };
  }
}
