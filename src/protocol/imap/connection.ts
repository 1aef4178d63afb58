/** A mailbox over IMAP: each method one command or one fixed sequence of them. It must not retry or choose a strategy. */

import type { Credentials } from '../connect.ts';
import { type Ending, okOutcome } from '../ending.ts';
import type { ImapAnswer, ImapChannel, LiteralMode } from './channel.ts';
import { astring, type ImapCommand, isFieldName, isFlag, type Piece } from './command.ts';
import { BODY_SECTION, type BodyRow, FetchRows, HEADER_SECTION, headerRow, type HeaderRow } from './fetch.ts';
import { type Folder, FolderRows, type FolderStatus, StatusRow, wireName } from './folders.ts';
import { type IdleNews, idleOnce, type IdleOptions } from './idle.ts';
import { type MailboxView, SelectRow } from './mailbox.ts';
import { type ImapResult, refusedResult, resultOf } from './result.ts';
import { type SearchCriteria, searchPieces, SearchRows } from './search.ts';
import { isUidSet } from './sets.ts';
import { signIn } from './signin.ts';

export interface SelectedFolder {
  readonly exists: number;
  readonly uidValidity: number;
  readonly uidNext: number;
}

/** How messages got to the other folder: RFC 6851, or COPY, STORE \Deleted and UID EXPUNGE. */
export interface MoveDone {
  readonly way: 'move' | 'copy';
}

export type StoreMode = '+FLAGS' | '-FLAGS' | 'FLAGS' | '+FLAGS.SILENT' | '-FLAGS.SILENT' | 'FLAGS.SILENT';

/**
 * Opened by `openImap`. Calls made without awaiting the one before are pipelined; nothing here ever rejects.
 * A `uidSet` is one of `uidSets(...)`.
 */
export class ImapConnection {
  readonly #channel: ImapChannel;
  readonly #view: MailboxView;
  readonly #goodbyeUs: number;

  constructor(channel: ImapChannel, view: MailboxView, goodbyeUs: number) {
    this.#channel = channel;
    this.#view = view;
    this.#goodbyeUs = goodbyeUs;
    this.#adaptLiterals();
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
    const answer = await signIn(this.#channel, this.capabilities, credentials);
    this.#view.learn(answer.code);
    if (answer.outcome.kind === 'ok' && this.#view.capabilityNews === capabilityNews) {
      const asked = await this.#run(['CAPABILITY']);
      if (asked.outcome.kind !== 'ok') return { ...resultOf(asked, nothing), startedUs: answer.startedUs };
    }
    this.#adaptLiterals();
    return resultOf(answer, nothing);
  }

  /** Every folder of the personal namespace. */
  async list(): Promise<ImapResult<readonly Folder[]>> {
    const rows = new FolderRows();
    const answer = await this.#run(['LIST "" "*"'], { accept: (response) => rows.accept(response) });
    return resultOf(answer, () => rows.rows);
  }

  /** SELECT, or EXAMINE where read-only. */
  async select(
    folder: string,
    options: { readonly readOnly?: boolean } = {},
  ): Promise<ImapResult<SelectedFolder>> {
    const name = folderPiece(folder);
    if (name === undefined) return this.#badArgument('folder');
    const row = new SelectRow();
    const answer = await this.#run([options.readOnly === true ? 'EXAMINE ' : 'SELECT ', name], {
      accept: (response) => row.accept(response),
    });
    return resultOf(answer, () => ({
      exists: row.exists,
      uidValidity: row.uidValidity,
      uidNext: row.uidNext,
    }));
  }

  async status(folder: string): Promise<ImapResult<FolderStatus>> {
    const name = folderPiece(folder);
    if (name === undefined) return this.#badArgument('folder');
    const row = new StatusRow(wireName(folder));
    const answer = await this.#run(['STATUS ', name, ' (MESSAGES UIDNEXT UIDVALIDITY)'], {
      accept: (response) => row.accept(response),
    });
    if (answer.outcome.kind === 'ok' && row.row === undefined) {
      return { ...this.#badAnswer('STATUS was OK without its data'), startedUs: answer.startedUs };
    }
    return resultOf(answer, () => row.row as FolderStatus);
  }

  /** Flags and the named header fields. */
  async fetchHeaders(uidSet: string, fields: readonly string[]): Promise<ImapResult<readonly HeaderRow[]>> {
    if (!isUidSet(uidSet)) return this.#badArgument('UID set');
    if (fields.length === 0 || !fields.every(isFieldName)) return this.#badArgument('field name');
    const rows = new FetchRows(uidSet, HEADER_SECTION, headerRow);
    const items = `(UID FLAGS BODY.PEEK[HEADER.FIELDS (${fields.join(' ')})])`;
    const answer = await this.#run([`UID FETCH ${uidSet} ${items}`], {
      accept: (response) => rows.accept(response),
    });
    return resultOf(answer, () => rows.rows);
  }

  /** Whole messages, or their first `maxBytes`, without setting \Seen. */
  async fetchBody(
    uidSet: string,
    options: { readonly maxBytes?: number } = {},
  ): Promise<ImapResult<readonly BodyRow[]>> {
    if (!isUidSet(uidSet)) return this.#badArgument('UID set');
    const partial = options.maxBytes === undefined ? '' : `<0.${Math.max(1, Math.trunc(options.maxBytes))}>`;
    const rows = new FetchRows(uidSet, BODY_SECTION, (uid, body): BodyRow => ({ uid, body }));
    const answer = await this.#run([`UID FETCH ${uidSet} (UID BODY.PEEK[]${partial})`], {
      accept: (response) => rows.accept(response),
    });
    return resultOf(answer, () => rows.rows);
  }

  /** UIDs that match, in the server's order. */
  async search(criteria: SearchCriteria): Promise<ImapResult<readonly number[]>> {
    const pieces = searchPieces(criteria);
    if (pieces === undefined) return this.#badArgument('search criterion');
    const rows = new SearchRows();
    const answer = await this.#run(pieces, { accept: (response) => rows.accept(response) });
    return resultOf(answer, () => rows.rows);
  }

  /** UID STORE. */
  async store(uidSet: string, mode: StoreMode, flags: readonly string[]): Promise<ImapResult<void>> {
    if (!isUidSet(uidSet)) return this.#badArgument('UID set');
    if (!flags.every(isFlag)) return this.#badArgument('flag');
    return this.#change([`UID STORE ${uidSet} ${mode} (${flags.join(' ')})`]);
  }

  /** UID COPY. */
  async copy(uidSet: string, folder: string): Promise<ImapResult<void>> {
    const name = folderPiece(folder);
    if (name === undefined || !isUidSet(uidSet)) return this.#badArgument('folder or UID set');
    return this.#change([`UID COPY ${uidSet} `, name]);
  }

  /**
   * UID MOVE (RFC 6851), else COPY, STORE \Deleted, UID EXPUNGE; without MOVE and UIDPLUS `UNSUPPORTED`, since a plain
   * EXPUNGE would take other people's deletions too. A sequence that breaks off answers with the step that broke it.
   */
  async move(uidSet: string, folder: string): Promise<ImapResult<MoveDone>> {
    const name = folderPiece(folder);
    if (name === undefined || !isUidSet(uidSet)) return this.#badArgument('folder or UID set');
    if (this.#offers('MOVE')) {
      return withValue(await this.#change([`UID MOVE ${uidSet} `, name]), { way: 'move' });
    }
    if (!this.#offers('UIDPLUS')) {
      return refusedResult(this.#channel.clock, 'UNSUPPORTED', 'neither MOVE nor UIDPLUS is offered');
    }
    const copied = await this.copy(uidSet, folder);
    if (copied.outcome.kind !== 'ok') return withValue(copied, { way: 'copy' });
    const stored = await this.store(uidSet, '+FLAGS.SILENT', [String.raw`\Deleted`]);
    const last = stored.outcome.kind === 'ok' ? await this.uidExpunge(uidSet) : stored;
    return withValue({ ...last, startedUs: copied.startedUs }, { way: 'copy' });
  }

  /** EXPUNGE: everything flagged \Deleted, whoever flagged it. */
  async expunge(): Promise<ImapResult<void>> {
    return this.#change(['EXPUNGE']);
  }

  /** UID EXPUNGE (RFC 4315): of these only. */
  async uidExpunge(uidSet: string): Promise<ImapResult<void>> {
    if (!isUidSet(uidSet)) return this.#badArgument('UID set');
    if (!this.#offers('UIDPLUS')) {
      return refusedResult(this.#channel.clock, 'UNSUPPORTED', 'UIDPLUS is not offered');
    }
    return this.#change([`UID EXPUNGE ${uidSet}`]);
  }

  /** APPEND. `message` is RFC 5322 with CRLF line ends. */
  async append(folder: string, flags: readonly string[], message: Buffer): Promise<ImapResult<void>> {
    const name = folderPiece(folder);
    if (name === undefined || !flags.every(isFlag)) return this.#badArgument('folder or flag');
    return this.#change(['APPEND ', name, flags.length === 0 ? ' ' : ` (${flags.join(' ')}) `, message]);
  }

  async create(folder: string): Promise<ImapResult<void>> {
    const name = folderPiece(folder);
    if (name === undefined) return this.#badArgument('folder');
    return this.#change(['CREATE ', name]);
  }

  async noop(): Promise<ImapResult<void>> {
    return resultOf(await this.#run(['NOOP']), nothing);
  }

  /** Waits for news (RFC 2177), then says DONE. Another call on this connection ends the wait. The caller re-issues it. */
  async idle(options: IdleOptions): Promise<ImapResult<IdleNews>> {
    if (!this.#offers('IDLE'))
      return refusedResult(this.#channel.clock, 'UNSUPPORTED', 'IDLE is not offered');
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
    await this.#run(['LOGOUT']);
    clearTimeout(timer);
    this.destroy();
  }

  /** Closes at once. */
  destroy(): void {
    this.#channel.wire.end({ kind: 'local', text: 'we closed the connection' });
  }

  #run(pieces: readonly Piece[], rest: Partial<ImapCommand> = {}): Promise<ImapAnswer> {
    return this.#channel.run({ changes: false, ...rest, pieces });
  }

  async #change(pieces: readonly Piece[]): Promise<ImapResult<void>> {
    return resultOf(await this.#run(pieces, { changes: true }), nothing);
  }

  /** IMAP4rev2 folds UIDPLUS, MOVE and IDLE in (RFC 9051 appendix E). */
  #offers(capability: 'MOVE' | 'UIDPLUS' | 'IDLE'): boolean {
    return this.capabilities.has(capability) || this.capabilities.has('IMAP4REV2');
  }

  #adaptLiterals(): void {
    let mode: LiteralMode = 'synchronising';
    if (this.capabilities.has('LITERAL+')) mode = 'any';
    else if (this.capabilities.has('LITERAL-') || this.capabilities.has('IMAP4REV2')) mode = 'small';
    this.#channel.literals = mode;
  }

  #badArgument(what: string): ImapResult<never> {
    return refusedResult(this.#channel.clock, 'ARGUMENT', `this ${what} cannot be sent safely`);
  }

  #badAnswer(text: string): ImapResult<never> {
    this.#channel.fail(text);
    return refusedResult(this.#channel.clock, 'PROTOCOL', text);
  }
}

function nothing(): void {}

function folderPiece(folder: string): Piece | undefined {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not pass
  if (folder === '' || /[\u0000-\u001f\u007f]/.test(folder)) return undefined;
  return astring(wireName(folder));
}

function withValue<T>(result: ImapResult<unknown>, value: T): ImapResult<T> {
  const { outcome, startedUs, endedUs } = result;
  return outcome.kind === 'ok' ? { outcome, value, startedUs, endedUs } : { outcome, startedUs, endedUs };
}
