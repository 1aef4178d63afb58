/** One mailbox full of what a storm leaves, every way to delete it, and what each must leave: shared by tests on any server. No test here. */

import type { ImapFlow } from 'imapflow';

import { Recipients } from '../../src/protocol/smtp/recipients.ts';
import { CohortNotes } from '../../src/measure/cohorts.ts';
import { hasBit } from '../../src/measure/bitmap.ts';
import { eachCopy } from '../../src/measure/copy-table.ts';
import { DISPOSITIONS } from '../../src/measure/dispositions.ts';
import {
  DIRECT,
  emptyShare,
  enterDirect,
  enterListMessage,
  type LedgerShare,
} from '../../src/measure/ledger-share.ts';
import { closeLedger } from '../../src/measure/ledger.ts';
import { emptyReadings } from '../../src/measure/readings.ts';
import { emptyManners } from '../../src/measure/manners.ts';
import { Recorder } from '../../src/measure/recorder.ts';
import { approveTarget } from '../../src/profile/guard.ts';
import { takeCensus } from '../../src/replay/census.ts';
import { monotonicUs, runClock } from '../../src/replay/clock.ts';
import { firstOrders, type WorkerContext } from '../../src/replay/context.ts';
import { deleteJunk } from '../../src/replay/deleting.ts';
import { SessionPlaces } from '../../src/replay/places.ts';
import { Trail } from '../../src/replay/trail.ts';
import { type Disposal, type Journey, type Selection, stepsOf } from '../../src/storm/journey.ts';
import { makeComposer } from '../../src/storm/messages.ts';
import { backgroundNumber, messageId, RUN_HEADER, streamOf } from '../../src/storm/numbering.ts';
import { planOf, SMOKE } from '../storm/plans.ts';

export const SELECTIONS: readonly Selection[] = ['one', 'page', 'range', 'search', 'sweep'];
export const DISPOSALS: readonly Disposal[] = ['trash', 'expunge', 'emptyTrash'];

/** A server that holds the mailbox, in plain text on loopback. */
export interface Place {
  readonly imapPort: number;
  /** Given: the deleter and the census go in by JMAP. */
  readonly jmapPort?: number;
  readonly address: string;
  readonly password: string;
}

/** One message of the fixture. `number` is undefined for foreign mail. */
interface Fixture {
  readonly name: string;
  readonly subject: string;
  readonly number: number | undefined;
}

const PLAN = planOf({ ...SMOKE, blast: { subject: 'test', body: '' } });
const JMAP_PLAN = { ...PLAN, doors: { submit: 'smtp', mailbox: 'jmap' } } as const;
const clinical = (index: number): number => backgroundNumber('clinical', 'storm', 1, index);
const bystander = (index: number): number => backgroundNumber('bystander', 'storm', 1, index);

const mail = (name: string, subject: string, number: number | undefined): Fixture => ({
  name,
  subject,
  number,
});

/** In the order of arrival: a clinical message before the junk, two among it, one after; two of them say "test". */
const INBOX: readonly Fixture[] = [
  mail('blood', 'Blood test results', clinical(1)),
  mail('junk0', 'test', 0),
  mail('junk1', 'Re: test', 1),
  mail('rota', 'Rota for next week', bystander(1)),
  mail('ultrasound', 'Ultrasound report', clinical(2)),
  mail('junk2', 'Re: test', 2),
  mail('histology', 'Histology test result', clinical(3)),
  mail('junk3', 'Re: test', 3),
  mail('referral', 'Urgent referral', clinical(4)),
  mail('alarm', 'Fire alarm test on Thursday', bystander(2)),
];

/** Thrown away by mistake before anybody deletes anything. */
const IN_TRASH = mail('discharge', 'Discharge letter', clinical(5));

/** A reply that arrives after the deleter has listed the mailbox. */
const LATE = mail('late', 'Re: test', 4);

/** Somebody's own message with the storm's subject, among the junk. */
const FOREIGN = mail('foreign', 'test', undefined);

const JUNK = ['junk0', 'junk1', 'junk2', 'junk3'];

/** What each selection takes: the junk, and its own hazard. The late reply is taken by who looks after it came. */
const TAKEN: Readonly<Record<Selection, readonly string[]>> = {
  one: JUNK,
  page: JUNK,
  range: ['junk0', 'junk1', 'rota', 'ultrasound', 'junk2', 'histology', 'junk3'],
  search: ['blood', 'junk0', 'junk1', 'junk2', 'histology', 'junk3', 'alarm', 'late'],
  sweep: [...JUNK, 'late'],
};

export interface Variant {
  /** A foreign message lies among the junk, another in Trash. */
  readonly foreign?: boolean;
  /** Another session has flagged this one \Deleted. */
  readonly flagged?: string;
  /** Folder for thrown-away mail that an independent client made or found; made by the deleter unless given. */
  readonly trash?: string;
}

/** What lies where, by name, sorted. */
export interface Holdings {
  readonly inbox: readonly string[];
  readonly trash: readonly string[];
}

/** What must lie where afterwards, and which messages of ours a set of ours must have named. */
export function expectation(
  selection: Selection,
  disposal: Disposal,
  variant: Variant = {},
): Holdings & { readonly asked: readonly string[] } {
  const taken = new Set(TAKEN[selection]);
  const foreign = variant.foreign === true ? ['foreign'] : [];
  const inbox = [...INBOX.map(({ name }) => name), LATE.name, ...foreign].filter((name) => !taken.has(name));
  const before = variant.trash === undefined ? [] : [IN_TRASH.name];
  const kept = variant.trash === undefined || foreign.length === 0 ? [] : ['foreign'];
  const thrown = disposal === 'trash' ? [...taken, ...before] : disposal === 'expunge' ? before : [];
  const emptied = disposal === 'emptyTrash' ? before : [];
  return {
    inbox: inbox.sort(),
    trash: [...thrown, ...kept].sort(),
    asked: [...taken, ...emptied].sort(),
  };
}

/** Fills the mailbox by somebody else's client. */
export async function fill(client: ImapFlow, runId: string, variant: Variant = {}): Promise<void> {
  const flagsOf = ({ name }: Fixture): string[] => (name === variant.flagged ? [String.raw`\Deleted`] : []);
  for (const one of INBOX) {
    await append(client, 'INBOX', runId, one, flagsOf(one));
    if (one.name === 'junk1' && variant.foreign === true)
      await append(client, 'INBOX', runId, FOREIGN, flagsOf(FOREIGN));
  }
  if (variant.trash === undefined) return;
  await append(client, variant.trash, runId, IN_TRASH);
  if (variant.foreign === true) await append(client, variant.trash, runId, FOREIGN);
}

/** Each comes a second after the one before: over JMAP what comes in the same second has no order (RFC 8621 §4.4.2). */
let appended = 0;

async function append(
  client: ImapFlow,
  folder: string,
  runId: string,
  { name, subject, number }: Fixture,
  flags: string[] = [],
): Promise<void> {
  const marks =
    number === undefined
      ? [`Message-ID: <${name}@elsewhere.example>`]
      : [`Message-ID: ${messageId(runId, PLAN.seed, number)}`, `${RUN_HEADER}: ${runId}`];
  const lines = ['From: <somebody@lab.test>', `Subject: ${subject}`, ...marks, `X-Name: ${name}`];
  appended += 1;
  const date = new Date(Date.UTC(2016, 10, 14) + appended * 1_000);
  await client.append(folder, `${lines.join('\r\n')}\r\n\r\nplease ignore\r\n`, flags, date);
}

/** Reads what lies where, by somebody else's client. */
export async function holdings(client: ImapFlow, trash: string): Promise<Holdings> {
  return { inbox: await names(client, 'INBOX'), trash: await names(client, trash) };
}

async function names(client: ImapFlow, folder: string): Promise<string[]> {
  const box = await client.mailboxOpen(folder, { readOnly: true });
  const found: string[] = [];
  if (box.exists > 0) {
    for await (const { headers } of client.fetch('1:*', { headers: ['x-name'] }))
      found.push(/x-name:\s*(\S+)/i.exec(headers?.toString('latin1') ?? '')?.[1] ?? 'nameless');
  }
  await client.mailboxClose();
  return found.sort();
}

/** What a deleter's run left behind in our own books. */
export interface Deletion {
  /** Names of the messages that a set of ours named. */
  readonly asked: readonly string[];
  readonly share: LedgerShare;
  /** Operations of the journey: name, and how it ended. */
  readonly ended: readonly string[];
}

/** Somebody deletes; the late reply arrives once they have listed the mailbox, by `client`. */
export async function deleteBy(
  place: Place,
  runId: string,
  selection: Selection,
  disposal: Disposal,
  client: ImapFlow,
): Promise<Deletion> {
  const context = contextOf(place, runId);
  const ended: string[] = [];
  const recorder = new Recorder();
  const record = recorder.sample.bind(recorder);
  recorder.sample = (sample) => {
    const { outcome } = sample;
    ended.push(`${sample.operation} ${outcome.kind === 'ok' ? 'ok' : JSON.stringify(outcome)}`);
    record(sample);
  };
  const journey: Journey = { id: 1, kind: 'delete', phase: 'deletes', offsetUs: 0, actor: 0 };
  const trail = new LateTrail(journey, recorder, context, () => append(client, 'INBOX', runId, LATE));
  await deleteJunk(
    { ...context, recorder },
    trail,
    { selection, disposal, clickUs: 1_000, pageSize: 2, emptyAfterUs: 1_000 },
    undefined,
  );
  trail.end();
  return { asked: askedNames(context.ledger), share: context.ledger, ended };
}

/** Lets something happen between the listing and the first click. */
class LateTrail extends Trail {
  readonly #then: () => Promise<void>;

  constructor(journey: Journey, recorder: Recorder, context: WorkerContext, then: () => Promise<void>) {
    const nowUs = context.clock();
    super(journey, stepsOf(context.plan.doors), nowUs, nowUs, recorder, context.clock);
    this.#then = then;
  }

  override async step<T extends Parameters<Trail['step']>[1] extends () => Promise<infer U> ? U : never>(
    operation: Parameters<Trail['step']>[0],
    work: () => Promise<T>,
  ): Promise<T> {
    const done = await super.step(operation, work);
    if (operation === 'imap.headers' || operation === 'jmap.query') await this.#then();
    return done;
  }
}

/** A worker's surroundings for the one mailbox of a place. */
export function contextOf(place: Place, runId: string): WorkerContext {
  const { imapPort, jmapPort } = place;
  const mailbox = { protocol: 'imap', host: '127.0.0.1', port: imapPort, tls: 'off' } as const;
  const endpoint =
    jmapPort === undefined ? mailbox : ({ ...mailbox, protocol: 'jmap+http', port: jmapPort } as const);
  const decision = approveTarget({
    submit: endpoint,
    mailbox: endpoint,
    submitAddresses: ['127.0.0.1'],
    mailboxAddresses: ['127.0.0.1'],
    domains: ['lab.test'],
    hasStopCondition: false,
    hasCaps: false,
  });
  if (!decision.ok) throw new Error(decision.refusals.join('; '));
  const accounts = { addresses: [place.address, 'nobody@lab.test'] };
  return {
    runId,
    plan: jmapPort === undefined ? PLAN : JMAP_PLAN,
    clock: runClock(monotonicUs()),
    shard: { index: 0, count: 1 },
    everybody: new Recipients([]),
    access: {
      target: decision.target,
      accounts,
      signIns: { kind: 'password', password: place.password },
      tokens: undefined,
      relay: undefined,
      ca: undefined,
      serverName: undefined,
      tlsInsecure: false,
      list: undefined,
    },
    composer: makeComposer(PLAN, { runId, accounts, list: 'all@lab.test', startedAtMs: 0 }),
    recorder: new Recorder(),
    ledger: emptyShare({ mailboxes: 1, listMessages: 5, fanOut: 'list' }),
    manners: emptyManners(1),
    orders: { ...firstOrders(), phase: 'deletes' },
    replies: new Map(),
    canaries: [],
    patience: new Map(),
    cohorts: new CohortNotes(),
    readings: emptyReadings(),
    mailboxes: new Set(),
    places: new SessionPlaces(100, undefined),
    signedIn: () => undefined,
  };
}

/** What the ledger makes of it after a census: how many copies ended in each disposition, zeros left out. */
export async function dispositionsOf(
  place: Place,
  runId: string,
  { share }: Deletion,
  variant: Variant = {},
): Promise<Readonly<Record<string, number>>> {
  const { access, clock } = contextOf(place, runId);
  for (const one of [...INBOX, LATE, ...(variant.trash === undefined ? [] : [IN_TRASH])]) {
    const { number } = one;
    if (number === undefined) continue;
    if (number < 5) enterListMessage(share, number, 'accepted');
    else {
      const isClinical = streamOf(number) === 'clinical';
      enterDirect(share, { number, recipient: 0, clinical: isClinical, acceptance: 'accepted' });
    }
  }
  const { census, failures } = await takeCensus({
    access,
    clock,
    atOnce: 1,
    runId,
    provisioned: undefined,
    share,
  });
  if (failures[0] !== undefined) throw new Error(failures[0].words);
  const figures = closeLedger(share, census, true);
  const kinds = [...DISPOSITIONS, 'duplicated', 'misdelivered', 'unknown', 'foreign'] as const;
  return Object.fromEntries(kinds.map((name) => [name, figures[name]]).filter(([, count]) => count !== 0));
}

/** The dispositions that must come of it, from what must lie where. */
export function expectedDispositions(
  selection: Selection,
  disposal: Disposal,
  variant: Variant = {},
): Readonly<Record<string, number>> {
  const { inbox, trash, asked } = expectation(selection, disposal, variant);
  const counts: Record<string, number> = {};
  const count = (disposition: string): void => {
    counts[disposition] = (counts[disposition] ?? 0) + 1;
  };
  for (const { name, number } of [...INBOX, LATE, ...(variant.trash === undefined ? [] : [IN_TRASH])]) {
    const isJunk = number !== undefined && number < 5;
    if (inbox.includes(name)) count('present');
    else if (!isJunk && asked.includes(name)) count('takenByStrategy');
    else count(trash.includes(name) ? 'trashed' : 'expungedAsAsked');
  }
  if (variant.foreign === true) counts['foreign'] = variant.trash === undefined ? 1 : 2;
  return counts;
}

function askedNames({ asked, direct }: LedgerShare): string[] {
  const byNumber = new Map([...INBOX, LATE, IN_TRASH].map(({ number, name }) => [number, name]));
  const list = [0, 1, 2, 3, 4].filter((number) => hasBit(asked, 0, number));
  const others: number[] = [];
  eachCopy(direct, (number, _mailbox, flags) => {
    if ((flags & DIRECT.asked) !== 0) others.push(number);
  });
  return [...list, ...others].map((number) => byNumber.get(number) ?? `unknown ${number}`).sort();
}
