/** Signing in over IMAP: AUTHENTICATE PLAIN, with or without SASL-IR, else LOGIN. It must not let a secret into an outcome. */

import type { Credentials } from '../connect.ts';
import { refusal } from '../ending.ts';
import { withoutSecrets } from '../secrets.ts';
import type { ImapAnswer, ImapChannel } from './channel.ts';
import { astring, type ImapCommand } from './command.ts';

/** One sign-in (RFC 9051 §6.2.2, RFC 4959, RFC 4616). */
export async function signIn(
  channel: ImapChannel,
  capabilities: ReadonlySet<string>,
  credentials: Credentials,
): Promise<ImapAnswer> {
  const blob = plainBlob(credentials);
  const command = chooseCommand(capabilities, credentials, blob);
  if ('refused' in command) {
    const atUs = channel.clock();
    return { outcome: refusal(command.code, command.refused), startedUs: atUs, endedUs: atUs };
  }
  const answer = await channel.run(command);
  if (answer.outcome.kind !== 'rejected') return answer;
  return { ...answer, outcome: withoutSecrets(answer.outcome, [credentials.password, blob]) };
}

interface Impossible {
  readonly code: string;
  readonly refused: string;
}

function chooseCommand(
  capabilities: ReadonlySet<string>,
  credentials: Credentials,
  blob: string,
): ImapCommand | Impossible {
  const { login, password, authorizationId = '' } = credentials;
  if (`${login}${password}${authorizationId}`.includes('\0')) {
    return { code: 'ARGUMENT', refused: 'a login or password with a NUL cannot be sent' };
  }
  if (capabilities.has('AUTH=PLAIN')) return authenticatePlain(blob, capabilities.has('SASL-IR'));
  if (authorizationId !== '') {
    return { code: 'UNSUPPORTED', refused: 'a master user needs AUTH=PLAIN, which is not offered' };
  }
  if (capabilities.has('LOGINDISABLED')) {
    return { code: 'UNSUPPORTED', refused: 'the server allows no sign-in here (LOGINDISABLED): TLS first' };
  }
  return {
    pieces: ['LOGIN ', astring(login) ?? '', ' ', astring(password) ?? ''],
    changes: false,
  };
}

function authenticatePlain(blob: string, isInitial: boolean): ImapCommand {
  let isSaid = isInitial;
  return {
    pieces: [isInitial ? `AUTHENTICATE PLAIN ${blob}` : 'AUTHENTICATE PLAIN'],
    changes: false,
    exclusive: true,
    continued: () => {
      // PLAIN has one message: a server that asks again is told no (RFC 9051 §6.2.2).
      if (isSaid) return '*';
      isSaid = true;
      return blob;
    },
  };
}

function plainBlob({ login, password, authorizationId = '' }: Credentials): string {
  return Buffer.from(`${authorizationId}\0${login}\0${password}`).toString('base64');
}
