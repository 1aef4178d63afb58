/** What a JMAP server tells by itself (RFC 8620 §7.3): state changes of one account over a stream of events. It must not ask what has changed. */

import type { Ending } from '../ending.ts';
import type { HttpStream, StreamEars, StreamOpening } from '../http/stream.ts';
import { EventReader } from './event-stream.ts';
import { asCount, asObject, asString, parseJson } from './values.ts';

/**
 * Seconds between pings that are asked for: the most that any server may put in place of less (§7.3). A quiet line is given
 * up after two and a half of what the server says it keeps to.
 */
export const PING_S = 30;

const MISSED_PINGS = 2.5;

/** The longest interval believed: with more than this between pings nobody would ever be missed. */
const LONGEST_PING_S = 3_600;

/** States of one account by type (`Email`, `Mailbox`); only what has changed. */
export type ToldStates = ReadonlyMap<string, string>;

export type OpenStream = (ears: StreamEars) => HttpStream;

/** One stream of events. Opened by its making; it never rejects and never comes back by itself. */
export class JmapPush {
  readonly opened: Promise<StreamOpening>;
  readonly ended: Promise<Ending>;
  readonly #stream: HttpStream;
  readonly #accountId: string;
  readonly #changed: (states: ToldStates) => void;
  #silenceUs = silenceOf(PING_S);

  constructor(open: OpenStream, accountId: string, changed: (states: ToldStates) => void) {
    this.#accountId = accountId;
    this.#changed = changed;
    const reader = new EventReader({
      event: (name, data) => this.#heard(name, data),
      comment: () => this.#isAlive(),
    });
    this.#stream = open({
      contentType: 'text/event-stream',
      heard: (chunk) => {
        const text = reader.feed(chunk);
        return text === undefined ? undefined : { kind: 'protocol', text };
      },
    });
    const { ended } = this.#stream;
    this.ended = ended;
    this.opened = this.#stream.opened.then((opening) => {
      if (opening.outcome.kind === 'ok') this.#isAlive();
      return opening;
    });
  }

  /** Octets read from the server so far. */
  get bytesRead(): number {
    return this.#stream.bytesRead;
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #heard(name: string, data: string): void {
    const said = asObject(parseJson(Buffer.from(data)));
    if (name === 'ping') {
      const intervalS = asCount(said?.['interval']);
      if (intervalS !== undefined && intervalS > 0)
        this.#silenceUs = silenceOf(Math.min(intervalS, LONGEST_PING_S));
    }
    this.#isAlive();
    const states = name === 'state' ? asObject(asObject(said?.['changed'])?.[this.#accountId]) : undefined;
    if (states === undefined) return;
    const told = Object.entries(states).flatMap(([type, state]): [string, string][] => {
      const text = asString(state);
      return text === undefined ? [] : [[type, text]];
    });
    if (told.length > 0) this.#changed(new Map(told));
  }

  #isAlive(): void {
    this.#stream.expectWithin(this.#silenceUs);
  }
}

function silenceOf(pingS: number): number {
  return pingS * MISSED_PINGS * 1_000_000;
}
