/** Accounts of every kind on real servers: each with a secret of its own, a master user in both forms, tokens that grow old. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { RunRecord } from '../../src/record/record.ts';
import { type CyrusLab, missingForCyrus, startCyrus } from './cyrus.ts';
import { describeReal, describeWith } from './gate.ts';
import { type Lab, startLab } from './lab.ts';
import { replystorm } from './program.ts';

const MAILBOXES = 4;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replystorm-accounts-'));
  // Dovecot's own user reads files from here.
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Provisions and purges: one sign-in to each mailbox, twice. Answers with all that was said. */
async function inAndOut(flags: readonly string[], password: string): Promise<string> {
  const size = ['--mailboxes', String(MAILBOXES)];
  const past = await replystorm(['provision', 'smoke', '--messages', '2', ...size, ...flags], password);
  if (past.code !== 0) return `provision ${past.code}: ${past.stderr}`;
  const purge = await replystorm(['purge', '--run', past.stdout.trim(), ...size, ...flags], password);
  return `${purge.code}: ${purge.stdout.trim()}${purge.stderr}`;
}

const ALL_IN = /^0: removed 8 messages/;

function imapFlags(port: number, ca: string): string[] {
  return ['--mailbox', `imap://localhost:${port}?tls=required`, '--tls-ca', ca];
}

describeReal('accounts on Dovecot', () => {
  let lab: Lab;
  const key = randomBytes(32).toString('base64');

  beforeAll(async () => {
    const own = Array.from({ length: MAILBOXES }, (_, n) => `user${n}@lab.test:{PLAIN}own-${n}\n`).join('');
    await writeFile(join(folder, 'own'), own);
    await writeFile(join(folder, 'masters'), 'boss:{PLAIN}master secret\n');
    await mkdir(join(folder, 'keys/default/HS256'), { recursive: true });
    await writeFile(join(folder, 'keys/default/HS256/default'), key);
    const oauth = [
      'introspection_mode = local',
      `local_validation_key_dict = fs:posix:prefix=${folder}/keys/`,
    ];
    await writeFile(join(folder, 'oauth2.conf'), [...oauth, 'username_attribute = email', ''].join('\n'));
    lab = await startLab({
      mailboxes: MAILBOXES,
      extraDovecot: [
        'auth_mechanisms = plain login oauthbearer xoauth2',
        'auth_master_user_separator = *',
        `passdb {\n driver = passwd-file\n args = ${folder}/masters\n master = yes\n}`,
        `passdb {\n driver = passwd-file\n args = ${folder}/own\n}`,
        `passdb {\n driver = oauth2\n mechanisms = oauthbearer xoauth2\n args = ${folder}/oauth2.conf\n}`,
      ],
    });
  });
  afterAll(() => lab?.stop());

  // First, while the mailboxes are empty: a storm refuses others' leftovers.
  test('tokens: a storm whose workers ask main for each, fetched anew as they grow old, and in no file of the run', async () => {
    const script = join(folder, 'token.mjs');
    await writeFile(script, tokenScript(key, join(folder, 'asked')));
    await writeFile(join(folder, 'asked'), '');
    const out = join(folder, 'run');
    const { code, stderr, stdout } = await replystorm(
      [
        'run',
        'smoke',
        '--mailboxes',
        String(MAILBOXES),
        '--workers',
        '2',
        '--out',
        out,
        '--submit',
        `lmtp://localhost:${lab.lmtpPort}?tls=off`,
        '--accounts',
        'user{n}@lab.test',
        '--token-command',
        `${process.execPath} ${script}`,
        '--token-lifetime',
        '2s',
        '--queue-probe',
        'echo 0',
        ...imapFlags(lab.imapPort, lab.ca),
      ],
      '',
    );
    const text = await readFile(join(out, 'record.json'), 'utf8');
    const record = JSON.parse(text) as RunRecord;
    expect([0, 99, 111], `${code}: ${stderr}`).toContain(code);
    const signIns = record.operations.filter(({ operation }) => operation === 'imap.signin');
    const sum = (name: 'ok' | 'rejected'): number => signIns.reduce((total, one) => total + one[name], 0);
    expect(sum('ok')).toBeGreaterThan(20);
    expect(sum('rejected')).toBe(0);
    // The script puts an end to each token after 4 s: a run much longer than that has asked again.
    const asked = readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');
    expect(asked.length).toBeGreaterThan(2 * MAILBOXES);
    expect(new Set(asked)).toEqual(new Set(lab.accounts));
    for (const said of [text, stdout, stderr]) expect(said).not.toContain('eyJ');
  });

  test('a file: each account signs in with its own secret, from environment or file', async () => {
    await writeFile(join(folder, 'two.secret'), 'own-2\n');
    const secrets = ['env:SECRET_0', 'env:SECRET_1', 'file:two.secret', 'env:SECRET_3'];
    const rows = secrets.map((secret, n) => `user${n}@lab.test,,${secret}`);
    const file = join(folder, 'accounts.csv');
    await writeFile(file, ['address,login,secret', ...rows, ''].join('\n'));
    const flags = [...imapFlags(lab.imapPort, lab.ca), '--accounts-file', file];
    process.env['SECRET_0'] = 'own-0';
    process.env['SECRET_1'] = 'own-1';
    process.env['SECRET_3'] = 'own-3';
    expect(await inAndOut(flags, '')).toMatch(ALL_IN);
    // Somebody else's secret does not do.
    process.env['SECRET_3'] = 'own-1';
    expect(await inAndOut(flags, '')).toMatch(/^provision 116: .*user3@lab\.test could not sign in/s);
  });

  test('a master user signs in for everybody as user*master', async () => {
    const flags = [
      ...imapFlags(lab.imapPort, lab.ca),
      '--accounts',
      'user{n}@lab.test',
      '--master-user',
      'boss',
    ];
    expect(await inAndOut(flags, 'master secret')).toMatch(ALL_IN);
    expect(await inAndOut(flags, 'own-0')).toMatch(/^provision 116: /);
  });

  test('a token for somebody else is refused', async () => {
    const script = join(folder, 'wrong.mjs');
    await writeFile(script, tokenScript(randomBytes(32).toString('base64'), join(folder, 'asked')));
    const flags = [...imapFlags(lab.imapPort, lab.ca), '--accounts', 'user{n}@lab.test'];
    const command = ['--token-command', `${process.execPath} ${script}`];
    expect(await inAndOut([...flags, ...command], '')).toMatch(/^provision 116: .*could not sign in/s);
  });
});

/** A program that prints a signed token (RFC 7519) for $REPLYSTORM_ACCOUNT, good for 4 s, and notes that it was asked. */
function tokenScript(key: string, log: string): string {
  return `import { createHmac } from 'node:crypto';
import { appendFileSync } from 'node:fs';
const email = process.env.REPLYSTORM_ACCOUNT;
appendFileSync(${JSON.stringify(log)}, email + '\\n');
const now = Math.floor(Date.now() / 1000);
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const text = part({ alg: 'HS256', typ: 'JWT' }) + '.' + part({ email, sub: email, iat: now - 1, exp: now + 4 });
console.log(text + '.' + createHmac('sha256', Buffer.from(${JSON.stringify(key)}, 'base64')).update(text).digest('base64url'));
`;
}

describeWith(missingForCyrus(), 'accounts on Cyrus', () => {
  let lab: CyrusLab;
  beforeAll(async () => {
    lab = await startCyrus({ mailboxes: MAILBOXES });
  });
  afterAll(() => lab?.stop());

  test('a master user acts for everybody by authzid', async () => {
    const flags = [...imapFlags(lab.imapPort, lab.ca), '--accounts', 'user{n}@lab.test'];
    const master = ['--master-user', lab.proxyLogin, '--master-form', 'authzid'];
    expect(await inAndOut([...flags, ...master], lab.password)).toMatch(ALL_IN);
    expect(
      await inAndOut([...flags, '--master-user', 'user0', '--master-form', 'authzid'], lab.password),
    ).toMatch(/^provision 116: /);
  });
});
