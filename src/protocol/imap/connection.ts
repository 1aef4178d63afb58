/** A mailbox over IMAP: each method one command or one fixed sequence of them. It must not retry or choose a strategy. */

import type { Credentials } from '../connect.ts';
import { type Ending, okOutcome } from '../ending.ts';
import { type Appended, append } from './append.ts';
import type { ImapChannel } from './channel.ts';
import { isFieldName, isFlag } from './command.ts';
import { type Expunged, ExpungeRows } from './expunge.ts';
import { BODY_SECTION, type BodyRow, FetchRows, HEADER_SECTION, headerRow, type HeaderRow } from './fetch.ts';
import { type Folder, FolderRows, type FolderStatus, StatusRow, wireName } from './folders.ts';
import { type IdleNews, idleOnce, type IdleOptions } from './idle.ts';
import type { MailboxEvent, MailboxView } from './mailbox.ts';
import { type ImapResult, resultOf } from './result.ts';
import { type SearchCriteria, searchPieces, type SearchReturn, SearchRows } from './search.ts';
import { select, type SelectedFolder, type SelectOptions } from './select.ts';
import { id, quota, type QuotaResource } from './server.ts';
import { isUidSet } from './sets.ts';
import { signIn } from './signin.ts';
import { folderPiece, nothing, Talk, withValue } from './talk.ts';

/** How messages got to the other folder: RFC 6851, or COPY, STORE \Deleted and UID EXPUNGE. */
export interface MoveDone {
  readonly way: 'move' | 'copy';
}

export type StoreMode = '+FLAGS' | '-FLAGS' | 'FLAGS' | '+FLAGS.SILENT' | '-FLAGS.SILENT' | 'FLAGS.SILENT';

/** What NOTIFY watches (RFC 5465 §6.1): the open folder, that and all other folders of this person, or nothing more. */
export type NotifyScope = 'selected' | 'personal' | 'none';

const NOTIFY: Readonly<Record<NotifyScope, string>> = {
  selected: 'NOTIFY SET (selected (MessageNew MessageExpunge))',
  personal: 'NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MessageNew MessageExpunge))',
  none: 'NOTIFY NONE',
};

/**
 * Opened by `openImap`. Calls made without awaiting the one before are pipelined; nothing here ever rejects.
 * A `uidSet` is one of `uidSets(...)`, or `$` after a saved search. Where the server gave the open folder's UIDs out anew,
 * whatever names UIDs is refused as `UIDVALIDITY` until the folder is opened again.
 */
export class ImapConnection {
  readonly #talk: Talk;
  readonly #channel: ImapChannel;
  readonly #view: MailboxView;
  readonly #goodbyeUs: number;

  constructor(channel: ImapChannel, view: MailboxView, goodbyeUs: number) {
    this.#talk = new Talk(channel, view);
    this.#channel = channel;
    this.#view = view;
    this.#goodbyeUs = goodbyeUs;
  }

  /** Upper case; refreshed by `signIn`. */
  get capabilities(): ReadonlySet<string> {
    return this.#view.capabilities;
  }

  /** Messages in the open mailbox, kept current from untagged data. */
  get exists(): number {
    return this.#view.exists;
  }

  /** Grows with every EXISTS, EXPUNGE and FETCH the server sends. */
  get changes(): number {
    return this.#view.changes;
  }

  /** Grows with every EXISTS the server sends. */
  get arrivals(): number {
    return this.#view.arrivals;
  }

  /** EXPUNGE responses seen. */
  get expunged(): number {
    return this.#view.expunged;
  }

  /** The folder that is open, as it was named to `select`. */
  get folder(): string | undefined {
    return this.#view.folder;
  }

  /** Told of every EXISTS, EXPUNGE, VANISHED and FETCH, whoever caused it, before the command under way is answered. */
  set onEvent(hear: ((event: MailboxEvent) => void) | undefined) {
    this.#view.onEvent = hear;
  }

  /** No command is under way. */
  get isFree(): boolean {
    return !this.closed && !this.#channel.isBusy;
  }

  get closed(): boolean {
    return this.#channel.ending !== undefined;
  }

  /** How it ended, once closed. */
  get ending(): Ending | undefined {
    return this.#channel.ending;
  }

  /** Bytes read since the connection, or its TLS, began. */
  get bytesRead(): number {
    return this.#channel.wire.bytesRead;
  }

  get tls(): boolean {
    return this.#channel.wire.secure;
  }

  /** Signs in and learns what is offered then. A refusal for the password carries `AUTHENTICATIONFAILED` where the server says it. */
  async signIn(credentials: Credentials): Promise<ImapResult<void>> {
    const { capabilityNews } = this.#view;
    if (this.#view.isPreauthenticated && !this.closed) {
      const atUs = this.#channel.clock();
      return { outcome: okOutcome('PREAUTH'), startedUs: atUs, endedUs: atUs };
    }
    const answer = await signIn(this.#channel, (capability) => this.offers(capability), credentials);
    this.#view.learn(answer.code);
    if (answer.outcome.kind === 'ok' && this.#view.capabilityNews === capabilityNews) {
      const asked = await this.#talk.run(['CAPABILITY']);
      if (asked.outcome.kind !== 'ok') return { ...resultOf(asked, nothing), startedUs: answer.startedUs };
    }
    this.#talk.adaptLiterals();
    return resultOf(answer, nothing);
  }

  /** Whether the server offers an extension (upper case), by name or as part of IMAP4rev2. */
  offers(capability: string): boolean {
    return this.#talk.offers(capability);
  }

  /** ENABLE (RFC 5161): what is on afterwards, which may be less than was asked for. */
  async enable(...extensions: readonly string[]): Promise<ImapResult<ReadonlySet<string>>> {
    if (!this.offers('ENABLE')) return this.#talk.unsupported('ENABLE');
    if (extensions.length === 0 || !extensions.every(isFlag)) return this.#talk.badArgument('extension');
    const answer = await this.#talk.run([`ENABLE ${extensions.join(' ')}`]);
    return resultOf(answer, () => this.#view.enabled);
  }

  /** ID: names us by `fields`, answers what the server says of itself. */
  async id(fields: Readonly<Record<string, string>> = {}): Promise<ImapResult<ReadonlyMap<string, string>>> {
    return id(this.#talk, fields);
  }

  /** Every limit that applies to a folder (GETQUOTAROOT). */
  async quota(folder = 'INBOX'): Promise<ImapResult<readonly QuotaResource[]>> {
    return quota(this.#talk, folder);
  }

  /** News without asking, IDLE or not, through `onEvent` (RFC 5465). `UNSUPPORTED` where not offered: IDLE or poll then. */
  async notify(scope: NotifyScope = 'selected'): Promise<ImapResult<void>> {
    if (!this.offers('NOTIFY')) return this.#talk.unsupported('NOTIFY');
    return resultOf(await this.#talk.run([NOTIFY[scope]]), nothing);
  }

  /** Every folder of the personal namespace. */
  async list(): Promise<ImapResult<readonly Folder[]>> {
    const rows = new FolderRows();
    const answer = await this.#talk.run(['LIST "" "*"'], { accept: (response) => rows.accept(response) });
    return resultOf(answer, () => rows.rows);
  }

  /**
   * SELECT, or EXAMINE where read-only. A UIDVALIDITY other than `options.uidValidity`, or than this connection saw for the
   * folder before, is refused as `UIDVALIDITY` once; the folder is open, and opening it again accepts the new one.
   */
  async select(folder: string, options: SelectOptions = {}): Promise<ImapResult<SelectedFolder>> {
    return select(this.#talk, folder, options);
  }

  /** CLOSE: expunges in silence what is flagged \\Deleted, whoever flagged it, and leaves the folder. */
  async closeFolder(): Promise<ImapResult<void>> {
    return this.#leave('CLOSE', true);
  }

  /** UNSELECT (RFC 3691): leaves the folder as it is. */
  async unselect(): Promise<ImapResult<void>> {
    if (!this.offers('UNSELECT')) return this.#talk.unsupported('UNSELECT');
    return this.#leave('UNSELECT', false);
  }

  async status(folder: string): Promise<ImapResult<FolderStatus>> {
    const name = folderPiece(folder);
    if (name === undefined) return this.#talk.badArgument('folder');
    const row = new StatusRow(wireName(folder));
    const answer = await this.#talk.run(['STATUS ', name, ' (MESSAGES UIDNEXT UIDVALIDITY)'], {
      accept: (response) => row.accept(response),
      settled: ({ status }) =>
        status === 'OK' && row.row === undefined ? 'STATUS was OK without its data' : undefined,
    });
    return resultOf(answer, () => row.row as FolderStatus);
  }

  /** Flags and the named header fields. */
  async fetchHeaders(uidSet: string, fields: readonly string[]): Promise<ImapResult<readonly HeaderRow[]>> {
    const refused = this.#refuseSet(uidSet);
    if (refused !== undefined) return refused;
    if (fields.length === 0 || !fields.every(isFieldName)) return this.#talk.badArgument('field name');
    const rows = new FetchRows(uidSet, HEADER_SECTION, headerRow);
    const items = `(UID FLAGS BODY.PEEK[HEADER.FIELDS (${fields.join(' ')})])`;
    const answer = await this.#talk.run([`UID FETCH ${uidSet} ${items}`], {
      accept: (response) => rows.accept(response),
    });
    return resultOf(answer, () => rows.rows);
  }

  /** Whole messages, or their first `maxBytes`, without setting \Seen. */
  async fetchBody(
    uidSet: string,
    options: { readonly maxBytes?: number } = {},
  ): Promise<ImapResult<readonly BodyRow[]>> {
    const refused = this.#refuseSet(uidSet);
    if (refused !== undefined) return refused;
    const partial = options.maxBytes === undefined ? '' : `<0.${Math.max(1, Math.trunc(options.maxBytes))}>`;
    const rows = new FetchRows(uidSet, BODY_SECTION, (uid, body): BodyRow => ({ uid, body }));
    const answer = await this.#talk.run([`UID FETCH ${uidSet} (UID BODY.PEEK[]${partial})`], {
      accept: (response) => rows.accept(response),
    });
    return resultOf(answer, () => rows.rows);
  }

  /**
   * UIDs that match, in the server's order. With `save` the server also keeps them as `$` (RFC 5182), which then stands for
   * exactly these UIDs; `UNSUPPORTED` without SEARCHRES.
   */
  async search(
    criteria: SearchCriteria,
    options: { readonly save?: boolean } = {},
  ): Promise<ImapResult<readonly number[]>> {
    const stale = this.#talk.staleUids();
    if (stale !== undefined) return stale;
    let wanted: SearchReturn = this.offers('ESEARCH') ? 'set' : 'list';
    if (options.save === true) {
      if (!this.offers('SEARCHRES')) return this.#talk.unsupported('SEARCHRES');
      wanted = 'saved';
    }
    const pieces = searchPieces(criteria, wanted);
    if (pieces === undefined) return this.#talk.badArgument('search criterion');
    const rows = new SearchRows();
    const answer = await this.#talk.run(pieces, { accept: (response, tag) => rows.accept(response, tag) });
    return resultOf(answer, () => rows.rows);
  }

  /** UID STORE. */
  async store(uidSet: string, mode: StoreMode, flags: readonly string[]): Promise<ImapResult<void>> {
    const refused = this.#refuseSet(uidSet);
    if (refused !== undefined) return refused;
    if (!flags.every(isFlag)) return this.#talk.badArgument('flag');
    return this.#talk.change([`UID STORE ${uidSet} ${mode} (${flags.join(' ')})`]);
  }

  /** UID COPY. */
  async copy(uidSet: string, folder: string): Promise<ImapResult<void>> {
    const name = folderPiece(folder);
    const refused = this.#refuseSet(uidSet);
    if (refused !== undefined) return refused;
    if (name === undefined) return this.#talk.badArgument('folder');
    return this.#talk.change([`UID COPY ${uidSet} `, name]);
  }

  /**
   * UID MOVE (RFC 6851), else COPY, STORE \Deleted, UID EXPUNGE; without MOVE and UIDPLUS `UNSUPPORTED`, since a plain
   * EXPUNGE would take other people's deletions too. A sequence that breaks off answers with the step that broke it.
   */
  async move(uidSet: string, folder: string): Promise<ImapResult<MoveDone>> {
    const name = folderPiece(folder);
    const refused = this.#refuseSet(uidSet);
    if (refused !== undefined) return refused;
    if (name === undefined) return this.#talk.badArgument('folder');
    if (this.offers('MOVE')) {
      return withValue(await this.#talk.change([`UID MOVE ${uidSet} `, name]), { way: 'move' });
    }
    if (!this.offers('UIDPLUS')) {
      return this.#talk.refused('UNSUPPORTED', 'neither MOVE nor UIDPLUS is offered');
    }
    const copied = await this.copy(uidSet, folder);
    if (copied.outcome.kind !== 'ok') return withValue(copied, { way: 'copy' });
    const stored = await this.store(uidSet, '+FLAGS.SILENT', [String.raw`\Deleted`]);
    const last = stored.outcome.kind === 'ok' ? await this.uidExpunge(uidSet) : stored;
    return withValue({ ...last, startedUs: copied.startedUs }, { way: 'copy' });
  }

  /** EXPUNGE: everything flagged \\Deleted, whoever flagged it. */
  async expunge(): Promise<ImapResult<Expunged>> {
    return this.#expunge('EXPUNGE');
  }

  /** UID EXPUNGE (RFC 4315): of these only. What is reported may hold others' deletions seen meanwhile. */
  async uidExpunge(uidSet: string): Promise<ImapResult<Expunged>> {
    const refused = this.#refuseSet(uidSet);
    if (refused !== undefined) return refused;
    if (!this.offers('UIDPLUS')) return this.#talk.unsupported('UIDPLUS');
    return this.#expunge(`UID EXPUNGE ${uidSet}`);
  }

  /** APPEND. `message` is RFC 5322 with CRLF line ends; `date` becomes its internal date. */
  async append(
    folder: string,
    message: Buffer,
    flags: readonly string[] = [],
    date?: Date,
  ): Promise<ImapResult<Appended>> {
    return append(this.#talk, folder, message, flags, date);
  }

  async create(folder: string): Promise<ImapResult<void>> {
    const name = folderPiece(folder);
    if (name === undefined) return this.#talk.badArgument('folder');
    return this.#talk.change(['CREATE ', name]);
  }

  async noop(): Promise<ImapResult<void>> {
    return resultOf(await this.#talk.run(['NOOP']), nothing);
  }

  /** Waits for news (RFC 2177), then says DONE. Another call on this connection ends the wait. The caller re-issues it. */
  async idle(options: IdleOptions): Promise<ImapResult<IdleNews>> {
    if (!this.offers('IDLE')) return this.#talk.unsupported('IDLE');
    const atUs = this.#channel.clock();
    if (options.sinceArrivals !== undefined && options.sinceArrivals !== this.arrivals) {
      const value = { changed: true, changedUs: atUs };
      return {
        outcome: { kind: 'ok', evidence: 'news had come before' },
        value,
        startedUs: atUs,
        endedUs: atUs,
      };
    }
    const { answer, news } = await idleOnce(this.#channel, this.#view, options);
    return resultOf(answer, () => news);
  }

  /** Says goodbye and closes. */
  async logout(): Promise<void> {
    this.#channel.leaving();
    const timer = setTimeout(() => this.destroy(), Math.ceil(this.#goodbyeUs / 1_000));
    await this.#talk.run(['LOGOUT']);
    clearTimeout(timer);
    this.destroy();
  }

  /** Closes at once. */
  destroy(): void {
    this.#channel.wire.end({ kind: 'local', text: 'we closed the connection' });
  }

  async #leave(command: string, changes: boolean): Promise<ImapResult<void>> {
    const settled = ({ status }: { readonly status: string }): undefined => {
      if (status === 'OK') this.#view.opened(undefined, 0);
    };
    return resultOf(await this.#talk.run([command], { changes, settled }), nothing);
  }

  async #expunge(command: string): Promise<ImapResult<Expunged>> {
    const rows = new ExpungeRows();
    const answer = await this.#talk.run([command], {
      changes: true,
      accept: (response) => rows.accept(response),
    });
    return resultOf(answer, () => rows.gone);
  }

  /** Sets that are none, and sets whose UIDs mean something else by now. */
  #refuseSet(uidSet: string): ImapResult<never> | undefined {
    return isUidSet(uidSet) ? this.#talk.staleUids() : this.#talk.badArgument('UID set');
  }
}
