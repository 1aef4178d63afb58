/** SMTP connections as lines of a calibration: kept open, or one a message. Comes back after a lost connection. */

import type { Clock } from '../measure/outcome.ts';
import type { Recorder } from '../measure/recorder.ts';
import type { Credentials } from '../protocol/connect.ts';
import type { SmtpConnection } from '../protocol/smtp/connection.ts';
import { openSmtp, type SmtpSettings } from '../protocol/smtp/open.ts';
import type { Line } from './paced.ts';

export interface LineSettings {
  readonly smtp: SmtpSettings;
  readonly credentials: Credentials | undefined;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly from: string;
  readonly to: readonly string[];
  /** The bytes of message `index`. */
  readonly bytes: (index: number) => Buffer;
  /** A connection a message. */
  readonly reconnect: boolean;
}

/** A line and how to end it. */
export class SmtpLine implements Line {
  readonly #settings: LineSettings;
  #connection: SmtpConnection | undefined;
  #opening: Promise<SmtpConnection | undefined> | undefined;
  #failure = 'not opened';

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

  readonly submit: Line['submit'] = async (index) => {
    const { clock, recorder, from, to, bytes, reconnect } = this.#settings;
    const connection = await this.#connect();
    if (connection === undefined) {
      const atUs = clock();
      return {
        outcome: {
          kind: 'rejected',
          code: 'CLOSED',
          temporary: true,
          limiter: false,
          greylist: false,
          overQuota: false,
          text: this.#failure,
        },
        startedUs: atUs,
        endedUs: atUs,
      };
    }
    if (reconnect) this.#connection = undefined;
    const result = await connection.submit({ from, to }, bytes(index));
    recorder.accepted(result.recipients.reduce((sum, outcome) => sum + (outcome.kind === 'ok' ? 1 : 0), 0));
    if (reconnect) void connection.quit();
    return result;
  };

  async close(): Promise<void> {
    await this.#connection?.quit();
  }

  /** Ends it at once: what is under way fails. */
  destroy(): void {
    this.#connection?.destroy();
  }

  async #connect(): Promise<SmtpConnection | undefined> {
    if (this.#connection !== undefined && !this.#connection.closed) return this.#connection;
    this.#opening ??= this.#open();
    const connection = await this.#opening;
    this.#opening = undefined;
    return connection;
  }

  async #open(): Promise<SmtpConnection | undefined> {
    const { smtp, credentials, recorder, clock } = this.#settings;
    recorder.planned('smtp.connect', 'storm', true);
    const dueUs = clock();
    const { outcome, endedUs, connection, message } = await openSmtp(smtp, credentials);
    recorder.sample({
      operation: 'smtp.connect',
      phase: 'storm',
      outcome,
      intendedUs: dueUs,
      dueUs,
      startedUs: dueUs,
      endedUs,
      induced: true,
    });
    this.#connection = connection;
    this.#failure = message;
    return connection;
  }
}
