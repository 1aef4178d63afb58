/** A raw HTTP server by script, on the dialogue peer: it reads whole requests and says whatever bytes it is told to. It must not use src's own HTTP. */

import { type Dialogue, dialogue, type Peer } from './dialogue.ts';

/** One request as it came over the wire. */
export interface Asked {
  readonly line: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The next request, undefined at the end of the connection. */
export async function request(peer: Peer): Promise<Asked | undefined> {
  const line = await peer.line();
  if (line === undefined) return undefined;
  const fields = new Map<string, string>();
  for (let field = await peer.line(); field !== undefined && field !== ''; field = await peer.line()) {
    const colon = field.indexOf(':');
    fields.set(field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim());
  }
  const length = Number(fields.get('content-length') ?? 0);
  return { line, fields, body: (await peer.bytes(length)).toString('utf8') };
}

/** A whole answer. */
export function answer(status: string, body = '', fields: Readonly<Record<string, string>> = {}): string {
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = Buffer.byteLength(body);
  return `HTTP/1.1 ${status}\r\n${head.join('')}Content-Length: ${bytes}\r\n\r\n${body}`;
}

/** Serves each request by `reply`, which says bytes, or does with the peer what it likes and says nothing. */
export function httpPeer(
  reply: (
    asked: Asked,
    peer: Peer,
    number: number,
  ) => string | Buffer | undefined | Promise<string | Buffer | undefined>,
): Promise<Dialogue> {
  let number = 0;
  return dialogue(async (peer) => {
    for (let asked = await request(peer); asked !== undefined; asked = await request(peer)) {
      const said = await reply(asked, peer, number++);
      if (said !== undefined) peer.raw(said);
    }
  });
}
