/** The exit codes, their meaning and their order of precedence. One table; nobody else knows the numbers. */

/** Where several hold, the first in this list is the process's exit code. */
export const EXITS = [
  { name: 'bug', code: 107, meaning: 'a bug of ours' },
  {
    name: 'unwritable',
    code: 117,
    meaning: 'run directory not writable; the record went to standard output',
  },
  { name: 'guard', code: 113, meaning: 'target refused by the guard' },
  {
    name: 'preflight',
    code: 116,
    meaning: 'preflight failed: unreachable, untrusted, not signed in, foreign mail',
  },
  { name: 'ledger', code: 99, meaning: 'the ledger failed' },
  { name: 'condition', code: 110, meaning: 'stop condition reached' },
  { name: 'operator', code: 105, meaning: 'stopped by the operator' },
  { name: 'shardLost', code: 112, meaning: 'a shard was lost' },
  { name: 'unfit', code: 111, meaning: 'invalid: the generator was not fit' },
  { name: 'noData', code: 115, meaning: 'no data' },
  { name: 'threshold', code: 99, meaning: 'a threshold failed' },
  { name: 'regression', code: 114, meaning: 'regression against the baseline run' },
  { name: 'pass', code: 0, meaning: 'pass' },
  { name: 'usage', code: 104, meaning: 'bad profile or usage' },
] as const;

export type ExitName = (typeof EXITS)[number]['name'];

/** One thing that would end the process with its code. */
export interface ExitReason {
  readonly name: ExitName;
  readonly because: string;
}

/** The process's end: one code, every reason. */
export interface Exit {
  readonly code: number;
  readonly reason: string;
}

/** Picks the code by precedence and keeps all reasons, the deciding one first. */
export function exitOf(reasons: readonly ExitReason[]): Exit {
  const order = (reason: ExitReason): number => EXITS.findIndex((exit) => exit.name === reason.name);
  const sorted = [...reasons].sort((a, b) => order(a) - order(b));
  const first = sorted[0];
  if (first === undefined) return { code: 0, reason: 'pass' };
  const code = EXITS[order(first)]?.code ?? 107;
  return { code, reason: sorted.map((reason) => reason.because).join('; ') };
}
