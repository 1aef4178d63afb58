/** Signing in over SMTP: by token, AUTH PLAIN, or LOGIN (RFC 4954, RFC 4616, RFC 7628). It must not let a secret into an outcome. */

import type { ProtocolOutcome } from '../../measure/outcome.ts';
import { type BearerMechanism, bearerError, chooseBearer } from '../bearer.ts';
import type { Credentials } from '../connect.ts';
import { clipped, outcomeOfEnding, refusal } from '../ending.ts';
import { withoutSecrets } from '../secrets.ts';
import type { SmtpChannel } from './channel.ts';
import { acceptedBy, rejectedBy } from './classify.ts';
import type { Reply } from './reply.ts';

/** An initial response that makes the command longer than this is sent when asked for (RFC 4954 §4, RFC 5321 §4.5.3.1.4). */
const COMMAND_OCTETS = 512;

/** What a sign-in says: the mechanism's one message, or several in turn, and what a record must never hold. */
interface SignIn {
  readonly mechanism: 'PLAIN' | 'LOGIN' | BearerMechanism;
  readonly messages: readonly string[];
  /** Only the mechanisms that take a first message from the client may send it with the command. */
  readonly isInitial: boolean;
  /** What answers an error challenge before the server says its no, where the mechanism has such a thing. */
  readonly afterError: string | undefined;
  readonly secrets: readonly string[];
}

/** One sign-in. Prefers PLAIN to LOGIN: one round trip. With a token no password mechanism is tried. */
export async function authenticate(
  channel: SmtpChannel,
  mechanisms: ReadonlySet<string>,
  credentials: Credentials,
  deadlineUs: number,
): Promise<ProtocolOutcome> {
  const signIn = chooseSignIn(mechanisms, credentials);
  if ('refused' in signIn) return refusal(signIn.code, signIn.refused);
  const { reply, error } = await say(channel, signIn, deadlineUs);
  if (reply === undefined) {
    return outcomeOfEnding(channel.ending ?? { kind: 'closed', text: 'connection ended' }, 'asked');
  }
  if (reply.code < 300) return acceptedBy(reply);
  if (reply.code < 400) return refusal('PROTOCOL', `${reply.code} after the last AUTH step`);
  const rejected = rejectedBy(reply);
  const text = error === undefined ? rejected.text : clipped(`${rejected.text} (${error})`);
  return withoutSecrets({ ...rejected, text }, signIn.secrets);
}

/** The exchange; `error` is what an error challenge named. */
async function say(
  channel: SmtpChannel,
  { mechanism, messages, isInitial, afterError }: SignIn,
  deadlineUs: number,
): Promise<{ reply: Reply | undefined; error: string | undefined }> {
  const command = `AUTH ${mechanism}`;
  const whole = `${command} ${messages[0] ?? ''}`;
  const withFirst = isInitial && whole.length + 2 <= COMMAND_OCTETS;
  let reply = await channel.ask(withFirst ? whole : command, deadlineUs);
  // A server that ignores the initial response asks for it with an empty challenge (RFC 4954 §4).
  const isAskedAgain = withFirst && reply?.code === 334 && reply.lines.join('').trim() === '';
  for (const message of messages.slice(withFirst && !isAskedAgain ? 1 : 0)) {
    if (reply?.code !== 334) break;
    reply = await channel.ask(message, deadlineUs);
  }
  if (reply?.code !== 334 || afterError === undefined) return { reply, error: undefined };
  const error = bearerError(reply.lines.join(''));
  return { reply: await channel.ask(afterError, deadlineUs), error };
}

function chooseSignIn(
  mechanisms: ReadonlySet<string>,
  credentials: Credentials,
): SignIn | { readonly code: string; readonly refused: string } {
  const { login, password, token, authorizationId = '' } = credentials;
  const offered = [...mechanisms].join(' ') || 'no AUTH';
  if (token !== undefined) {
    const bearer = chooseBearer((mechanism) => mechanisms.has(mechanism), credentials);
    if ('refused' in bearer)
      return { code: bearer.code, refused: `${bearer.refused} (it offers ${offered})` };
    const { mechanism, blob, afterError } = bearer;
    return { mechanism, messages: [blob], isInitial: true, afterError, secrets: [token, blob] };
  }
  if (`${login}${password}${authorizationId}`.includes('\0'))
    return { code: 'ARGUMENT', refused: 'a login or password with a NUL cannot be sent' };
  const blob = base64(`${authorizationId}\0${login}\0${password}`);
  const secrets = [password, blob, base64(password)];
  const plain = { afterError: undefined, secrets };
  if (mechanisms.has('PLAIN')) return { mechanism: 'PLAIN', messages: [blob], isInitial: true, ...plain };
  if (mechanisms.has('LOGIN') && authorizationId === '')
    return { mechanism: 'LOGIN', messages: [base64(login), base64(password)], isInitial: false, ...plain };
  return {
    code: 'UNSUPPORTED',
    refused: `the server offers ${offered}; needed is PLAIN or LOGIN (after TLS, perhaps)`,
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
