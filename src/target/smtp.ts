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
  const server = new PromptServer(serverOptions(context, tls));
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
  override connect(socket: Socket, socketOptions?: ConstructorParameters<typeof SMTPConnection>[2]): void {
    const connection = new PromptConnection(this, socket, socketOptions);
    this.connections.add(connection);
    connection.on('error', (error: Error) => this.emit('error', error));
    connection.init();
  }
}

class PromptConnection extends SMTPConnection {
  override init(): void {
    // oxlint-disable-next-line no-underscore-dangle -- the package has no other way in
    this._setListeners(() => this.connectionReady());
  }
}

function serverOptions(
  context: SubmissionContext,
  tls: { readonly certificate: Certificate; readonly implicit: boolean } | undefined,
): SMTPServerOptions {
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
    onData: (stream, session, callback) => receive(context, stream, session, callback),
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

function receive(
  context: SubmissionContext,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  callback: (error?: Error | null, message?: string) => void,
): void {
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
      context.queue.accept(new Message(raw), sender, expand(context, recipients, sender));
      callback(null, `queued as ${queueId}`);
    });
  });
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
