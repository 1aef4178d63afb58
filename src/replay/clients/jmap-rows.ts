/** Messages as a JMAP server tells them, as rows with numbers of ours: which id has which number, and where it was listed. It must not ask anything. */

import type { JsonObject } from '../../protocol/jmap/values.ts';
import { asObject, asString, asStrings } from '../../protocol/jmap/values.ts';
import { idOf } from '../jmap-pages.ts';
import type { MailRow } from './client.ts';

/** More mail than one mailbox of a storm sees: whoever comes to know more forgets the oldest. */
const KNOWN_LIMIT = 1_000_000;

/** What numbers and listings need of each message, beside its header fields. */
const ALWAYS = ['id', 'blobId', 'mailboxIds'];

/** A header field as it stands in the message (RFC 8621 §4.1.3): of all of that name, since without `:all` the last is told. */
const RAW_FIELD = /^header:([^:]+):asraw(?::all)?$/i;

interface KnownMail {
  readonly uid: number;
  readonly id: string;
  blobId: string | undefined;
  /** The folder it was listed in. */
  listedIn: string | undefined;
}

/** Properties of Email/get that rows with these fields are made of. */
export function propertiesOf(fields: readonly string[]): readonly string[] {
  return [...ALWAYS, ...fields.map((field) => `header:${field}:asRaw:all`)];
}

/** Numbers are given in the order in which messages become known. */
export class JmapRows {
  readonly #byId = new Map<string, KnownMail>();
  readonly #byUid = new Map<number, KnownMail>();
  #lastUid = 0;

  /** It has a number. */
  knows(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Ids of those numbers that mean something, in their order. */
  idsOf(uids: readonly number[]): readonly string[] {
    return uids.map((uid) => this.#byUid.get(uid)?.id).filter((id) => id !== undefined);
  }

  uidOf(id: string): number {
    return this.#learn(id).uid;
  }

  blobOf(uid: number): string | undefined {
    return this.#byUid.get(uid)?.blobId;
  }

  /** Rows as they came, each with its number. */
  enter(rows: readonly JsonObject[]): MailRow[] {
    return rows.map((row) => {
      const known = this.#learn(idOf(row));
      known.blobId = asString(row['blobId']) ?? known.blobId;
      return { uid: known.uid, headers: headersOf(row) };
    });
  }

  /**
   * The rows of a whole folder. A message that lies in several is listed in one of them only, the first that was listed, so
   * that whoever goes through all folders meets each once; one that was moved meanwhile is listed where it lies now.
   */
  enterFolder(folderId: string, rows: readonly JsonObject[]): MailRow[] {
    const own = rows.filter((row) => {
      const known = this.#learn(idOf(row));
      const { listedIn = folderId } = known;
      if (listedIn !== folderId && asObject(row['mailboxIds'])?.[listedIn] === true) return false;
      known.listedIn = folderId;
      return true;
    });
    return this.enter(own);
  }

  #learn(id: string): KnownMail {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    if (this.#byId.size >= KNOWN_LIMIT) this.#forgetOldest();
    this.#lastUid += 1;
    const made: KnownMail = { uid: this.#lastUid, id, blobId: undefined, listedIn: undefined };
    this.#byId.set(id, made);
    this.#byUid.set(made.uid, made);
    return made;
  }

  #forgetOldest(): void {
    for (const [id, { uid }] of this.#byId) {
      this.#byId.delete(id);
      this.#byUid.delete(uid);
      return;
    }
  }
}

/** Unfolded (RFC 5322 §2.2.3) and trimmed, as a listing over IMAP is. */
export function headersOf(row: JsonObject): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [property, value] of Object.entries(row)) {
    const name = RAW_FIELD.exec(property)?.[1]?.toLowerCase();
    const text = asString(value) ?? asStrings(value)?.[0];
    if (name === undefined || text === undefined) continue;
    headers.set(name, text.replaceAll(/\r?\n(?=[ \t])/g, '').trim());
  }
  return headers;
}
