/** A mail API on the raw HTTP peer, and our engine before it, by any description. It must not use src's own HTTP on the server's side. */

import type { MailApiText } from '../../../src/profile/mail-api-schema.ts';
import { readMailApi } from '../../../src/profile/read.ts';
import type { Credentials } from '../../../src/protocol/connect.ts';
import { HttpConnection } from '../../../src/protocol/http/connection.ts';
import { MailApi } from '../../../src/protocol/http/mail-api.ts';
import type { Dialogue } from './dialogue.ts';
import { clock, settings } from './endpoint.ts';
import { answer, type Asked, httpPeer } from './http.ts';

const open: (Dialogue | MailApi)[] = [];

/** For afterEach: ends what `served` began. */
export async function closeServed(): Promise<void> {
  for (const one of open.splice(0)) await ('destroy' in one ? one.destroy() : one.close());
}

/** The least that describes an API. */
export const PLAIN: MailApiText = {
  list: { path: '/mail', id: '/id' },
  fetch: { path: '/mail/{id}' },
  delete: { path: '/mail/{id}' },
};

export type Reply = Parameters<typeof httpPeer>[0];

export interface Served {
  readonly api: MailApi;
  readonly asked: Asked[];
}

/** The engine, and what it asks a server that answers by `reply`. */
export async function served(
  text: MailApiText,
  reply: Reply,
  more: { readonly credentials?: Credentials; readonly address?: string; readonly limits?: object } = {},
): Promise<Served> {
  const reading = readMailApi(JSON.stringify(text));
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const asked: Asked[] = [];
  const peer = await httpPeer((request, wire, number) => {
    asked.push(request);
    return reply(request, wire, number);
  });
  const deadlines = { openUs: 2_000_000, commandUs: 300_000 };
  const http = new HttpConnection({ ...settings('http', peer.port), deadlines, limits: more.limits });
  const credentials = more.credentials ?? { login: 'user0', password: 'secret' };
  const address = more.address ?? 'user0@lab.test';
  const api = new MailApi({ http, api: reading.api, clock, address, credentials });
  open.push(api, peer);
  return { api, asked };
}

/** A whole answer in JSON. */
export const json = (value: unknown, status = '200 OK'): string =>
  answer(status, JSON.stringify(value), { 'Content-Type': 'application/json' });

export const NONE: ReadonlySet<string> = new Set();

/** Method and path of each request. */
export const lines = ({ asked }: Served): string[] => asked.map(({ line }) => line.replace(' HTTP/1.1', ''));
