/** The flags of `calibrate jmap`, read into a load or into every problem at once. Connects to nothing. */

import type { Argv } from 'yargs';
import type { Load } from '../replay/calibration.ts';
import { JMAP_LOADS, type JmapLoad } from '../replay/jmap-calibration.ts';
import { type AccessFlags, type NamedAccess, readAccess, withAccessFlags } from './access-flags.ts';
import { type OperationFlags, readLoad, withLoadFlags } from './calibrate-load-flags.ts';
import { choice, count, textOr } from './calibrate-options.ts';
import { JMAP_PROTOCOLS } from './endpoints.ts';
import { tooFew } from './identities.ts';

export interface CalibrateJmapFlags extends AccessFlags, OperationFlags {
  readonly protocol: string;
  readonly operation: JmapLoad;
  readonly mailboxes: number;
  readonly subject: string;
  readonly yes: boolean;
}

/** The flags of calibrate jmap. */
export function withCalibrateJmapFlags<T>(y: Argv<T>) {
  return withLoadFlags(withAccessFlags(y), 'each mailbox once')
    .positional('protocol', {
      type: 'string',
      choices: ['jmap'] as const,
      demandOption: true,
      describe: 'Engine',
    })
    .option('mailbox', {
      type: 'string',
      requiresArg: true,
      describe:
        'jmap+http://host:port or jmap+https://; with a path the session is there, not at /.well-known/jmap',
    })
    .option('operation', {
      choices: JMAP_LOADS,
      requiresArg: true,
      default: 'query' as const,
      describe:
        'session; query, the newest of INBOX with their headers; search, by --subject; sync, what has changed; trash and delete, which empty INBOX, foreign mail too, and demand --yes; submit, a message of each owner to himself',
    })
    .option('mailboxes', count(100, 'Mailboxes, one after the other'))
    .option('subject', textOr('test', 'What search looks for'))
    .option('yes', choice(false, 'Yes, empty these INBOXes'));
}

export type CalibrateJmapChoices =
  | { readonly ok: true; readonly access: NamedAccess; readonly load: Load; readonly graceUs: number }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads all choices; every problem at once. */
export async function readCalibrateJmapChoices(flags: CalibrateJmapFlags): Promise<CalibrateJmapChoices> {
  const access = await readAccess(flags, JMAP_PROTOCOLS);
  const problems: string[] = access.ok ? [] : [...access.problems];
  if (flags.tokenCommand !== undefined)
    problems.push('--token-command: found it, expected passwords: a calibration fetches no tokens');
  const few = access.ok ? tooFew(access.access.accounts, flags.mailboxes) : undefined;
  if (few !== undefined) problems.push(few);
  const { operation, mailboxes } = flags;
  const { load, graceUs, problems: wrongLoad } = readLoad(flags, mailboxes);
  problems.push(...wrongLoad);
  if ((operation === 'delete' || operation === 'trash') && !flags.yes)
    problems.push(
      `--operation: found ${operation} without --yes, expected --yes: it empties every INBOX it is given, foreign mail too`,
    );
  if (problems.length > 0 || !access.ok) return { ok: false, problems };
  return { ok: true, access: access.access, load, graceUs };
}
