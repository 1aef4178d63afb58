/** Other people's JMAP client, and bare requests, against the embedded target. Waits on answers, never on time. */

import { type Answer, JamClient } from 'jmap-jam';
import { onTestFinished } from 'vitest';
import type { TargetConfig } from '../../src/target/config.ts';
import type { RunningTarget } from '../../src/target/serve.ts';
import { PASSWORD, startLab } from './lab.ts';

export const CORE = 'urn:ietf:params:jmap:core';
export const MAIL = 'urn:ietf:params:jmap:mail';
export const SUBMISSION = 'urn:ietf:params:jmap:submission';

/** A target with its JMAP port open. */
export function startJmapLab(changes: Partial<TargetConfig> = {}): Promise<RunningTarget> {
  return startLab({ jmapPort: 0, ...changes });
}

export function originOf(lab: RunningTarget): string {
  return `http://127.0.0.1:${lab.ports.jmapPort}`;
}

export function basic(user: string, password = PASSWORD): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** jmap-jam speaks Bearer only: its header and its session are put right after it was made. */
class BasicJam extends JamClient {
  constructor(sessionUrl: string, authorization: string) {
    super({ sessionUrl, bearerToken: 'none' });
    this.session.catch(() => undefined);
    this.authHeader = authorization;
    this.session = JamClient.loadSession(sessionUrl, authorization);
  }
}

/** Somebody else's client, signed in. */
export function jam(lab: RunningTarget, user: string): JamClient {
  return new BasicJam(`${originOf(lab)}/.well-known/jmap`, basic(user));
}

export type { Answer } from 'jmap-jam';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Answer;
}

/** A bare API request with this body, text as it is. */
export async function post(
  lab: RunningTarget,
  user: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const response = await fetch(`${originOf(lab)}/jmap/api`, {
    method: 'POST',
    headers: { authorization: basic(user), 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, json: (await response.json()) as Answer };
}

/** Calls in one request; their answers by call id, an error as `{ error }`. */
export async function call(
  lab: RunningTarget,
  user: string,
  calls: readonly (readonly [string, Answer, string?])[],
): Promise<Answer[]> {
  const methodCalls = calls.map(([name, args, id], index) => [name, args, id ?? `c${index}`]);
  const reply = await post(lab, user, { using: [CORE, MAIL, SUBMISSION], methodCalls });
  const responses = reply.json.methodResponses as [string, Answer, string][];
  return responses.map(([name, result]) => (name === 'error' ? { error: result } : result));
}

/** The account's own id and its mailboxes by role. */
export async function lookAround(lab: RunningTarget, user: string) {
  const client = jam(lab, user);
  const accountId = await client.getPrimaryAccount();
  const [{ list }] = await client.api.Mailbox.get({ accountId });
  const byRole = new Map((list as Answer[]).map((one): [string, string] => [one.role, one.id]));
  const folder = (role: string): string => byRole.get(role) ?? `no ${role}`;
  return { client, accountId, inbox: folder('inbox'), trash: folder('trash'), sent: folder('sent'), list };
}

/** Events of an event source as they come. */
export class Events {
  readonly response: Response;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #heard = '';

  constructor(response: Response) {
    this.response = response;
    this.#reader = (response.body as ReadableStream<Uint8Array>).getReader();
    onTestFinished(() => this.#reader.cancel().catch(() => undefined));
  }

  /** The next event's lines by field; undefined: the stream has ended. */
  async next(): Promise<Record<string, string> | undefined> {
    while (!this.#heard.includes('\n\n')) {
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#heard += Buffer.from(value).toString('utf8');
    }
    const [event = '', ...rest] = this.#heard.split('\n\n');
    this.#heard = rest.join('\n\n');
    return Object.fromEntries(
      event.split('\n').map((line) => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
    );
  }
}

/** Opens the event source with these parameters. */
export async function listen(
  lab: RunningTarget,
  user: string,
  parameters: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Events> {
  const url = `${originOf(lab)}/jmap/events?${parameters}`;
  return new Events(await fetch(url, { headers: { authorization: basic(user), ...headers } }));
}
