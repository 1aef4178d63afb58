/** Somebody sends a message: the blast, a reply to all, ordinary mail, a canary. Enters in the ledger what the server said. */

import { setBit } from '../measure/bitmap.ts';
import type { Acceptance } from '../measure/ledger.ts';
import type { Outcome } from '../measure/outcome.ts';
import { Recipients } from '../protocol/smtp/recipients.ts';
import { pathCopies } from '../storm/amplifiers.ts';
import { addressOf } from '../storm/audience.ts';
import type { PlannedMessage } from '../storm/journey.ts';
import { senderOf } from '../storm/messages.ts';
import type { Access, WorkerContext } from './context.ts';
import type { SubmitPool, Submitted } from './submit-pool.ts';
import type { Trail } from './trail.ts';

/** What became of a submission. */
export interface Sent {
  /** Of the message to one person; of the first recipient of a message to everybody. */
  readonly acceptance: Acceptance | 'dropped';
  /** Copies the target took, a list counted by its members. */
  readonly copies: number;
}

/** Submits a planned message as the trail's next step. */
export async function submitMessage(
  context: WorkerContext,
  pool: SubmitPool,
  trail: Trail,
  message: PlannedMessage,
): Promise<Sent> {
  const { access, composer } = context;
  const inbound = access.target.inbound !== undefined;
  const from = senderOf({ accounts: access.accounts, inbound }, message);
  const outside = inbound && message.origin === 'outside';
  const to = recipientsOf(context, message);
  const data = composer.compose(message, Math.round(trail.intendedUs / 1_000));
  const submitted = await trail.step('smtp.submit', () =>
    pool.submit(message.author, trail.journey.phase, { from, to, outside }, data),
  );
  const copies = enterAcceptance(context, message, submitted);
  const first = submitted.recipients[0];
  return { acceptance: first?.kind === 'dropped' ? 'dropped' : acceptanceOf(first), copies };
}

function recipientsOf({ access, plan, everybody }: WorkerContext, message: PlannedMessage): Recipients {
  const { recipient, alsoTo, author } = message;
  const { accounts, list } = access;
  if (recipient !== 'list') return new Recipients([addressOf(accounts, recipient)]);
  // One by one, everybody is addressed once: whoever is answered is among them.
  if (list !== undefined && alsoTo !== undefined) return new Recipients([list, addressOf(accounts, alsoTo)]);
  if (list !== undefined || plan.profile.list?.echo !== false) return everybody;
  return new Recipients(everybody.addresses.toSpliced(author, 1));
}

/** Whom a message to everybody is addressed to: the list, or under generator fan-out every mailbox. */
export function everybodyOf(access: Access, mailboxes: number): Recipients {
  if (access.list !== undefined) return new Recipients([access.list]);
  return new Recipients(
    Array.from({ length: mailboxes }, (_, mailbox) => addressOf(access.accounts, mailbox)),
  );
}

/** Enters every recipient's acceptance; returns the copies taken. */
function enterAcceptance(context: WorkerContext, message: PlannedMessage, submitted: Submitted): number {
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
    return acceptance === 'accepted' ? 1 : 0;
  }
  const isListed = access.list !== undefined;
  const withoutAuthor = plan.profile.list?.echo === false;
  let taken = 0;
  for (let mailbox = 0; mailbox < plan.mailboxes; mailbox += 1) {
    const copies = pathCopies(plan.profile, message, mailbox, isListed);
    if (copies === 0) continue;
    const position = withoutAuthor && mailbox > message.author ? mailbox - 1 : mailbox;
    // One reply for the list stands for every member it expands to; who was addressed beside it has one of their own.
    const answers = isListed ? submitted.recipients.slice(0, copies) : [submitted.recipients[position]];
    const acceptance = bestOf(answers.map(acceptanceOf));
    if (acceptance === 'accepted') {
      setBit(ledger.accepted, message.number, mailbox);
      taken += 1;
    } else if (acceptance === 'unknown') setBit(ledger.unknown, message.number, mailbox);
  }
  recorder.accepted(taken);
  return taken;
}

/** A copy that one path brought is there, whatever became of the other. */
function bestOf(acceptances: readonly Acceptance[]): Acceptance {
  return (['accepted', 'unknown'] as const).find((one) => acceptances.includes(one)) ?? 'rejected';
}

function acceptanceOf(outcome: Outcome | undefined): Acceptance {
  // What we dropped ourselves was never offered: the target cannot have taken it.
  if (outcome === undefined || outcome.kind === 'rejected' || outcome.kind === 'dropped') return 'rejected';
  return outcome.kind === 'ok' ? 'accepted' : 'unknown';
}
