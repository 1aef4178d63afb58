/** Somebody sends a message: the blast, a reply to all, ordinary mail, a canary. Enters in the ledger what the server said. */

import { setBit } from '../measure/bitmap.ts';
import type { Acceptance } from '../measure/ledger.ts';
import type { ProtocolOutcome } from '../measure/outcome.ts';
import { addressOf } from '../storm/audience.ts';
import type { PlannedMessage } from '../storm/journey.ts';
import type { WorkerContext } from './context.ts';
import type { SubmitPool, Submitted } from './submit-pool.ts';
import type { Trail } from './trail.ts';

/** Submits a planned message as the trail's next step. True if the server took it for every recipient. */
export async function submitMessage(
  context: WorkerContext,
  pool: SubmitPool,
  trail: Trail,
  message: PlannedMessage,
): Promise<boolean> {
  const { access, composer, plan } = context;
  const from = addressOf(access.accounts, message.author);
  const to = recipientsOf(context, message, plan.mailboxes);
  const data = composer.compose(message, Math.round(trail.intendedUs / 1_000));
  const submitted = await trail.step('smtp.submit', () =>
    pool.submit(message.author, trail.journey.phase, { from, to }, data),
  );
  enterAcceptance(context, message, submitted);
  return submitted.outcome.kind === 'ok';
}

function recipientsOf(context: WorkerContext, message: PlannedMessage, mailboxes: number): readonly string[] {
  const { accounts, list } = context.access;
  if (message.recipient !== 'list') return [addressOf(accounts, message.recipient)];
  if (list !== undefined) return [list];
  return Array.from({ length: mailboxes }, (_, mailbox) => addressOf(accounts, mailbox));
}

function enterAcceptance(context: WorkerContext, message: PlannedMessage, submitted: Submitted): void {
  const { ledger, access, plan, recorder } = context;
  if (message.recipient !== 'list') {
    const acceptance = acceptanceOf(submitted.recipients[0]);
    ledger.direct.set(message.number, {
      number: message.number,
      recipient: message.recipient,
      clinical: message.class === 'clinical',
      acceptance,
    });
    if (acceptance === 'accepted') recorder.accepted(1);
    return;
  }
  let taken = 0;
  for (let mailbox = 0; mailbox < plan.mailboxes; mailbox += 1) {
    // One reply for the list stands for every member it expands to.
    const acceptance = acceptanceOf(submitted.recipients[access.list === undefined ? mailbox : 0]);
    if (acceptance === 'accepted') {
      setBit(ledger.accepted, message.number, mailbox);
      taken += 1;
    } else if (acceptance === 'unknown') setBit(ledger.unknown, message.number, mailbox);
  }
  recorder.accepted(taken);
}

function acceptanceOf(outcome: ProtocolOutcome | undefined): Acceptance {
  if (outcome === undefined || outcome.kind === 'rejected') return 'rejected';
  return outcome.kind === 'ok' ? 'accepted' : 'unknown';
}
