/** A worker's submission connections, each signed in as its author, kept warm and capped. It never retries a message. */

import type { Outcome } from '../measure/outcome.ts';
import { noteLine } from '../measure/readings.ts';
import type { ApprovedEndpoint } from '../profile/guard.ts';
import type { Recipients } from '../protocol/smtp/recipients.ts';
import { addressOf } from '../storm/audience.ts';
import type { Phase } from '../words.ts';
import type { WorkerContext } from './context.ts';
import { submitDoorOf } from './doors.ts';
import { noToken, submissionCredentials } from './sign-ins.ts';
import {
  OPENING_OPERATIONS,
  openSubmitter,
  type SubmitOpening,
  type Submitted,
  type Submitter,
} from './submitters.ts';
import { inTurn, PLAIN_POLICY } from './submit-policy.ts';

export interface PoolEnvelope {
  readonly from: string;
  readonly to: Recipients;
  /** It comes through the door for mail from outside, where nobody signs in. */
  readonly outside: boolean;
}

/** Owner of a connection that anybody's message may take. */
const EVERYBODY = -1;

/** Owner of a connection to the door for mail from outside. */
const OUTSIDE = -2;

interface Seat {
  readonly author: number;
  readonly connection: Submitter;
  /** What it last signed in with, where that is a token. */
  token: string | undefined;
}

type Opened = { readonly seat: Seat } | { readonly failed: Outcome };

const STOPPED = { failed: { kind: 'dropped', by: 'stopped' } } as const satisfies Opened;

/** An opening, or what kept it from being tried to its end; `signsIn`: the server was asked to let somebody in. */
interface Opening extends Omit<SubmitOpening, 'outcome'> {
  readonly outcome: Outcome;
  readonly token: string | undefined;
  readonly signsIn: boolean;
}

interface Waiter {
  readonly author: number;
  readonly phase: Phase;
  readonly resolve: (opened: Opened) => void;
}

/** Connections of one worker, at most `limit`; a message waits where all are busy. */
export class SubmitPool {
  readonly #context: WorkerContext;
  readonly #limit: number;
  readonly #idle: Seat[] = [];
  /** Every connection that stands, to be cut when the run may wait no longer. */
  readonly #standing = new Set<Submitter>();
  readonly #waiting: Waiter[] = [];
  readonly #source: () => string | undefined;
  readonly #reconnect: boolean;
  #open = 0;
  #closed = false;
  #giveUp: () => void = () => undefined;
  /** Resolves when the run may wait no longer: an opening may take longer than anybody does. */
  readonly #givenUp = new Promise<undefined>((resolve) => {
    this.#giveUp = () => resolve(undefined);
  });

  constructor(context: WorkerContext, limit: number) {
    this.#context = context;
    this.#limit = limit;
    const { submission = PLAIN_POLICY } = context.access;
    this.#source = inTurn(submission.sourceAddresses, context.shard.index);
    this.#reconnect = submission.reconnect;
  }

  /** Sends one message as its author. */
  async submit(author: number, phase: Phase, envelope: PoolEnvelope, data: Buffer): Promise<Submitted> {
    // A relay's connections are everybody's.
    const own = this.#context.access.relay === undefined ? author : EVERYBODY;
    const owner = envelope.outside ? OUTSIDE : own;
    const opened = await this.#acquire(owner, phase);
    if ('failed' in opened) {
      const atUs = this.#context.clock();
      const recipients = envelope.to.addresses.map(() => opened.failed);
      return { outcome: opened.failed, recipients, startedUs: atUs, endedUs: atUs };
    }
    await this.#renew(opened.seat);
    const result = await opened.seat.connection.submit(envelope, data);
    this.#noteSignIn(opened.seat, result.outcome);
    this.#release(opened.seat);
    return result;
  }

  /** Drops what waits for a connection and takes nothing more: a run that is stopped sends nothing new. */
  refuseWaiting(): void {
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.resolve(STOPPED);
  }

  /** Cuts every connection: what is under way ends as rejected or unknown, as far as it had come. */
  destroy(): void {
    this.refuseWaiting();
    this.#giveUp();
    for (const connection of this.#standing) connection.destroy();
  }

  /** Says goodbye to every idle connection. */
  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((seat) => seat.connection.quit()));
  }

  #acquire(author: number, phase: Phase): Promise<Opened> {
    if (this.#closed) return Promise.resolve(STOPPED);
    this.#dropClosed();
    const own = this.#idle.findIndex((seat) => seat.author === author);
    if (own >= 0) return Promise.resolve({ seat: this.#idle.splice(own, 1)[0] as Seat });
    if (this.#open >= this.#limit) this.#evict();
    if (this.#open < this.#limit) return this.#connect(author, phase);
    return new Promise((resolve) => this.#waiting.push({ author, phase, resolve }));
  }

  #release(seat: Seat): void {
    const alive = seat.connection.idle && !this.#reconnect;
    if (!alive) {
      if (seat.connection.idle) this.#leave(seat);
      else seat.connection.destroy();
      this.#standing.delete(seat.connection);
      this.#open -= 1;
    }
    const waiter = this.#waiting.shift();
    if (waiter === undefined) {
      if (alive) this.#idle.push(seat);
      return;
    }
    if (alive && waiter.author === seat.author) return waiter.resolve({ seat });
    if (alive) {
      this.#leave(seat);
      this.#open -= 1;
    }
    void this.#connect(waiter.author, waiter.phase).then(waiter.resolve);
  }

  async #connect(author: number, phase: Phase): Promise<Opened> {
    const { access, clock, recorder, readings, signedIn } = this.#context;
    this.#open += 1;
    const { target } = access;
    const endpoint = (author === OUTSIDE ? target.inbound : undefined) ?? target.submit;
    const operation = OPENING_OPERATIONS[submitDoorOf(endpoint)];
    if (operation !== undefined) recorder.planned(operation, phase, true);
    const dueUs = clock();
    const { outcome, endedUs, failure, message, token, signsIn, submitter } = await this.#openUnlessGivenUp(
      endpoint,
      author,
    );
    if (operation !== undefined) {
      const times = { intendedUs: dueUs, dueUs, startedUs: dueUs, endedUs };
      recorder.sample({ operation, phase, outcome, ...times, induced: true });
    }
    const isOk = outcome.kind === 'ok';
    const refused = failure === 'auth';
    const hasRunOut = refused && this.#hasRunOut(author, token);
    // Where nothing is asked at first nobody has signed in yet.
    if (signsIn && operation !== undefined) {
      if ((isOk || refused) && !hasRunOut) signedIn('submit', isOk, message);
      if (isOk) access.tokens?.served(author);
    }
    if (submitter !== undefined) noteLine(readings, 'submit', submitter.tls);
    if (submitter !== undefined && !this.#closed) {
      this.#standing.add(submitter);
      return { seat: { author, connection: submitter, token } };
    }
    this.#open -= 1;
    if (submitter !== undefined) {
      submitter.destroy();
      return STOPPED;
    }
    this.#wakeOne();
    return { failed: outcome };
  }

  /** One opening, or its giving up: whatever it becomes then is closed. */
  async #openUnlessGivenUp(endpoint: ApprovedEndpoint, author: number): Promise<Opening> {
    const opening = this.#openAt(endpoint, author);
    const opened = await Promise.race([opening, this.#givenUp]);
    if (opened !== undefined) return opened;
    void opening.then((late) => late.submitter?.destroy());
    return this.#unopened(STOPPED.failed, 'given up while opening');
  }

  /** Somebody's token may have to be fetched first, which takes its time too. */
  async #openAt(endpoint: ApprovedEndpoint, author: number): Promise<Opening> {
    const { access, clock, plan } = this.#context;
    // LMTP is spoken inside a site and knows no sign-in (RFC 2033); between sites there is none either.
    const isOpenDoor = author === OUTSIDE || endpoint.protocol === 'lmtp';
    const credentials = isOpenDoor ? undefined : await submissionCredentials(access, author);
    if (credentials !== undefined && 'problem' in credentials)
      return this.#unopened(noToken(credentials), credentials.problem);
    // What was still waiting for a token when the run was stopped knocks no more.
    if (this.#closed) return this.#unopened(STOPPED.failed, 'stopped before opening');
    const { recipientsPerEnvelope: maxRecipients } = plan.profile.limits;
    const address = author < 0 ? undefined : addressOf(access.accounts, author);
    const place = { access, clock, endpoint, localAddress: this.#source(), address, maxRecipients };
    const opening = await openSubmitter(place, credentials);
    return { ...opening, token: credentials?.token, signsIn: credentials !== undefined };
  }

  /** Nobody was asked. */
  #unopened(outcome: Outcome, message: string): Opening {
    return { outcome, message, endedUs: this.#context.clock(), token: undefined, signsIn: false };
  }

  /** Whether what was refused is a token that may have run out: that says nothing of the account. */
  #hasRunOut(author: number, token: string | undefined): boolean {
    return author >= 0 && this.#context.access.tokens?.forget(author, token) === true;
  }

  /** Over HTTP every message signs in for itself: a refusal of the credentials is told by the message's own answer. */
  #noteSignIn({ author, token }: Seat, outcome: Outcome): void {
    const { access, signedIn } = this.#context;
    const door = submitDoorOf(access.target.submit);
    if (door === 'smtp' || author === OUTSIDE) return;
    if (outcome.kind === 'ok' && door === 'http') {
      access.tokens?.served(author);
      signedIn('submit', true, '');
    }
    if (outcome.kind !== 'rejected' || outcome.code !== 401) return;
    if (!this.#hasRunOut(author, token) && door === 'http') signedIn('submit', false, outcome.text);
  }

  /** Where each message names who sends it, a token that has run out meanwhile is replaced first. */
  async #renew(seat: Seat): Promise<void> {
    const { author, connection } = seat;
    const { access } = this.#context;
    if (connection.renew === undefined || access.tokens === undefined || author < 0) return;
    const credentials = await submissionCredentials(access, author);
    if ('problem' in credentials) return;
    connection.renew(credentials);
    seat.token = credentials.token;
  }

  /** A place became free without a release: the next in line may try for itself. */
  #wakeOne(): void {
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) void this.#connect(waiter.author, waiter.phase).then(waiter.resolve);
  }

  #evict(): void {
    const oldest = this.#idle.shift();
    if (oldest === undefined) return;
    this.#open -= 1;
    this.#leave(oldest);
  }

  #leave(seat: Seat): void {
    this.#standing.delete(seat.connection);
    void seat.connection.quit();
  }

  #dropClosed(): void {
    for (let index = this.#idle.length - 1; index >= 0; index -= 1) {
      if ((this.#idle[index] as Seat).connection.idle) continue;
      this.#standing.delete((this.#idle[index] as Seat).connection);
      this.#idle.splice(index, 1);
      this.#open -= 1;
    }
  }
}
