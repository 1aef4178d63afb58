/** Signing in over SMTP: AUTH PLAIN and LOGIN (RFC 4954, RFC 4616). It must not let a secret into an outcome. */

import type { ProtocolOutcome } from '../../measure/outcome.ts';
import type { Credentials } from '../connect.ts';
import { outcomeOfEnding, refusal } from '../ending.ts';
import { withoutSecrets } from '../secrets.ts';
import type { SmtpChannel } from './channel.ts';
import { acceptedBy, rejectedBy } from './classify.ts';
import type { Reply } from './reply.ts';

/** Prefers PLAIN: one round trip. */
export async function authenticate(
  channel: SmtpChannel,
  mechanisms: ReadonlySet<string>,
  credentials: Credentials,
  deadlineUs: number,
): Promise<ProtocolOutcome> {
  const { login, password, authorizationId = '' } = credentials;
  if (`${login}${password}${authorizationId}`.includes('\0')) {
    return refusal('ARGUMENT', 'a login or password with a NUL cannot be sent');
  }
  const blob = Buffer.from(`${authorizationId}\0${login}\0${password}`).toString('base64');
  let reply: Reply | undefined;
  if (mechanisms.has('PLAIN')) {
    reply = await channel.ask(`AUTH PLAIN ${blob}`, deadlineUs);
    // A server that ignores the initial response asks for it (RFC 4954 §4).
    if (reply?.code === 334) reply = await channel.ask(blob, deadlineUs);
  } else if (mechanisms.has('LOGIN') && authorizationId === '') {
    reply = await channel.ask('AUTH LOGIN', deadlineUs);
    if (reply?.code === 334) reply = await channel.ask(Buffer.from(login).toString('base64'), deadlineUs);
    if (reply?.code === 334) reply = await channel.ask(Buffer.from(password).toString('base64'), deadlineUs);
  } else {
    const offered = [...mechanisms].join(' ') || 'no AUTH';
    return refusal(
      'UNSUPPORTED',
      `the server offers ${offered}; needed is PLAIN or LOGIN (after TLS, perhaps)`,
    );
  }
  const { ending } = channel;
  if (reply === undefined) {
    return outcomeOfEnding(ending ?? { kind: 'closed', text: 'connection ended' }, 'asked');
  }
  if (reply.code < 300) return acceptedBy(reply);
  if (reply.code < 400) return refusal('PROTOCOL', `${reply.code} after the last AUTH step`);
  return withoutSecrets(rejectedBy(reply), [password, blob, Buffer.from(password).toString('base64')]);
}
