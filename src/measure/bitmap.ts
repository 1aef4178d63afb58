/** Sparse rows of bits: which mailbox holds, or was asked to lose, which list message. A row is allocated at first use. */

/** Rows by number, bits by number; plain data inside, so that a thread can post it. */
export interface BitRows {
  readonly width: number;
  readonly rows: Map<number, Uint8Array>;
}

export function emptyRows(width: number): BitRows {
  return { width, rows: new Map() };
}

/** Sets a bit; true if it was clear before. */
export function setBit(bits: BitRows, row: number, bit: number): boolean {
  let bytes = bits.rows.get(row);
  if (bytes === undefined) {
    bytes = new Uint8Array((bits.width + 7) >> 3);
    bits.rows.set(row, bytes);
  }
  const at = bit >> 3;
  const mask = 1 << (bit & 7);
  const before = bytes[at] as number;
  bytes[at] = before | mask;
  return (before & mask) === 0;
}

export function hasBit(bits: BitRows, row: number, bit: number): boolean {
  return (((bits.rows.get(row)?.[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1;
}

/** Adds (or) the rows of one worker to another's. Associative and commutative. */
export function mergeRows(into: BitRows, from: BitRows): void {
  for (const [row, bytes] of from.rows) {
    const before = into.rows.get(row);
    if (before === undefined) into.rows.set(row, Uint8Array.from(bytes));
    else for (let i = 0; i < bytes.length; i += 1) before[i] = (before[i] as number) | (bytes[i] as number);
  }
}
