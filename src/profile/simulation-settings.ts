/** `KEY=VALUE` texts into a profile's simulate block, or every problem at once. Reads no file. */

import type { Profile } from './schema.ts';
import { simulation } from './storm-schema.ts';

export type SettingsReading =
  | { readonly ok: true; readonly profile: Profile }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The profile with some keys of its simulate block set anew; `guard.minReplies` names a key of the guard. */
export function simulationSettings(
  profile: Profile,
  flag: string,
  settings: readonly string[],
): SettingsReading {
  const problems: string[] = [];
  let block: Readonly<Record<string, unknown>> = { ...profile.simulate };
  for (const setting of settings) {
    const [path = '', value = ''] = setting.split('=', 2);
    const [key = '', inner] = path.split('.', 2);
    const leaf = leafOf(value);
    // Parsed by itself: what is in the block already has been read, and reads differently.
    const alone = simulation.safeParse({ [key]: inner === undefined ? leaf : { [inner]: leaf } });
    if (!alone.success) {
      const expected = alone.error.issues.map(({ message }) => message).join('; ');
      problems.push(`${flag} ${path}: found ${value === '' ? 'nothing' : value}, expected ${expected}`);
      continue;
    }
    const read = alone.data as Readonly<Record<string, unknown>>;
    const before = block[key];
    const merged =
      inner === undefined || typeof before !== 'object'
        ? read[key]
        : { ...before, [inner]: (read[key] as Readonly<Record<string, unknown>>)[inner] };
    block = { ...block, [key]: merged };
  }
  if (problems.length > 0) return { ok: false, problems };
  if (settings.length === 0) return { ok: true, profile };
  return { ok: true, profile: { ...profile, simulate: block } };
}

/** A number or a truth where it reads as one, else the text with its unit, as YAML would have it. */
function leafOf(value: string): unknown {
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  return value === 'true' || value === 'false' ? value === 'true' : value;
}
