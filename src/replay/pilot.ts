/** One marked message to the list before the storm: does it reach everybody, and does anybody answer who should not? It removes itself. */

import { Recipients } from '../protocol/smtp/recipients.ts';
import { addressOf } from '../storm/audience.ts';
import { pilotAuthor } from '../storm/expected.ts';
import type { PlannedMessage } from '../storm/journey.ts';
import type { Composer } from '../storm/messages.ts';
import { messageId, plainNumber } from '../storm/numbering.ts';
import type { Plan } from '../storm/plan.ts';
import { INBOX, type MailClient } from './clients/client.ts';
import { wordsOf } from './clients/words.ts';
import { listFolder, removeUids } from './folder.ts';
import { traceNotices } from './notices.ts';
import { noticeRules, PilotNotices } from './pilot-notices.ts';
import { submissionCredentials } from './sign-ins.ts';
import { openSubmitter } from './submitters.ts';
import { allMailboxes, sweep, unlessStopped, type SweepSettings } from './sweep.ts';

/** A message to a list that has not arrived after this long will not be waited for. */
const PILOT_WAIT_US = 60_000_000;

/** Bounces and auto-replies that come later than this after the pilot was seen everywhere come too late. */
const SETTLE_US = 5_000_000;

/** Between two rounds through the mailboxes that have not got it. */
const ROUND_MS = 500;

export interface PilotSettings extends Omit<SweepSettings, 'mailboxes'> {
  readonly plan: Plan;
  readonly runId: string;
  readonly composer: Composer;
  /** True once the target owes nothing of what it took before that instant, or undefined if nobody can tell. */
  readonly quietSince: (atUs: number) => boolean | undefined;
  /** The target is the embedded one: nothing behind it answers from elsewhere. */
  readonly closed: boolean;
}

/** `refused`: the list is not what it was declared to be (or the target would not take it); the run must not start. */
export type PilotReport =
  | {
      readonly ok: true;
      readonly slowestUs: number;
      readonly tls: boolean;
      /** Answers and bounces that the profile declares, in words; empty where it declares none. */
      readonly declared: string;
    }
  | { readonly ok: false; readonly kind: 'unreachable' | 'refused' | 'stopped'; readonly words: string };

const STOPPED: PilotReport = { ok: false, kind: 'stopped', words: 'stopped by the operator' };

/** Sends the pilot, waits for it in every mailbox, looks for bounces and auto-replies to it, and removes it. */
export async function flyPilot(settings: PilotSettings): Promise<PilotReport> {
  const { plan, clock } = settings;
  const author = pilotAuthor(plan);
  const notices = new PilotNotices(noticeRules(plan, settings.access));
  const message: PlannedMessage = {
    number: plainNumber('pilot', 0),
    class: 'bystander',
    author,
    recipient: 'list',
    subject: 'replystorm pilot message, please ignore',
    role: 'ordinary',
    parent: -1,
  };
  const sentUs = clock();
  const submitted = await unlessStopped(submitPilot(settings, message), settings.signal);
  if (submitted === 'stopped') return STOPPED;
  if ('ok' in submitted) return submitted;
  const acceptedUs = clock();
  let pending = expectedIn(plan, author);
  while (pending.length > 0) {
    const missing = new Set(pending);
    // Asked before the look: what was delivered until then, the look sees.
    const owesNothing = settings.quietSince(acceptedUs) === true;
    const failures = await sweep({ ...settings, mailboxes: pending }, (mailbox, client) =>
      collect(settings, message, client, () => missing.delete(mailbox)),
    );
    const failure = failures[0];
    if (failure !== undefined)
      return {
        ok: false,
        kind: failure.kind === 'stopped' ? 'stopped' : 'unreachable',
        words: failure.words,
      };
    pending = [...missing];
    if (pending.length === 0) break;
    const notice = await findNotice(settings, author, notices);
    if (notice !== undefined) return { ok: false, kind: 'refused', words: notice };
    if (owesNothing || clock() - sentUs > PILOT_WAIT_US)
      return { ok: false, kind: 'refused', words: missingWords(settings, pending, owesNothing) };
    await pause(ROUND_MS);
  }
  const slowestUs = clock() - sentUs;
  await settle(settings);
  const notice = (await findNotice(settings, author, notices)) ?? (await findEcho(settings, message));
  if (settings.signal?.aborted === true) return STOPPED;
  return notice === undefined
    ? { ok: true, slowestUs, tls: submitted.tls, declared: notices.words }
    : { ok: false, kind: 'refused', words: notice };
}

/** Where the pilot must arrive: everywhere, but not with its author where the list sends authors nothing back. */
function expectedIn({ profile, mailboxes }: Plan, author: number): number[] {
  const echoes = profile.list?.echo !== false;
  return allMailboxes(mailboxes).filter((mailbox) => echoes || mailbox !== author);
}

/** The pilot in its author's own INBOX, where the profile says that the list sends authors nothing back. */
async function findEcho(settings: PilotSettings, message: PlannedMessage): Promise<string | undefined> {
  if (settings.plan.profile.list?.echo !== false) return undefined;
  let came = false;
  await sweep({ ...settings, mailboxes: [message.author] }, (_mailbox, client) =>
    collect(settings, message, client, () => {
      came = true;
    }),
  );
  return came
    ? 'the pilot message came back to its author: the list echoes, and the profile says list.echo: false'
    : undefined;
}

/** The target took it; `tls`: under TLS. */
interface Taken {
  readonly tls: boolean;
}

/** Knocks at the door for mail from outside, if there is one: a storm must not begin before one that is shut. */
async function tryDoor({ access, clock }: PilotSettings): Promise<PilotReport | Taken> {
  const { inbound } = access.target;
  if (inbound === undefined) return { tls: true };
  const place = { access, clock, endpoint: inbound, localAddress: undefined, maxRecipients: undefined };
  const { submitter, message } = await openSubmitter(place, undefined);
  if (submitter === undefined) return { ok: false, kind: 'unreachable', words: `--inbound: ${message}` };
  await submitter.quit();
  return { tls: submitter.tls };
}

async function submitPilot(settings: PilotSettings, message: PlannedMessage): Promise<PilotReport | Taken> {
  const { access, clock, plan, composer } = settings;
  const door = await tryDoor(settings);
  if ('ok' in door) return door;
  const from = addressOf(access.accounts, message.author);
  const to =
    access.list === undefined
      ? expectedIn(plan, message.author).map((mailbox) => addressOf(access.accounts, mailbox))
      : [access.list];
  const credentials =
    access.target.submit.protocol === 'lmtp'
      ? undefined
      : await submissionCredentials(access, message.author);
  if (credentials !== undefined && 'problem' in credentials)
    return { ok: false, kind: 'unreachable', words: credentials.problem };
  const [localAddress] = access.submission?.sourceAddresses ?? [];
  const { recipientsPerEnvelope: maxRecipients } = plan.profile.limits;
  const place = { access, clock, endpoint: access.target.submit, localAddress, address: from, maxRecipients };
  const { submitter, message: words } = await openSubmitter(place, credentials);
  if (submitter === undefined) return { ok: false, kind: 'unreachable', words };
  const data = composer.compose(message, clock() / 1_000);
  const result = await submitter.submit({ from, to: new Recipients(to) }, data);
  const { tls } = submitter;
  await submitter.quit();
  if (result.outcome.kind === 'ok') return { tls: tls && door.tls };
  const refused = to.filter((_, index) => result.recipients[index]?.kind !== 'ok');
  const named = `${refused.slice(0, 5).join(', ')}${refused.length > 5 ? ` and ${refused.length - 5} more` : ''}`;
  return {
    ok: false,
    kind: 'refused',
    words: `the pilot message was not taken for ${named}: ${wordsOf(result.outcome)}`,
  };
}

/** Looks for the pilot in one INBOX and removes it where it is found. */
async function collect(
  settings: PilotSettings,
  message: PlannedMessage,
  client: MailClient,
  found: () => void,
): Promise<string | undefined> {
  const opened = await client.open(INBOX);
  if (opened.value === undefined) return `INBOX: ${wordsOf(opened.outcome)}`;
  const id = messageId(settings.runId, settings.plan.seed, message.number);
  const searched = await client.find(id);
  if (searched.value === undefined) return `searching the INBOX: ${wordsOf(searched.outcome)}`;
  if (searched.value.length === 0) return undefined;
  found();
  return removeUids(client, searched.value, opened.value.exists > searched.value.length);
}

/** A bounce of, or an automatic answer to, the pilot in its author's INBOX that the profile does not declare; all are removed. */
async function findNotice(
  settings: PilotSettings,
  author: number,
  notices: PilotNotices,
): Promise<string | undefined> {
  let words: string | undefined;
  await sweep({ ...settings, mailboxes: [author] }, async (_mailbox, client) => {
    const entries = await listFolder(client, INBOX, false);
    if (typeof entries === 'string') return entries;
    const traced = await traceNotices(
      client,
      entries.filter((entry) => entry.mark === undefined),
    );
    if (typeof traced === 'string') return traced;
    const mine = traced.traces.filter((trace) => trace.identity.runId === settings.runId);
    words = notices.judge(mine);
    return removeUids(
      client,
      mine.map((trace) => trace.uid),
      entries.length > mine.length,
    );
  });
  return words;
}

/**
 * Gives bounces and auto-replies time to come. A target of ours tells when it owes nothing; behind any other there may
 * be mailboxes elsewhere whose answers are in nobody's queue here, so the whole time is waited.
 */
async function settle(settings: PilotSettings): Promise<void> {
  const sinceUs = settings.clock();
  while (settings.clock() - sinceUs < SETTLE_US && settings.signal?.aborted !== true) {
    if (settings.closed && settings.quietSince(sinceUs) === true) return;
    await pause(100);
  }
}

function missingWords(settings: PilotSettings, missing: readonly number[], owesNothing: boolean): string {
  const named = missing.slice(0, 5).map((mailbox) => addressOf(settings.access.accounts, mailbox));
  const more = missing.length > 5 ? ` and ${missing.length - 5} more` : '';
  const when = owesNothing
    ? 'and the target owes nothing any more: is everybody a member of the list?'
    : `within ${PILOT_WAIT_US / 1e6} s: is everybody a member of the list, and the target delivering?`;
  return `the pilot message did not reach ${named.join(', ')}${more} ${when}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
