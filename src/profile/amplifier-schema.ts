/** The shape of what makes a storm larger than its messages: the list's own ways, and answers that nobody writes. Optional throughout: what a profile does not set is not in its digest. */

import { z } from 'zod';
import { share, whole } from './leaves.ts';

/** The list, as the target runs it: a run states this, and the census checks it. */
export const list = z.strictObject({
  replyTo: z
    .enum(['list', 'list+sender'], { error: 'list or list+sender' })
    .meta({
      description:
        'Whom a reply-all addresses: the list, or the author of what it answers as well, who then gets two copies where the target expands the list; list by default',
    })
    .optional(),
  echo: z
    .boolean({ error: 'true or false' })
    .meta({ description: 'Authors get a copy of their own message; true by default' })
    .optional(),
});

const outOfOffice = z.strictObject({
  share: share('Share of the mailboxes whose owner is away: each answers each sender once'),
  days: whole(1, 365, 'Days until the same sender is answered again (RFC 5230 :days)').default(7),
});

const readReceipts = z.strictObject({
  requested: share('Share of the messages to everybody that ask for a receipt (RFC 8098)'),
  granted: share('Share of the readers whose client sends one'),
});

/** What answers by itself. The embedded target and `simulate` do as this says; a mail system of yours does what it does. */
export const amplifiers = z.strictObject({
  outOfOffice: outOfOffice.optional(),
  deadRecipients: share(
    'Members of the list whose mailbox is gone, beside the mailboxes and as a share of their number: each message to the list bounces from each',
  ).optional(),
  readReceipts: readReceipts.optional(),
  recalls: share('Share of the replies whose author sends a recall to everybody afterwards').optional(),
  autoSubmitted: z
    .boolean({ error: 'true or false' })
    .meta({
      description:
        'Messages say Auto-Submitted: auto-generated, and nobody who is away answers them; false by default',
    })
    .optional(),
});
