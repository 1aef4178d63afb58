/** Who the accounts are and how they sign in, read from the flags: a pattern or a file; passwords, a master user or tokens. */

import { readFileSync } from 'node:fs';
import type { Argv } from 'yargs';
import { monotonicUs, runClock } from '../replay/clock.ts';
import type { SignIns } from '../replay/sign-ins.ts';
import { TokenSource } from '../replay/tokens.ts';
import { addressOf, type AccountPattern, type Accounts } from '../storm/audience.ts';
import { parseDurationUs } from '../units.ts';
import type { AccessFlags } from './access-flags.ts';
import { readAccountsFile } from './accounts-file.ts';
import { run, tokenCommand } from './token-command.ts';

/** Where the password comes from unless --password-env names another variable. */
const PASSWORD_VARIABLE = 'REPLYSTORM_PASSWORD';

export interface Identities {
  readonly accounts: Accounts;
  readonly signIns: SignIns;
  /** Where tokens come from, if they are asked for. */
  readonly tokens: TokenSource | undefined;
}

interface Problems {
  readonly problems: readonly string[];
}

/** Accounts, and logins where they are not the addresses. */
interface Listed {
  readonly accounts: Accounts;
  readonly logins?: readonly string[];
  readonly passwords?: readonly string[];
}

/** Adds the flags that say who the accounts are. */
export function withAccountFlags<T>(argv: Argv<T>) {
  return argv
    .option('accounts', {
      type: 'string',
      requiresArg: true,
      describe: "Account pattern, for example 'user{n}@lab.test'",
    })
    .option('first-account', {
      type: 'number',
      requiresArg: true,
      default: 0,
      describe: 'The number that {n} begins with',
    })
    .option('accounts-file', {
      type: 'string',
      requiresArg: true,
      describe: 'CSV of address,login,secret; a secret is env:NAME or file:PATH',
    })
    .option('password-env', {
      type: 'string',
      requiresArg: true,
      default: PASSWORD_VARIABLE,
      describe: "Environment variable with the accounts' one password, or the master user's",
    })
    .option('password-file', {
      type: 'string',
      requiresArg: true,
      describe: 'File with that password instead',
    })
    .option('password-command', {
      type: 'string',
      requiresArg: true,
      describe: 'Command that prints that password instead',
    })
    .option('master-user', {
      type: 'string',
      requiresArg: true,
      describe: 'Sign in everywhere as this user, for the owner of each mailbox',
    })
    .option('master-form', {
      choices: ['suffix', 'authzid'] as const,
      default: 'suffix' as const,
      describe: 'suffix: the login is user*master (Dovecot); authzid: the master acts as the user (RFC 4616)',
    })
    .option('token-command', {
      type: 'string',
      requiresArg: true,
      describe: 'Command that prints a bearer token for the account in $REPLYSTORM_ACCOUNT',
    })
    .option('token-lifetime', {
      type: 'string',
      requiresArg: true,
      default: '45m',
      describe: 'How long a token is used before the command is asked for another',
    });
}

/** Reads the flags; every problem at once. */
export async function readIdentities(flags: AccessFlags): Promise<Identities | Problems> {
  const problems: string[] = [];
  if (flags.masterUser !== undefined && flags.tokenCommand !== undefined)
    problems.push('--token-command: found it beside --master-user, expected one of them');
  const listed = readListed(flags);
  if ('problems' in listed) problems.push(...listed.problems);
  if (flags.tokenCommand !== undefined) {
    const lifetime = parseDurationUs(flags.tokenLifetime);
    if (!lifetime.ok || lifetime.value <= 0)
      problems.push(
        `--token-lifetime: found ${JSON.stringify(flags.tokenLifetime)}, expected a duration such as 45m`,
      );
    if (problems.length > 0 || 'problems' in listed || !lifetime.ok) return { problems };
    return withTokens(listed, flags.tokenCommand, lifetime.value);
  }
  const ownSecrets = flags.accountsFile !== undefined && flags.masterUser === undefined;
  const password = ownSecrets ? '' : await readPassword(flags);
  if (typeof password === 'object') problems.push(password.problem);
  if (problems.length > 0 || 'problems' in listed || typeof password === 'object') return { problems };
  const { accounts, logins, passwords } = listed;
  return { accounts, signIns: signInsOf(flags, password, logins, passwords), tokens: undefined };
}

function readListed(flags: AccessFlags): Listed | Problems {
  const { accounts, accountsFile, masterUser, tokenCommand: command } = flags;
  if (accountsFile === undefined) {
    const pattern = readAccounts(flags);
    return typeof pattern === 'string' ? { problems: [pattern] } : { accounts: pattern };
  }
  if (accounts !== undefined)
    return { problems: ['--accounts-file: found it beside --accounts, expected one of them'] };
  const read = readAccountsFile(accountsFile, masterUser === undefined && command === undefined);
  if (!read.ok) return read;
  const { addresses, logins, passwords } = read.listed;
  return { accounts: { addresses }, logins, passwords };
}

function signInsOf(
  flags: AccessFlags,
  password: string,
  logins: readonly string[] | undefined,
  passwords: readonly string[] | undefined,
): SignIns {
  const { masterUser, masterForm: form } = flags;
  if (masterUser !== undefined)
    return { kind: 'master', login: masterUser, password, form, ...(logins === undefined ? {} : { logins }) };
  if (logins !== undefined && passwords !== undefined) return { kind: 'each', logins, passwords };
  return { kind: 'password', password };
}

function withTokens({ accounts, logins }: Listed, command: string, lifetimeUs: number): Identities {
  const fetch = tokenCommand(command, (mailbox) => logins?.[mailbox] ?? addressOf(accounts, mailbox));
  return {
    accounts,
    signIns: { kind: 'token', ...(logins === undefined ? {} : { logins }) },
    tokens: new TokenSource(fetch, runClock(monotonicUs()), lifetimeUs),
  };
}

/** The one password, from a command, a file or the environment, in that order; or what is wrong. */
async function readPassword(flags: AccessFlags): Promise<string | { readonly problem: string }> {
  const { passwordCommand, passwordFile, passwordEnv } = flags;
  if (passwordCommand !== undefined) {
    const answer = await run(passwordCommand, {});
    return 'token' in answer ? answer.token : { problem: `--password-command: ${answer.problem}` };
  }
  if (passwordFile !== undefined) return readPasswordFile(passwordFile);
  const password = process.env[passwordEnv];
  if (password !== undefined && password !== '') return password;
  return {
    problem: `--password-env: found no environment variable ${passwordEnv}, expected the accounts' password in it`,
  };
}

function readPasswordFile(file: string): string | { readonly problem: string } {
  try {
    const password = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    return password === '' ? { problem: `--password-file: found nothing in ${file}` } : password;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { problem: `--password-file: found no readable file ${file} (${code})` };
  }
}

/** What is wrong when a file lists fewer accounts than mailboxes are asked for. */
export function tooFew(accounts: Accounts, mailboxes: number): string | undefined {
  if (!('addresses' in accounts) || accounts.addresses.length >= mailboxes) return undefined;
  return `--mailboxes: found ${mailboxes}, expected at most ${accounts.addresses.length}, as many as --accounts-file lists`;
}

/** The account pattern, or what is wrong with it. */
export function readAccounts(flags: Pick<AccessFlags, 'accounts' | 'firstAccount'>): AccountPattern | string {
  const { accounts, firstAccount } = flags;
  const shape = /^[A-Za-z0-9._+-]*\{n\}[A-Za-z0-9._+-]*@[A-Za-z0-9.-]+$/;
  if (accounts === undefined || !shape.test(accounts)) {
    return `--accounts: found ${accounts === undefined ? 'nothing' : JSON.stringify(accounts)}, expected a pattern such as 'user{n}@lab.test'`;
  }
  if (!Number.isInteger(firstAccount) || firstAccount < 0)
    return `--first-account: found ${firstAccount}, expected a whole number from 0`;
  return { pattern: accounts, first: firstAccount };
}
