/** Messages handed in over JMAP by one signed-in author: uploaded once, to as many recipients at a time as the server takes. It must not retry a message. */

import type { Clock, ProtocolOutcome } from '../../measure/outcome.ts';
import type { Credentials } from '../../protocol/connect.ts';
import { outcomeOfAll, refusal } from '../../protocol/ending.ts';
import { HttpConnection, type HttpSettings } from '../../protocol/http/connection.ts';
import type { JmapResult } from '../../protocol/jmap/channel.ts';
import type { JmapConnection } from '../../protocol/jmap/connection.ts';
import type { Created, Identity } from '../../protocol/jmap/methods.ts';
import { openJmap } from '../../protocol/jmap/open.ts';
import type { Letter } from '../../protocol/jmap/submission.ts';
import type { Recipients } from '../../protocol/smtp/recipients.ts';
import { chunksOf } from '../jmap-pages.ts';
import type { Submitted, Submitter } from '../submitters.ts';
import { folderFor, makeFolder } from './jmap-folders.ts';

export interface JmapSubmitDoor {
  readonly http: HttpSettings;
  /** Where the session is; the well-known place unless named. */
  readonly path?: string | undefined;
  /** Recipients of one submission at most, whatever the server would take. */
  readonly maxRecipients?: number | undefined;
}

/** What became of one message: those who went together share an outcome. */
interface Answered extends Submitted {
  readonly outcome: ProtocolOutcome;
  readonly recipients: readonly ProtocolOutcome[];
}

/** What `jmap.session` is for an author: a fresh connection, the session, as whom and through which folder to submit. */
export interface JmapSubmitterOpening {
  readonly outcome: ProtocolOutcome;
  /** Present exactly when the outcome is `ok`. */
  readonly submitter?: JmapSubmitter;
  readonly startedUs: number;
  readonly endedUs: number;
  readonly retryAfterUs?: number;
}

/** Signs in to submit. Never rejects. */
export async function openJmapSubmitter(
  door: JmapSubmitDoor,
  credentials: Credentials,
): Promise<JmapSubmitterOpening> {
  const http = new HttpConnection(door.http);
  const { endpoint, clock } = door.http;
  const opened = await openJmap(http, { endpoint, clock, path: door.path }, credentials);
  const { connection, ...opening } = opened;
  const { value: outbox, ...entered }: JmapResult<JmapOutbox> =
    connection === undefined ? opening : await openOutbox(connection, clock, door.maxRecipients);
  const timed = { ...entered, startedUs: opening.startedUs };
  if (outbox !== undefined) return { ...timed, submitter: new JmapSubmitter(http, outbox) };
  http.destroy();
  return timed;
}

/** Looks up as whom one may submit, and through which folder: Drafts, made where there is none, or INBOX where none may be made. */
export async function openOutbox(
  connection: JmapConnection,
  clock: Clock,
  maxRecipients?: number,
): Promise<JmapResult<JmapOutbox>> {
  const { value, ...rest } = await connection.outgoing();
  if (value === undefined) return rest;
  const { identities, mailboxes } = value;
  if (identities.length === 0)
    return { ...rest, outcome: refusal('NONEXISTENT', 'no identity to submit as') };
  // In INBOX what is being sent would pass for what has come.
  const drafts = folderFor('drafts', mailboxes)?.id ?? (await makeFolder(connection, 'drafts')).value;
  const mailboxId = drafts ?? folderFor('inbox', mailboxes)?.id;
  if (mailboxId === undefined)
    return { ...rest, outcome: refusal('NONEXISTENT', 'neither Drafts nor INBOX to submit from') };
  return {
    ...rest,
    value: new JmapOutbox(connection, { identities, mailboxId }, clock, maxRecipients),
  };
}

/** What messages are submitted by. */
interface Origin {
  readonly identities: readonly Identity[];
  readonly mailboxId: string;
}

/** The identity of an address, or of all at its domain (RFC 8621 §6), or else the first: whether it may, the server says. */
function identityFor({ identities }: Origin, address: string): string {
  const own = address.toLowerCase();
  const all = `*${own.slice(own.lastIndexOf('@'))}`;
  const found = [own, all].map((wanted) => identities.find(({ email }) => email.toLowerCase() === wanted));
  return (found.find((one) => one !== undefined) ?? identities[0])?.id ?? '';
}

/** A message under way: what it is called there by now, and who has been answered for. */
interface UnderWay {
  readonly from: string;
  readonly blobId: string;
  readonly outcomes: Map<string, ProtocolOutcome>;
  /** It lies there from a request in which nothing of it was sent. */
  left: string | undefined;
}

/** How often smaller envelopes are tried, when the server names a limit and then a smaller one. */
const SHRINKS = 3;

/** Submits over a connection that somebody else opened and ends. */
export class JmapOutbox {
  readonly #connection: JmapConnection;
  readonly #origin: Origin;
  readonly #clock: Clock;
  /** Recipients of one submission; learnt from the first refusal (RFC 8621 §7.5), since no session tells it. */
  #maxRecipients: number;

  constructor(
    connection: JmapConnection,
    origin: Origin,
    clock: Clock,
    maxRecipients = Number.POSITIVE_INFINITY,
  ) {
    this.#connection = connection;
    this.#origin = origin;
    this.#clock = clock;
    this.#maxRecipients = maxRecipients;
  }

  /** From the next message on. */
  signInAs(credentials: Credentials): void {
    this.#connection.signInAs(credentials);
  }

  async submit(
    { from, to }: { readonly from: string; readonly to: Recipients },
    data: Buffer,
  ): Promise<Answered> {
    const { addresses } = to;
    const startedUs = this.#clock();
    const uploaded = await this.#connection.upload(data);
    if (uploaded.value === undefined) return this.#same(addresses, uploaded.outcome, startedUs);
    const letter: UnderWay = { from, blobId: uploaded.value, outcomes: new Map(), left: undefined };
    let untold = addresses;
    for (let shrinks = 0; untold.length > 0 && shrinks <= SHRINKS; shrinks += 1)
      untold = await this.#postAll(letter, untold, shrinks < SHRINKS);
    const missing = refusal('PROTOCOL', 'the server takes ever fewer recipients');
    const recipients = addresses.map((address) => letter.outcomes.get(address) ?? missing);
    const endedUs = this.#clock();
    // Nobody took it, and where there is no Drafts it would pass for a copy that somebody got.
    if (letter.left !== undefined) await this.#connection.destroy([letter.left]);
    return { outcome: outcomeOfAll(recipients), recipients, startedUs, endedUs };
  }

  /** Everybody once; those back who would go in smaller envelopes. */
  async #postAll(
    letter: UnderWay,
    addresses: readonly string[],
    mayShrink: boolean,
  ): Promise<readonly string[]> {
    const atOnce = Math.min(this.#maxRecipients, Math.max(1, addresses.length));
    const again: string[] = [];
    // As many submissions in one request as the server takes objects; the rest waits for the next.
    for (const round of chunksOf(chunksOf(addresses, atOnce), this.#connection.limits.maxObjectsInSet)) {
      const sent = await this.#post(letter, round);
      for (const [at, { outcome, maxRecipients }] of sent.entries()) {
        const group = round[at] ?? [];
        const isSmaller = maxRecipients !== undefined && maxRecipients > 0 && maxRecipients < group.length;
        if (isSmaller) this.#maxRecipients = Math.min(this.#maxRecipients, maxRecipients);
        if (isSmaller && mayShrink) again.push(...group);
        else for (const address of group) letter.outcomes.set(address, outcome);
      }
    }
    return again;
  }

  async #post(letter: UnderWay, groups: readonly (readonly string[])[]): Promise<readonly Created[]> {
    const { mailboxId } = this.#origin;
    const { from, blobId, left } = letter;
    const it: Letter = left === undefined ? { blobId, mailboxId } : { emailId: left };
    const envelopes = groups.map((to) => ({ from, to }));
    const posted = await this.#connection.post(it, identityFor(this.#origin, from), envelopes);
    if (posted.value === undefined) return groups.map(() => ({ outcome: posted.outcome }));
    const { sent, emailId } = posted.value;
    // What was accepted once is destroyed; what was not lies there, and need not be imported again.
    const isLeft = sent.every(({ outcome }) => outcome.kind === 'rejected') && emailId !== '';
    letter.left = isLeft ? emailId : undefined;
    return sent;
  }

  #same(addresses: readonly string[], outcome: ProtocolOutcome, startedUs: number): Answered {
    return { outcome, recipients: addresses.map(() => outcome), startedUs, endedUs: this.#clock() };
  }
}

/** One author's connection, kept warm. Where the server refuses the credentials in mid-life it serves no more until they are renewed. */
export class JmapSubmitter implements Submitter {
  readonly #http: HttpConnection;
  readonly #outbox: JmapOutbox;
  #isSignedOut = false;

  constructor(http: HttpConnection, outbox: JmapOutbox) {
    this.#http = http;
    this.#outbox = outbox;
  }

  /** Nothing is under way, and the next message may be handed in. */
  get idle(): boolean {
    return !this.#isSignedOut && !this.#http.closed && this.#http.isFree;
  }

  get tls(): boolean {
    return this.#http.tls;
  }

  async submit(
    envelope: { readonly from: string; readonly to: Recipients },
    data: Buffer,
  ): Promise<Answered> {
    const submitted = await this.#outbox.submit(envelope, data);
    const { outcome } = submitted;
    if (outcome.kind === 'rejected' && outcome.code === 401) this.#isSignedOut = true;
    return submitted;
  }

  /** From the next message on: a token ran out and there is another. */
  renew(credentials: Credentials): void {
    this.#outbox.signInAs(credentials);
    this.#isSignedOut = false;
  }

  /** HTTP knows no goodbye. */
  quit(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.#http.destroy();
  }
}
