/** Every account's folders, in memory. Takes whatever it is given; limits of time are the capacity model's. */

import { FLAG, type Household, Mailbox } from './mailbox.ts';

/** Folders one account may have; a client that makes more is told NO. */
const MAX_FOLDERS = 200;

/** Keywords the store knows beside the system flags; bits 5 to 30 of a copy's flags. */
const MAX_KEYWORDS = 26;

const SYSTEM_FLAGS: readonly (readonly [string, number])[] = [
  ['\\Answered', FLAG.answered],
  ['\\Flagged', FLAG.flagged],
  ['\\Deleted', FLAG.deleted],
  ['\\Seen', FLAG.seen],
  ['\\Draft', FLAG.draft],
];

export interface Account {
  readonly address: string;
  /** Its place among the accounts, from 0; -1: it has none. */
  readonly place: number;
  readonly inbox: Mailbox;
  /** By name; INBOX in capitals (RFC 3501 §5.1). */
  readonly folders: Map<string, Mailbox>;
}

/** A member of a list whose mailbox is gone: an address, and nothing that anybody could open. */
export function deadAccount(address: string): Account {
  return { address, place: -1, inbox: new Mailbox('INBOX', 1), folders: new Map() };
}

export class Store {
  readonly #accounts = new Map<string, Account>();
  readonly #flagBits = new Map<string, number>(SYSTEM_FLAGS.map(([name, bit]) => [name.toLowerCase(), bit]));
  readonly #flagNames: [string, number][] = SYSTEM_FLAGS.map(([name, bit]) => [name, bit]);
  readonly #flagTexts = new Map<number, string>();
  #lastUidValidity: number;

  /** @param firstUidValidity the first folder's UIDVALIDITY; later ones count up from it */
  constructor(addresses: readonly string[], firstUidValidity: number) {
    this.#lastUidValidity = firstUidValidity - 1;
    for (const address of addresses) this.#addAccount(address);
  }

  /** In their places. */
  accounts(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  account(address: string): Account | undefined {
    return this.#accounts.get(address.toLowerCase());
  }

  /** A folder of that name, INBOX in any case. */
  folder(account: Account, name: string): Mailbox | undefined {
    return account.folders.get(folderKey(name));
  }

  /** Makes a folder; undefined when it is there already or there are too many. */
  createFolder(account: Account, name: string): Mailbox | undefined {
    const key = folderKey(name);
    if (account.folders.has(key) || account.folders.size >= MAX_FOLDERS) return undefined;
    const { household } = account.inbox;
    const folder = new Mailbox(key, this.#nextUidValidity(), household);
    account.folders.set(key, folder);
    household.journal?.folders();
    return folder;
  }

  /** Removes a folder and all that is in it. INBOX stays: the caller has seen to that. */
  deleteFolder(account: Account, folder: Mailbox): void {
    folder.expunge(folder.copies);
    account.folders.delete(folder.name);
    folder.household.journal?.folders();
  }

  /** The bit of a flag; a keyword not seen before gets one while there are any. `\Recent` and others unknown: 0. */
  flagBit(name: string): number {
    const known = this.#flagBits.get(name.toLowerCase());
    if (known !== undefined) return known;
    if (name.startsWith('\\') || this.#flagNames.length >= SYSTEM_FLAGS.length + MAX_KEYWORDS) return 0;
    const bit = 2 ** this.#flagNames.length;
    this.#flagBits.set(name.toLowerCase(), bit);
    this.#flagNames.push([name, bit]);
    return bit;
  }

  /** The same for those who only ask: 0 for a keyword that no copy can have. */
  knownFlagBit(name: string): number {
    return this.#flagBits.get(name.toLowerCase()) ?? 0;
  }

  /** `\Seen \Deleted $Junk`, for the inside of a FLAGS list. */
  flagText(flags: number): string {
    const known = this.#flagTexts.get(flags);
    if (known !== undefined) return known;
    const names = this.#flagNames.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name);
    const text = names.join(' ');
    if (this.#flagTexts.size < 1_000) this.#flagTexts.set(flags, text);
    return text;
  }

  /** Every flag whose bit is set, as it was first spelled. */
  namesOf(flags: number): readonly string[] {
    return this.flagText(flags)
      .split(' ')
      .filter((name) => name !== '');
  }

  /** Every flag known so far, system flags first. */
  flagNames(): string {
    return this.#flagNames.map(([name]) => name).join(' ');
  }

  #addAccount(address: string): void {
    const household: Household = { lastId: 0, journal: undefined };
    const inbox = new Mailbox('INBOX', this.#nextUidValidity(), household);
    const place = this.#accounts.size;
    const account: Account = { address, place, inbox, folders: new Map([['INBOX', inbox]]) };
    this.#accounts.set(address.toLowerCase(), account);
    for (const name of ['Trash', 'Junk', 'Sent', 'Drafts']) this.createFolder(account, name);
  }

  #nextUidValidity(): number {
    this.#lastUidValidity += 1;
    return this.#lastUidValidity;
  }
}

function folderKey(name: string): string {
  return name.toUpperCase() === 'INBOX' ? 'INBOX' : name;
}
