/** Folders: LIST and STATUS answers, and names as the wire wants them. It must not guess what a folder is for. */

import type { Acceptance } from './command.ts';
import type { DataResponse, StatusResponse } from './response.ts';
import { asNumber, asText, isList } from './values.ts';

export interface Folder {
  /** As the server writes it (modified UTF-7 where it is not ASCII); goes back into `select` unchanged. */
  readonly name: string;
  /** Lower case, with the backslash: `\trash`, `\noselect` (RFC 6154, RFC 9051 §7.3.1). */
  readonly attributes: ReadonlySet<string>;
  /** Undefined for a flat namespace. */
  readonly delimiter: string | undefined;
}

export interface FolderStatus {
  readonly messages: number;
  readonly uidNext: number;
  readonly uidValidity: number;
}

const FOLDERS_LIMIT = 100_000;

/** Gathers LIST rows. */
export class FolderRows {
  readonly rows: Folder[] = [];

  accept(response: DataResponse | StatusResponse): Acceptance {
    if (response.kind !== 'data' || response.name !== 'LIST') return 'ignored';
    const [attributes, delimiter, name] = response.values() ?? [];
    const text = asText(name);
    if (!isList(attributes) || text === undefined) return { problem: 'LIST without attributes and name' };
    if (this.rows.length >= FOLDERS_LIMIT) return { problem: `over ${FOLDERS_LIMIT} folders` };
    const names = attributes.map(asText).filter((attribute) => attribute !== undefined);
    this.rows.push({
      name: text,
      attributes: new Set(names.map((attribute) => attribute.toLowerCase())),
      delimiter: asText(delimiter),
    });
    return 'taken';
  }
}

/** Takes one STATUS answer for one folder. */
export class StatusRow {
  row: FolderStatus | undefined;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  accept(response: DataResponse | StatusResponse): Acceptance {
    if (response.kind !== 'data' || response.name !== 'STATUS') return 'ignored';
    const [name, items] = response.values() ?? [];
    const text = asText(name);
    if (text === undefined || !isList(items)) return { problem: 'STATUS without folder and items' };
    if (canonical(text) !== canonical(this.#folder)) return 'ignored';
    const found = new Map<string, number>();
    for (let i = 0; i + 1 < items.length; i += 2) {
      const value = asNumber(items[i + 1]);
      if (value !== undefined) found.set((asText(items[i]) ?? '').toUpperCase(), value);
    }
    const messages = found.get('MESSAGES');
    const uidNext = found.get('UIDNEXT');
    const uidValidity = found.get('UIDVALIDITY');
    if (messages === undefined || uidNext === undefined || uidValidity === undefined) {
      return { problem: 'STATUS without all that was asked' };
    }
    this.row = { messages, uidNext, uidValidity };
    return 'taken';
  }
}

/** A name as the wire wants it: ASCII stays (it may be modified UTF-7 already), the rest is encoded (RFC 3501 §5.1.3). */
export function wireName(name: string): string {
  if (/^[\u0020-\u007e]*$/.test(name)) return name;
  return name.replaceAll(/&|[^\u0020-\u007e]+/g, (run) =>
    run === '&'
      ? '&-'
      : `&${Buffer.from(run, 'utf16le').swap16().toString('base64').replaceAll('/', ',').replace(/=+$/, '')}-`,
  );
}

/** INBOX is the one name that knows no case (RFC 9051 §5.1). */
function canonical(name: string): string {
  return name.toUpperCase() === 'INBOX' ? 'INBOX' : name;
}
