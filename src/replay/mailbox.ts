/** Getting into a mailbox: connect, sign in, open, as steps of a journey. Reads what is there; changes nothing. */

import { noteCopy } from '../measure/ledger-share.ts';
import { noteEntry, noteLine } from '../measure/readings.ts';
import { parseMessageId, RUN_HEADER, streamOf } from '../storm/numbering.ts';
import {
  MAILBOX_OPERATIONS,
  INBOX,
  type MailClient,
  type MailRow,
  type OpenedFolder,
} from './clients/client.ts';
import { enterAs } from './clients/enter.ts';
import { wordsOf } from './clients/words.ts';
import type { WorkerContext } from './context.ts';
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

/** Opening a mailbox in five seconds is what benchmarks of mail systems ask for (SPECmail); an assumption here. */
export const ENTER_OBJECTIVE_US = 5_000_000;

/** Headers that a listing asks for: what tells a message's identity and what a person sees. */
export const LISTING_FIELDS = ['Message-ID', 'Subject', RUN_HEADER] as const;

/** An INBOX that is open. */
interface Entered {
  readonly client: MailClient;
  readonly opened: OpenedFolder;
  /** Told whether the first look at the mailbox went well: over HTTP nobody is in before that. */
  readonly looked: (ok: boolean) => void;
}

/** Signs in and opens the INBOX as the trail's next steps; undefined if one of them failed. */
export async function enterMailbox(
  context: WorkerContext,
  trail: Trail,
  mailbox: number,
  readOnly: boolean,
): Promise<Entered | undefined> {
  // A canary's reader sets out when it showed, whoever tries again when they do so.
  const meantUs =
    trail.attempts === 1 && trail.journey.kind !== 'canary' ? trail.intendedUs : context.clock();
  const entered = await tryDoor(context, trail, mailbox, readOnly);
  const note = (isIn: boolean): void => {
    const endedUs = context.clock();
    const { enter = ENTER_OBJECTIVE_US } = context.plan.profile.objectives ?? {};
    const poor = !isIn || endedUs - meantUs > enter;
    noteEntry(context.readings, {
      mailbox,
      phase: trail.journey.phase,
      meantUs,
      endedUs,
      entered: isIn,
      poor,
    });
  };
  if (entered?.client.door === 'http') return { ...entered, looked: note };
  note(entered !== undefined);
  return entered === undefined ? undefined : { ...entered, looked: () => undefined };
}

async function tryDoor(
  context: WorkerContext,
  trail: Trail,
  mailbox: number,
  readOnly: boolean,
): Promise<Omit<Entered, 'looked'> | undefined> {
  const { access, clock, plan, signedIn } = context;
  let standing: MailClient | undefined;
  const turnAway = (words: string): undefined => {
    if (standing !== undefined) context.mailboxes.delete(standing);
    standing?.destroy();
    // Where nothing was asked there is no step that could have failed.
    if (!trail.failed) trail.doubt(words);
    return undefined;
  };
  const client = await enterAs({
    access,
    clock,
    mailbox,
    patienceUs: plan.profile.readers.patience,
    recorded: (operation, work) => trail.step(operation, work),
    opened: (made) => {
      standing = made;
      noteLine(context.readings, 'mailbox', made.tls);
      context.mailboxes.add(made);
    },
    signedIn: (ok, words) => signedIn('mailbox', ok, words),
  });
  if ('failure' in client) return turnAway(client.words);
  const { open } = MAILBOX_OPERATIONS[client.door];
  const work = (): ReturnType<MailClient['open']> => client.open(INBOX, { readOnly });
  const { value: opened, outcome } = await (open === undefined ? work() : trail.step(open, work));
  return opened === undefined ? turnAway(`${INBOX}: ${wordsOf(outcome)}`) : { client, opened };
}

/** Says goodbye to a mailbox, without waiting for the answer. */
export function leaveMailbox(context: WorkerContext, client: MailClient): void {
  context.mailboxes.delete(client);
  void client.leave();
}

/** Whose a listed message is, from its headers. */
export function identify(
  context: Pick<WorkerContext, 'runId'>,
  row: MailRow,
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
