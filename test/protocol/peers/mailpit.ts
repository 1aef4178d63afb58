/** A stand-in for Mailpit's API, as its published OpenAPI document describes it, on node:http. It must not use src's own HTTP. */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message as it lies there. */
export interface Kept {
  readonly id: string;
  readonly raw: Buffer;
  /** Envelope recipients: those that no header names stand in Bcc. */
  readonly to: readonly string[];
}

export interface MailpitPeer {
  readonly port: number;
  /** Newest last. */
  readonly mail: Kept[];
  /** Requests as they came: method, path, body. */
  readonly asked: (readonly [string, string, string])[];
  /** Takes a message in, as its SMTP side would. */
  keep(raw: string, to: readonly string[]): Kept;
  close(): Promise<void>;
}

const HEADERS = (raw: Buffer): ReadonlyMap<string, string> => {
  const head = raw.toString('utf8').split('\r\n\r\n')[0] ?? '';
  const lines = head.replaceAll('\r\n ', ' ').split('\r\n');
  return new Map(
    lines.map((line) => [line.split(':')[0]?.toLowerCase() ?? '', line.slice(line.indexOf(':') + 1).trim()]),
  );
};

/** Only the B encoding in UTF-8 comes up in these tests. */
const decoded = (text: string): string =>
  text
    .replaceAll('?= =?', '?==?')
    .replaceAll(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, base64: string) =>
      Buffer.from(base64, 'base64').toString('utf8'),
    );

const addresses = (field = ''): { Name: string; Address: string }[] =>
  [...field.matchAll(/<([^>]+)>/g)].map(([, Address = '']) => ({ Name: '', Address }));

function summaryOf({ id, raw, to }: Kept) {
  const headers = HEADERS(raw);
  const [named, copied] = [addresses(headers.get('to')), addresses(headers.get('cc'))];
  const shown = new Set([...named, ...copied].map(({ Address }) => Address.toLowerCase()));
  return {
    ID: id,
    MessageID: (headers.get('message-id') ?? '').replaceAll(/[<>]/g, ''),
    Read: false,
    From: addresses(headers.get('from'))[0] ?? { Name: '', Address: '' },
    To: named,
    Cc: copied,
    Bcc: to.filter((one) => !shown.has(one.toLowerCase())).map((Address) => ({ Name: '', Address })),
    ReplyTo: [],
    Subject: decoded(headers.get('subject') ?? ''),
    Created: '2016-11-14T08:29:00Z',
    Tags: [],
    Size: raw.length,
    Attachments: 0,
    Snippet: '',
  };
}

interface SendRequest {
  readonly From: { readonly Email: string };
  readonly To: readonly { readonly Email: string }[];
  readonly Subject: string;
  readonly Text: string;
  readonly Headers: Readonly<Record<string, string>>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

type Answer = readonly [status: number, type: string, body: string | Buffer];

/** Serves the routes that the ready-made description uses; anything else is a 404. */
export async function mailpitPeer(): Promise<MailpitPeer> {
  const mail: Kept[] = [];
  const asked: (readonly [string, string, string])[] = [];
  let given = 0;
  const keep = (raw: string, to: readonly string[]): Kept => {
    given += 1;
    const kept = { id: `iAfZVVe2UQfNSG5B${given}`, raw: Buffer.from(raw), to };
    mail.push(kept);
    return kept;
  };
  const answer = (method: string, url: URL, body: string): Answer => {
    const raw = /^\/api\/v1\/message\/([^/]+)\/raw$/.exec(url.pathname)?.[1];
    if (method === 'GET' && raw !== undefined) {
      const found = mail.find(({ id }) => id === decodeURIComponent(raw));
      return found ? [200, 'text/plain; charset=utf-8', found.raw] : [404, 'text/plain', 'message not found'];
    }
    if (method === 'GET' && url.pathname === '/api/v1/search') return search(mail, url);
    if (method === 'DELETE' && url.pathname === '/api/v1/messages') {
      const { IDs = [] } = body === '' ? {} : (JSON.parse(body) as { IDs?: string[] });
      // Documented: no ids means all of them.
      const kept = IDs.length === 0 ? [] : mail.filter(({ id }) => !IDs.includes(id));
      mail.splice(0, mail.length, ...kept);
      return [200, 'text/plain', 'ok'];
    }
    if (method === 'POST' && url.pathname === '/api/v1/send') {
      const { From, To, Subject, Text, Headers } = JSON.parse(body) as SendRequest;
      if (!From.Email.includes('@'))
        return [400, 'application/json', JSON.stringify({ Error: 'invalid From' })];
      const extra = Object.entries(Headers).map(([name, value]) => `${name}: ${value}`);
      const to = To.map(({ Email }) => `<${Email}>`).join(', ');
      const head = [`From: <${From.Email}>`, `To: ${to}`, `Subject: ${Subject}`, ...extra];
      const kept = keep(
        `${head.join('\r\n')}\r\n\r\n${Text}`,
        To.map(({ Email }) => Email),
      );
      return [200, 'application/json', JSON.stringify({ ID: kept.id })];
    }
    return [404, 'text/plain', '404 page not found'];
  };
  const server: Server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = '', url = '/' } = request;
      asked.push([method, url, body]);
      const [status, type, said] = answer(method, new URL(url, 'http://localhost'), body);
      response.writeHead(status, { 'content-type': type }).end(said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mail,
    asked,
    keep,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** `addressed:"..."` matches any address field by a part of it; newest first. */
function search(mail: readonly Kept[], url: URL): Answer {
  const sought = /^addressed:"(.*)"$/.exec(url.searchParams.get('query') ?? '')?.[1]?.toLowerCase() ?? '';
  const start = Number(url.searchParams.get('start') ?? 0);
  const limit = Number(url.searchParams.get('limit') ?? 50);
  const found = mail
    .map(summaryOf)
    .filter(({ From, To, Cc, Bcc }) => JSON.stringify([From, To, Cc, Bcc]).toLowerCase().includes(sought))
    .toReversed();
  const page = { total: mail.length, unread: 0, messages_count: found.length, start, tags: [] };
  return [200, 'application/json', JSON.stringify({ ...page, messages: found.slice(start, start + limit) })];
}
