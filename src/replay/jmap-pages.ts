/** Reads a whole mailbox over JMAP, page by page. It must not go on for ever, whatever the server counts. */

import type { JmapResult } from '../protocol/jmap/channel.ts';
import type { JmapConnection } from '../protocol/jmap/connection.ts';
import type { QueryPage } from '../protocol/jmap/methods.ts';
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

/** Everything in a mailbox with one property of each, listed and fetched in the same requests. */
export function everyOne(
  connection: JmapConnection,
  mailboxId: string,
  property: string,
): Promise<JmapResult<readonly (readonly [id: string, value: string])[]>> {
  const limit = connection.limits.maxObjectsInGet;
  return pages(async (position) => {
    const query = { filter: { inMailbox: mailboxId }, position, limit };
    const { value: listed, ...rest } = await connection.list(query, ['id', property]);
    if (listed === undefined) return rest;
    const found = listed.rows.map(
      (row) => [asString(row['id']) ?? '', asString(row[property]) ?? ''] as const,
    );
    return { ...rest, value: { page: listed.page, found } };
  });
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
