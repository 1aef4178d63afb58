/** Signing in by token against scripted servers: OAUTHBEARER and XOAUTH2, their challenges, and no password ever. */

import { afterEach, describe, expect, it } from 'vitest';
import { bearerError, chooseBearer } from '../../src/protocol/bearer.ts';
import type { Peer } from './peers/dialogue.ts';
import { close, finished, open } from './peers/imap.ts';
import { short } from './peers/smtp.ts';

afterEach(close);

const CREDENTIALS = {
  login: 'user@example.com',
  password: 'never',
  token: 'vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==',
};
const OAUTHBEARER = Buffer.from(
  `n,a=user@example.com,\u0001auth=Bearer ${CREDENTIALS.token}\u0001\u0001`,
).toString('base64');
const XOAUTH2 = Buffer.from(
  `user=user@example.com\u0001auth=Bearer ${CREDENTIALS.token}\u0001\u0001`,
).toString('base64');
const ERROR = Buffer.from('{"status":"invalid_token","scope":"mail"}').toString('base64');

async function says(peer: Peer, mechanism: string, blob: string, isInitial: boolean): Promise<string> {
  const [, tag = '', first] = await peer.expect(new RegExp(`^(R\\d+) AUTHENTICATE ${mechanism}(?: (.+))?$`));
  if (isInitial) expect(first).toBe(blob);
  else {
    expect(first).toBeUndefined();
    peer.send('+ ');
    expect(await peer.line()).toBe(blob);
  }
  return tag;
}

describe('by token', () => {
  it.each([
    ['SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER', 'OAUTHBEARER', OAUTHBEARER, true],
    ['AUTH=PLAIN AUTH=OAUTHBEARER', 'OAUTHBEARER', OAUTHBEARER, false],
    ['SASL-IR AUTH=XOAUTH2', 'XOAUTH2', XOAUTH2, true],
    ['AUTH=PLAIN AUTH=XOAUTH2', 'XOAUTH2', XOAUTH2, false],
  ])('with %s', async (offered, mechanism, blob, isInitial) => {
    const connection = await open(
      async (peer) => {
        const tag = await says(peer, mechanism, blob, isInitial);
        peer.send(`${tag} OK [CAPABILITY IMAP4rev1 MOVE] in`);
      },
      {},
      `IMAP4rev1 ${offered}`,
    );
    expect(short((await connection.signIn(CREDENTIALS)).outcome)).toBe('ok');
    expect(connection.offers('MOVE')).toBe(true);
    await finished();
  });

  it.each([
    ['OAUTHBEARER', OAUTHBEARER, 'AQ==', true],
    ['OAUTHBEARER', OAUTHBEARER, 'AQ==', false],
    ['XOAUTH2', XOAUTH2, '', true],
    ['XOAUTH2', XOAUTH2, '', false],
  ])(
    'refused over %s answers the challenge before it hears the NO',
    async (mechanism, blob, reply, isInitial) => {
      const connection = await open(
        async (peer) => {
          const tag = await says(peer, mechanism, blob, isInitial);
          peer.send(`+ ${ERROR}`);
          expect(await peer.line()).toBe(reply);
          peer.send(`${tag} NO [AUTHENTICATIONFAILED] no to ${CREDENTIALS.token}`);
        },
        {},
        `IMAP4rev1 AUTH=${mechanism}${isInitial ? ' SASL-IR' : ''}`,
      );
      expect((await connection.signIn(CREDENTIALS)).outcome).toMatchObject({
        code: 'NO',
        enhanced: 'AUTHENTICATIONFAILED',
        text: 'no to [secret] (invalid_token)',
      });
      await finished();
    },
  );

  it('never falls back to a password', async () => {
    const connection = await open(
      async (peer) => {
        await peer.ended();
        expect(peer.lines).toEqual([]);
      },
      {},
      'IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN',
    );
    expect((await connection.signIn(CREDENTIALS)).outcome).toMatchObject({ code: 'UNSUPPORTED' });
    expect(short((await connection.signIn({ ...CREDENTIALS, token: '' })).outcome)).toBe('ARGUMENT');
    connection.destroy();
    await finished();
  });

  it('waits to be asked where the initial response would be too long', async () => {
    const token = 'x'.repeat(9_000);
    const connection = await open(
      async (peer) => {
        const [, tag = ''] = await peer.expect(/^(R\d+) AUTHENTICATE XOAUTH2$/);
        peer.send('+');
        expect(Buffer.from((await peer.line()) ?? '', 'base64').toString()).toContain(token);
        peer.send(`${tag} OK [CAPABILITY IMAP4rev1] in`);
      },
      {},
      'IMAP4rev1 SASL-IR AUTH=XOAUTH2',
    );
    expect(short((await connection.signIn({ ...CREDENTIALS, token })).outcome)).toBe('ok');
    await finished();
  });
});

describe('chooseBearer', () => {
  const all = (): boolean => true;
  const said = (credentials: Parameters<typeof chooseBearer>[1]): string => {
    const bearer = chooseBearer(all, credentials);
    return 'blob' in bearer ? Buffer.from(bearer.blob, 'base64').toString() : bearer.code;
  };

  it('acts as whom it is told to, escaped as a saslname (RFC 5801 §4)', () => {
    expect(said({ login: 'm', password: '', token: 't', authorizationId: 'a,b=c' })).toBe(
      'n,a=a=2Cb=3Dc,\u0001auth=Bearer t\u0001\u0001',
    );
  });

  it('lets nothing through that could end a field', () => {
    expect(said({ login: 'm', password: '', token: 'a\u0001b' })).toBe('ARGUMENT');
    expect(said({ login: 'm', password: '', token: 'a b' })).toBe('ARGUMENT');
    expect(said({ login: 'm\u0001auth=x', password: '', token: 't' })).toBe('ARGUMENT');
  });
});

it('reads an error challenge, or nothing', () => {
  const challenge = (text: string): string | undefined => bearerError(Buffer.from(text).toString('base64'));
  expect(challenge('{"status":"401","schemes":"bearer"}')).toBe('401');
  for (const text of ['', '{', 'null', '[]', '{"status":5}', '"x"']) expect(challenge(text)).toBeUndefined();
});
