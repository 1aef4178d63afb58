/** A compact table of single copies, (message, mailbox) -> flags: a few bytes each instead of an object. It knows no flag's meaning. */

import { mix32 } from '../random.ts';

/** Open addressing, hashed by the message's number alone, so that all copies of one message lie in one run of slots. Plain data. */
export interface CopyTable {
  /** As many slots as there are flags; a slot with no flag is free. */
  numbers: Float64Array;
  mailboxes: Int32Array;
  flags: Uint16Array;
  size: number;
}

const FIRST_SLOTS = 1_024;

/** Beyond this share of its slots a table doubles. */
const FULL = 0.6;

export function emptyTable(): CopyTable {
  return tableOf(FIRST_SLOTS);
}

/** Adds flags to a copy, entering it where it is new; gives back the flags it had. */
export function flagCopy(table: CopyTable, number: number, mailbox: number, flags: number): number {
  if (flags === 0) return flagsOf(table, number, mailbox);
  if (table.size + 1 > table.flags.length * FULL) grow(table);
  const slot = slotOf(table, number, mailbox);
  const before = table.flags[slot] as number;
  if (before === 0) {
    table.numbers[slot] = number;
    table.mailboxes[slot] = mailbox;
    table.size += 1;
  }
  table.flags[slot] = before | flags;
  return before;
}

/** The flags of a copy; 0 for one that is not in the table. */
export function flagsOf(table: CopyTable, number: number, mailbox: number): number {
  return table.flags[slotOf(table, number, mailbox)] as number;
}

/** The mailbox of a message's copy that bears one of these flags; undefined if none does. */
export function mailboxWith(table: CopyTable, number: number, flags: number): number | undefined {
  const mask = table.flags.length - 1;
  for (let slot = hash(number) & mask; table.flags[slot] !== 0; slot = (slot + 1) & mask)
    if (table.numbers[slot] === number && ((table.flags[slot] as number) & flags) !== 0)
      return table.mailboxes[slot];
  return undefined;
}

/** Visits every copy, in no order that means anything. */
export function eachCopy(
  table: CopyTable,
  visit: (number: number, mailbox: number, flags: number) => void,
): void {
  const { numbers, mailboxes, flags } = table;
  for (let slot = 0; slot < flags.length; slot += 1)
    if (flags[slot] !== 0) visit(numbers[slot] as number, mailboxes[slot] as number, flags[slot] as number);
}

/** Adds one table's flags to another's. Associative and commutative. */
export function mergeTables(into: CopyTable, from: CopyTable): void {
  eachCopy(from, (number, mailbox, flags) => flagCopy(into, number, mailbox, flags));
}

/** The copy's slot, or the free one where it would be entered. */
function slotOf(table: CopyTable, number: number, mailbox: number): number {
  const mask = table.flags.length - 1;
  let slot = hash(number) & mask;
  while (table.flags[slot] !== 0 && (table.numbers[slot] !== number || table.mailboxes[slot] !== mailbox))
    slot = (slot + 1) & mask;
  return slot;
}

function grow(table: CopyTable): void {
  const larger = tableOf(table.flags.length * 2);
  eachCopy(table, (number, mailbox, flags) => {
    const slot = slotOf(larger, number, mailbox);
    larger.numbers[slot] = number;
    larger.mailboxes[slot] = mailbox;
    larger.flags[slot] = flags;
  });
  Object.assign(table, { ...larger, size: table.size });
}

function tableOf(slots: number): CopyTable {
  return {
    numbers: new Float64Array(slots),
    mailboxes: new Int32Array(slots),
    flags: new Uint16Array(slots),
    size: 0,
  };
}

/** Numbers reach beyond 32 bits: the stream and the phase lie there. */
function hash(number: number): number {
  return mix32((number >>> 0) ^ mix32(Math.floor(number / 2 ** 32) + 0x9e3779b9));
}
