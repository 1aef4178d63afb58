/** IMAP connections as lines of a calibration: kept warm, or one an operation. It must not choose what is done, nor spare foreign mail. */

import type { Clock, ProtocolOutcome } from '../measure/outcome.ts';
import type { Recorder } from '../measure/recorder.ts';
import { refusal } from '../protocol/ending.ts';
import type { ImapConnection } from '../protocol/imap/connection.ts';
import { type ImapSettings, openImap } from '../protocol/imap/open.ts';
import type { Accounts } from '../storm/audience.ts';
import type { OperationName } from '../words.ts';
import { RUN_HEADER } from '../storm/numbering.ts';
import { type ImapLoad, WARM_LOADS } from './imap-calibration.ts';
import type { Line, LineAnswer } from './paced.ts';
import { credentialsOf, signInTo, type SignIns } from './sign-ins.ts';
import { ImapMailClient } from './clients/imap.ts';
import { wordsOf } from './clients/words.ts';

export interface ImapLineSettings {
  readonly imap: ImapSettings;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly operation: ImapLoad;
  readonly accounts: Accounts;
  readonly signIns: SignIns;
  readonly mailboxes: number;
  readonly firstOperation: number;
}

interface Timed {
  readonly outcome: ProtocolOutcome;
  readonly startedUs: number;
  readonly endedUs: number;
}

/** What tells whose a message is: what the census of a run asks for. */
const FIELDS = ['Message-ID', RUN_HEADER, 'Subject'] as const;

/** A line of one of the closed list's loads, and how to end it. */
export class ImapLine implements Line {
  readonly #settings: ImapLineSettings;
  readonly #open = new Set<ImapConnection>();
  #warm: ImapConnection | undefined;
  #failure = 'not opened';
  #isAbandoned = false;

  constructor(settings: ImapLineSettings) {
    this.#settings = settings;
  }

  /** Why the last opening or sign-in failed. */
  get failure(): string {
    return this.#failure;
  }

  /** Signs in and opens the INBOX ahead of the load; false if it would not. A cold load has nothing to open. */
  async open(mailbox: number): Promise<boolean> {
    if (!WARM_LOADS.has(this.#settings.operation)) return true;
    const entered = await this.#enter(mailbox);
    if (!('connection' in entered)) return false;
    const opened = await this.#step('imap.open', () => entered.connection.select('INBOX'));
    if (opened.outcome.kind !== 'ok') this.#failure = words(opened.outcome);
    else this.#warm = entered.connection;
    return this.#warm !== undefined;
  }

  submit(index: number, done: (answer: LineAnswer) => void): void {
    void this.#work(index).then(done);
  }

  async #work(index: number): Promise<LineAnswer> {
    const { operation, mailboxes, firstOperation, clock } = this.#settings;
    if (WARM_LOADS.has(operation)) return this.#onWarm();
    const startedUs = clock();
    const entered = await this.#enter((firstOperation + index) % mailboxes);
    if (!('connection' in entered)) return { ...entered, startedUs };
    const { connection } = entered;
    let done: Timed = entered;
    if (operation === 'delete') done = await this.#emptyInbox(connection);
    else if (operation === 'census') done = await this.#readAll(connection);
    this.#leave(connection);
    return { outcome: done.outcome, startedUs, endedUs: Math.max(done.endedUs, startedUs) };
  }

  /** Gives up for good: what is under way ends at once. */
  abandon(): void {
    this.#isAbandoned = true;
    for (const connection of this.#open) connection.destroy();
  }

  async close(): Promise<void> {
    await this.#warm?.logout();
  }

  async #onWarm(): Promise<Timed> {
    const { operation, clock, recorder } = this.#settings;
    const connection = this.#warm;
    if (connection === undefined) {
      const atUs = clock();
      return { outcome: refusal('CLOSED', this.#failure, true), startedUs: atUs, endedUs: atUs };
    }
    if (operation === 'noop') return connection.noop();
    const listed = await connection.fetchHeaders('1:*', FIELDS);
    recorder.accepted(listed.value?.length ?? 0);
    return listed;
  }

  /** The three commands go together: the second and third need nothing of the first's answer but that it is OK. */
  async #emptyInbox(connection: ImapConnection): Promise<Timed> {
    const [opened, flagged, gone] = await Promise.all([
      this.#step('imap.open', () => connection.select('INBOX')),
      this.#step('imap.store', () => connection.store('1:*', '+FLAGS.SILENT', [String.raw`\Deleted`])),
      this.#step('imap.expunge', () => connection.expunge()),
    ]);
    this.#settings.recorder.accepted(gone.value?.sequences.length ?? 0);
    const failed = [opened, flagged].find(({ outcome }) => outcome.kind !== 'ok');
    return failed ?? gone;
  }

  async #readAll(connection: ImapConnection): Promise<Timed> {
    const { clock, recorder } = this.#settings;
    const startedUs = clock();
    const { value: folders, outcome } = await new ImapMailClient(connection, clock).folders();
    if (folders === undefined) {
      return { outcome: refusal('PROTOCOL', `folders: ${wordsOf(outcome)}`), startedUs, endedUs: clock() };
    }
    let last: Timed = { outcome: { kind: 'ok', evidence: 'no folder' }, startedUs, endedUs: clock() };
    for (const { name } of folders) {
      const opened = await this.#step('imap.open', () => connection.select(name, { readOnly: true }));
      last = opened;
      if (opened.value === undefined) return opened;
      if (opened.value.exists === 0) continue;
      const listed = await this.#step('imap.headers', () => connection.fetchHeaders('1:*', FIELDS));
      last = listed;
      if (listed.value === undefined) return listed;
      recorder.accepted(listed.value.length);
    }
    return last;
  }

  /** A connection signed in as the owner of a mailbox, or why not. */
  async #enter(mailbox: number): Promise<(Timed & { readonly connection: ImapConnection }) | Timed> {
    const { imap, accounts, signIns, operation, clock } = this.#settings;
    if (this.#isAbandoned) {
      const atUs = clock();
      return { outcome: refusal('CLOSED', 'given up', true), startedUs: atUs, endedUs: atUs };
    }
    const opening = await this.#step('imap.connect', () => openImap(imap));
    const { connection } = opening;
    if (connection === undefined) {
      this.#failure = opening.message;
      return opening;
    }
    this.#open.add(connection);
    if (this.#isAbandoned) connection.destroy();
    const access = { accounts, signIns, tokens: undefined };
    const credentials = await credentialsOf(access, mailbox);
    const signIn = (): Promise<Timed> => signInTo(connection, credentials, clock);
    // Where the sign-in is what is measured it must not be counted twice.
    const signedIn = operation === 'signin' ? await signIn() : await this.#step('imap.signin', signIn);
    if (signedIn.outcome.kind === 'ok') return { ...signedIn, connection };
    this.#failure = words(signedIn.outcome);
    this.#leave(connection);
    return signedIn;
  }

  #leave(connection: ImapConnection): void {
    void connection.logout().then(() => this.#open.delete(connection));
  }

  async #step<T extends Timed>(operation: OperationName, run: () => Promise<T>): Promise<T> {
    const { recorder, clock } = this.#settings;
    recorder.planned(operation, 'storm', true);
    const dueUs = clock();
    const result = await run();
    const startedUs = Math.max(result.startedUs, dueUs);
    recorder.sample({
      operation,
      phase: 'storm',
      outcome: result.outcome,
      intendedUs: dueUs,
      dueUs,
      startedUs,
      endedUs: Math.max(result.endedUs, startedUs),
      induced: true,
    });
    return result;
  }
}

function words(outcome: ProtocolOutcome): string {
  if (outcome.kind === 'rejected') return `${outcome.code} ${outcome.text}`;
  return outcome.kind === 'unknown' ? outcome.because : outcome.evidence;
}
