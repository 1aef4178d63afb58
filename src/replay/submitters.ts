/** How a message is handed in, whatever it is handed in by: connections that stand, each signed in as somebody. It chooses no connection and retries nothing. */

import type { Clock, Outcome, ProtocolOutcome } from '../measure/outcome.ts';
import type { ApprovedEndpoint } from '../profile/guard.ts';
import { type Credentials, openMessage } from '../protocol/connect.ts';
import { okOutcome, type OpenFailure } from '../protocol/ending.ts';
import { failureOfOutcome } from '../protocol/http/classify.ts';
import { openSmtp } from '../protocol/smtp/open.ts';
import type { Recipients } from '../protocol/smtp/recipients.ts';
import type { OperationName, SubmitDoor } from '../words.ts';
import { openJmapSubmitter } from './clients/jmap-submitter.ts';
import { wordsOf } from './clients/words.ts';
import { submitSettings, type Access } from './context.ts';
import { openHttpSubmitter } from './clients/http-submit.ts';
import { submitDoorOf } from './doors.ts';

/** One message's fate, with an outcome for each recipient in order. */
export interface Submitted {
  readonly outcome: Outcome;
  readonly recipients: readonly Outcome[];
  readonly startedUs: number;
  readonly endedUs: number;
}

/** A connection that stands, signed in. Nothing here ever rejects. */
export interface Submitter {
  readonly tls: boolean;
  /** It stands, and no submission waits or runs. */
  readonly idle: boolean;
  submit(envelope: { readonly from: string; readonly to: Recipients }, data: Buffer): Promise<Submitted>;
  /** Credentials for what comes next: a token may have been renewed. Absent where a connection is signed in once for all. */
  renew?(credentials: Credentials): void;
  quit(): Promise<void>;
  destroy(): void;
}

export interface SubmitOpening {
  readonly outcome: ProtocolOutcome;
  /** Absent when the outcome is `ok`. */
  readonly failure?: OpenFailure;
  /** For the operator: what happened and what to do. Empty when the outcome is `ok`. */
  readonly message: string;
  readonly endedUs: number;
  /** Present exactly when the outcome is `ok`. */
  readonly submitter?: Submitter;
}

export interface SubmitPlace {
  readonly access: Access;
  readonly clock: Clock;
  /** Where: the submission server, or the door for mail from outside. */
  readonly endpoint: ApprovedEndpoint;
  readonly localAddress: string | undefined;
  /** Whose messages they are, where they are one person's. */
  readonly address?: string | undefined;
  /** Recipients of one envelope at most; the server's own limit where that is less. */
  readonly maxRecipients: number | undefined;
}

/** Under which name an opening counts; undefined: it asks the server nothing. */
export const OPENING_OPERATIONS: Readonly<Record<SubmitDoor, OperationName | undefined>> = {
  smtp: 'smtp.connect',
  jmap: 'jmap.session',
  http: undefined,
};

/** Opens one. Never rejects. Without `credentials` nobody signs in. */
export async function openSubmitter(
  place: SubmitPlace,
  credentials: Credentials | undefined,
): Promise<SubmitOpening> {
  switch (submitDoorOf(place.endpoint)) {
    case 'smtp': {
      const { access, clock, endpoint, localAddress, maxRecipients } = place;
      const settings = { ...submitSettings(access, clock), endpoint, localAddress, maxRecipients };
      const { connection, ...opening } = await openSmtp(settings, credentials);
      return connection === undefined ? opening : { ...opening, submitter: connection };
    }
    case 'jmap':
      return openByJmap(place, credentials);
    case 'http':
      return openByHttp(place, credentials);
  }
}

async function openByJmap(
  { access, clock, endpoint, localAddress, maxRecipients }: SubmitPlace,
  credentials: Credentials | undefined,
): Promise<SubmitOpening> {
  if (credentials === undefined) throw new Error('nobody submits over JMAP without signing in');
  const http = { ...submitSettings(access, clock), endpoint, localAddress };
  const opening = await openJmapSubmitter({ http, path: access.paths?.submit, maxRecipients }, credentials);
  const { outcome } = opening;
  if (outcome.kind === 'ok') return { ...opening, message: '' };
  const message = openMessage(endpoint, { kind: 'said', text: wordsOf(outcome) });
  return { ...opening, failure: failureOfOutcome(outcome), message };
}

/** Nothing is asked: the first message is the first request. */
function openByHttp(
  { access, clock, endpoint, localAddress, address }: SubmitPlace,
  credentials: Credentials | undefined,
): SubmitOpening {
  const { mailApi: api } = access;
  if (api === undefined || credentials === undefined)
    throw new Error('mail is handed in over HTTP by a mail API, as somebody');
  const http = { ...submitSettings(access, clock), endpoint, localAddress };
  const submitter = openHttpSubmitter({ http, api, address: address ?? credentials.login, credentials });
  const outcome = okOutcome('nothing is asked before the first message');
  return { outcome, message: '', endedUs: clock(), submitter };
}
