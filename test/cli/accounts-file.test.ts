/** Accounts from a file: what is read, and how each mistake is told with its place, never with a secret. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { readAccountsFile } from '../../src/cli/accounts-file.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replystorm-accounts-'));
  file = join(folder, 'accounts.csv');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function read(text: string, needsSecrets = true): ReturnType<typeof readAccountsFile> {
  writeFileSync(file, text);
  return readAccountsFile(file, needsSecrets);
}

test('addresses, logins and secrets from environment and files, beside the file', () => {
  vi.stubEnv('ADA_SECRET', 'from the environment');
  writeFileSync(join(folder, 'ben.secret'), 'from a file\n');
  const text = [
    'address,login,secret',
    'ada@lab.test,,env:ADA_SECRET',
    '"ben@lab.test" , "LAB\\ben, the ""2nd""",file:ben.secret',
    '',
  ].join('\r\n');
  expect(read(text)).toEqual({
    ok: true,
    listed: {
      addresses: ['ada@lab.test', 'ben@lab.test'],
      logins: ['ada@lab.test', 'LAB\\ben, the "2nd"'],
      passwords: ['from the environment', 'from a file'],
    },
  });
});

test('beside a master user or tokens no secret is needed, and none may be given', () => {
  expect(read('ada@lab.test,ada\n', false)).toMatchObject({ ok: true, listed: { logins: ['ada'] } });
  expect(read('ada@lab.test,ada,env:X\n', false)).toEqual({
    ok: false,
    problems: [`${file}:1:18: found a secret, expected none beside a master user or tokens`],
  });
});

describe('mistakes', () => {
  test.each([
    ['no address', 'ada,ada,env:SECRET', '1:1: found "ada", expected an address'],
    ['one field', 'ada@lab.test', '1:13: found 1 fields, expected address,login,secret'],
    ['four fields', 'ada@lab.test,a,env:SECRET,x', '1:27: found 4 fields, expected address,login,secret'],
    ['no secret', 'ada@lab.test,a', '1:15: found nothing, expected env:NAME or file:PATH'],
    [
      'a secret in the clear',
      'ada@lab.test,a,hunter2',
      '1:16: found something else, expected env:NAME or file:PATH',
    ],
    [
      'a variable that is not there',
      'ada@lab.test,a,env:NOBODY',
      '1:16: env:NOBODY leads to nothing, expected the password there',
    ],
    [
      'a file that is not there',
      'ada@lab.test,a,file:none',
      '1:16: file:none leads to nothing, expected the password there',
    ],
    [
      'an address twice',
      'ada@lab.test,a,env:SECRET\n\nADA@lab.test,b,env:SECRET',
      '3:1: found ADA@lab.test again, it stands on line 1',
    ],
  ])('%s', (_title, text, problem) => {
    vi.stubEnv('SECRET', 'hush');
    const told = read(text);
    expect(told).toEqual({ ok: false, problems: [`${file}:${problem}`] });
    expect(JSON.stringify(told)).not.toMatch(/hunter2|hush/);
  });

  test('an open quote, an empty file, no file', () => {
    expect(read('"ada@lab.test,a,env:X')).toMatchObject({
      ok: false,
      problems: [expect.stringContaining(':1:1: ')],
    });
    expect(read('address,login,secret\n')).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('found no account')],
    });
    expect(readAccountsFile(join(folder, 'absent'), true)).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('ENOENT')],
    });
  });

  test('are told up to five at once', () => {
    const told = read('x\n'.repeat(9));
    expect(told.ok ? [] : told.problems).toHaveLength(5);
  });
});
