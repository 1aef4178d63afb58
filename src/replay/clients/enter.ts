/** Signs somebody in to a mailbox, by whatever it is opened by. It opens no folder, and keeps nothing. */

import type { Clock, ProtocolOutcome } from '../../measure/outcome.ts';
import { type Credentials, openMessage } from '../../protocol/connect.ts';
import type { OpenFailure } from '../../protocol/ending.ts';
import { failureOfOutcome } from '../../protocol/http/classify.ts';
import { openImap } from '../../protocol/imap/open.ts';
import { addressOf } from '../../storm/audience.ts';
import type { OperationName } from '../../words.ts';
import { mailboxSettings, type Access } from '../context.ts';
import { mailboxDoorOf } from '../doors.ts';
import { credentialsOf, isFinalRefusal, type NoCredentials, noToken, signInTo } from '../sign-ins.ts';
import type { Timed } from '../trail.ts';
import type { MailClient } from './client.ts';
import { httpMailClient } from './http.ts';
import { ImapMailClient } from './imap.ts';
import { type JmapEntered, openJmapMailbox, trustIn } from './jmap-mailbox.ts';
import { wordsOf } from './words.ts';

/** Does one operation and has it recorded under its name, or not at all. */
export type Recorded = <T extends Timed>(operation: OperationName, work: () => Promise<T>) => Promise<T>;

/** Sweeps are in no figure of the storm. */
export const unrecorded: Recorded = (_operation, work) => work();

export interface Entrance {
  readonly access: Access;
  readonly clock: Clock;
  readonly mailbox: number;
  /** How long any one answer is waited for, in microseconds. */
  readonly patienceUs: number;
  readonly recorded: Recorded;
  /** Told of the client before anybody is signed in: whoever may wait no longer destroys it. */
  readonly opened?: (client: MailClient) => void;
  /** Told how the sign-in ended, unless it was put off. */
  readonly signedIn?: (ok: boolean, words: string) => void;
}

/** Nobody is let in. */
export interface TurnedAway {
  readonly failure: OpenFailure;
  readonly outcome: ProtocolOutcome;
  /** For the operator: what happened and what to do. */
  readonly words: string;
}

/** The client of somebody who is signed in, or why there is none. Never rejects. */
export function enterAs(entrance: Entrance): Promise<MailClient | TurnedAway> {
  switch (mailboxDoorOf(entrance.access.target.mailbox)) {
    case 'imap':
      return enterByImap(entrance);
    case 'jmap':
      return enterByJmap(entrance);
    case 'http':
      return enterByHttp(entrance);
  }
}

async function enterByImap(entrance: Entrance): Promise<MailClient | TurnedAway> {
  const { access, clock, mailbox, patienceUs, recorded } = entrance;
  const opening = await recorded('imap.connect', () => openImap(mailboxSettings(access, clock, patienceUs)));
  const { connection, outcome, message, failure = 'refused' } = opening;
  if (connection === undefined) return { failure, outcome, words: message };
  const client = new ImapMailClient(connection, clock);
  entrance.opened?.(client);
  const credentials = await credentialsOf(access, mailbox);
  const signIn = await recorded('imap.signin', () => signInTo(connection, credentials, clock));
  if (signIn.outcome.kind === 'ok') {
    letIn(entrance);
    return client;
  }
  client.destroy();
  return notSignedIn(entrance, signIn.outcome, credentials);
}

/** The session is the sign-in (RFC 8620 §2): one operation, over a connection that nothing is asked of before. */
async function enterByJmap(entrance: Entrance): Promise<MailClient | TurnedAway> {
  const { access, clock, mailbox, patienceUs, recorded, opened } = entrance;
  const http = mailboxSettings(access, clock, patienceUs);
  const credentials = await credentialsOf(access, mailbox);
  const { outcome, client } = await recorded('jmap.session', (): Promise<JmapEntered> => {
    if (!('problem' in credentials))
      return openJmapMailbox(
        {
          http,
          path: access.paths?.mailbox,
          trust: trustIn(http.endpoint),
          signedOut: () => access.tokens?.forget(mailbox, credentials.token),
        },
        credentials,
        opened,
      );
    const atUs = clock();
    return Promise.resolve({ outcome: noToken(credentials), startedUs: atUs, endedUs: atUs });
  });
  if (client !== undefined) {
    letIn(entrance);
    return client;
  }
  const failure = failureOfOutcome(outcome);
  if (failure === 'auth' || (outcome.kind === 'rejected' && outcome.code === 'TOKEN'))
    return notSignedIn(entrance, outcome, credentials);
  return { failure, outcome, words: openMessage(http.endpoint, { kind: 'said', text: wordsOf(outcome) }) };
}

/**
 * Over HTTP nobody signs in: the first listing tells. Where nobody would hear of that (sweeps, which must not try a wrong
 * password on everybody) it is asked here.
 */
async function enterByHttp(entrance: Entrance): Promise<MailClient | TurnedAway> {
  const { access, clock, mailbox, patienceUs, opened, signedIn } = entrance;
  const { mailApi: api } = access;
  if (api === undefined) throw new Error('a mailbox over HTTP without a mail API');
  const http = mailboxSettings(access, clock, patienceUs);
  const credentials = await credentialsOf(access, mailbox);
  if ('problem' in credentials) return notSignedIn(entrance, noToken(credentials), credentials);
  const address = addressOf(access.accounts, mailbox);
  const client = httpMailClient({ http, api, address, credentials });
  opened?.(client);
  client.onSignIn((outcome) => {
    if (outcome.kind === 'ok') letIn(entrance);
    else notSignedIn(entrance, outcome, credentials);
  });
  client.onSignedOut(() => access.tokens?.forget(mailbox, credentials.token));
  if (signedIn !== undefined) return client;
  const { outcome } = await client.arrivals();
  if (outcome.kind === 'ok') return client;
  client.destroy();
  const failure = failureOfOutcome(outcome);
  if (failure === 'auth') return notSignedIn(entrance, outcome, credentials);
  return { failure, outcome, words: openMessage(http.endpoint, { kind: 'said', text: wordsOf(outcome) }) };
}

function letIn({ access, mailbox, signedIn }: Entrance): void {
  access.tokens?.served(mailbox);
  signedIn?.(true, '');
}

/** Somebody was not let in: for good (a wrong password, a locked account), or for now. */
function notSignedIn(
  { access, mailbox, signedIn }: Entrance,
  outcome: ProtocolOutcome,
  credentials: Credentials | NoCredentials,
): TurnedAway {
  const said = wordsOf(outcome);
  const isFinal = isFinalRefusal(outcome);
  // A token that may have run out says nothing of the account, and the next one may serve.
  const token = 'problem' in credentials ? undefined : credentials.token;
  const hasRunOut = isFinal && access.tokens?.forget(mailbox, token) === true;
  if (isFinal && !hasRunOut) signedIn?.(false, said);
  const words = `${addressOf(access.accounts, mailbox)} could not sign in: ${said}`;
  return { failure: isFinal ? 'auth' : 'refused', outcome, words };
}
