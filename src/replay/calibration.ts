/** What a calibration is asked for and what its workers say: plain data between threads, and the message they send. */

import type { HealthReading } from '../measure/health.ts';
import type { TallyDelta } from '../measure/recorder.ts';
import type { StepCounts } from '../measure/steps.ts';
import type { TargetRequest } from '../profile/guard.ts';
import { type PreparedMessage, prepareMessage } from '../protocol/smtp/envelope.ts';
import { messageId, plainNumber, RUN_HEADER } from '../storm/numbering.ts';
import type { Pace } from '../storm/schedule.ts';
import type { SubmitPolicy } from './submit-policy.ts';

/** `saturate`: so many messages as fast as they go. `paced`: by a schedule of messages, for so long. */
export type Load =
  | { readonly kind: 'saturate'; readonly messages: number }
  | { readonly kind: 'paced'; readonly pace: Pace; readonly durationUs: number };

export interface CalibrationStart {
  readonly runId: string;
  readonly request: TargetRequest;
  readonly shard: { readonly index: number; readonly count: number };
  readonly zeroUs: number;
  readonly load: Load;
  /** What is under way when a paced schedule ends may take so long; a frozen target must not hold it for ever. */
  readonly graceUs: number;
  readonly connections: number;
  readonly pipelining: boolean;
  /** Look at the clock without pause. */
  readonly spin: boolean;
  readonly from: string;
  readonly recipients: readonly string[];
  readonly sizeBytes: number;
  readonly credentials: { readonly login: string; readonly password: string } | undefined;
  readonly ca: string | undefined;
  readonly serverName: string | undefined;
  readonly tlsInsecure: boolean;
  readonly policy: SubmitPolicy;
}

export type ToCalibrator = { readonly type: 'go'; readonly zeroUs: number } | { readonly type: 'stop' };

export type FromCalibrator =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly reason: string }
  | {
      readonly type: 'delta';
      readonly delta: TallyDelta;
      readonly health: HealthReading | undefined;
      /** How long the steps of a conversation took, where they are told apart. */
      readonly steps?: StepCounts;
      readonly atUs: number;
    }
  | { readonly type: 'done'; readonly takenUp: number };

/** Room for a number's growth in the template, so that every message has the same size. */
const SPARE_DIGITS = 4;

/** Messages above this are made afresh: a socket may still be reading them when their answer is there. */
const REUSE_BYTES = 32_768;

/**
 * Messages of one size, each with a Message-ID of its own patched into a copy of one template. `sizeBytes` counts the
 * whole message; one smaller than its headers is as small as they allow.
 */
export class Mould {
  readonly #runId: string;
  readonly #first: number;
  readonly #template: Buffer;
  readonly #idAt: number;
  readonly #idWidth: number;
  /** As many as were ever under way at once. */
  readonly #spare: PreparedMessage[] = [];

  constructor(start: Pick<CalibrationStart, 'runId' | 'from' | 'sizeBytes' | 'shard'>) {
    this.#runId = start.runId;
    this.#first = plainNumber('pilot', 1) + start.shard.index * 2 ** 32;
    this.#idWidth = messageId(start.runId, 0, this.#first).length + SPARE_DIGITS;
    const head = [
      `From: <${start.from}>`,
      `To: <calibration@${start.from.slice(start.from.indexOf('@') + 1)}>`,
      'Subject: calibration',
      `${RUN_HEADER}: ${start.runId}`,
      `Message-ID: ${' '.repeat(this.#idWidth)}`,
      '',
      '',
    ].join('\r\n');
    const line = `${'x'.repeat(70)}\r\n`;
    const padding = line.repeat(Math.ceil(Math.max(0, start.sizeBytes - head.length) / line.length));
    const body = padding.slice(0, Math.max(0, start.sizeBytes - head.length - 2));
    this.#template = Buffer.from(`${head}${body}\r\n`, 'latin1');
    this.#idAt = head.indexOf('Message-ID: ') + 'Message-ID: '.length;
  }

  /** Message `index`. */
  cast(index: number): PreparedMessage {
    const message = this.#spare.pop() ?? prepareMessage(Buffer.from(this.#template));
    const id = messageId(this.#runId, 0, this.#first + index);
    message.body.write(id.padEnd(this.#idWidth), this.#idAt, 'latin1');
    return message;
  }

  /** It has been answered for: its memory may be another's. */
  takeBack(message: PreparedMessage): void {
    if (message.body.length <= REUSE_BYTES) this.#spare.push(message);
  }
}
