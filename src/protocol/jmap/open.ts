/** Finds the JMAP session of one user (RFC 8620 §2.2): a known place, a few redirections within the endpoint, a session object. It must not go anywhere else. */

import type { Clock, ProtocolOutcome } from '../../measure/outcome.ts';
import type { ApprovedEndpoint } from '../../profile/guard.ts';
import type { Credentials } from '../connect.ts';
import { refusal } from '../ending.ts';
import { authorizationOf } from '../http/authorization.ts';
import { pathWithin } from '../http/classify.ts';
import type { HttpAnswer, HttpConnection } from '../http/connection.ts';
import { withoutSecrets } from '../secrets.ts';
import { JmapChannel } from './channel.ts';
import { withProblem } from './classify.ts';
import { JmapConnection } from './connection.ts';
import { readSession } from './session.ts';

/** RFC 8620 §2.2. */
export const WELL_KNOWN = '/.well-known/jmap';

/** Cyrus needs one; more than this go in a circle. */
const REDIRECTIONS = 5;

export interface JmapOpening {
  readonly outcome: ProtocolOutcome;
  /** Present exactly when the outcome is `ok`. */
  readonly connection?: JmapConnection;
  readonly startedUs: number;
  readonly endedUs: number;
  /** How long the server asks to wait (Retry-After). */
  readonly retryAfterUs?: number;
}

export interface JmapPlace {
  readonly endpoint: ApprovedEndpoint;
  readonly clock: Clock;
  /** Where the session is; the well-known place unless named. */
  readonly path?: string | undefined;
}

/** Never rejects. The session is read with these credentials, which every later call repeats: HTTP keeps nobody signed in. */
export async function openJmap(
  http: HttpConnection,
  place: JmapPlace,
  credentials: Credentials,
): Promise<JmapOpening> {
  const { clock, endpoint } = place;
  const authorization = authorizationOf(credentials);
  const startedUs = clock();
  const over = (outcome: ProtocolOutcome): JmapOpening => ({ outcome, startedUs, endedUs: clock() });
  if (authorization === undefined)
    return over(refusal('ARGUMENT', 'a login or secret that no Authorization header can carry'));
  if (credentials.authorizationId !== undefined)
    return over(
      refusal('UNSUPPORTED', 'HTTP has no way for a master user to act as somebody else (authzid)'),
    );
  const headers = ['authorization', authorization, 'accept', 'application/json'];
  let path = place.path ?? WELL_KNOWN;
  for (let hop = 0; ; hop += 1) {
    const answer = await http.ask({ method: 'GET', path, headers, changes: false, keeps: true });
    const next = hop < REDIRECTIONS ? redirected(answer, endpoint, path) : undefined;
    if (next !== undefined) {
      path = next;
      continue;
    }
    if (answer.outcome.kind !== 'ok') {
      const { retryAfterUs } = answer;
      const refused = over(clean(answer, credentials, authorization));
      return retryAfterUs === undefined ? refused : { ...refused, retryAfterUs };
    }
    const session = readSession(answer.body, endpoint, path);
    if ('kind' in session) return over(session);
    const connection = new JmapConnection(new JmapChannel(http, session, place, credentials));
    return { outcome: answer.outcome, connection, startedUs, endedUs: answer.endedUs };
  }
}

/** Where to look next; undefined where the answer is no redirection within the endpoint. */
function redirected(answer: HttpAnswer, endpoint: ApprovedEndpoint, path: string): string | undefined {
  const { status } = answer;
  if (status === undefined || status < 301 || status > 308 || status === 304) return undefined;
  const location = answer.field('location');
  return location === undefined ? undefined : pathWithin(endpoint, path, location);
}

function clean(
  { outcome, body }: HttpAnswer,
  { password, token = '' }: Credentials,
  authorization: string,
): ProtocolOutcome {
  if (outcome.kind !== 'rejected') return outcome;
  return withoutSecrets(withProblem(outcome, body), [password, token, authorization]);
}
