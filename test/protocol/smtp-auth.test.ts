/** Signing in over SMTP, message by message: which mechanism, which words, and that no secret comes back out. */

import { afterEach, describe, expect, it } from 'vitest';
import type { Credentials } from '../../src/protocol/connect.ts';
import { openSmtp, type SmtpOpening } from '../../src/protocol/smtp/open.ts';
import { type Dialogue, dialogue, type Peer } from './peers/dialogue.ts';
import { settings } from './peers/endpoint.ts';
import { greet } from './peers/smtp.ts';

const PASSWORD: Credentials = { login: 'ann@lab.test', password: 'sécret' };
const TOKEN: Credentials = { login: 'ann@lab.test', password: 'never said', token: 'ya29.t0ken' };

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const bearer = base64('n,a=ann@lab.test,\u0001auth=Bearer ya29.t0ken\u0001\u0001');
const xoauth2 = base64('user=ann@lab.test\u0001auth=Bearer ya29.t0ken\u0001\u0001');
const plain = base64('\0ann@lab.test\0sécret');

let server: Dialogue | undefined;
afterEach(() => server?.close());

/** Greets with these mechanisms; then each pair is a line that must come and what answers it. */
async function signIn(
  offered: string,
  credentials: Credentials,
  steps: readonly (readonly [string, string])[],
): Promise<SmtpOpening> {
  server = await dialogue(async (peer: Peer) => {
    await greet(peer, 'PIPELINING', ...(offered === '' ? [] : [`AUTH ${offered}`]));
    for (const [line, answer] of steps) {
      expect(await peer.line()).toBe(line);
      peer.send(answer);
    }
    expect(await peer.line()).toBeUndefined();
  });
  const opening = await openSmtp(settings('smtp', server.port), credentials);
  opening.connection?.destroy();
  await server.finished();
  return opening;
}

const OK = '235 2.7.0 welcome';

describe('what is said', () => {
  it.each([
    ['PLAIN before LOGIN', 'LOGIN PLAIN', PASSWORD, [[`AUTH PLAIN ${plain}`, OK]]],
    [
      'PLAIN again when asked',
      'PLAIN',
      PASSWORD,
      [
        [`AUTH PLAIN ${plain}`, '334 '],
        [plain, OK],
      ],
    ],
    [
      'LOGIN in three turns',
      'LOGIN XOAUTH2',
      PASSWORD,
      [
        ['AUTH LOGIN', '334 VXNlcm5hbWU6'],
        [base64('ann@lab.test'), '334 UGFzc3dvcmQ6'],
        [base64('sécret'), OK],
      ],
    ],
    [
      'a master user acting for another',
      'PLAIN LOGIN',
      { ...PASSWORD, authorizationId: 'bob@lab.test' },
      [[`AUTH PLAIN ${base64('bob@lab.test\0ann@lab.test\0sécret')}`, OK]],
    ],
    ['a token, the registered way', 'PLAIN XOAUTH2 OAUTHBEARER', TOKEN, [[`AUTH OAUTHBEARER ${bearer}`, OK]]],
    ['a token, the elder way', 'PLAIN LOGIN XOAUTH2', TOKEN, [[`AUTH XOAUTH2 ${xoauth2}`, OK]]],
    [
      'a token when asked for it',
      'XOAUTH2',
      TOKEN,
      [
        [`AUTH XOAUTH2 ${xoauth2}`, '334 '],
        [xoauth2, OK],
      ],
    ],
  ] as const)('%s', async (_what, offered, credentials, steps) => {
    expect(await signIn(offered, credentials, steps)).toMatchObject({ outcome: { kind: 'ok' }, message: '' });
  });

  it('holds a long token back until the server asks: the command line has its limit', async () => {
    const token = 'x'.repeat(2_000);
    const blob = base64(`user=ann@lab.test\u0001auth=Bearer ${token}\u0001\u0001`);
    const steps = [
      ['AUTH XOAUTH2', '334 '],
      [blob, OK],
    ] as const;
    expect((await signIn('XOAUTH2', { ...TOKEN, token }, steps)).outcome.kind).toBe('ok');
  });
});

describe('what is refused', () => {
  it.each([
    ['OAUTHBEARER', bearer, 'AQ=='],
    ['XOAUTH2', xoauth2, ''],
  ])('an error challenge of %s is answered, and its status told', async (mechanism, blob, answer) => {
    const challenge = base64('{"status":"invalid_token","schemes":"bearer"}');
    const opening = await signIn(mechanism, TOKEN, [
      [`AUTH ${mechanism} ${blob}`, `334 ${challenge}`],
      [answer, `535 5.7.8 no, not with ya29.t0ken nor ${blob}`],
    ]);
    expect(opening).toMatchObject({ failure: 'auth', outcome: { code: 535, enhanced: '5.7.8' } });
    expect(opening.message).toContain('invalid_token');
    expect(JSON.stringify(opening)).not.toContain('ya29.t0ken');
    expect(JSON.stringify(opening)).not.toContain(blob);
  });

  it.each(['PLAIN LOGIN', '', 'CRAM-MD5'])('a token is said by no mechanism of [%s]', async (offered) => {
    const opening = await signIn(offered, TOKEN, []);
    expect(opening).toMatchObject({ failure: 'auth', outcome: { code: 'UNSUPPORTED' } });
    expect(opening.message).not.toContain('ya29');
  });

  it.each(['XOAUTH2', 'OAUTHBEARER', 'CRAM-MD5 GSSAPI'])(
    'a password is said by none of [%s]',
    async (offered) => {
      const opening = await signIn(offered, PASSWORD, []);
      expect(opening).toMatchObject({ failure: 'auth', outcome: { code: 'UNSUPPORTED' } });
    },
  );

  it('a challenge without end is nonsense, not a sign-in', async () => {
    const opening = await signIn('PLAIN', PASSWORD, [
      [`AUTH PLAIN ${plain}`, '334 '],
      [plain, '334 more'],
    ]);
    expect(opening).toMatchObject({ outcome: { kind: 'rejected', code: 'PROTOCOL' } });
  });

  it.each(['a\nb', '', 'two words', 'ü'])('a token that could break its line: %j', async (token) => {
    const opening = await signIn('XOAUTH2', { ...TOKEN, token }, []);
    expect(opening).toMatchObject({ outcome: { code: 'ARGUMENT' } });
  });
});
