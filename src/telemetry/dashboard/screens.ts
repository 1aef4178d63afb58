/** Those who watch: one open answer each, told everything at once and never waited for. It knows no run. */

import type { ServerResponse } from 'node:http';

/** A dozen screens on the wall and a few laptops; more is a mistake, and each costs what the load threads could use. */
const MOST_SCREENS = 16;

/**
 * What may wait for one screen beyond what its socket took. The longest first word is about half of it; a screen that
 * lets more pile up has stopped reading, and comes back with the number of what it last saw.
 */
const QUEUE_BYTES = 1024 * 1024;

/** A line at least this often: proxies close what is silent, and a page that hears nothing knows that it is cut off. */
const HEARTBEAT_MS = 5_000;

/** At the end a screen gets this long to take the last word. */
const LAST_WORD_MS = 1_000;

export interface ScreenLimits {
  readonly screens?: number;
  readonly queueBytes?: number;
  readonly heartbeatMs?: number;
}

/** One message of an event stream (HTML, server-sent events). JSON has no line breaks, so one line of data will do. */
export function message(event: string, id: string, data: unknown): string {
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** All screens of one run. */
export class Screens {
  readonly #open = new Set<ServerResponse>();
  readonly #most: number;
  readonly #queueBytes: number;
  readonly #timer: NodeJS.Timeout;
  /** Screens that were cut off because they did not read. */
  dropped = 0;

  constructor({
    screens = MOST_SCREENS,
    queueBytes = QUEUE_BYTES,
    heartbeatMs = HEARTBEAT_MS,
  }: ScreenLimits) {
    this.#most = screens;
    this.#queueBytes = queueBytes;
    this.#timer = setInterval(() => this.tell(': still here\n\n'), heartbeatMs);
    this.#timer.unref();
  }

  get count(): number {
    return this.#open.size;
  }

  get full(): boolean {
    return this.#open.size >= this.#most;
  }

  /** Takes a screen whose head has not been written; `first` is its first word. */
  add(response: ServerResponse, first: string): void {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    this.#open.add(response);
    const forget = (): void => {
      this.#open.delete(response);
    };
    response.on('close', forget).on('error', forget);
    response.write(first);
  }

  /** Tells everybody; whoever does not keep up is cut off. */
  tell(text: string): void {
    for (const response of this.#open) {
      if (response.writableLength + text.length <= this.#queueBytes) {
        response.write(text);
        continue;
      }
      this.dropped += 1;
      this.#open.delete(response);
      response.destroy();
    }
  }

  /** Says a last word to everybody and lets go; resolves once they have taken it, or had their time. */
  async end(last: string): Promise<void> {
    clearInterval(this.#timer);
    const taken = [...this.#open].map(
      (response) => new Promise<void>((resolve) => response.once('close', resolve).end(last, resolve)),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_WORD_MS);
    });
    await Promise.race([Promise.all(taken), late]);
    clearTimeout(timer);
    this.#open.clear();
  }
}
