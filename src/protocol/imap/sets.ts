/** Sets of UIDs as IMAP writes them (`1:5,7`): made, cut, counted, spread out and asked. It must not send them. */

/** RFC 2683 §3.2.1.5 asks clients to keep a command line under 8,000 octets; the command around the set takes some. */
export const SET_OCTETS = 7_900;

/** Runs compressed, ascending, without repeats; each set at most `maxOctets` long. No set for no UIDs. */
export function uidSets(uids: readonly number[], maxOctets = SET_OCTETS): string[] {
  const sets: string[] = [];
  let set = '';
  const sorted = Float64Array.from(uids).sort();
  for (let i = 0; i < sorted.length; ) {
    const first = sorted[i] as number;
    let last = first;
    for (i += 1; i < sorted.length && (sorted[i] as number) <= last + 1; i += 1) last = sorted[i] as number;
    const run = last > first ? `${first}:${last}` : `${first}`;
    if (set !== '' && set.length + 1 + run.length > maxOctets) {
      sets.push(set);
      set = run;
    } else {
      set = set === '' ? run : `${set},${run}`;
    }
  }
  if (set !== '') sets.push(set);
  return sets;
}

/** `1`, `1:5,7`, `3:*` or `$` (RFC 5182), and nothing else: what goes into a command unquoted. */
export function isUidSet(set: string): boolean {
  return (
    set === '$' ||
    /^(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?(?:,(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?)*$/.test(set)
  );
}

/** Asks whether a UID is in the set. `*` and `$` may be anything, so they contain everything. */
export function uidSetContains(set: string): (uid: number) => boolean {
  if (set.includes('*') || set === '$') return () => true;
  const ranges = set.split(',').map((range): readonly [number, number] => {
    const [a = 0, b = a] = range.split(':').map(Number);
    return [Math.min(a, b), Math.max(a, b)];
  });
  ranges.sort((a, b) => a[0] - b[0]);
  return (uid) => {
    let low = 0;
    let high = ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [from, to] = ranges[middle] as readonly [number, number];
      if (uid < from) high = middle - 1;
      else if (uid > to) low = middle + 1;
      else return true;
    }
    return false;
  };
}

/** How many numbers a set of a server's names; undefined for what is no set of numbers. Numbers named twice count twice. */
export function countOfSet(set: string): number | undefined {
  let count = 0;
  const isRead = eachRange(set, (from, to) => {
    count += to - from + 1;
  });
  return isRead ? count : undefined;
}

/** Every number of a server's set, in its order; undefined for what is no set, or names more than `limit`. */
export function expandSet(set: string, limit: number): number[] | undefined {
  const numbers: number[] = [];
  const isRead = eachRange(set, (from, to) => {
    if (numbers.length + to - from >= limit) return false;
    for (let number = from; number <= to; number += 1) numbers.push(number);
    return true;
  });
  return isRead ? numbers : undefined;
}

/** Calls with each range, ascending within it; false when the set is broken or the caller has had enough. */
function eachRange(set: string, take: (from: number, to: number) => boolean | void): boolean {
  if (!/^[\d:,]+$/.test(set)) return false;
  for (const range of set.split(',')) {
    const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(range);
    if (match === null) return false;
    const a = Number(match[1]);
    const b = match[2] === undefined ? a : Number(match[2]);
    if (take(Math.min(a, b), Math.max(a, b)) === false) return false;
  }
  return true;
}
