/** Read receipts: a client that opened a message which asks for one sends it, where its owner lets it. No person waits for it. */

import { SUBMIT_OPERATIONS, type Phase } from '../words.ts';
import { Recipients } from '../protocol/smtp/recipients.ts';
import { grantsReceipt, receiptNumber } from '../storm/amplifiers.ts';
import { addressOf } from '../storm/audience.ts';
import { streamOf } from '../storm/numbering.ts';
import { listMessage } from '../storm/plan.ts';
import type { WorkerContext } from './context.ts';
import type { SubmitPool } from './submit-pool.ts';

/** What somebody opened. */
export interface OpenedMessage {
  /** Our number for it; undefined for mail that is not this run's, which is sent no receipt whatever it asks for. */
  readonly number: number | undefined;
  /** Its first bytes, header fields first. */
  readonly body: Buffer;
}

export class Receipts {
  readonly #context: WorkerContext;
  readonly #pool: SubmitPool;
  /** Numbers of the receipts sent, at most one a look: no message gets two from the same reader (RFC 8098 §2.1). */
  readonly #sent = new Set<number>();

  constructor(context: WorkerContext, pool: SubmitPool) {
    this.#context = context;
    this.#pool = pool;
  }

  /** Sends the receipt that is due for an opened message, if one is: induced, and no part of the reader's journey. */
  async opened(reader: number, phase: Phase, { number, body }: OpenedMessage): Promise<void> {
    const { plan, access, recorder, clock, orders, composer } = this.#context;
    if (number === undefined || streamOf(number) !== 'list' || orders.stopping) return;
    // The mail system chose the number: it may bear one that no message of the plan has.
    if (number >= plan.cascade.length) return;
    if (!asks(body) || !grantsReceipt(plan.profile, plan.seed, reader)) return;
    const message = listMessage(plan, number);
    const receipt = receiptNumber(plan.mailboxes, number, reader);
    if (message.author === reader || this.#sent.has(receipt)) return;
    this.#sent.add(receipt);
    const data = composer.receipt(message, reader, Math.round(clock() / 1_000));
    // To the author whom the plan knows: what a message asks for is never taken for an address.
    const to = new Recipients([addressOf(access.accounts, message.author)]);
    const operation = SUBMIT_OPERATIONS[plan.doors.submit];
    recorder.planned(operation, phase, true);
    const dueUs = clock();
    // The null sender, so that no receipt comes back (RFC 8098 §3).
    const submitted = await this.#pool.submit(reader, phase, { from: '', to, outside: false }, data);
    const startedUs = Math.max(dueUs, submitted.startedUs);
    recorder.sample({
      operation,
      phase,
      outcome: submitted.outcome,
      intendedUs: dueUs,
      dueUs,
      startedUs,
      endedUs: Math.max(startedUs, submitted.endedUs),
      induced: true,
    });
  }
}

/** Whether a message asks for a receipt (RFC 8098 §2.1), by its header fields. */
function asks(body: Buffer): boolean {
  const text = body.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  return /^Disposition-Notification-To:/im.test(end < 0 ? text : text.slice(0, end));
}
