/** Rows of bits in whole words, in memory that threads may share: which mailbox holds, or was asked to lose, which list message. */

/** Bits by row. A row begins at a word of its own: threads that write different rows never write the same word. */
export interface BitMatrix {
  readonly rows: number;
  /** Bits of a row that mean something. */
  readonly width: number;
  /** Words of a row. */
  readonly words: number;
  readonly cells: Int32Array<SharedArrayBuffer>;
}

/** A matrix of zeros. The system hands out its pages when they are first written: rows that nobody touches cost nothing. */
export function bitMatrix(rows: number, width: number): BitMatrix {
  const words = (width + 31) >> 5;
  return { rows, width, words, cells: new Int32Array(new SharedArrayBuffer(rows * words * 4)) };
}

/** Sets a bit; true if it was clear before. A bit outside the matrix is nobody's, and changes nothing. */
export function setBit(matrix: BitMatrix, row: number, bit: number): boolean {
  if (!isInside(matrix, row, bit)) return false;
  const { cells, words } = matrix;
  const at = row * words + (bit >> 5);
  const mask = 1 << (bit & 31);
  const before = cells[at] as number;
  cells[at] = before | mask;
  return (before & mask) === 0;
}

/** The same where threads set bits of one word. */
export function setSharedBit(matrix: BitMatrix, row: number, bit: number): boolean {
  if (!isInside(matrix, row, bit)) return false;
  const mask = 1 << (bit & 31);
  return (Atomics.or(matrix.cells, row * matrix.words + (bit >> 5), mask) & mask) === 0;
}

export function hasBit(matrix: BitMatrix, row: number, bit: number): boolean {
  if (!isInside(matrix, row, bit)) return false;
  return (((matrix.cells[row * matrix.words + (bit >> 5)] as number) >>> (bit & 31)) & 1) === 1;
}

/** How many bits of a word are set. */
export function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Turns 32 words of 32 bits about their diagonal, in place: bit b of word a becomes bit a of word b. */
export function transpose32(block: Int32Array): void {
  let mask = 0x0000ffff;
  for (let half = 16; half !== 0; half >>= 1, mask ^= mask << half) {
    for (let k = 0; k < 32; k = (k + half + 1) & ~half) {
      const swap = (((block[k] as number) >>> half) ^ (block[k + half] as number)) & mask;
      block[k + half] = (block[k + half] as number) ^ swap;
      block[k] = (block[k] as number) ^ (swap << half);
    }
  }
}

function isInside({ rows, width }: BitMatrix, row: number, bit: number): boolean {
  return row >= 0 && row < rows && bit >= 0 && bit < width;
}
