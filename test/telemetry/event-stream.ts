/** Somebody else's reading of an event stream: a plain node:http client that follows the HTML standard's rules for lines and fields. */

import { get, request, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface Heard {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request, with exactly these headers beside Host. */
export function ask(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response
        .setEncoding('utf8')
        .on('data', (text: string) => {
          body += text;
        })
        .on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    asked.on('error', reject).end();
  });
}

/** A screen: listens to `/events` until it is closed, and remembers all it heard. */
export class Screen {
  readonly heard: Heard[] = [];
  comments = 0;
  ended = false;
  response: IncomingMessage | undefined;
  readonly #request: ClientRequest;
  #waiting: (() => void)[] = [];

  constructor(port: number, headers: Record<string, string> = {}) {
    this.#request = get({ host: '127.0.0.1', port, path: '/events', headers, agent: false }, (response) => {
      this.response = response;
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.#take(block);
        this.#wake();
      });
      const over = (): void => {
        this.ended = true;
        this.#wake();
      };
      response.on('close', over).on('error', over);
      this.#wake();
    });
    this.#request.on('error', () => {
      this.ended = true;
      this.#wake();
    });
  }

  /** Waits until it is so; whatever is heard is a reason to look again. */
  async until(isSo: (screen: this) => boolean): Promise<this> {
    while (!isSo(this)) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    return this;
  }

  of(event: string): Heard[] {
    return this.heard.filter((one) => one.event === event);
  }

  close(): void {
    this.#request.destroy();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #take(block: string): void {
    let [event, id, data] = ['message', '', ''];
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      if (colon === 0) this.comments += 1;
      if (colon <= 0) continue;
      const [field, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
      if (field === 'event') event = value;
      if (field === 'id') id = value;
      if (field === 'data') data += value;
    }
    if (data !== '') this.heard.push({ event, id, data: JSON.parse(data) });
  }
}
