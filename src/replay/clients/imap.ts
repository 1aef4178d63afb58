/** A mailbox over IMAP as journeys and sweeps want it. It chooses no strategy, and neither counts nor records. */

import type { Clock } from '../../measure/outcome.ts';
import { refusal } from '../../protocol/ending.ts';
import type { ImapConnection } from '../../protocol/imap/connection.ts';
import type { HeaderRow } from '../../protocol/imap/fetch.ts';
import type { ImapResult } from '../../protocol/imap/result.ts';
import { uidSets } from '../../protocol/imap/sets.ts';
import type {
  Bookmark,
  MailBody,
  MailClient,
  MailFolder,
  MailNews,
  MailResult,
  MailRow,
  OpenedFolder,
  Waited,
} from './client.ts';
import { placeOf } from './imap-folders.ts';

/** Messages listed by one FETCH: its answer is in memory as a whole before it is taken apart. */
const LISTED_AT_ONCE = 5_000;

/** Folders that hold no mail of their own (RFC 6154), or none at all. */
const NOT_REAL = ['\\noselect', '\\nonexistent', '\\all', '\\flagged', '\\important'];

export class ImapMailClient implements MailClient {
  readonly door = 'imap';
  readonly hasUids = true;
  /** For what only IMAP can say: strategies of deleting, NOTIFY. */
  readonly connection: ImapConnection;
  #exists = 0;
  #uidNext = 1;
  #arrivalsBeforeLook = 0;
  #isNotified = false;

  readonly #clock: Clock;

  constructor(connection: ImapConnection, clock: Clock) {
    this.connection = connection;
    this.#clock = clock;
  }

  get tls(): boolean {
    return this.connection.tls;
  }

  get closed(): boolean {
    return this.connection.closed;
  }

  get bytesRead(): number {
    return this.connection.bytesRead;
  }

  get isExact(): boolean {
    return this.connection.capabilities.has('UIDPLUS');
  }

  async folders(): Promise<MailResult<readonly MailFolder[]>> {
    const { value, ...rest } = await this.connection.list();
    if (value === undefined) return rest;
    const real = value.filter((folder) => !NOT_REAL.some((attribute) => folder.attributes.has(attribute)));
    return {
      ...rest,
      value: real.map((folder) => ({
        name: folder.name,
        place: placeOf(folder),
        isInbox: folder.name.toUpperCase() === 'INBOX',
      })),
    };
  }

  async open(
    folder: string,
    { readOnly = false }: { readonly readOnly?: boolean } = {},
  ): Promise<MailResult<OpenedFolder>> {
    this.#arrivalsBeforeLook = this.connection.arrivals;
    const { value, ...rest } = await this.connection.select(folder, { readOnly });
    if (value === undefined) return rest;
    this.#exists = value.exists;
    this.#uidNext = value.uidNext;
    const bookmark: Bookmark = { door: 'imap', uidNext: value.uidNext };
    return { ...rest, value: { exists: value.exists, bookmark } };
  }

  async list(fields: readonly string[]): Promise<MailResult<readonly MailRow[]>> {
    if (this.#exists <= LISTED_AT_ONCE) return this.connection.fetchHeaders('1:*', fields);
    const { value: uids, ...found } = await this.connection.search({ all: true });
    if (uids === undefined) return found;
    return { ...(await this.headers(uids, fields)), startedUs: found.startedUs };
  }

  /** By UIDs: as many as that among the last, fewer where some of them are gone. */
  newest(count: number, fields: readonly string[]): Promise<ImapResult<readonly HeaderRow[]>> {
    return this.connection.fetchHeaders(`${Math.max(1, this.#uidNext - count)}:*`, fields);
  }

  async headers(uids: readonly number[], fields: readonly string[]): Promise<MailResult<readonly MailRow[]>> {
    return this.#inSlices(uids, (set) => this.connection.fetchHeaders(set, fields));
  }

  async bodies(
    uids: readonly number[],
    options: { readonly maxBytes?: number } = {},
  ): Promise<MailResult<readonly MailBody[]>> {
    // In an empty mailbox `*` names nothing; the server still answers.
    if (uids.length === 0) return this.connection.fetchBody('*', options);
    return this.#inSlices(uids, (set) => this.connection.fetchBody(set, options));
  }

  find(messageId: string): Promise<MailResult<readonly number[]>> {
    return this.connection.search({ header: ['Message-ID', messageId] });
  }

  async news(since: Bookmark, fields: readonly string[]): Promise<MailResult<MailNews>> {
    const from = since.door === 'imap' ? since.uidNext : 1;
    this.#arrivalsBeforeLook = this.connection.arrivals;
    const { value, ...rest } = await this.connection.fetchHeaders(`${from}:*`, fields);
    if (value === undefined) return rest;
    // `n:*` always names the last message, even when it is older than n (RFC 3501 §6.4.8).
    const rows = value.filter(({ uid }) => uid >= from);
    const uidNext = rows.reduce((next, { uid }) => Math.max(next, uid + 1), from);
    return { ...rest, value: { rows, bookmark: { door: 'imap', uidNext } } };
  }

  awaitNews(options: {
    readonly forUs: number;
    readonly signal: AbortSignal;
  }): Promise<MailResult<Waited>> | undefined {
    return this.connection.offers('IDLE') ? this.#idle(options) : undefined;
  }

  async #idle(options: {
    readonly forUs: number;
    readonly signal: AbortSignal;
  }): Promise<MailResult<Waited>> {
    // What arrived during the look is not slept through.
    const sinceArrivals = this.#arrivalsBeforeLook;
    const { value, ...rest } = await this.connection.idle({ ...options, sinceArrivals });
    if (value === undefined) return rest;
    const changed = value.changed && this.connection.arrivals !== sinceArrivals;
    return { ...rest, value: { changed, changedUs: value.changedUs ?? rest.endedUs } };
  }

  /** Asks to be told of more than the open folder (RFC 5465), once, where that is offered. */
  async notify(): Promise<void> {
    if (this.#isNotified || !this.connection.offers('NOTIFY')) return;
    const asked = await this.connection.notify();
    if (asked.outcome.kind === 'ok') this.#isNotified = true;
  }

  /** A cheap look: whether anything arrived since the last one. */
  async glance(): Promise<MailResult<boolean>> {
    const { value: _, ...rest } = await this.connection.noop();
    if (rest.outcome.kind !== 'ok') return rest;
    return { ...rest, value: this.connection.arrivals !== this.#arrivalsBeforeLook };
  }

  async arrivals(): Promise<MailResult<number>> {
    const { value, ...rest } = await this.connection.status('INBOX');
    return value === undefined ? rest : { ...rest, value: value.uidNext };
  }

  /** Without UIDPLUS a plain EXPUNGE would take what others flagged, so then it is done only where there is nothing else. */
  async remove(uids: readonly number[], holdsOthers: boolean): Promise<MailResult<void>> {
    const { connection, isExact } = this;
    if (!isExact && holdsOthers) {
      const text = 'the server offers no UIDPLUS and the folder holds other mail: nothing was removed there';
      return { ...this.#untold(), outcome: refusal('UNSUPPORTED', text) };
    }
    let done: ImapResult<unknown> = this.#untold();
    for (const set of setsOf(uids)) {
      const flagged = await connection.store(set, '+FLAGS.SILENT', [String.raw`\Deleted`]);
      done = flagged.outcome.kind !== 'ok' || !isExact ? flagged : await connection.uidExpunge(set);
      if (done.outcome.kind !== 'ok') return withoutValue(done);
    }
    return withoutValue(isExact || uids.length === 0 ? done : await connection.expunge());
  }

  async append(
    message: Buffer,
    { seen, date }: { readonly seen: boolean; readonly date: Date },
  ): Promise<MailResult<void>> {
    return withoutValue(
      await this.connection.append('INBOX', message, seen ? [String.raw`\Seen`] : [], date),
    );
  }

  async leave(): Promise<void> {
    await this.connection.logout();
  }

  destroy(): void {
    this.connection.destroy();
  }

  /** One command a set; the first that is refused ends it. The outcome is the last one's, the time all of theirs. */
  async #inSlices<T>(
    uids: readonly number[],
    ask: (set: string) => Promise<ImapResult<readonly T[]>>,
  ): Promise<ImapResult<readonly T[]>> {
    const all: T[] = [];
    let last: ImapResult<readonly T[]> | undefined;
    for (const set of setsOf(uids)) {
      const asked = await ask(set);
      last = { ...asked, startedUs: last?.startedUs ?? asked.startedUs };
      if (asked.value === undefined) return last;
      for (const one of asked.value) all.push(one);
    }
    return { ...(last ?? this.#untold()), value: all };
  }

  /** Nothing had to be asked. */
  #untold(): ImapResult<never> {
    const atUs = this.#clock();
    return { outcome: { kind: 'ok', evidence: 'nothing to ask for' }, startedUs: atUs, endedUs: atUs };
  }
}

function withoutValue({ outcome, startedUs, endedUs }: ImapResult<unknown>): MailResult<void> {
  return { outcome, startedUs, endedUs };
}

/** Sets of at most LISTED_AT_ONCE of these messages each. */
function setsOf(uids: readonly number[]): string[] {
  const sets: string[] = [];
  for (let at = 0; at < uids.length; at += LISTED_AT_ONCE)
    sets.push(...uidSets(uids.slice(at, at + LISTED_AT_ONCE)));
  return sets;
}
