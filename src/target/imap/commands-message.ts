/** Commands on the messages of the open folder: fetch, search, store, copy, move, expunge (RFC 3501 §6.4, RFC 6851). */

import { type Copy, FLAG, type Mailbox } from '../mailbox.ts';
import type { Message } from '../message.ts';
import { type Handler, type Seat, work } from './command.ts';
import { fetchKind, marksSeen, type Piece, readItems, renderFetch, seenFlags } from './fetch.ts';
import type { Scanner } from './scanner.ts';
import { readCriteria } from './search.ts';
import type { View } from './view.ts';

/** Copies of a set as they were when the command was read, with their places in the view. */
interface Chosen {
  readonly view: View;
  readonly indexes: readonly number[];
}

function fetch(byUid: boolean): Handler {
  return (seat, scanner) => {
    const chosen = readSet(seat, scanner, byUid);
    if (chosen === undefined || !scanner.take(' ')) return undefined;
    const items = readItems(scanner, byUid);
    if (items === undefined || !scanner.atEnd()) return undefined;
    return work(fetchKind(items), chosen.indexes.length, () => {
      const { view } = chosen;
      const marks = marksSeen(items) && !view.readOnly;
      const pieces: Piece[] = [];
      view.withoutNews(() => {
        for (const index of chosen.indexes) {
          const copy = view.copies[index];
          if (copy === undefined) continue;
          const seenNow = marks && (copy.flags & FLAG.seen) === 0;
          if (seenNow) view.mailbox.setFlags(copy, seenFlags(copy));
          renderFetch(index + 1, copy, items, (flags) => seat.store.flagText(flags), seenNow, pieces);
        }
      });
      for (const piece of pieces) seat.write(piece);
      if (seat.unruly !== undefined && seat.account !== undefined)
        seat.unruly.shown(seat.account, view.mailbox, copiesOf(chosen));
      return 'OK FETCH completed';
    });
  };
}

function search(byUid: boolean): Handler {
  return (seat, scanner) => {
    const view = seat.view;
    if (view === undefined || !scanner.take(' ')) return undefined;
    if (scanner.take('CHARSET ')) {
      const charset = scanner.astring()?.toUpperCase();
      if (charset !== 'UTF-8' && charset !== 'US-ASCII')
        return 'NO [BADCHARSET (UTF-8 US-ASCII)] unknown charset';
      if (!scanner.take(' ')) return undefined;
    }
    const question = readCriteria(scanner, view, (name) => seat.store.flagBit(name));
    if (question === undefined) return undefined;
    return work('search', view.copies.length, () => {
      let found = '';
      for (const [index, copy] of view.copies.entries()) {
        if (!copy.expunged && question(copy, index)) found += ` ${byUid ? copy.uid : index + 1}`;
      }
      seat.write(`* SEARCH${found}\r\n`);
      return 'OK SEARCH completed';
    });
  };
}

const OPERATIONS = ['+FLAGS', '-FLAGS', 'FLAGS'] as const;

function store(byUid: boolean): Handler {
  return (seat, scanner) => {
    const chosen = readSet(seat, scanner, byUid);
    if (chosen === undefined || !scanner.take(' ')) return undefined;
    const operation = OPERATIONS.find((name) => scanner.take(name));
    const silent = scanner.take('.SILENT');
    const flags = operation !== undefined && scanner.take(' ') ? scanner.flags() : undefined;
    if (flags === undefined || !scanner.atEnd()) return undefined;
    if (chosen.view.readOnly) return 'NO [READ-ONLY] folder is open for reading';
    return work('store', chosen.indexes.length, () => {
      const bits = flags.reduce((all, flag) => all | seat.store.flagBit(flag), 0);
      const { view } = chosen;
      view.withoutNews(() => {
        for (const copy of copiesOf(chosen)) {
          const asked =
            operation === '+FLAGS' ? copy.flags | bits : operation === '-FLAGS' ? copy.flags & ~bits : bits;
          view.mailbox.setFlags(copy, keeps(seat, copy, asked) ? asked & ~FLAG.deleted : asked);
        }
      });
      if (!silent) writeFlags(seat, chosen, byUid);
      return 'OK STORE completed';
    });
  };
}

function copyOrMove(byUid: boolean, moves: boolean): Handler {
  return (seat, scanner) => {
    const chosen = readSet(seat, scanner, byUid);
    const name = chosen !== undefined && scanner.take(' ') ? scanner.astring() : undefined;
    if (chosen === undefined || name === undefined || !scanner.atEnd()) return undefined;
    if (moves && chosen.view.readOnly) return 'NO [READ-ONLY] folder is open for reading';
    return work('move', chosen.indexes.length, () => {
      const folder = seat.account === undefined ? undefined : seat.store.folder(seat.account, name);
      if (folder === undefined) return 'NO [TRYCREATE] no such folder';
      const sources = copiesOf(chosen).filter((copy) => !copy.expunged);
      const messages = sources.map((copy) => copy.message);
      // A move takes no more room than there was.
      if (!moves && isOverQuota(seat, messages)) return 'NO [OVERQUOTA] mailbox full';
      const copyUid = duplicate(sources, folder, moves);
      if (!moves)
        return sources.length === 0 ? 'OK COPY completed' : `OK [COPYUID ${copyUid}] COPY completed`;
      if (sources.length > 0) seat.write(`* OK [COPYUID ${copyUid}] moved\r\n`);
      chosen.view.mailbox.expunge(sources);
      return 'OK MOVE completed';
    });
  };
}

const expunge: Handler = (seat, scanner) => {
  const view = seat.view;
  if (view === undefined || !scanner.atEnd()) return undefined;
  if (view.readOnly) return 'NO [READ-ONLY] folder is open for reading';
  return work('expunge', countDeleted(view), () => {
    view.mailbox.expunge(reallyTaken(seat, view, view.copies.filter(isDeleted)));
    return 'OK EXPUNGE completed';
  });
};

/** RFC 4315 §2.1: only those of the set. */
const uidExpunge: Handler = (seat, scanner) => {
  const chosen = readSet(seat, scanner, true);
  if (chosen === undefined || !scanner.atEnd()) return undefined;
  if (chosen.view.readOnly) return 'NO [READ-ONLY] folder is open for reading';
  return work('expunge', chosen.indexes.length, () => {
    chosen.view.mailbox.expunge(reallyTaken(seat, chosen.view, copiesOf(chosen).filter(isDeleted)));
    return 'OK EXPUNGE completed';
  });
};

/** Expunges without a word, then deselects (RFC 3501 §6.4.2). */
const close: Handler = (seat, scanner) => {
  const view = seat.view;
  if (view === undefined || !scanner.atEnd()) return undefined;
  return work('expunge', view.readOnly ? 0 : countDeleted(view), () => {
    seat.open(undefined);
    if (!view.readOnly) view.mailbox.expunge(view.copies.filter(isDeleted));
    return 'OK CLOSE completed';
  });
};

const unselect: Handler = (seat, scanner) => {
  if (!scanner.atEnd()) return undefined;
  seat.open(undefined);
  return 'OK UNSELECT completed';
};

const check: Handler = (_seat, scanner) =>
  scanner.atEnd() ? work('poll', 0, () => 'OK CHECK completed') : undefined;

export const MESSAGE_COMMANDS: Readonly<Record<string, Handler>> = {
  FETCH: fetch(false),
  SEARCH: search(false),
  STORE: store(false),
  COPY: copyOrMove(false, false),
  MOVE: copyOrMove(false, true),
  EXPUNGE: expunge,
  CLOSE: close,
  UNSELECT: unselect,
  CHECK: check,
  'UID FETCH': fetch(true),
  'UID SEARCH': search(true),
  'UID STORE': store(true),
  'UID COPY': copyOrMove(true, false),
  'UID MOVE': copyOrMove(true, true),
  'UID EXPUNGE': uidExpunge,
};

/** During these no EXPUNGE may be told, or the client's sequence numbers would mean other messages (RFC 3501 §7.4.1). */
export const HOLDS_EXPUNGES: ReadonlySet<string> = new Set(['FETCH', 'SEARCH', 'STORE']);

function readSet(seat: Seat, scanner: Scanner, byUid: boolean): Chosen | undefined {
  const view = seat.view;
  const set = view !== undefined && scanner.take(' ') ? scanner.sequenceSet() : undefined;
  if (view === undefined || set === undefined || (!byUid && view.isBeyond(set))) return undefined;
  return { view, indexes: view.resolve(set, byUid) };
}

function copiesOf(chosen: Chosen): Copy[] {
  return chosen.indexes.map((index) => chosen.view.copies[index]).filter((copy) => copy !== undefined);
}

/** Whether the mailbox has no room for these (RFC 5530 §3): never, in a target that behaves. */
export function isOverQuota({ unruly, account }: Seat, messages: readonly Message[]): boolean {
  return unruly !== undefined && account !== undefined && unruly.isOverQuota(account, messages);
}

/** Whether \Deleted is refused in secret. */
function keeps({ unruly, account }: Seat, copy: Copy, flags: number): boolean {
  if (unruly === undefined || account === undefined || (flags & FLAG.deleted) === 0) return false;
  return unruly.keeps(account, copy);
}

/** What an expunge of these takes: they alone, in a target that behaves. */
function reallyTaken({ unruly, account }: Seat, view: View, asked: Copy[]): readonly Copy[] {
  if (unruly === undefined || account === undefined) return asked;
  return unruly.expunges(account, view.mailbox, asked);
}

function isDeleted(copy: Copy): boolean {
  return (copy.flags & FLAG.deleted) !== 0;
}

function countDeleted(view: View): number {
  return view.copies.reduce((count, copy) => count + (isDeleted(copy) ? 1 : 0), 0);
}

function writeFlags(seat: Seat, chosen: Chosen, byUid: boolean): void {
  let lines = '';
  for (const index of chosen.indexes) {
    const copy = chosen.view.copies[index];
    if (copy === undefined) continue;
    const uid = byUid ? `UID ${copy.uid} ` : '';
    lines += `* ${index + 1} FETCH (${uid}FLAGS (${seat.store.flagText(copy.flags)}))\r\n`;
  }
  seat.write(lines);
}

/** Appends copies to a folder; `uidvalidity source-set target-set` (RFC 4315 §3). Those that move keep their ids. */
function duplicate(sources: readonly Copy[], folder: Mailbox, moves: boolean): string {
  const added = sources.map((copy) =>
    folder.add(copy.message, copy.receivedSeconds, copy.flags, moves ? copy.id : undefined),
  );
  return `${folder.uidValidity} ${uidSet(sources)} ${uidSet(added)}`;
}

/** Ascending UIDs as ranges. */
function uidSet(copies: readonly Copy[]): string {
  const ranges: string[] = [];
  let first = 0;
  let last = 0;
  const flush = (): void => {
    if (first > 0) ranges.push(first === last ? String(first) : `${first}:${last}`);
  };
  for (const { uid } of copies) {
    if (uid === last + 1 && first > 0) last = uid;
    else {
      flush();
      first = uid;
      last = uid;
    }
  }
  flush();
  return ranges.join(',');
}
