/** Opens an IMAP connection: greeting, capabilities, STARTTLS; nobody is signed in. It must not go on in the clear where TLS is required. */

import type { ProtocolOutcome } from '../../measure/outcome.ts';
import { type ConnectionSettings, type Opening, openMessage, openWire } from '../connect.ts';
import { withDefaults } from '../deadlines.ts';
import {
  type Ending,
  failureOfEnding,
  okOutcome,
  type OpenFailure,
  outcomeOfEnding,
  refusal,
} from '../ending.ts';
import { ImapChannel } from './channel.ts';
import { rejectedBy } from './classify.ts';
import { ImapConnection } from './connection.ts';
import { MailboxView } from './mailbox.ts';
import { READER_LIMITS, type ReaderLimits } from './reader.ts';

export interface ImapSettings extends ConnectionSettings {
  readonly limits?: Partial<ReaderLimits> | undefined;
}

export interface ImapOpening extends Opening {
  /** Present exactly when the outcome is `ok`. */
  readonly connection?: ImapConnection;
}

interface Refused {
  readonly failure: OpenFailure;
  readonly outcome: ProtocolOutcome;
  readonly text: string;
}

/** Never rejects. Signing in is the connection's `signIn`, so that the two are measured apart. */
export async function openImap(settings: ImapSettings): Promise<ImapOpening> {
  const { clock, endpoint } = settings;
  const deadlines = withDefaults(settings.deadlines);
  const startedUs = clock();
  const wire = await openWire(settings);
  const view = new MailboxView();
  const channel = new ImapChannel(wire, {
    clock,
    commandUs: deadlines.commandUs,
    limits: { ...READER_LIMITS, ...settings.limits },
  });
  channel.observe = (response) => view.observe(response);
  const begun: Refused | string =
    wire.ending === undefined ? await begin(channel, view, endpoint.tls) : refusedByEnding(wire.ending);
  const when = { startedUs, endedUs: clock(), tls: wire.secure };
  if (typeof begun !== 'string') {
    wire.end({ kind: 'local', text: 'opening failed' });
    const message = openMessage(endpoint, { kind: 'closed', text: begun.text });
    return { outcome: begun.outcome, failure: begun.failure, message, ...when };
  }
  channel.opened();
  const connection = new ImapConnection(channel, view, deadlines.goodbyeUs);
  return { outcome: okOutcome(begun), message: '', ...when, connection };
}

/** The greeting's words, or why not. */
async function begin(
  channel: ImapChannel,
  view: MailboxView,
  tls: ImapSettings['endpoint']['tls'],
): Promise<Refused | string> {
  const greeting = await channel.greeting();
  if (greeting === undefined) return refusedByEnding(channel.ending);
  if (greeting.status === 'BYE' || greeting.status === 'NO' || greeting.status === 'BAD') {
    const outcome = rejectedBy(greeting);
    return { failure: 'refused', outcome, text: `greeted with ${greeting.status} ${outcome.text}` };
  }
  const refused =
    (await learn(channel, view)) ?? (await secure(channel, view, tls, greeting.status === 'PREAUTH'));
  return refused ?? `${greeting.status} ${greeting.text}`;
}

async function learn(channel: ImapChannel, view: MailboxView): Promise<Refused | undefined> {
  if (view.capabilityNews > 0) return undefined;
  const answer = await channel.run({ pieces: ['CAPABILITY'], changes: false });
  if (answer.outcome.kind === 'ok') return undefined;
  if (channel.ending !== undefined) return refusedByEnding(channel.ending);
  const text = answer.outcome.kind === 'rejected' ? answer.outcome.text : answer.outcome.because;
  return { failure: 'protocol', outcome: answer.outcome, text: `CAPABILITY was refused: ${text}` };
}

async function secure(
  channel: ImapChannel,
  view: MailboxView,
  tls: ImapSettings['endpoint']['tls'],
  isPreauthenticated: boolean,
): Promise<Refused | undefined> {
  if (channel.wire.secure || tls === 'off') return undefined;
  if (isPreauthenticated || !view.capabilities.has('STARTTLS')) {
    if (tls === 'offered') return undefined;
    // PREAUTH rules STARTTLS out (RFC 9051 §6.2.1), which is also how TLS is stripped.
    const why = isPreauthenticated ? 'the server says PREAUTH' : 'STARTTLS is not offered';
    return tlsRefused(`${why} and TLS is required: check the port, or say ?tls=offered`);
  }
  const answer = await channel.run({ pieces: ['STARTTLS'], changes: false, exclusive: true, seals: true });
  if (channel.ending !== undefined) return refusedByEnding(channel.ending);
  if (answer.outcome.kind !== 'ok') {
    // Offered but refused is not the same as not offered: going on in the clear would be a downgrade.
    const text = answer.outcome.kind === 'rejected' ? answer.outcome.text : answer.outcome.because;
    return tlsRefused(`STARTTLS was offered and then refused: ${text}`);
  }
  const ending = await channel.wire.secured();
  if (ending !== undefined) return refusedByEnding(ending);
  channel.unseal();
  // What was said in the clear is not to be believed (RFC 9051 §6.2.1).
  view.capabilities = new Set();
  view.capabilityNews = 0;
  return learn(channel, view);
}

function refusedByEnding(ending: Ending | undefined): Refused {
  const known = ending ?? { kind: 'closed', text: 'connection ended' };
  return {
    failure: failureOfEnding(known),
    outcome: outcomeOfEnding(known, 'asked'),
    text: known.text,
  };
}

function tlsRefused(text: string): Refused {
  return { failure: 'tls', outcome: refusal('TLS', text), text };
}
