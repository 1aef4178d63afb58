/** The final reading of what every mailbox holds, in all real folders. Reads only; folds what it finds into a Census. */

import { mailboxWith } from '../measure/copy-table.ts';
import type { Place } from '../measure/dispositions.ts';
import { emptyCensus, findDirectCopy, findListCopy, type Census } from '../measure/ledger-census.ts';
import { ENTERED, type LedgerShape, type LedgerShare } from '../measure/ledger-share.ts';
import { countNotice, enterNotice, isOverQuota, type NoticeSubject } from '../measure/notices.ts';
import { noteNotification } from '../measure/notifications.ts';
import { addressOf } from '../storm/audience.ts';
import { streamOf } from '../storm/numbering.ts';
import type { FoundCopy, Inspection } from '../measure/inspection.ts';
import { noteBody, type MannerNotes } from '../measure/manners.ts';
import type { Compared, Comparer } from './comparing.ts';
import type { MailClient } from './clients/client.ts';
import { wordsOf } from './clients/words.ts';
import { listFolder, type FolderEntry } from './folder.ts';
import { traceNotices, type Notice, type Trace } from './notices.ts';
import { allMailboxes, sweep, type SweepFailure, type SweepSettings } from './sweep.ts';

export interface CensusSettings extends Omit<SweepSettings, 'mailboxes'> {
  readonly runId: string;
  readonly provisioned: string | undefined;
  /** What the workers know of direct mail: whose each number was. */
  readonly share: LedgerShare;
  /** How many copies of a list message its path makes in a mailbox; one unless given. */
  readonly pathCopies?: ((number: number, mailbox: number) => number) | undefined;
  /** How the mail system behaved, told mailbox by mailbox; bodies are compared where there is something to compare them by. */
  readonly manners?: {
    readonly inspection: Inspection;
    readonly notes: MannerNotes;
    readonly comparer: Comparer;
  };
}

/** The census, and which mailboxes could not be read: with any of those the ledger cannot be closed. */
export interface CensusReport {
  readonly census: Census;
  readonly failures: readonly SweepFailure[];
  readonly cost: CensusCost;
}

/** What the census itself cost: it is no part of the storm, and in none of its figures. */
export interface CensusCost {
  readonly mailboxes: number;
  /** Mailboxes that no pass could read. */
  readonly unread: number;
  readonly messages: number;
  readonly passes: number;
  readonly tookUs: number;
  readonly bytes: number;
}

/** A pass ends with the first line that drops: as many may begin again where the one before got further. */
const MAX_PASSES = 20;

/** What one mailbox holds, entered as a whole or not at all. */
interface Reading {
  readonly entries: readonly {
    readonly entry: FolderEntry;
    readonly place: Place | 'sent';
    readonly inInbox: boolean;
  }[];
  readonly traces: readonly Trace[];
  readonly compared: readonly Compared[];
  readonly untraced: number;
  /** Numbers tell the order in which the messages came. */
  readonly hasUids: boolean;
}

/** Reads every mailbox; after a dropped line goes on with those not read yet, as long as that gets any further. */
export async function takeCensus(settings: CensusSettings): Promise<CensusReport> {
  const { clock } = settings;
  const startedUs = clock();
  const meter = { bytes: 0, messages: 0 };
  const { shape } = settings.share;
  const census = emptyCensus(shape);
  const mailboxes = followed(shape);
  const unread = new Set(mailboxes);
  const byAddress = new Map(
    allMailboxes(shape.mailboxes).map((mailbox) => [
      addressOf(settings.access.accounts, mailbox).toLowerCase(),
      mailbox,
    ]),
  );
  const pass = (some: readonly number[]): Promise<readonly SweepFailure[]> => {
    return sweep({ ...settings, meter, mailboxes: some }, async (mailbox, client) => {
      const reading = await readWhole(settings, mailbox, client);
      if (typeof reading === 'string') return reading;
      for (const { entry, place } of reading.entries) enter(settings, census, mailbox, entry, place);
      for (const trace of reading.traces) enterTrace(census, mailbox, trace, byAddress);
      inspect(settings, mailbox, reading);
      census.notices.untraced += reading.untraced;
      unread.delete(mailbox);
      meter.messages += reading.entries.length;
      return undefined;
    });
  };
  let failures = await pass(mailboxes);
  let passes = 1;
  for (let before = Number.POSITIVE_INFINITY; failures.length > 0 && passes < MAX_PASSES; passes += 1) {
    // The first line that drops may be a server that restarts: one pass without progress is forgiven.
    if (settings.signal?.aborted === true || (passes > 1 && unread.size >= before)) break;
    before = unread.size;
    failures = await pass([...unread]);
  }
  const { bytes, messages } = meter;
  const cost = { mailboxes: mailboxes.length, unread: unread.size, messages, passes, bytes };
  return { census, failures, cost: { ...cost, tookUs: clock() - startedUs } };
}

/** Tells how the mail system behaved towards this mailbox. */
function inspect({ manners, runId, share }: CensusSettings, mailbox: number, reading: Reading): void {
  if (manners === undefined) return;
  const kindOf = (number: number | undefined): FoundCopy['kind'] => {
    const stream = number === undefined ? undefined : streamOf(number);
    if (number === undefined || stream === undefined) return 'nobodys';
    if (stream === 'list') return number < share.shape.listMessages ? 'list' : 'nobodys';
    if (stream === 'bystander' || stream === 'clinical')
      return mailboxWith(share.direct, number, ENTERED) !== undefined ? 'direct' : 'nobodys';
    return stream === 'pilot' || stream === 'receipt' ? 'own' : 'nobodys';
  };
  const mine = reading.entries.filter(({ entry, place }) => entry.mark === runId && place !== 'sent');
  manners.inspection.enterMailbox(
    mailbox,
    mine.map(({ entry: { uid, number }, inInbox }) => ({ uid, number, kind: kindOf(number), inInbox })),
    reading.hasUids,
  );
  for (const { number, same } of reading.compared) noteBody(manners.notes, mailbox, number, same);
}

async function readWhole(
  settings: CensusSettings,
  mailbox: number,
  client: MailClient,
): Promise<Reading | string> {
  const { value: folders, outcome } = await client.folders();
  if (folders === undefined) return `folders: ${wordsOf(outcome)}`;
  const entries: { entry: FolderEntry; place: Place | 'sent'; inInbox: boolean }[] = [];
  const traces: Trace[] = [];
  const compared: Compared[] = [];
  let untraced = 0;
  for (const folder of folders) {
    const listed = await listFolder(client, folder.name, true);
    if (typeof listed === 'string') return listed;
    const found = await traceNotices(
      client,
      listed.filter((entry) => entry.mark === undefined),
    );
    if (typeof found === 'string') return found;
    const mine = found.traces.filter((trace) => trace.identity.runId === settings.runId);
    untraced += found.unread;
    const traced = new Set(mine.map((trace) => trace.uid));
    const { place, isInbox: inInbox } = folder;
    for (const entry of listed) if (!traced.has(entry.uid)) entries.push({ entry, place, inInbox });
    traces.push(...mine);
    const ours = listed.filter((entry) => entry.mark === settings.runId);
    const bodies = await settings.manners?.comparer.compare(client, mailbox, ours);
    if (typeof bodies === 'string') return `${folder.name}: ${bodies}`;
    compared.push(...(bodies ?? []));
  }
  return { entries, traces, compared, untraced, hasUids: client.hasUids };
}

/** The mailboxes that the ledger follows. */
function followed({ mailboxes, sample }: LedgerShape): readonly number[] {
  return sample === undefined ? allMailboxes(mailboxes) : [...sample.mailboxes];
}

/** Enters a notice where it is counted: by cause, by the mailbox that got it, and for the copies that it speaks of. */
function enterTrace(
  { notices }: Census,
  mailbox: number,
  { identity, kind, recipients }: Notice,
  byAddress: ReadonlyMap<string, number>,
): void {
  const stream = streamOf(identity.number);
  // The pilot is no part of the storm, nor is what still comes of it.
  if (stream === 'pilot') return;
  const about: NoticeSubject =
    stream === 'list' || stream === 'bystander' || stream === 'clinical' ? stream : 'other';
  noteNotification(notices.mail, mailbox, kind === 'delay' ? 'bounce' : kind);
  if (recipients.length === 0) countNotice(notices, kind, null, about);
  for (const { address, action, status } of recipients) {
    const says = { failed: action === 'failed', overQuota: isOverQuota(status) };
    countNotice(notices, says.failed ? 'bounce' : 'delay', status, about);
    const recipient = byAddress.get(address);
    if (recipient !== undefined) enterNotice(notices, identity.number, recipient, says);
  }
}

function enter(
  settings: CensusSettings,
  census: Census,
  mailbox: number,
  entry: FolderEntry,
  place: Place | 'sent',
): void {
  const { runId, provisioned, share } = settings;
  if (entry.mark !== runId) {
    if (entry.mark !== undefined && entry.mark === provisioned) census.copiesRemaining += 1;
    else census.foreign += 1;
    return;
  }
  census.copiesRemaining += 1;
  // A server's own Sent copy is its author's, and no path of the storm made it.
  if (entry.number === undefined || place === 'sent') return;
  const stream = streamOf(entry.number);
  if (stream === 'list')
    return findListCopy(census, mailbox, entry.number, place, settings.pathCopies?.(entry.number, mailbox));
  if (stream === 'receipt') {
    // One of ours, which only messages to everybody ask for.
    countNotice(census.notices, 'receipt', null, 'list');
    return noteNotification(census.notices.mail, mailbox, 'receipt');
  }
  if (mailboxWith(share.direct, entry.number, ENTERED) !== undefined)
    findDirectCopy(census, mailbox, entry.number, place);
}
