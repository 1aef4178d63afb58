/** Signing in over IMAP: by token, or AUTHENTICATE PLAIN, else LOGIN. It must not let a secret into an outcome. */

import { bearerError, chooseBearer } from '../bearer.ts';
import type { Credentials } from '../connect.ts';
import { clipped, refusal } from '../ending.ts';
import { withoutSecrets } from '../secrets.ts';
import type { ImapAnswer, ImapChannel } from './channel.ts';
import { astring, type ImapCommand } from './command.ts';

/** Above this an initial response would make the command line too long for some servers (RFC 2683 §3.2.1.5). */
const INITIAL_RESPONSE_OCTETS = 7_900;

/** One sign-in (RFC 9051 §6.2.2, RFC 4959, RFC 4616, RFC 7628). With a token no password mechanism is tried. */
export async function signIn(
  channel: ImapChannel,
  offers: (capability: string) => boolean,
  credentials: Credentials,
): Promise<ImapAnswer> {
  if (credentials.token !== undefined) return signInByToken(channel, offers, credentials);
  const blob = plainBlob(credentials);
  const command = chooseCommand(offers, credentials, blob);
  if ('refused' in command) return impossible(channel, command);
  const answer = await channel.run(command);
  if (answer.outcome.kind !== 'rejected') return answer;
  return { ...answer, outcome: withoutSecrets(answer.outcome, [credentials.password, blob]) };
}

async function signInByToken(
  channel: ImapChannel,
  offers: (capability: string) => boolean,
  credentials: Credentials,
): Promise<ImapAnswer> {
  const bearer = chooseBearer((mechanism) => offers(`AUTH=${mechanism}`), credentials);
  if ('refused' in bearer) return impossible(channel, bearer);
  const { mechanism, blob, afterError } = bearer;
  let error: string | undefined;
  const answer = await channel.run(
    authenticate(mechanism, blob, offers('SASL-IR'), (challenge) => {
      error = bearerError(challenge);
      return afterError;
    }),
  );
  const { outcome } = answer;
  if (outcome.kind !== 'rejected') return answer;
  const text = error === undefined ? outcome.text : clipped(`${outcome.text} (${error})`);
  const { token = '' } = credentials;
  return { ...answer, outcome: withoutSecrets({ ...outcome, text }, [token, blob]) };
}

function impossible(channel: ImapChannel, { code, refused }: Impossible): ImapAnswer {
  const atUs = channel.clock();
  return { outcome: refusal(code, refused), startedUs: atUs, endedUs: atUs };
}

interface Impossible {
  readonly code: string;
  readonly refused: string;
}

function chooseCommand(
  offers: (capability: string) => boolean,
  credentials: Credentials,
  blob: string,
): ImapCommand | Impossible {
  const { login, password, authorizationId = '' } = credentials;
  if (`${login}${password}${authorizationId}`.includes('\0')) {
    return { code: 'ARGUMENT', refused: 'a login or password with a NUL cannot be sent' };
  }
  // PLAIN has one message: a server that asks again is told no (RFC 9051 §6.2.2).
  if (offers('AUTH=PLAIN')) return authenticate('PLAIN', blob, offers('SASL-IR'), () => '*');
  if (authorizationId !== '') {
    return { code: 'UNSUPPORTED', refused: 'a master user needs AUTH=PLAIN, which is not offered' };
  }
  if (offers('LOGINDISABLED')) {
    return { code: 'UNSUPPORTED', refused: 'the server allows no sign-in here (LOGINDISABLED): TLS first' };
  }
  return {
    pieces: ['LOGIN ', astring(login) ?? '', ' ', astring(password) ?? ''],
    changes: false,
  };
}

/** A mechanism of one message; `challenged` answers what the server says after it. */
function authenticate(
  mechanism: string,
  blob: string,
  takesInitial: boolean,
  challenged: (challenge: string) => string,
): ImapCommand {
  const isInitial = takesInitial && blob.length <= INITIAL_RESPONSE_OCTETS;
  let isSaid = isInitial;
  return {
    pieces: [isInitial ? `AUTHENTICATE ${mechanism} ${blob}` : `AUTHENTICATE ${mechanism}`],
    changes: false,
    exclusive: true,
    continued: (challenge) => {
      if (isSaid) return challenged(challenge);
      isSaid = true;
      return blob;
    },
  };
}

function plainBlob({ login, password, authorizationId = '' }: Credentials): string {
  return Buffer.from(`${authorizationId}\0${login}\0${password}`).toString('base64');
}
