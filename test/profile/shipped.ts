/** The profiles in the package, read for other tests. No test here. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readProfile } from '../../src/profile/read.ts';
import type { Profile } from '../../src/profile/schema.ts';

const FOLDER = join(import.meta.dirname, '../../profiles');

/** The text of a profile that is shipped. */
export function shippedText(name: string): string {
  return readFileSync(join(FOLDER, `${name}.yaml`), 'utf8');
}

/** A profile that is shipped, after defaults. */
export function shippedProfile(name: string): Profile {
  return profileOf(shippedText(name));
}

/** A profile from text that must be one. */
export function profileOf(text: string): Profile {
  const reading = readProfile(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.profile;
}
