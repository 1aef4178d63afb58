/** Runs the operator's token command for one account at a time and reads its one line. What it prints is told to nobody but the caller. */

import { execFile } from 'node:child_process';
import pLimit from 'p-limit';
import type { FetchToken, TokenAnswer } from '../replay/tokens.ts';

/** A command that takes longer than this gives no token this time. */
const COMMAND_MS = 30_000;

/** Commands at once: the identity provider behind them has limits of its own. */
const AT_ONCE = 4;

/** Tokens are some kilobytes at most. */
const MAX_BYTES = 65_536;

/** The variable in which the command finds whom it is for: an address on a command line would be the shell's to misread. */
export const ACCOUNT_VARIABLE = 'REPLYSTORM_ACCOUNT';

/** Set to `refused` when the server would not take the last token, so that the command does not hand out the same. */
const REASON_VARIABLE = 'REPLYSTORM_TOKEN_REASON';

/** A way to fetch tokens by `command`, a shell command that prints one. */
export function tokenCommand(command: string, loginOf: (mailbox: number) => string): FetchToken {
  const limit = pLimit(AT_ONCE);
  return (mailbox, refused) =>
    limit(() =>
      run(command, {
        [ACCOUNT_VARIABLE]: loginOf(mailbox),
        [REASON_VARIABLE]: refused === undefined ? 'needed' : 'refused',
      }),
    );
}

/** Runs a shell command whose answer is one line of printable ASCII (a token needs no more, RFC 6750 §2.1). */
export function run(command: string, variables: Readonly<Record<string, string>>): Promise<TokenAnswer> {
  const options = { timeout: COMMAND_MS, maxBuffer: MAX_BYTES, env: { ...process.env, ...variables } };
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], options, (error, stdout) => {
      if (error !== null) {
        const how = error.killed === true ? `did not end within ${COMMAND_MS / 1_000} s` : 'failed';
        return resolve({ problem: `the command ${how} (${error.code ?? 'no code'})` });
      }
      const token = stdout.replace(/\r?\n$/, '');
      if (/^[ -~]+$/.test(token)) return resolve({ token });
      return resolve({ problem: 'the command printed something that is not one line of printable ASCII' });
    });
  });
}
