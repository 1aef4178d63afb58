/** Getting into a mailbox: connect, sign in, open, as steps of a journey. Reads what is there; changes nothing. */

import { noteCopy } from '../measure/ledger-share.ts';
import type { ImapConnection } from '../protocol/imap/connection.ts';
import { openImap } from '../protocol/imap/open.ts';
import { parseMessageId, RUN_HEADER, streamOf } from '../storm/numbering.ts';
import { mailboxSettings, type WorkerContext } from './context.ts';
import { credentialsOf, signInTo } from './sign-ins.ts';
import type { Trail } from './trail.ts';

/** One message as a listing tells it. */
export interface Listed {
  readonly uid: number;
  readonly subject: string;
  /** Our number for it; undefined for mail that is not this run's. */
  readonly number: number | undefined;
  /** Bears no run's or provision's mark that we own. */
  readonly foreign: boolean;
}

/** Headers that a listing asks for: what tells a message's identity and what a person sees. */
export const LISTING_FIELDS = ['Message-ID', 'Subject', RUN_HEADER] as const;

/** Connects, signs in and opens the INBOX as the trail's next three steps; undefined if one of them failed. */
export async function enterMailbox(
  context: WorkerContext,
  trail: Trail,
  mailbox: number,
  readOnly: boolean,
): Promise<{ readonly connection: ImapConnection; readonly uidNext: number } | undefined> {
  const { access, clock, plan, signedIn } = context;
  const settings = mailboxSettings(access, clock, plan.profile.readers.patience);
  const opening = await trail.step('imap.connect', () => openImap(settings));
  const { connection } = opening;
  if (connection === undefined) return undefined;
  context.mailboxes.add(connection);
  if (!opening.tls) context.manners.plain.mailbox += 1;
  const credentials = await credentialsOf(access, mailbox);
  const signIn = await trail.step('imap.signin', () =>
    signInTo(connection, access, mailbox, credentials, clock),
  );
  if (signIn.outcome.kind === 'ok') signedIn('mailbox', true, '');
  if (signIn.outcome.kind === 'rejected' && !signIn.outcome.temporary)
    signedIn('mailbox', false, signIn.outcome.text);
  if (signIn.outcome.kind !== 'ok') return turnAway(context, connection);
  const opened = await trail.step('imap.open', () => connection.select('INBOX', { readOnly }));
  if (opened.value === undefined) return turnAway(context, connection);
  return { connection, uidNext: opened.value.uidNext };
}

/** Says goodbye to a mailbox, without waiting for the answer. */
export function leaveMailbox(context: WorkerContext, connection: ImapConnection): void {
  context.mailboxes.delete(connection);
  void connection.logout();
}

function turnAway(context: WorkerContext, connection: ImapConnection): undefined {
  context.mailboxes.delete(connection);
  connection.destroy();
  return undefined;
}

/** Whose a listed message is, from its headers. */
export function identify(
  context: Pick<WorkerContext, 'runId'>,
  row: { readonly uid: number; readonly headers: ReadonlyMap<string, string> },
  provisioned: string | undefined,
): Listed {
  const mark = row.headers.get(RUN_HEADER.toLowerCase())?.trim();
  const identity = parseMessageId(row.headers.get('message-id') ?? '');
  const ours = mark === context.runId && identity?.runId === context.runId;
  return {
    uid: row.uid,
    subject: row.headers.get('subject') ?? '',
    number: ours ? identity.number : undefined,
    foreign: !ours && (mark === undefined || mark !== provisioned),
  };
}

/** Enters in the ledger that a message of ours was seen in a mailbox. */
export function markSeen(
  context: Pick<WorkerContext, 'ledger'>,
  mailbox: number,
  number: number | undefined,
): void {
  enterCopy(context, 'seen', mailbox, number);
}

/** Enters that a delete of ours named a message's UID. */
export function markAsked(
  context: Pick<WorkerContext, 'ledger'>,
  mailbox: number,
  number: number | undefined,
): void {
  enterCopy(context, 'asked', mailbox, number);
}

/** The pilot and prefilled mail are in neither count. */
function enterCopy(
  { ledger }: Pick<WorkerContext, 'ledger'>,
  what: 'seen' | 'asked',
  mailbox: number,
  number: number | undefined,
): void {
  if (number === undefined) return;
  const stream = streamOf(number);
  if (stream === 'list' || stream === 'bystander' || stream === 'clinical')
    noteCopy(ledger, what, stream === 'list', number, mailbox);
}
