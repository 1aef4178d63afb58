/** The submission server: takes mail by SMTP (RFC 5321, 6409) and hands it to the delivery queue. Reads no mailbox. */

import type { Socket } from 'node:net';
import {
  SMTPServer,
  type SMTPServerAuthentication,
  type SMTPServerDataStream,
  type SMTPServerOptions,
  type SMTPServerSession,
} from 'smtp-server';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import type { Certificate } from './certificate.ts';
import { Message } from './message.ts';
import { type Mischief, stormNumber } from './mischief.ts';
import { withTrace } from './notices.ts';
import type { Pace } from './pace.ts';
import type { DeliveryQueue } from './queue.ts';
import type { Account } from './store.ts';
import type { Misbehaviour } from './switches.ts';

/** Largest message taken, in bytes; announced as SIZE (RFC 1870). */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Recipients of one envelope; a server must take 100 (RFC 5321 §4.5.3.1.8), ours takes a department. */
const MAX_RECIPIENTS = 1_000;

/** RFC 5321 §4.5.3.2.7 asks for five minutes at least; clients of a storm keep connections through its pauses. */
const IDLE_LIMIT_MS = 10 * 60_000;

export interface SubmissionContext {
  readonly domain: string;
  readonly password: string;
  readonly pace: Pace;
  readonly queue: DeliveryQueue;
  readonly misbehaviour: Misbehaviour;
  /** What else to do wrong; undefined in a target that behaves. */
  readonly mischief: Mischief | undefined;
  readonly accountOf: (address: string) => Account | undefined;
  /** Who the list expands to for a sender; undefined when the address is not the list's. */
  readonly expandList: (address: string, sender: string) => readonly Account[] | undefined;
}

/** Listens for submissions; resolves to the server and its port, rejects when the port cannot be had. */
export async function listenSubmission(
  context: SubmissionContext,
  host: string,
  port: number,
  tls: { readonly certificate: Certificate; readonly implicit: boolean } | undefined,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const hangUp = (id: string): void => server.hangUp(id);
  const server: PromptServer = new PromptServer(serverOptions(context, tls, hangUp), context.mischief);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // A client that resets its connection is that client's affair.
  server.on('error', () => undefined);
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
      }),
  };
}

/** Greets as soon as the capacity model lets it: the package's own connection waits a tenth of a second first. */
class PromptServer extends SMTPServer {
  readonly #mischief: Mischief | undefined;

  constructor(options: SMTPServerOptions, mischief: Mischief | undefined) {
    super(options);
    this.#mischief = mischief;
  }

  /** Drops a connection without a word. */
  hangUp(id: string): void {
    for (const connection of this.connections) {
      // oxlint-disable-next-line no-underscore-dangle -- the package has no way to end a session without a reply
      if (connection.id === id) connection._socket.destroy();
    }
  }

  override connect(socket: Socket, socketOptions?: ConstructorParameters<typeof SMTPConnection>[2]): void {
    const offersTls = this.#mischief?.downgrades('submission') !== true;
    const connection = new PromptConnection(this, socket, socketOptions, offersTls);
    this.connections.add(connection);
    connection.on('error', (error: Error) => this.emit('error', error));
    connection.init();
  }
}

class PromptConnection extends SMTPConnection {
  readonly #offersTls: boolean;

  constructor(
    server: SMTPServer,
    socket: Socket,
    socketOptions: ConstructorParameters<typeof SMTPConnection>[2],
    offersTls: boolean,
  ) {
    super(server, socket, socketOptions);
    this.#offersTls = offersTls;
  }

  override _isSupported(command: string): boolean {
    // oxlint-disable-next-line no-underscore-dangle -- the package has no other way in
    return (this.#offersTls || command !== 'STARTTLS') && super._isSupported(command);
  }

  override init(): void {
    // oxlint-disable-next-line no-underscore-dangle -- the package has no other way in
    this._setListeners(() => this.connectionReady());
  }
}

function serverOptions(
  context: SubmissionContext,
  tls: { readonly certificate: Certificate; readonly implicit: boolean } | undefined,
  hangUp: (id: string) => void,
): SMTPServerOptions {
  const began = new WeakMap<SMTPServerSession, number>();
  return {
    name: context.domain,
    banner: 'replystorm target',
    logger: false,
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: false,
    authMethods: ['PLAIN', 'LOGIN'],
    allowInsecureAuth: true,
    size: MAX_MESSAGE_BYTES,
    rejectOversized: true,
    maxRecipients: MAX_RECIPIENTS,
    socketTimeout: IDLE_LIMIT_MS,
    closeTimeout: 1,
    noDelay: true,
    ...(tls === undefined
      ? { hideSTARTTLS: true, disabledCommands: ['STARTTLS'] }
      : { key: tls.certificate.key, cert: tls.certificate.cert, secure: tls.implicit }),
    onConnect: (_session, callback) => context.pace.spend('connect', 0, callback),
    onAuth: (auth, _session, callback) => signIn(context, auth, callback),
    onRcptTo: (address, _session, callback) => callback(refusal(context, address.address)),
    onMailFrom: (_address, session, callback) => {
      began.set(session, context.pace.nowUs());
      callback();
    },
    onData: (stream, session, callback) => {
      const beganUs = began.get(session) ?? context.pace.nowUs();
      const hang = (): void => hangUp(session.id);
      receive(context, stream, { session, beganUs, hangUp: hang }, callback);
    },
  };
}

function signIn(
  context: SubmissionContext,
  auth: SMTPServerAuthentication,
  callback: (error: Error | null, response?: { user: string }) => void,
): void {
  context.pace.spend('signin', 0, () => {
    const account = context.accountOf(auth.username ?? '');
    if (account === undefined || auth.password !== context.password)
      callback(smtpError(535, 'authentication failed'));
    else callback(null, { user: account.address });
  });
}

function refusal(context: SubmissionContext, address: string): Error | null {
  const known = context.accountOf(address) !== undefined || context.expandList(address, '') !== undefined;
  const refused = context.misbehaviour.refuses.has(address.toLowerCase());
  return known && !refused ? null : smtpError(550, 'no such mailbox here');
}

/** One transaction under way. */
interface Transaction {
  readonly session: SMTPServerSession;
  /** The target's clock at its MAIL command. */
  readonly beganUs: number;
  readonly hangUp: () => void;
}

type Verdict = (error?: Error | null, message?: string) => void;

function receive(
  context: SubmissionContext,
  stream: SMTPServerDataStream,
  transaction: Transaction,
  callback: Verdict,
): void {
  const { session, beganUs } = transaction;
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => {
    // What is over the limit is read and thrown away; the package answers 552 (RFC 1870 §6.3).
    if (stream.sizeExceeded) chunks.length = 0;
    else chunks.push(chunk);
  });
  stream.on('end', () => {
    if (stream.sizeExceeded) {
      callback(smtpError(552, 'message too big'));
      return;
    }
    const { envelope } = session;
    const sender = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
    const recipients = envelope.rcptTo.map((recipient) => recipient.address);
    context.pace.spend('submit', 1, () => {
      const queueId = `${session.id}.${session.transaction}`;
      const raw = withTrace(Buffer.concat(chunks), {
        sender,
        helo: session.hostNameAppearsAs,
        address: session.remoteAddress,
        domain: context.domain,
        queueId,
        at: new Date(),
      });
      const accounts = expand(context, recipients, sender);
      const direct =
        accounts.length === 1 && recipients.every((one) => context.expandList(one, sender) === undefined);
      const message = new Message(raw);
      const take = (): void => context.queue.accept(message, sender, accounts, { direct, beganUs });
      const only = direct ? accounts[0] : undefined;
      if (strikes(context, message, only, take, transaction.hangUp, callback)) return;
      take();
      callback(null, `queued as ${queueId}`);
    });
  });
}

/** Does wrong by the message at the door; false: treat it as any other. `only`: the one person it is for, by no list. */
function strikes(
  { mischief, queue }: SubmissionContext,
  message: Message,
  only: Account | undefined,
  take: () => void,
  hangUp: () => void,
  callback: Verdict,
): boolean {
  const number = mischief && stormNumber(message);
  if (mischief === undefined || number === undefined) return false;
  mischief.storm();
  if (mischief.strikes('stall', number, 0)) queue.stall(mischief.stallUs);
  if (mischief.strikes('tempfail', number, 0)) {
    callback(smtpError(451, 'local error in processing'));
    return true;
  }
  if (only !== undefined && mischief.strikes('quota', number, only.place)) {
    // Half of the full mailboxes may have room again tomorrow; the package adds 4.2.2 and 5.2.2.
    const forNow = mischief.draw('quota.fornow', number, only.place) < 0.5;
    callback(smtpError(forNow ? 452 : 552, 'mailbox full: quota exceeded'));
    return true;
  }
  if (!mischief.strikes('hangup', number, 0)) return false;
  // After the final dot nobody can tell: half of these were taken.
  if (mischief.draw('hangup.taken', number, 0) < 0.5) take();
  hangUp();
  return true;
}

/** Every path makes its copies: a member who is also addressed directly gets two, as from most lists. */
function expand(context: SubmissionContext, recipients: readonly string[], sender: string): Account[] {
  return recipients.flatMap((address) => {
    const members = context.expandList(address, sender);
    if (members !== undefined) return members;
    return context.accountOf(address) ?? [];
  });
}

function smtpError(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}
