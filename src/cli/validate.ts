/** `validate` and `schema`: is a profile right, and what may one hold. No traffic. */

import { profileJsonSchema } from '../profile/schema.ts';
import { loadProfile } from './files.ts';
import { usageError } from './usage.ts';

/** Tells every problem of the given profiles at once; resolves with the exit code. */
export function validateCommand(profiles: readonly string[]): number {
  const problems: string[] = [];
  for (const name of profiles) {
    const loaded = loadProfile(name);
    if (loaded.ok) process.stdout.write(`${name}: valid (${loaded.profile.title})\n`);
    else problems.push(...loaded.problems);
  }
  return problems.length === 0 ? 0 : usageError(problems);
}

/** Prints the JSON Schema of a profile. */
export function schemaCommand(): number {
  process.stdout.write(`${JSON.stringify(profileJsonSchema(), null, 2)}\n`);
  return 0;
}
