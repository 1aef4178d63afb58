/** SMTP connections as lines of a calibration: kept open, or one a message. Comes back after a lost connection. */

import type { Clock, Outcome } from '../measure/outcome.ts';
import type { Recorder } from '../measure/recorder.ts';
import type { Credentials } from '../protocol/connect.ts';
import { refusal } from '../protocol/ending.ts';
import type { SmtpConnection } from '../protocol/smtp/connection.ts';
import { openSmtp, type SmtpSettings } from '../protocol/smtp/open.ts';
import type { Envelope } from '../protocol/smtp/envelope.ts';
import type { Mould } from './calibration.ts';
import type { Line, LineAnswer } from './paced.ts';

export interface LineSettings {
  readonly smtp: SmtpSettings;
  /** The local address of the next connection. */
  readonly source: () => string | undefined;
  readonly credentials: Credentials | undefined;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly envelope: Envelope;
  readonly mould: Mould;
  /** A connection a message. */
  readonly reconnect: boolean;
}

const ABANDONED: Outcome = { kind: 'dropped', by: 'abandoned' };

/** A line and how to end it. */
export class SmtpLine implements Line {
  readonly #settings: LineSettings;
  #connection: SmtpConnection | undefined;
  #opening: Promise<SmtpConnection | undefined> | undefined;
  #failure = 'not opened';
  #isAbandoned = false;
  #giveUp: () => void = () => undefined;
  /** Resolves when the line is abandoned: an opening may take longer than anybody waits. */
  readonly #givenUp = new Promise<undefined>((resolve) => {
    this.#giveUp = () => resolve(undefined);
  });

  constructor(settings: LineSettings) {
    this.#settings = settings;
  }

  /** Why the last opening failed. */
  get failure(): string {
    return this.#failure;
  }

  /** Opens the connection ahead of the load; false if it would not. */
  async open(): Promise<boolean> {
    return (await this.#connect()) !== undefined;
  }

  submit(index: number, done: (answer: LineAnswer) => void): void {
    const connection = this.#connection;
    if (this.#settings.reconnect || connection?.closed !== false) void this.#sendAnew(index, done);
    else this.#send(connection, index, done);
  }

  /** Gives up for good: what is under way ends at once, be it a message or an opening. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#giveUp();
    this.#connection?.destroy();
  }

  async close(): Promise<void> {
    await this.#connection?.quit();
  }

  #send(connection: SmtpConnection, index: number, done: (answer: LineAnswer) => void): void {
    const { recorder, envelope, mould, reconnect } = this.#settings;
    const message = mould.cast(index);
    if (reconnect) connection.leaveAfterLast();
    connection.send(envelope, message, (result) => {
      recorder.accepted(result.accepted);
      mould.takeBack(message);
      if (reconnect) void connection.quit();
      done(result);
    });
  }

  async #sendAnew(index: number, done: (answer: LineAnswer) => void): Promise<void> {
    const connection = await this.#connect();
    if (connection !== undefined) return this.#send(connection, index, done);
    const atUs = this.#settings.clock();
    const outcome = this.#isAbandoned ? ABANDONED : refusal('CLOSED', this.#failure, true);
    done({ outcome, startedUs: atUs, endedUs: atUs });
  }

  async #connect(): Promise<SmtpConnection | undefined> {
    if (this.#isAbandoned) return undefined;
    const usable = !this.#settings.reconnect && this.#connection?.closed === false;
    if (usable) return this.#connection;
    // Forgotten by the opening itself: one that waited for it longer must not forget the next.
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<SmtpConnection | undefined> {
    const { smtp, source, credentials, recorder, clock } = this.#settings;
    recorder.planned('smtp.connect', 'storm', true);
    const dueUs = clock();
    const opening = openSmtp({ ...smtp, localAddress: source() }, credentials);
    const opened = await Promise.race([opening, this.#givenUp]);
    // Nobody waits for it any more: whatever it becomes is closed.
    if (opened === undefined) void opening.then((late) => late.connection?.destroy());
    recorder.sample({
      operation: 'smtp.connect',
      phase: 'storm',
      outcome: opened?.outcome ?? ABANDONED,
      intendedUs: dueUs,
      dueUs,
      startedUs: dueUs,
      endedUs: opened?.endedUs ?? clock(),
      induced: true,
    });
    this.#connection = opened?.connection;
    this.#failure = opened?.message ?? 'given up while opening';
    return opened?.connection;
  }
}
