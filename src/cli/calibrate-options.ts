/** What the flags of all calibrations have in common: shapes of options, and counts read into problems. Connects to nothing. */

export const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;

export const textOr = (value: string, describe: string) =>
  ({ type: 'string', requiresArg: true, default: value, describe }) as const;

export const count = (value: number, describe: string) =>
  ({ type: 'number', requiresArg: true, default: value, describe }) as const;

export const choice = (value: boolean, describe: string) =>
  ({ type: 'boolean', default: value, describe }) as const;

/** Counts that a calibration may be told, each with its most. */
export type CountLimits<Name extends string> = readonly (readonly [name: Name, most: number])[];

export interface LoadFlags {
  readonly connections: number;
  readonly workers: number;
  readonly rate?: number | undefined;
}

/** Every problem of the counts, of connections beside workers, and of the rate of so many `units` a second. */
export function countProblems<Name extends string>(
  flags: LoadFlags & { readonly [Key in Name]?: number | undefined },
  limits: CountLimits<Name>,
  units: string,
): string[] {
  const problems: string[] = [];
  const given: { readonly [Key in Name]?: number | undefined } = flags;
  for (const [name, most] of limits) {
    const value = given[name];
    if (value !== undefined && (!Number.isInteger(value) || value < 1 || value > most))
      problems.push(`--${name}: found ${value}, expected a whole number from 1 to ${most}`);
  }
  if (flags.connections < flags.workers)
    problems.push(
      `--connections: found ${flags.connections}, expected at least one a worker (${flags.workers})`,
    );
  if (flags.rate !== undefined && !(flags.rate > 0 && flags.rate <= 1e9))
    problems.push(`--rate: found ${flags.rate}, expected ${units} a second above 0`);
  return problems;
}
