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
import { type DoorContext, isTaken, MAX_MESSAGE_BYTES, MAX_RECIPIENTS, takeIn } from './door.ts';
import type { Mischief } from './mischief.ts';
import type { Pace } from './pace.ts';

/** RFC 5321 §4.5.3.2.7 asks for five minutes at least; clients of a storm keep connections through its pauses. */
const IDLE_LIMIT_MS = 10 * 60_000;

export interface SubmissionContext extends DoorContext {
  readonly password: string;
  readonly pace: Pace;
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
    // Announced as SIZE (RFC 1870).
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
  return isTaken(context, address) ? null : smtpError(550, 'no such mailbox here');
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
      const answer = takeIn(context, {
        raw: Buffer.concat(chunks),
        sender,
        recipients,
        helo: session.hostNameAppearsAs,
        address: session.remoteAddress,
        protocol: 'ESMTPA',
        queueId,
        beganUs,
      });
      if (answer === 'hangUp') transaction.hangUp();
      else if (answer === 'queued') callback(null, `queued as ${queueId}`);
      else callback(REFUSALS[answer]());
    });
  });
}

/** The package adds enhanced codes: 4.2.2 and 5.2.2 to the full mailboxes. */
const REFUSALS = {
  failed: () => smtpError(451, 'local error in processing'),
  fullForNow: () => smtpError(452, 'mailbox full: quota exceeded'),
  full: () => smtpError(552, 'mailbox full: quota exceeded'),
} as const;

function smtpError(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}
