/** How accounts sign in: each with its own secret, all with one, a master user for all, or tokens. It keeps no connection. */

import type { ProtocolOutcome } from '../measure/outcome.ts';
import type { Credentials } from '../protocol/connect.ts';
import { refusal } from '../protocol/ending.ts';
import type { ImapConnection } from '../protocol/imap/connection.ts';
import { addressOf } from '../storm/audience.ts';
import type { Access } from './context.ts';

/** Dovecot's auth_master_user_separator as everybody sets it: `user*master`. */
export const MASTER_SEPARATOR = '*';

/** Plain data that crosses threads. Logins and passwords of `each` are by mailbox. */
export type SignIns =
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'each'; readonly logins: readonly string[]; readonly passwords: readonly string[] }
  | {
      readonly kind: 'master';
      readonly login: string;
      readonly password: string;
      /** `suffix`: the login is `user*master`. `authzid`: the master signs in and acts as the user (RFC 4616 §2). */
      readonly form: 'suffix' | 'authzid';
      /** Whom the master acts as, by mailbox; the addresses unless given. */
      readonly logins?: readonly string[];
    }
  | { readonly kind: 'token'; readonly logins?: readonly string[] };

/** One account that may submit for everybody. Never logged. */
export interface Relay {
  readonly login: string;
  readonly password: string;
}

/** Who signs in to submit what an author wrote: the author, or the relay for all of them. */
export async function submissionCredentials(
  access: Access,
  author: number,
): Promise<Credentials | NoCredentials> {
  return access.relay ?? credentialsOf(access, author);
}

/** Why there are no credentials: a token could not be had. */
export interface NoCredentials {
  readonly problem: string;
}

/** Who signs in to a mailbox. A token may have to be fetched first; its time is nobody's operation. */
export async function credentialsOf(
  access: Pick<Access, 'accounts' | 'signIns' | 'tokens'>,
  mailbox: number,
): Promise<Credentials | NoCredentials> {
  const { signIns } = access;
  const address = addressOf(access.accounts, mailbox);
  switch (signIns.kind) {
    case 'password':
      return { login: address, password: signIns.password };
    case 'each':
      return { login: signIns.logins[mailbox] ?? address, password: signIns.passwords[mailbox] ?? '' };
    case 'master': {
      const user = signIns.logins?.[mailbox] ?? address;
      return signIns.form === 'suffix'
        ? { login: `${user}${MASTER_SEPARATOR}${signIns.login}`, password: signIns.password }
        : { login: signIns.login, password: signIns.password, authorizationId: user };
    }
    case 'token': {
      const answer = (await access.tokens?.tokenOf(mailbox)) ?? { problem: 'no token source' };
      if ('problem' in answer) return answer;
      return { login: signIns.logins?.[mailbox] ?? address, password: '', token: answer.token };
    }
  }
}

/** How a sign-in ended. */
export interface SignedIn {
  readonly outcome: ProtocolOutcome;
  readonly startedUs: number;
  readonly endedUs: number;
}

/** Signs in to a mailbox; without credentials the refusal is ours and temporary. */
export async function signInTo(
  connection: ImapConnection,
  credentials: Credentials | NoCredentials,
  clock: () => number,
): Promise<SignedIn> {
  if ('problem' in credentials) {
    const atUs = clock();
    return { outcome: noToken(credentials), startedUs: atUs, endedUs: atUs };
  }
  return connection.signIn(credentials);
}

/** What an operation ends in that found no token. */
export function noToken({ problem }: NoCredentials): ProtocolOutcome {
  return refusal('TOKEN', problem, true);
}

/** The server will not let this account in, however often it is asked. */
export function isFinalRefusal(outcome: ProtocolOutcome): boolean {
  return outcome.kind === 'rejected' && !outcome.temporary;
}
