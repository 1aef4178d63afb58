/** The event source: tells a client by server-sent events that its account has changed (RFC 8620 §7.3). Says never what has. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Observer } from '../mailbox.ts';
import { accountId } from './ids.ts';
import type { Desk, JmapContext } from './method.ts';

/** Seconds between pings: what RFC 8620 §7.3 allows, and no longer than a forgotten connection should be kept. */
const MOST_PING_S = 900;

/** Unsent bytes of a client that does not read; it hears of everything when it does, in one event. */
const MAX_UNSENT_BYTES = 64 * 1024;

/** What a client may ask to hear of, and the state of each. */
const TYPES = ['Mailbox', 'Email', 'Thread', 'EmailDelivery'] as const;
type TypeName = (typeof TYPES)[number];
type States = Readonly<Record<TypeName, string>>;

/** What the query of the URL asks for. */
export interface EventChoice {
  readonly types: readonly TypeName[];
  readonly closeAfterState: boolean;
  /** Seconds; 0: none. */
  readonly pingS: number;
}

/** Undefined: one of them is missing or wrong. Types that are none of ours are passed over. */
export function readEventChoice(query: URLSearchParams): EventChoice | undefined {
  const types = query.get('types');
  const closeAfter = query.get('closeafter');
  const ping = query.get('ping');
  if (types === null || types === '' || (closeAfter !== 'state' && closeAfter !== 'no')) return undefined;
  if (ping === null || !/^\d{1,9}$/.test(ping)) return undefined;
  const named = new Set(types.split(','));
  return {
    types: types === '*' ? TYPES : TYPES.filter((name) => named.has(name)),
    closeAfterState: closeAfter === 'state',
    pingS: Math.min(Number(ping), MOST_PING_S),
  };
}

/** Answers with the head of an endless body, and ends with the connection. */
export function openEventSource(
  context: JmapContext,
  desk: Desk,
  choice: EventChoice,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  const session = new EventSourceSession(context, desk, choice, response);
  const missedFrom = request.headers['last-event-id'];
  if (typeof missedFrom === 'string') session.catchUp(missedFrom);
}

class EventSourceSession implements Observer {
  readonly #context: JmapContext;
  readonly #desk: Desk;
  readonly #choice: EventChoice;
  readonly #response: ServerResponse;
  #told: States;
  #wakeUpDue = false;
  #ping: NodeJS.Timeout | undefined;

  constructor(context: JmapContext, desk: Desk, choice: EventChoice, response: ServerResponse) {
    this.#context = context;
    this.#desk = desk;
    this.#choice = choice;
    this.#response = response;
    this.#told = this.#states();
    response.on('drain', () => this.changed());
    response.on('close', () => {
      clearTimeout(this.#ping);
      desk.journal.leave(this);
    });
    desk.journal.observe(this);
    this.#pingLater();
  }

  /** At the price of a poll, and not before the change at hand is complete: a delete of hundreds is one event. */
  changed(): void {
    if (this.#wakeUpDue || !this.#context.misbehaviour.pushes) return;
    this.#wakeUpDue = true;
    setImmediate(() => {
      this.#context.pace.spend('poll', 0, () => {
        this.#wakeUpDue = false;
        this.#tell();
      });
    });
  }

  #tell(): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    if (this.#response.writableLength > MAX_UNSENT_BYTES) return;
    const now = this.#states();
    const changed = this.#choice.types.filter((name) => now[name] !== this.#told[name]);
    this.#told = now;
    if (changed.length === 0) return;
    const account = accountId(this.#desk.account);
    const states = Object.fromEntries(changed.map((name) => [name, now[name]]));
    const data = JSON.stringify({ '@type': 'StateChange', changed: { [account]: states } });
    this.#response.write(`event: state\nid: ${TYPES.map((name) => now[name]).join('-')}\ndata: ${data}\n\n`);
    if (!this.#choice.closeAfterState) this.#pingLater();
    else {
      clearTimeout(this.#ping);
      this.#response.end();
    }
  }

  /** The id of the last event says what was known then. */
  catchUp(eventId: string): void {
    const known = eventId.split('-');
    this.#told = Object.fromEntries(TYPES.map((name, index) => [name, known[index] ?? ''])) as States;
    this.changed();
  }

  #pingLater(): void {
    clearTimeout(this.#ping);
    const { pingS } = this.#choice;
    if (pingS === 0) return;
    this.#ping = setTimeout(() => {
      const unread = this.#response.writableLength > MAX_UNSENT_BYTES;
      if (!unread) this.#response.write(`event: ping\ndata: ${JSON.stringify({ interval: pingS })}\n\n`);
      this.#pingLater();
    }, pingS * 1_000);
  }

  #states(): States {
    const { emailState, mailboxState, deliveryState } = this.#desk.journal;
    return { Mailbox: mailboxState, Email: emailState, Thread: emailState, EmailDelivery: deliveryState };
  }
}
