/** Finds what the command line names: profiles by name or path, the tool's own version. Reads; writes nothing. */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatProblem, readProfile } from '../profile/read.ts';
import type { Profile } from '../profile/schema.ts';

/** The profiles that ship with the tool lie beside `dist` and `src`. */
const PROFILES = fileURLToPath(new URL('../../profiles/', import.meta.url));

const PACKAGE = fileURLToPath(new URL('../../package.json', import.meta.url));

export type LoadedProfile =
  | { readonly ok: true; readonly profile: Profile; readonly text: string }
  | { readonly ok: false; readonly problems: readonly string[] };

/** A shipped profile by its name, or a file by its path. Every problem is told at once. */
export function loadProfile(nameOrFile: string): LoadedProfile {
  const shipped = `${PROFILES}${nameOrFile}.yaml`;
  const isName = /^[a-z0-9-]+$/.test(nameOrFile);
  const file = isName && existsSync(shipped) ? shipped : nameOrFile;
  const shown = file === shipped ? `profiles/${basename(shipped)}` : file;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const words = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return {
      ok: false,
      problems: [
        `${shown}: found no readable file (${words}), expected a path or one of: ${shippedProfiles().join(', ')}`,
      ],
    };
  }
  const reading = readProfile(text);
  if (reading.ok) return { ok: true, profile: reading.profile, text };
  return { ok: false, problems: reading.problems.map((problem) => formatProblem(shown, problem)) };
}

/** Names of the profiles that ship with the tool. */
export function shippedProfiles(): string[] {
  return readdirSync(PROFILES)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.replace(/\.yaml$/, ''))
    .sort();
}

/** Name and version, as package.json has them. */
export function toolIdentity(): { readonly name: string; readonly version: string } {
  const { name, version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { name: string; version: string };
  return { name, version };
}
