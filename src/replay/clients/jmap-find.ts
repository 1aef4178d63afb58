/** Finds a message by its Message-ID over JMAP. It must not say "not there" on a filter's word alone. */

import type { JmapResult } from '../../protocol/jmap/channel.ts';
import type { JmapConnection } from '../../protocol/jmap/connection.ts';
import type { JsonObject } from '../../protocol/jmap/values.ts';
import { everyRow, idOf } from '../jmap-pages.ts';
import { type FilterTrust, isOfMethod } from '../jmap-search.ts';
import { headersOf, propertiesOf } from './jmap-rows.ts';

const PROPERTIES = propertiesOf(['Message-ID']);

/** One message has one id of ours: a filter that answers more than this matches something else. */
const CANDIDATES = 50;

/**
 * Ids of messages in a mailbox with this Message-ID, angle brackets included. What a filter finds is read, so it is believed;
 * where it finds nothing everything is listed, and a filter that then says nothing once more is not asked again.
 */
export async function findByMessageId(
  connection: JmapConnection,
  mailboxId: string,
  messageId: string,
  trust: FilterTrust,
): Promise<JmapResult<readonly string[]>> {
  let startedUs: number | undefined;
  if (!trust.isSpoilt('header')) {
    const { value, ...answer } = await filtered(connection, mailboxId, messageId);
    startedUs = answer.startedUs;
    if (value === undefined && !isOfMethod(answer.outcome)) return answer;
    if (value === undefined) trust.spoil('header');
    else if (value.length > 0) return { ...answer, value };
  }
  const { value: rows, ...rest } = await everyRow(connection, mailboxId, PROPERTIES);
  const answer = { ...rest, startedUs: startedUs ?? rest.startedUs };
  if (rows === undefined) return answer;
  const ids = withId(rows, messageId);
  // It may have come in between: only a filter that does not find what lies there is spoilt.
  if (ids.length > 0 && !trust.isSpoilt('header')) {
    const again = await filtered(connection, mailboxId, messageId);
    if (again.value?.length === 0) trust.spoil('header');
  }
  return { ...answer, value: ids };
}

async function filtered(
  connection: JmapConnection,
  inMailbox: string,
  messageId: string,
): Promise<JmapResult<readonly string[]>> {
  const filter = { inMailbox, header: ['Message-ID', messageId] };
  const limit = Math.min(CANDIDATES, connection.limits.maxObjectsInGet);
  const { value, ...rest } = await connection.list({ filter, limit }, PROPERTIES);
  return value === undefined ? rest : { ...rest, value: withId(value.rows, messageId) };
}

function withId(rows: readonly JsonObject[], messageId: string): readonly string[] {
  return rows.filter((row) => headersOf(row).get('message-id') === messageId).map(idOf);
}
