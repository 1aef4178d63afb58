/** An HTTP connection as a line of a JMAP calibration: one user's errand after another's. It must not choose what is done, nor spare foreign mail. */

import type { Clock } from '../measure/outcome.ts';
import type { Recorder } from '../measure/recorder.ts';
import { HttpConnection, type HttpSettings } from '../protocol/http/connection.ts';
import { openJmap } from '../protocol/jmap/open.ts';
import { addressOf, type Accounts } from '../storm/audience.ts';
import { messageId, plainNumber, RUN_HEADER } from '../storm/numbering.ts';
import type { JmapLoad } from './jmap-calibration.ts';
import { type Errand, JmapDesk } from './jmap-desk.ts';
import type { FilterTrust } from './jmap-search.ts';
import type { Line, LineAnswer } from './paced.ts';
import { credentialsOf, noToken, type SignIns } from './sign-ins.ts';

export interface JmapLineSettings {
  readonly http: HttpSettings;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly operation: JmapLoad;
  readonly accounts: Accounts;
  readonly signIns: SignIns;
  readonly mailboxes: number;
  readonly firstOperation: number;
  readonly path: string | undefined;
  readonly subject: string;
  readonly runId: string;
  readonly trust: FilterTrust;
}

/** Sessions a line remembers: a browser keeps one, a load of more mailboxes than this reads some again. */
const DESKS = 1_000;

/** A line of one of the closed list's loads, and how to end it. */
export class JmapLine implements Line {
  readonly failure = 'not opened';
  readonly #settings: JmapLineSettings;
  readonly #http: HttpConnection;
  readonly #desks = new Map<number, JmapDesk>();

  constructor(settings: JmapLineSettings) {
    this.#settings = settings;
    this.#http = new HttpConnection(settings.http);
  }

  submit(index: number, done: (answer: LineAnswer) => void): void {
    const { firstOperation, mailboxes, recorder } = this.#settings;
    void this.#work((firstOperation + index) % mailboxes, index).then((errand) => {
      recorder.accepted(errand.messages);
      done(errand);
    });
  }

  /** Gives up for good: what is under way ends at once. */
  abandon(): void {
    this.#http.destroy();
  }

  close(): Promise<void> {
    this.#http.destroy();
    return Promise.resolve();
  }

  async #work(mailbox: number, index: number): Promise<Errand> {
    const { operation, subject, trust, accounts } = this.#settings;
    if (operation === 'session') return this.#enter(mailbox);
    const entered = await this.#desk(mailbox);
    if (!(entered instanceof JmapDesk)) return entered;
    switch (operation) {
      case 'query':
        return entered.list();
      case 'search':
        return entered.search(subject, trust);
      case 'sync':
        return entered.sync();
      case 'trash':
        return entered.trash();
      case 'delete':
        return entered.empty();
      case 'submit': {
        const address = addressOf(accounts, mailbox);
        return entered.submit(this.#message(address, index), address);
      }
    }
  }

  async #desk(mailbox: number): Promise<JmapDesk | Errand> {
    const { recorder, clock } = this.#settings;
    const known = this.#desks.get(mailbox);
    if (known !== undefined) return known;
    recorder.planned('jmap.session', 'storm', true);
    const dueUs = clock();
    const entered = await this.#enter(mailbox);
    const { outcome, startedUs, endedUs } = entered;
    recorder.sample({
      operation: 'jmap.session',
      phase: 'storm',
      outcome,
      intendedUs: dueUs,
      dueUs,
      startedUs: Math.max(startedUs, dueUs),
      endedUs: Math.max(endedUs, dueUs),
      induced: true,
    });
    return this.#desks.get(mailbox) ?? entered;
  }

  /** Reads the session of a mailbox's owner and remembers it. */
  async #enter(mailbox: number): Promise<Errand> {
    const { http, clock, accounts, signIns, path } = this.#settings;
    const credentials = await credentialsOf({ accounts, signIns, tokens: undefined }, mailbox);
    if ('problem' in credentials) {
      const atUs = clock();
      return { outcome: noToken(credentials), startedUs: atUs, endedUs: atUs, messages: 0 };
    }
    const place = { endpoint: http.endpoint, clock, path };
    const { connection, outcome, startedUs, endedUs } = await openJmap(this.#http, place, credentials);
    if (connection !== undefined) {
      if (this.#desks.size >= DESKS) this.#desks.clear();
      this.#desks.set(mailbox, new JmapDesk(connection, clock));
    }
    return { outcome, startedUs, endedUs, messages: 0 };
  }

  #message(address: string, index: number): Buffer {
    const { runId, firstOperation } = this.#settings;
    const id = messageId(runId, 0, plainNumber('pilot', 1) + firstOperation + index);
    const head = [
      `From: <${address}>`,
      `To: <${address}>`,
      'Subject: calibration',
      `${RUN_HEADER}: ${runId}`,
    ];
    return Buffer.from([...head, `Message-ID: ${id}`, '', 'calibration', ''].join('\r\n'));
  }
}
