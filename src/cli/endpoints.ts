/** `smtp://host:port?tls=required` -> an endpoint request, and names -> addresses. Connects to nothing. */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { EndpointProtocol, EndpointRequest, TlsMode } from '../profile/guard.ts';

/** Submission (RFC 6409, RFC 8314), LMTP has none registered, IMAP (RFC 9051), HTTP (RFC 9110), which JMAP is spoken over. */
const DEFAULT_PORTS: Readonly<Record<EndpointProtocol, number>> = {
  smtp: 587,
  smtps: 465,
  lmtp: 24,
  imap: 143,
  imaps: 993,
  http: 80,
  https: 443,
  'jmap+http': 80,
  'jmap+https': 443,
};

export type EndpointReading =
  | {
      readonly ok: true;
      readonly endpoint: EndpointRequest;
      /** Over HTTP: the path and query, as they were named; empty where there was none. */
      readonly path: string;
    }
  | { readonly ok: false; readonly problem: string };

/** Between mail systems (RFC 5321 §4.5.4.2). */
const INBOUND_PORT = 25;

/** A mailbox where JMAP is meant. */
export const JMAP_PROTOCOLS = ['jmap+http', 'jmap+https'] as const;

export const MAILBOX_PROTOCOLS = ['imap', 'imaps', ...JMAP_PROTOCOLS, 'http', 'https'] as const;

const PROTOCOLS = {
  '--submit': ['smtp', 'smtps', 'lmtp', ...JMAP_PROTOCOLS, 'http', 'https'],
  '--inbound': ['smtp'],
  '--mailbox': MAILBOX_PROTOCOLS,
  '--url': ['http', 'https'],
} as const satisfies Readonly<Record<string, readonly EndpointProtocol[]>>;

/** Reads `--submit`, `--inbound`, `--mailbox` or `--url`; `protocols` are those it takes, where not all that the flag may. */
export function readEndpoint(
  flag: keyof typeof PROTOCOLS,
  text: string,
  protocols: readonly string[] = PROTOCOLS[flag],
): EndpointReading {
  const startTls = protocols.every((name) => WEB.test(name))
    ? ''
    : ', with ?tls=off|required where STARTTLS is spoken';
  const expected = `${flag} takes ${protocols.map((name) => `${name}://host:port`).join(', ')}${startTls}`;
  const problem = {
    ok: false,
    problem: `${flag}: found ${JSON.stringify(redact(text))}, expected ${expected}`,
  } as const;
  if (!URL.canParse(text)) return problem;
  const url = new URL(text);
  const protocol = url.protocol.replace(/:$/, '');
  if (!protocols.includes(protocol) || url.hostname === '') return problem;
  if (url.username !== '' || url.password !== '')
    return {
      ok: false,
      problem: `${flag}: found a name or password in the URL, expected none: say --accounts and --password-env`,
    };
  const isWeb = WEB.test(protocol);
  const tls = isWeb ? webTls(protocol) : readTls(protocol as EndpointProtocol, [...url.searchParams]);
  if (tls === undefined) return problem;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const usual = flag === '--inbound' ? INBOUND_PORT : DEFAULT_PORTS[protocol as EndpointProtocol];
  const port = url.port === '' ? usual : Number(url.port);
  const path = isWeb ? `${url.pathname}${url.search}` : '';
  return { ok: true, endpoint: { protocol: protocol as EndpointProtocol, host, port, tls }, path };
}

/** An endpoint as a report shows it. */
export function showEndpoint(endpoint: EndpointRequest): string {
  return `${endpoint.protocol}://${endpoint.host}:${endpoint.port} (TLS ${endpoint.tls})`;
}

/** Every address of a host; empty when the name is not known. */
export async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

/** Schemes whose TLS is in their name. */
const WEB = /^(jmap\+)?https?$/;

function webTls(protocol: string): TlsMode {
  return protocol.endsWith('https') ? 'implicit' : 'off';
}

function readTls(
  protocol: EndpointProtocol,
  parameters: readonly (readonly [string, string])[],
): TlsMode | undefined {
  const implicit = protocol === 'smtps' || protocol === 'imaps';
  if (parameters.length === 0) return implicit ? 'implicit' : 'offered';
  const [name, value] = parameters[0] ?? [];
  if (parameters.length > 1 || name !== 'tls' || implicit) return undefined;
  return value === 'off' || value === 'required' ? value : undefined;
}

function redact(text: string): string {
  return text.replace(/\/\/[^@/]*@/, '//***@');
}
