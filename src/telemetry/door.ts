/** Who may come in: addresses, the Host and Origin a browser sends, the token. It answers yes or no and opens nothing. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** Where to listen. Port 0 takes any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:8089`, `[::1]:0`. A name is refused: what it stands for is somebody else's word. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? Number.NaN);
  const family = isIP(host);
  if (family === 0 || !(port <= 65_535) || (family === 6) !== (match?.[1] !== undefined)) return undefined;
  return { host, port };
}

/** `127.0.0.1:8089`, `[::1]:8089`: an address as a URL has it. */
export function inUrl({ host, port }: Address): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** Only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}

/** 256 bits: nobody guesses it, whatever the rate. */
export function makeToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Whether a Host header is one that leads here by itself. A page elsewhere can make its own name resolve to this
 * machine (DNS rebinding), but it cannot make the browser send another name: so an address, `localhost` and the
 * machine's own name pass, and no other. The port may be a tunnel's.
 */
export function isOwnHost(header: string | undefined): boolean {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(header ?? '');
  if (match === null) return false;
  if (match[1] !== undefined) return isIP(match[1]) === 6;
  const name = (match[2] ?? '').toLowerCase();
  return isIP(name) === 4 || name === 'localhost' || name === hostname().toLowerCase();
}

/** Whether a request comes from a page of ours, or from no page at all. */
export function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return headers.origin === undefined || headers.origin === `http://${headers.host}`;
}

/** Whether what was given is the secret, in a time that does not tell how much of it was right: hashes have one length. */
export function isToken(given: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(token));
}

/** Browsers keep one jar for all ports of a host: the port in the name keeps two runs apart. */
export function cookieName(port: number): string {
  return `replystorm-${port}`;
}

/** The cookie's value; undefined where there is none. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
