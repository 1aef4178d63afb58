/** `--misbehave lose=1/1000,double=1/500,seed=7` and the profile's block -> what the embedded target is told. It does nothing wrong itself. */

import { isName, misbehave, MISBEHAVIOURS, STALL_US, type Misbehave } from '../profile/misbehave-schema.ts';
import type { Deed, MischiefConfig, Misdeed } from '../target/mischief.ts';

export const MISBEHAVE_FLAG = {
  type: 'string',
  requiresArg: true,
  describe: `What the embedded target does wrong on purpose: ${Object.keys(MISBEHAVIOURS).join(', ')}, each =1/N; and seed=, stallFor=`,
} as const;

export type MisbehaveReading =
  | { readonly ok: true; readonly mischief: MischiefConfig | undefined }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The flag over the profile's block; undefined where neither says anything. */
export function readMisbehave(flag: string | undefined, block: Misbehave | undefined): MisbehaveReading {
  if (flag === undefined) return { ok: true, mischief: block && mischiefOf(block) };
  const given: Record<string, unknown> = {};
  const only: string[] = [];
  for (const part of flag.split(',')) {
    const [name = '', value = ''] = part.trim().split('=', 2);
    const named = /^([a-z]+)@(\d+\/\d+)$/.exec(name);
    if (named !== null) only.push(`${named[1]} ${named[2]}`);
    else given[name] = name === 'seed' && /^\d+$/.test(value) ? Number(value) : value;
  }
  const read = misbehave.safeParse(only.length > 0 ? { ...given, only } : given);
  if (read.success) return { ok: true, mischief: mischiefOf(read.data) };
  const problems = read.error.issues.map(({ path, message }) => {
    const key = String(path[0] ?? '');
    if (key === '') return `--misbehave: found ${JSON.stringify(flag)}, expected ${expectedNames()}`;
    const found = key === 'only' ? only.join(', ') : `${key}=${String(given[key])}`;
    return `--misbehave: found ${found}, expected ${message}`;
  });
  return { ok: false, problems };
}

function expectedNames(): string {
  return `${Object.keys(MISBEHAVIOURS).join(', ')}, seed or stallFor, each with =`;
}

function mischiefOf({ seed = 0, only = [], stallFor = STALL_US, ...rates }: Misbehave): MischiefConfig {
  // The target's names and the profile's are the same words, held together by the compiler here.
  const oneIn: Partial<Record<Misdeed, number>> = Object.fromEntries(
    Object.entries(rates).filter(([name, rate]) => isName(name) && rate !== undefined),
  );
  const named: readonly Deed[] = only;
  return { seed, oneIn, named, stallUs: stallFor };
}
