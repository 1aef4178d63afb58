/** The command that runs a record's storm again. It prints no secret and no name: the record holds none. */

import { doorsOf } from '../record/doors.ts';
import type { RunRecord } from '../record/record.ts';
import { formatSpeed } from '../units.ts';
import { oneLine, unnamed } from './clean.ts';

/** As the run kept it; older records are read for what they have. Undefined where no plan was made. */
export function commandOf(record: RunRecord): string | undefined {
  const { profile, plan, simulated, target, cascade, command } = record;
  if (plan === null) return undefined;
  if (command !== undefined) return unnamed(oneLine(command));
  const { submit, mailbox } = doorsOf(record);
  const own = target?.kind === 'embedded' && submit === 'jmap' && mailbox === 'jmap';
  return unnamed(
    [
      `replystorm ${simulated ? 'simulate' : 'run'} ${shellWord(profile.name)}`,
      `--seed ${plan.seed} --mailboxes ${plan.mailboxes} --speed ${formatSpeed(plan.speed)}`,
      ...(cascade === null ? [] : [`--mode ${cascade.mode}`]),
      ...(own ? ['--submit jmap --mailbox jmap'] : []),
      ...(target?.kind === 'named'
        ? [`--submit ${shellWord(target.submit)} --mailbox ${shellWord(target.mailbox)}`]
        : []),
    ].join(' '),
  );
}

/** Whether words of it stand for what no report prints. */
export function hasPlaceholders(command: string): boolean {
  return /(?:^|\s)[A-Z]{4,}(?:_[A-Z]+)*(?=\s|$)/.test(command);
}

/** Copied into a shell, it must stay one word. */
export function shellWord(text: string): string {
  return /^[\w./:,=+?-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
