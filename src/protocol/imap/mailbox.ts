/** What untagged data says about the open mailbox and the server, kept current. It must not ask for more. */

import type { DataResponse, ResponseCode, StatusResponse } from './response.ts';
import { countOfSet } from './sets.ts';
import { asNumber, asText, isList } from './values.ts';

/**
 * One thing the server told of the open mailbox, whoever caused it: this session or another.
 * `expunged` names a sequence number, which moves all later ones down; `vanished` names UIDs (RFC 7162 §3.2.10), and with
 * `earlier` those that were gone before this session looked. `overflow`: NOTIFY is off from now on (RFC 5465 §5.8).
 */
export type MailboxEvent =
  | { readonly kind: 'exists'; readonly exists: number }
  | { readonly kind: 'expunged'; readonly sequence: number }
  | { readonly kind: 'vanished'; readonly uids: string; readonly earlier: boolean }
  | { readonly kind: 'changed'; readonly sequence: number }
  | { readonly kind: 'overflow' };

/** Folders whose UIDVALIDITY one connection remembers; a census reads some ten a mailbox. */
const REMEMBERED_FOLDERS = 1_000;

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
  /** Upper case: what ENABLE switched on (RFC 5161). */
  readonly enabled = new Set<string>();
  /** The greeting was PREAUTH: whoever connects is signed in. */
  isPreauthenticated = false;
  /** Grows when capabilities were said. */
  capabilityNews = 0;
  /** The folder that is open, as the caller named it. */
  folder: string | undefined;
  /** Why the open folder's UIDs are not what the caller takes them for; undefined while they are. */
  staleness: string | undefined;
  /** Called at every change. */
  onChange: (() => void) | undefined;
  /** Told of everything in order, before the command that caused it is answered. */
  onEvent: ((event: MailboxEvent) => void) | undefined;
  readonly #validities = new Map<string, number>();

  observe(response: DataResponse | StatusResponse): void {
    if (response.kind === 'status') return this.#observeStatus(response);
    switch (response.name) {
      case 'EXISTS':
        this.exists = response.number ?? this.exists;
        this.arrivals += 1;
        this.onEvent?.({ kind: 'exists', exists: this.exists });
        break;
      case 'EXPUNGE':
        this.exists = Math.max(0, this.exists - 1);
        this.expunged += 1;
        this.onEvent?.({ kind: 'expunged', sequence: response.number ?? 0 });
        break;
      case 'FETCH':
        this.onEvent?.({ kind: 'changed', sequence: response.number ?? 0 });
        break;
      case 'VANISHED':
        this.#vanished(response);
        break;
      case 'CAPABILITY':
        this.#capabilities((response.values() ?? []).map((value) => asText(value) ?? ''));
        return;
      case 'ENABLED':
        for (const value of response.values() ?? []) this.enabled.add((asText(value) ?? '').toUpperCase());
        return;
      default:
        return;
    }
    this.changes += 1;
    this.onChange?.();
  }

  /** Capabilities may come in a greeting or a tagged OK too (RFC 9051 §7.1). */
  learn(code: ResponseCode | undefined): void {
    if (code?.name === 'CAPABILITY') this.#capabilities(code.argument.split(' '));
  }

  /** Another folder is being opened: what the server says of UIDs from here on is no change of this one's. */
  leave(): void {
    this.folder = undefined;
    this.staleness = undefined;
  }

  /** A folder is open from here on, or none. What was known of its UIDs on this connection is returned. */
  opened(folder: string | undefined, uidValidity: number): number | undefined {
    this.folder = folder;
    this.staleness = undefined;
    if (folder === undefined) {
      this.exists = 0;
      return undefined;
    }
    const before = this.#validities.get(folder);
    if (uidValidity > 0 && (before !== undefined || this.#validities.size < REMEMBERED_FOLDERS)) {
      this.#validities.set(folder, uidValidity);
    }
    return before;
  }

  #observeStatus(response: StatusResponse): void {
    const { code } = response;
    if (response.status === 'PREAUTH') this.isPreauthenticated = true;
    if (code === undefined) return;
    this.learn(code);
    if (code.name === 'NOTIFICATIONOVERFLOW') this.onEvent?.({ kind: 'overflow' });
    // The mailbox that was open is closed: what follows is of the next one (RFC 7162 §3.2.11).
    if (code.name === 'CLOSED') this.exists = 0;
    if (code.name === 'UIDVALIDITY' && this.folder !== undefined) this.#revalidated(asNumber(code.argument));
  }

  /** Said about the folder that is open, outside any SELECT of ours: its UIDs were given out anew under us. */
  #revalidated(uidValidity: number | undefined): void {
    const before = this.#validities.get(this.folder ?? '');
    if (uidValidity === undefined || before === undefined || before === uidValidity) return;
    this.staleness = staleText(before, uidValidity);
  }

  /** The set counts message by message, but for those that were gone before we looked (RFC 7162 §3.2.10). */
  #vanished(response: DataResponse): void {
    const values = response.values() ?? [];
    const [tag] = values;
    const earlier = isList(tag) && (asText(tag[0]) ?? '').toUpperCase() === 'EARLIER';
    const uids = asText(values.at(-1)) ?? '';
    const count = countOfSet(uids);
    if (count === undefined) return;
    if (!earlier) {
      const gone = Math.min(this.exists, count);
      this.exists -= gone;
      this.expunged += gone;
    }
    this.onEvent?.({ kind: 'vanished', uids, earlier });
  }

  #capabilities(words: readonly string[]): void {
    this.capabilities = new Set(words.filter((word) => word !== '').map((word) => word.toUpperCase()));
    this.capabilityNews += 1;
  }
}

/** For a person: what a changed UIDVALIDITY means. */
export function staleText(before: number, now: number): string {
  return `UIDVALIDITY was ${before} and is ${now}: the UIDs known before name other messages, or none`;
}
