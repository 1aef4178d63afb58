/** Hands messages in over a mail API. It must not retry one, nor sign anybody in. */

import type { ProtocolOutcome } from '../../measure/outcome.ts';
import type { Credentials } from '../../protocol/connect.ts';
import { HttpConnection } from '../../protocol/http/connection.ts';
import { MailApi } from '../../protocol/http/mail-api.ts';
import { readHeaders } from '../../protocol/imap/fetch.ts';
import { plainText } from '../../storm/content/encoded-words.ts';
import { RUN_HEADER } from '../../storm/numbering.ts';
import { headerOf } from './http-headers.ts';
import type { Submitter } from '../submitters.ts';
import type { HttpMailSettings } from './http.ts';

/** One message's fate, with an outcome for each recipient in order. */
export interface HttpSubmitted {
  readonly outcome: ProtocolOutcome;
  readonly recipients: readonly ProtocolOutcome[];
  readonly startedUs: number;
  readonly endedUs: number;
}

export interface HttpEnvelope {
  readonly from: string;
  readonly to: { readonly addresses: readonly string[] };
}

/** One author's way in. Messages take their turns on one connection, which opens at the first and again after a lost one. */
export class HttpSubmitter implements Submitter {
  readonly tls: boolean;
  readonly #engine: MailApi;
  #turn: Promise<unknown> = Promise.resolve();
  #underWay = 0;

  constructor(engine: MailApi, tls: boolean) {
    this.#engine = engine;
    this.tls = tls;
  }

  /** It serves, and no message waits or is under way. */
  get idle(): boolean {
    return !this.#engine.closed && this.#underWay === 0;
  }

  /** From the next message on: a token may have been renewed. */
  renew(credentials: Credentials): void {
    this.#engine.signInAs(credentials);
  }

  /** What the request needs of the message beside its bytes is read from its header. Never rejects. */
  submit({ from, to }: HttpEnvelope, data: Buffer): Promise<HttpSubmitted> {
    const headers = readHeaders(headerOf(data));
    const message = {
      from,
      subject: plainText(headers.get('subject') ?? ''),
      messageId: headers.get('message-id') ?? '',
      mark: headers.get(RUN_HEADER.toLowerCase()) ?? '',
      raw: data,
    };
    this.#underWay += 1;
    const done = this.#turn.then(async (): Promise<HttpSubmitted> => {
      const { outcome, recipients, startedUs, endedUs } = await this.#engine.submit(message, to.addresses);
      this.#underWay -= 1;
      return { outcome, recipients, startedUs, endedUs };
    });
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** HTTP knows no goodbye. */
  quit(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.#engine.destroy();
  }
}

/** Of somebody's messages; nothing is asked yet. */
export function openHttpSubmitter({ http, api, address, credentials }: HttpMailSettings): HttpSubmitter {
  const { clock, endpoint } = http;
  const engine = new MailApi({ http: new HttpConnection(http), api, clock, address, credentials });
  return new HttpSubmitter(engine, endpoint.tls === 'implicit');
}
