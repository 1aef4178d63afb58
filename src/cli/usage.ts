/** How bad input is answered: every problem on a line of its own, then the reason, and exit code 104. */

/** Writes the problems to standard error; returns the exit code. */
export function usageError(problems: readonly string[]): number {
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stderr.write(
    `exit 104: ${problems.length} problem${problems.length === 1 ? '' : 's'} in profile or usage\n`,
  );
  return 104;
}
