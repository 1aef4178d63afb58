/** What untagged data says about the open mailbox and the server, kept current. It must not ask for more. */

import type { DataResponse, StatusResponse } from './response.ts';
import { asText } from './values.ts';

/** One connection's view. */
export class MailboxView {
  /** Messages in the open mailbox, as last said. */
  exists = 0;
  /** Grows with every EXISTS, EXPUNGE, VANISHED and FETCH the server sends, asked for or not. */
  changes = 0;
  /** Grows with every EXISTS alone: a FETCH of ours brings no news of new mail. */
  arrivals = 0;
  /** Messages the server said were expunged from under us or by us. */
  expunged = 0;
  /** Upper case. */
  capabilities: ReadonlySet<string> = new Set();
  /** The greeting was PREAUTH: whoever connects is signed in. */
  isPreauthenticated = false;
  /** Grows when capabilities were said. */
  capabilityNews = 0;
  /** Called at every change. */
  onChange: (() => void) | undefined;

  observe(response: DataResponse | StatusResponse): void {
    if (response.kind === 'status') {
      this.learn(response.code);
      if (response.status === 'PREAUTH') this.isPreauthenticated = true;
      return;
    }
    switch (response.name) {
      case 'EXISTS':
        this.exists = response.number ?? this.exists;
        this.arrivals += 1;
        break;
      case 'EXPUNGE':
        this.exists = Math.max(0, this.exists - 1);
        this.expunged += 1;
        break;
      case 'FETCH':
      case 'VANISHED':
        break;
      case 'CAPABILITY':
        this.#capabilities((response.values() ?? []).map((value) => asText(value) ?? ''));
        return;
      default:
        return;
    }
    this.changes += 1;
    this.onChange?.();
  }

  /** Capabilities may come in a greeting or a tagged OK too (RFC 9051 §7.1). */
  learn(code: { readonly name: string; readonly argument: string } | undefined): void {
    if (code?.name === 'CAPABILITY') this.#capabilities(code.argument.split(' '));
  }

  #capabilities(words: readonly string[]): void {
    this.capabilities = new Set(words.filter((word) => word !== '').map((word) => word.toUpperCase()));
    this.capabilityNews += 1;
  }
}

/** Gathers what a SELECT answers. */
export class SelectRow {
  exists = 0;
  uidValidity = 0;
  uidNext = 0;

  accept(response: DataResponse | StatusResponse): 'ignored' | 'taken' {
    if (response.kind === 'data') {
      if (response.name !== 'EXISTS') return 'ignored';
      this.exists = response.number ?? 0;
      return 'taken';
    }
    const value = Number.parseInt(response.code?.argument ?? '', 10);
    if (response.code?.name === 'UIDVALIDITY') this.uidValidity = value;
    else if (response.code?.name === 'UIDNEXT') this.uidNext = value;
    else return 'ignored';
    return 'taken';
  }
}
