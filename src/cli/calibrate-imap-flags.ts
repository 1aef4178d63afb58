/** The flags of `calibrate imap`, read into a load or into every problem at once. Connects to nothing. */

import type { Argv } from 'yargs';
import type { Load } from '../replay/calibration.ts';
import { IMAP_LOADS, type ImapLoad } from '../replay/imap-calibration.ts';
import { tooFew } from './identities.ts';
import { type OperationFlags, readLoad, withLoadFlags } from './calibrate-load-flags.ts';
import { choice, count } from './calibrate-options.ts';
import { type AccessFlags, type NamedAccess, readAccess, withAccessFlags } from './access-flags.ts';

export interface CalibrateImapFlags extends AccessFlags, OperationFlags {
  readonly protocol: string;
  readonly operation: ImapLoad;
  readonly mailboxes: number;
  readonly yes: boolean;
}

/** NOOPs of a calibration that does not say how many: some seconds' worth. */
const NOOPS = 100_000;

/** The flags of calibrate imap. */
export function withCalibrateImapFlags<T>(y: Argv<T>) {
  return withLoadFlags(withAccessFlags(y), `each mailbox once; noop ${NOOPS}`)
    .positional('protocol', {
      type: 'string',
      choices: ['imap'] as const,
      demandOption: true,
      describe: 'Engine',
    })
    .option('operation', {
      choices: IMAP_LOADS,
      requiresArg: true,
      default: 'signin' as const,
      describe:
        'signin; noop, on warm connections; fetch, the headers of an INBOX; delete, which empties INBOX, foreign mail too, and demands --yes; census, of all folders',
    })
    .option('mailboxes', count(100, 'Mailboxes, one after the other'))
    .option('yes', choice(false, 'Yes, empty these INBOXes'));
}

export type CalibrateImapChoices =
  | {
      readonly ok: true;
      readonly access: NamedAccess;
      readonly load: Load;
      readonly graceUs: number;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads all choices; every problem at once. */
export async function readCalibrateImapChoices(flags: CalibrateImapFlags): Promise<CalibrateImapChoices> {
  const access = await readAccess(flags);
  const problems: string[] = access.ok ? [] : [...access.problems];
  if (flags.tokenCommand !== undefined)
    problems.push('--token-command: found it, expected passwords: a calibration fetches no tokens');
  const few = access.ok ? tooFew(access.access.accounts, flags.mailboxes) : undefined;
  if (few !== undefined) problems.push(few);
  const { operation, mailboxes } = flags;
  const { load, graceUs, problems: loadProblems } = readLoad(flags, operation === 'noop' ? NOOPS : mailboxes);
  problems.push(...loadProblems);
  if (operation === 'delete' && !flags.yes)
    problems.push(
      '--operation: found delete without --yes, expected --yes: it empties every INBOX it is given, foreign mail too',
    );
  if (problems.length > 0 || !access.ok) return { ok: false, problems };
  return { ok: true, access: access.access, load, graceUs };
}
