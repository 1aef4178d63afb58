/** HTTP answers by seed, with JMAP in them: as a server might give them, then spoilt, then cut. It must be a function of (seed, index). */

import type { RandomStream } from '../../../src/random.ts';

const IDS = '["M1","M2"]';
const QUERY = `["Email/query",{"ids":${IDS},"position":0,"total":2},"q"]`;
const GET = '["Email/get",{"list":[{"id":"M1"},{"id":"M2"}],"notFound":[],"state":"5"},"g"]';
const SET = `["Email/set",{"destroyed":${IDS},"notDestroyed":null},"d"]`;

const BODIES: readonly string[] = [
  `{"methodResponses":[${QUERY},${GET}],"sessionState":"s"}`,
  `{"methodResponses":[${QUERY},${SET}],"sessionState":"s"}`,
  '{"methodResponses":[["error",{"type":"serverFail"},"q"]],"sessionState":"s"}',
  '{"type":"urn:ietf:params:jmap:error:limit","limit":"maxConcurrentRequests"}',
  '<html>no</html>',
  '',
];

const HEADS: readonly string[] = [
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 OK',
  'HTTP/1.0 200 OK',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK',
  'HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK',
  'HTTP/1.1 204 No Content',
  'HTTP/1.1 302 Found\r\nLocation: /elsewhere',
  'HTTP/1.1 307 Go\r\nLocation: http://192.0.2.1/',
  'HTTP/1.1 401 Unauthorized',
  'HTTP/1.1 429 Slow\r\nRetry-After: 5',
  'HTTP/1.1 503 Busy\r\nRetry-After: Mon, 14 Nov 2016 08:30:00 GMT',
];

const FIELDS = [
  'Content-Type: application/json',
  'X-A: b',
  'Set-Cookie: a=b',
  'Connection: close',
  'Keep-Alive: timeout=5',
];

const pick = (random: RandomStream, list: readonly string[]): string =>
  list[random.integer(list.length)] ?? '';

/** One answer that keeps to the protocol, by length, in chunks, or ended by the end of the connection. */
export function honestAnswer(random: RandomStream): Buffer {
  const body = pick(random, BODIES);
  const fields = FIELDS.filter(() => random.integer(2) === 0);
  const first = pick(random, HEADS);
  const head = [first, ...fields];
  if (first.includes('204')) return Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
  const kind = random.integer(3);
  if (kind === 0)
    return Buffer.from(`${[...head, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`);
  if (kind === 1) return Buffer.from(`${head.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`);
  const half = random.integer(body.length + 1);
  const chunks = [body.slice(0, half), body.slice(half)].filter((chunk) => chunk !== '');
  const coded = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
  return Buffer.from(`${[...head, 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n${coded}0\r\n\r\n`);
}

const SPOILS: readonly string[] = [
  '\r\n',
  '\r\n\r\n',
  '\0',
  '\u00ff',
  'Content-Length: 99999999999\r\n',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip\r\n',
  'ffffffffffffffff\r\n',
  'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n',
  'HTTP/1.1 200 OK\r\n\r\n',
  'HTTP/9.9 200 OK\r\n',
  'X: '.concat('y'.repeat(9_000)),
  '[[[[[[[[[[[[[[[[',
  '"__proto__":',
  'null',
  '1e999',
];

/** The same, broken: bytes cut out, doubled, changed, hostile pieces put in anywhere. */
export function spoiltAnswer(random: RandomStream): Buffer {
  let bytes = honestAnswer(random);
  for (let count = random.integer(4); count >= 0; count -= 1) {
    const at = random.integer(bytes.length + 1);
    const to = Math.min(bytes.length, at + random.integer(60));
    const kind = random.integer(5);
    if (kind === 0) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    else if (kind === 2 && at < bytes.length) bytes[at] = random.integer(256);
    else
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(pick(random, SPOILS), 'latin1'),
        bytes.subarray(at),
      ]);
  }
  return bytes;
}
