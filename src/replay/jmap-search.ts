/** Finds messages by subject over JMAP, by the first way that can be believed. It must not say "nothing there" on a filter's word alone. */

import type { ProtocolOutcome } from '../measure/outcome.ts';
import type { JmapResult } from '../protocol/jmap/channel.ts';
import type { JmapConnection } from '../protocol/jmap/connection.ts';
import type { JsonObject } from '../protocol/jmap/values.ts';
import { everyId, everyOne } from './jmap-pages.ts';

/** `subject` and `header` are filters of Email/query (RFC 8621 §4.4.1); `listing` reads everything and looks for itself. */
export const SEARCH_WAYS = ['subject', 'header', 'listing'] as const;

export type SearchWay = (typeof SEARCH_WAYS)[number];

/**
 * What was learnt of one server's filters, shared by all its searches. A filter that was refused, or said nothing where
 * something was, is not asked again: Cyrus answers serverFail or none to `subject` where mail is not indexed.
 */
export class FilterTrust {
  readonly #spoilt = new Set<SearchWay>();
  readonly #proven = new Set<SearchWay>();

  /** Ways not to be used any more. */
  get spoilt(): readonly SearchWay[] {
    return [...this.#spoilt];
  }

  isSpoilt(way: SearchWay): boolean {
    return this.#spoilt.has(way);
  }

  /** It has found what was there. */
  isProven(way: SearchWay): boolean {
    return this.#proven.has(way);
  }

  spoil(way: SearchWay): void {
    this.#spoilt.add(way);
    this.#proven.delete(way);
  }

  prove(way: SearchWay): void {
    this.#proven.add(way);
  }
}

export interface SubjectFound {
  readonly ids: readonly string[];
  /** Whose word it is. */
  readonly way: SearchWay;
}

/**
 * Messages of a mailbox whose subject holds these words, in any case. A filter that finds something is believed once it has
 * found all that the next way does; one that finds nothing never is, and the next is asked: only a listing may say that nothing
 * is there. An error of the connection is the answer, whatever the way.
 */
export async function findBySubject(
  connection: JmapConnection,
  mailboxId: string,
  subject: string,
  trust: FilterTrust,
): Promise<JmapResult<SubjectFound>> {
  const tried: { readonly way: SearchWay; readonly ids: readonly string[] }[] = [];
  let startedUs: number | undefined;
  for (const way of SEARCH_WAYS) {
    if (trust.isSpoilt(way)) continue;
    const { value: ids, ...answer } = await search(connection, mailboxId, subject, way);
    startedUs ??= answer.startedUs;
    const rest = { ...answer, startedUs };
    if (ids === undefined) {
      if (way === 'listing' || !isOfMethod(answer.outcome)) return rest;
      trust.spoil(way);
      continue;
    }
    // Each way is the judge of those before it. Mail may have come in between: only nothing at all spoils a filter.
    for (const before of ids.length === 0 ? [] : tried) {
      if (before.ids.length === 0) trust.spoil(before.way);
      else if (holdsAll(before.ids, ids)) trust.prove(before.way);
    }
    if (way === 'listing' || (ids.length > 0 && trust.isProven(way))) return { ...rest, value: { ids, way } };
    const believed = tried.find((before) => before.ids.length > 0 && trust.isProven(before.way));
    if (believed !== undefined) return { ...rest, value: believed };
    tried.push({ way, ids });
  }
  throw new Error('a listing either answers or is refused');
}

async function search(
  connection: JmapConnection,
  mailboxId: string,
  subject: string,
  way: SearchWay,
): Promise<JmapResult<readonly string[]>> {
  if (way !== 'listing') return everyId(connection, filterOf(way, mailboxId, subject));
  const { value: rows, ...rest } = await everyOne(connection, mailboxId, 'subject');
  if (rows === undefined) return rest;
  const wanted = subject.toLowerCase();
  const ids = rows.filter(([, text]) => text.toLowerCase().includes(wanted)).map(([id]) => id);
  return { ...rest, value: ids };
}

function filterOf(way: 'subject' | 'header', mailboxId: string, subject: string): JsonObject {
  const condition = way === 'subject' ? { subject } : { header: ['Subject', subject] };
  return { inMailbox: mailboxId, ...condition };
}

/** The server understood the request and would not do the method: another filter may do. */
export function isOfMethod(outcome: ProtocolOutcome): boolean {
  return outcome.kind === 'rejected' && outcome.code === 'error' && !outcome.temporary;
}

function holdsAll(ids: readonly string[], wanted: readonly string[]): boolean {
  const held = new Set(ids);
  return wanted.every((id) => held.has(id));
}
