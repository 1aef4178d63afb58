/** Commands about folders as a whole: list, status, open, create, append (RFC 3501 §6.3, RFC 4315, RFC 6154). */

import { FLAG, type Mailbox } from '../mailbox.ts';
import { Message } from '../message.ts';
import type { Account } from '../store.ts';
import { type Handler, type Seat, type Status, work } from './command.ts';
import { isOverQuota } from './commands-message.ts';
import { imapString } from './literal.ts';
import { View } from './view.ts';

/** RFC 6154 §2. */
const SPECIAL_USE: Readonly<Record<string, string>> = {
  Trash: String.raw` \Trash`,
  Junk: String.raw` \Junk`,
  Sent: String.raw` \Sent`,
  Drafts: String.raw` \Drafts`,
};

/** Name of a folder, in bytes. */
const MAX_NAME = 255;

const list: Handler = (seat, scanner) => {
  if (!scanner.take(' ')) return undefined;
  // Selection and return options (RFC 5258, RFC 6154) change nothing here: every folder is subscribed and shown.
  if (scanner.peek() === '(' && (scanner.flags() === undefined || !scanner.take(' '))) return undefined;
  const reference = scanner.astring();
  if (reference === undefined || !scanner.take(' ')) return undefined;
  const pattern = scanner.listPattern();
  return pattern === undefined ? undefined : listing(seat, 'LIST', reference + pattern);
};

const lsub: Handler = (seat, scanner) => {
  const reference = scanner.take(' ') ? scanner.astring() : undefined;
  const pattern = reference !== undefined && scanner.take(' ') ? scanner.listPattern() : undefined;
  return pattern === undefined ? undefined : listing(seat, 'LSUB', (reference ?? '') + pattern);
};

const namespace: Handler = (seat) => {
  seat.write('* NAMESPACE (("" "/")) NIL NIL\r\n');
  return 'OK NAMESPACE completed';
};

/** RFC 3501 §6.3.10, and SIZE of RFC 8438. */
const STATUS_ITEMS: Readonly<Record<string, (folder: Mailbox) => number>> = {
  MESSAGES: (folder) => folder.copies.length,
  RECENT: () => 0,
  UIDNEXT: (folder) => folder.uidNext,
  UIDVALIDITY: (folder) => folder.uidValidity,
  UNSEEN: (folder) =>
    folder.copies.reduce((count, copy) => count + ((copy.flags & FLAG.seen) === 0 ? 1 : 0), 0),
  SIZE: (folder) => folder.copies.reduce((bytes, copy) => bytes + copy.message.raw.length, 0),
};

const status: Handler = (seat, scanner) => {
  const name = scanner.take(' ') ? scanner.astring() : undefined;
  if (name === undefined || !scanner.take(' (')) return undefined;
  const items: string[] = [];
  do {
    const item = scanner.atom()?.toUpperCase() ?? '';
    if (!Object.hasOwn(STATUS_ITEMS, item) || items.length >= 16) return undefined;
    items.push(item);
  } while (scanner.take(' '));
  if (!scanner.take(')') || !scanner.atEnd()) return undefined;
  return withFolder(seat, name, 'poll', (folder) => {
    const values = items.map((item) => `${item} ${STATUS_ITEMS[item]?.(folder) ?? 0}`);
    seat.write(`* STATUS ${imapString(folder.name)} (${values.join(' ')})\r\n`);
    return 'OK STATUS completed';
  });
};

function opening(readOnly: boolean): Handler {
  return (seat, scanner) => {
    const name = scanner.take(' ') ? scanner.astring() : undefined;
    if (name === undefined || !scanner.atEnd()) return undefined;
    return withFolder(
      seat,
      name,
      'open',
      (folder) => {
        seat.open(new View(folder, readOnly, seat.onChange));
        const flags = seat.store.flagNames();
        const unseen = folder.copies.findIndex((copy) => (copy.flags & FLAG.seen) === 0);
        seat.write(
          `* FLAGS (${flags})\r\n* ${folder.copies.length} EXISTS\r\n* 0 RECENT\r\n` +
            (unseen === -1 ? '' : `* OK [UNSEEN ${unseen + 1}] first unseen\r\n`) +
            `* OK [PERMANENTFLAGS (${readOnly ? '' : `${flags} \\*`})] flags\r\n` +
            `* OK [UIDVALIDITY ${folder.uidValidity}] valid\r\n* OK [UIDNEXT ${folder.uidNext}] next\r\n`,
        );
        return readOnly ? 'OK [READ-ONLY] EXAMINE completed' : 'OK [READ-WRITE] SELECT completed';
      },
      // A failed SELECT leaves nothing selected (RFC 3501 §6.3.1).
      () => seat.open(undefined),
    );
  };
}

const create: Handler = (seat, scanner) => {
  const name = scanner.take(' ') ? scanner.astring() : undefined;
  if (name === undefined) return undefined;
  return work('poll', 0, () => {
    const trimmed = name.replace(/\/$/, '');
    const isName = trimmed !== '' && trimmed.length <= MAX_NAME && /^[^\p{Cc}%*]+$/u.test(trimmed);
    const made = isName ? seat.store.createFolder(account(seat), trimmed) : undefined;
    return made === undefined ? 'NO [CANNOT] cannot create that' : 'OK CREATE completed';
  });
};

const remove: Handler = (seat, scanner) => {
  const name = scanner.take(' ') ? scanner.astring() : undefined;
  if (name === undefined || !scanner.atEnd()) return undefined;
  return withFolder(seat, name, 'poll', (folder) => {
    if (folder.name === 'INBOX') return 'NO [CANNOT] INBOX stays';
    seat.store.deleteFolder(account(seat), folder);
    return 'OK DELETE completed';
  });
};

/** Every folder is subscribed, always; the answer keeps clients happy. */
const subscribe: Handler = (seat, scanner) => {
  const name = scanner.take(' ') ? scanner.astring() : undefined;
  return name === undefined ? undefined : withFolder(seat, name, 'poll', () => 'OK SUBSCRIBE completed');
};

const append: Handler = (seat, scanner) => {
  const name = scanner.take(' ') ? scanner.astring() : undefined;
  if (name === undefined || !scanner.take(' ')) return undefined;
  const flags = scanner.peek() === '(' ? scanner.flags() : [];
  if (flags === undefined || (flags.length > 0 && !scanner.take(' '))) return undefined;
  if (flags.length === 0) scanner.take(' ');
  const date = scanner.peek() === '"' ? scanner.string() : undefined;
  if (date !== undefined && !scanner.take(' ')) return undefined;
  const literal = scanner.literal();
  if (literal === undefined || !scanner.atEnd()) return undefined;
  const seconds = date === undefined ? Date.now() / 1_000 : Date.parse(date.replaceAll('-', ' ')) / 1_000;
  if (Number.isNaN(seconds)) return undefined;
  return withFolder(seat, name, 'append', (folder) => {
    const bits = flags.reduce((all, flag) => all | seat.store.flagBit(flag), 0);
    const message = new Message(literal);
    if (isOverQuota(seat, [message])) return 'NO [OVERQUOTA] mailbox full';
    const copy = folder.add(message, Math.floor(seconds), bits);
    return `OK [APPENDUID ${folder.uidValidity} ${copy.uid}] APPEND completed`;
  });
};

export const FOLDER_COMMANDS: Readonly<Record<string, Handler>> = {
  LIST: list,
  LSUB: lsub,
  NAMESPACE: namespace,
  STATUS: status,
  SELECT: opening(false),
  EXAMINE: opening(true),
  CREATE: create,
  DELETE: remove,
  SUBSCRIBE: subscribe,
  UNSUBSCRIBE: subscribe,
  APPEND: append,
};

/** Runs on a folder, or says that there is none. */
export function withFolder(
  seat: Seat,
  name: string,
  kind: 'poll' | 'open' | 'append',
  run: (folder: Mailbox) => Status,
  otherwise: () => void = () => undefined,
): ReturnType<Handler> {
  return work(kind, 0, () => {
    const folder = seat.store.folder(account(seat), name);
    if (folder !== undefined) return run(folder);
    otherwise();
    return kind === 'append' ? 'NO [TRYCREATE] no such folder' : 'NO [NONEXISTENT] no such folder';
  });
}

function account(seat: Seat): Account {
  if (seat.account === undefined) throw new Error('a folder command ran before sign-in');
  return seat.account;
}

function listing(seat: Seat, command: 'LIST' | 'LSUB', pattern: string): ReturnType<Handler> {
  return work('poll', 0, () => {
    // An empty pattern asks for the delimiter only (RFC 3501 §6.3.8).
    if (pattern === '') seat.write(`* ${command} (\\Noselect) "/" ""\r\n`);
    for (const name of account(seat).folders.keys()) {
      if (!matchesPattern(name, pattern)) continue;
      const use = SPECIAL_USE[name] ?? '';
      seat.write(`* ${command} (\\HasNoChildren${use}) "/" ${imapString(name)}\r\n`);
    }
    return `OK ${command} completed`;
  });
}

/** `*` matches anything, `%` anything without the delimiter. Linear: no backtracking over hostile patterns. */
function matchesPattern(name: string, pattern: string): boolean {
  const here = name === 'INBOX' ? pattern.toUpperCase() : pattern;
  let reached = new Set([0]);
  for (const char of here.slice(0, MAX_NAME)) {
    const next = new Set<number>();
    for (const from of reached) {
      if (char !== '*' && char !== '%') {
        if (name[from] === char) next.add(from + 1);
        continue;
      }
      for (let to = from; to <= name.length; to += 1) {
        next.add(to);
        if (char === '%' && name[to] === '/') break;
      }
    }
    reached = next;
  }
  return reached.has(name.length);
}
