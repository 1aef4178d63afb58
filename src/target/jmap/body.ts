/** Bodies of HTTP requests in, bodies of responses out; bounded, each and together. Knows nothing of JMAP. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Problem } from './problem.ts';

/** All bodies that are being read, in bytes: some uploads of the largest size, or everybody's usual one. */
const MAX_BYTES_AT_A_TIME = 512 * 1024 * 1024;

export class Bodies {
  #bytes = 0;

  /**
   * The whole body; why there is none: too large, no room now, or the client has gone. What is too much is read and
   * thrown away: whoever is still writing would never hear our answer.
   */
  read(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'tooLarge' | 'noRoom' | 'gone'> {
    return new Promise((resolve) => {
      if (request.destroyed && !request.readableEnded) return resolve('gone');
      const announced = Number(request.headers['content-length'] ?? 0);
      let refused: 'tooLarge' | 'noRoom' | undefined = announced > maxBytes ? 'tooLarge' : undefined;
      let chunks: Buffer[] = [];
      let length = 0;
      const letGo = (): void => {
        this.#bytes -= length;
        length = 0;
        chunks = [];
      };
      request.on('data', (chunk: Buffer) => {
        if (refused !== undefined) return;
        length += chunk.length;
        this.#bytes += chunk.length;
        chunks.push(chunk);
        if (length > maxBytes) refused = 'tooLarge';
        else if (this.#bytes > MAX_BYTES_AT_A_TIME) refused = 'noRoom';
        if (refused !== undefined) letGo();
      });
      request.on('end', () => {
        resolve(refused ?? Buffer.concat(chunks));
        letGo();
      });
      request.on('close', () => {
        resolve('gone');
        letGo();
      });
    });
  }
}

/** Answers in JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(text, 'utf8');
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(body);
}

/** RFC 7807. */
export function sendProblem(
  response: ServerResponse,
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(problem);
  sendJson(response, problem.status, text, { 'content-type': 'application/problem+json', ...headers });
}
