/** Opens an SMTP or LMTP connection: greeting, EHLO, STARTTLS, AUTH. It must not go on in the clear where TLS is required. */

import { isIPv6 } from 'node:net';
import type { ProtocolOutcome } from '../../measure/outcome.ts';
import {
  type ConnectionSettings,
  type Credentials,
  type Opening,
  openMessage,
  openWire,
} from '../connect.ts';
import { type Deadlines, withDefaults } from '../deadlines.ts';
import {
  type Ending,
  failureOfEnding,
  okOutcome,
  type OpenFailure,
  outcomeOfEnding,
  refusal,
} from '../ending.ts';
import { authenticate } from './auth.ts';
import { SmtpChannel } from './channel.ts';
import { rejectedBy } from './classify.ts';
import { SmtpConnection } from './connection.ts';
import { isSafeAddress } from './envelope.ts';
import { type Extensions, NO_EXTENSIONS, readExtensions } from './extensions.ts';
import type { Reply } from './reply.ts';
import type { OnStep, SmtpStep } from './steps.ts';

export interface SmtpSettings extends ConnectionSettings {
  /** Recipients a transaction; default LIMITS RCPTMAX (RFC 9422), else 100. */
  readonly maxRecipients?: number | undefined;
  /** False: one command a round trip although the server offers PIPELINING. */
  readonly pipelining?: boolean | undefined;
  /** Told how long each step took, of the opening and of every transaction. */
  readonly onStep?: OnStep | undefined;
  /** Default: our own address as a literal (RFC 5321 §4.1.4). */
  readonly ehloName?: string | undefined;
}

export interface SmtpOpening extends Opening {
  /** Present exactly when the outcome is `ok`. */
  readonly connection?: SmtpConnection;
}

/** A step's failure, before it is dressed up for the caller. */
interface Refused {
  readonly failure: OpenFailure;
  readonly outcome: ProtocolOutcome;
  readonly text: string;
}

/** Never rejects. Without `credentials` nobody signs in. */
export async function openSmtp(
  settings: SmtpSettings,
  credentials: Credentials | undefined,
): Promise<SmtpOpening> {
  const { clock, endpoint } = settings;
  const deadlines = withDefaults(settings.deadlines);
  const startedUs = clock();
  const wire = await openWire(settings, true);
  const channel = new SmtpChannel(wire, clock);
  const session = new Session(channel, settings, deadlines, startedUs);
  const refused = wire.ending === undefined ? await session.begin(credentials) : refusedByEnding(wire.ending);
  const when = { startedUs, endedUs: clock(), tls: wire.secure };
  if (refused !== undefined) {
    wire.end({ kind: 'local', text: 'opening failed' });
    const message = openMessage(endpoint, { kind: 'closed', text: refused.text });
    return { outcome: refused.outcome, failure: refused.failure, message, ...when };
  }
  channel.opened();
  const connection = new SmtpConnection(channel, {
    extensions:
      settings.pipelining === false ? { ...session.extensions, pipelining: false } : session.extensions,
    deadlines,
    isLmtp: endpoint.protocol === 'lmtp',
    maxRecipients: settings.maxRecipients,
    onStep: settings.onStep,
  });
  return { outcome: okOutcome(session.evidence), message: '', ...when, connection };
}

/** The steps before the first MAIL. Each answers a refusal, or undefined to go on. */
class Session {
  extensions: Extensions = NO_EXTENSIONS;
  evidence = '';
  readonly #channel: SmtpChannel;
  readonly #settings: SmtpSettings;
  readonly #deadlines: Deadlines;
  #stepUs: number;

  constructor(channel: SmtpChannel, settings: SmtpSettings, deadlines: Deadlines, startedUs: number) {
    this.#stepUs = startedUs;
    this.#channel = channel;
    this.#settings = settings;
    this.#deadlines = deadlines;
  }

  async begin(credentials: Credentials | undefined): Promise<Refused | undefined> {
    this.#step('connect');
    const greeting = this.#channel.reply(this.#deadlines.openUs);
    this.#channel.listen();
    const first = await greeting;
    if (first?.code !== 220) return this.#refused(first, 'greeting');
    return (
      (await this.#greet()) ??
      (await this.#secure()) ??
      (await this.#signIn(credentials)) ??
      this.#stillOpen()
    );
  }

  async #greet(): Promise<Refused | undefined> {
    const refused = await this.#hello();
    this.#step('greeting');
    return refused;
  }

  async #hello(): Promise<Refused | undefined> {
    const isLmtp = this.#settings.endpoint.protocol === 'lmtp';
    const name = this.#settings.ehloName ?? addressLiteral(this.#channel.wire.localAddress);
    if (!isSafeAddress(name)) {
      const text = 'the EHLO name has a space, a bracket or a control character';
      return { failure: 'protocol', outcome: refusal('ARGUMENT', text), text };
    }
    const extended = await this.#ask(`${isLmtp ? 'LHLO' : 'EHLO'} ${name}`);
    if (extended?.code === 250) {
      this.extensions = readExtensions(extended.lines);
      this.evidence = `250 ${extended.lines[0] ?? ''}`;
      return undefined;
    }
    // RFC 5321 §3.2: an old server is asked in the old way.
    if (isLmtp || (extended?.code !== 500 && extended?.code !== 502)) return this.#refused(extended, 'EHLO');
    this.extensions = NO_EXTENSIONS;
    const plain = await this.#ask(`HELO ${name}`);
    this.evidence = `250 ${plain?.lines[0] ?? ''}`;
    return plain?.code === 250 ? undefined : this.#refused(plain, 'HELO');
  }

  async #secure(): Promise<Refused | undefined> {
    const { tls } = this.#settings.endpoint;
    if (this.#channel.wire.secure || tls === 'off') return undefined;
    if (!this.extensions.startTls) {
      if (tls === 'offered') return undefined;
      return tlsRefused('STARTTLS is not offered and TLS is required: check the port, or say ?tls=offered');
    }
    const reply = await this.#channel.askAndSeal('STARTTLS', this.#deadlines.openUs);
    if (reply?.code !== 220) {
      // Offered but refused is not the same as not offered: going on in the clear would be a downgrade.
      if (reply === undefined || reply.code === 421) return this.#refused(reply, 'STARTTLS');
      return tlsRefused(`STARTTLS was offered and then refused: ${reply.code} ${reply.lines.join(' ')}`);
    }
    const ending = await this.#channel.wire.secured();
    if (ending !== undefined) return refusedByEnding(ending);
    this.#channel.unseal();
    const refused = await this.#hello();
    this.#step('tls');
    return refused;
  }

  async #signIn(credentials: Credentials | undefined): Promise<Refused | undefined> {
    if (credentials === undefined) return undefined;
    const outcome = await authenticate(
      this.#channel,
      this.extensions.authMechanisms,
      credentials,
      this.#deadlines.openUs,
    );
    this.#step('auth');
    if (outcome.kind === 'ok') return undefined;
    const { ending } = this.#channel;
    // A 421 or a dropped line in mid-sign-in says nothing about the password.
    const isAnswer = outcome.kind === 'rejected' && typeof outcome.code === 'number' && outcome.code !== 421;
    if (ending !== undefined && !isAnswer) return refusedByEnding(ending);
    const text = outcome.kind === 'rejected' ? `${outcome.code} ${outcome.text}` : outcome.because;
    return { failure: 'auth', outcome, text: `sign-in of ${credentials.login} was refused: ${text}` };
  }

  #step(step: SmtpStep): void {
    const atUs = this.#settings.clock();
    this.#settings.onStep?.(step, atUs - this.#stepUs);
    this.#stepUs = atUs;
  }

  /** Bytes that came with the last reply may have ended it. */
  #stillOpen(): Refused | undefined {
    const { ending } = this.#channel;
    return ending === undefined ? undefined : refusedByEnding(ending);
  }

  #ask(line: string): Promise<Reply | undefined> {
    return this.#channel.ask(line, this.#deadlines.openUs);
  }

  #refused(reply: Reply | undefined, step: string): Refused {
    const { ending } = this.#channel;
    if (reply === undefined) {
      return refusedByEnding(ending ?? { kind: 'closed', text: 'connection ended' });
    }
    const text = `${step} answered ${reply.code} ${reply.lines.join(' ')}`;
    if (reply.code >= 400) return { failure: 'refused', outcome: rejectedBy(reply), text };
    return { failure: 'protocol', outcome: refusal('PROTOCOL', text), text };
  }
}

function refusedByEnding(ending: Ending): Refused {
  return {
    failure: failureOfEnding(ending),
    outcome: outcomeOfEnding(ending, 'asked'),
    text: ending.text,
  };
}

function tlsRefused(text: string): Refused {
  return { failure: 'tls', outcome: refusal('TLS', text), text };
}

/** RFC 5321 §4.1.3. */
function addressLiteral(address: string | undefined): string {
  if (address === undefined) return '[127.0.0.1]';
  return isIPv6(address) ? `[IPv6:${address}]` : `[${address}]`;
}
