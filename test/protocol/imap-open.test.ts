/** Opening IMAP and signing in, against scripted servers. */

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openImap } from '../../src/protocol/imap/open.ts';
import { type Dialogue, dialogue, type Peer } from './peers/dialogue.ts';
import { type Certificate, certificate, settings } from './peers/endpoint.ts';

const CREDENTIALS = { login: 'user1@lab.test', password: 'p"\\ ss' };
const BLOB = Buffer.from('\0user1@lab.test\0p"\\ ss').toString('base64');

let theirs: Certificate;
let server: Dialogue | undefined;
beforeAll(async () => {
  theirs = await certificate();
});
afterEach(async () => server?.close());

async function scripted(script: (peer: Peer) => Promise<void>): Promise<number> {
  server = await dialogue(script);
  return server.port;
}

async function tagged(peer: Peer, pattern: RegExp): Promise<string> {
  const [, tag = ''] = await peer.expect(new RegExp(`^(R\\d+) ${pattern.source}$`));
  return tag;
}

describe('greeting', () => {
  it('asks for capabilities that the greeting did not tell', async () => {
    const port = await scripted(async (peer) => {
      peer.send('* OK hello');
      const tag = await tagged(peer, /CAPABILITY/);
      peer.send('* CAPABILITY IMAP4rev1 idle', `${tag} OK`);
    });
    const { connection, tls, message } = await openImap(settings('imap', port));
    expect(message).toBe('');
    expect(tls).toBe(false);
    expect([...(connection?.capabilities ?? [])]).toEqual(['IMAP4REV1', 'IDLE']);
    connection?.destroy();
    await server?.finished();
  });

  it.each([
    ['* BYE Maximum number of connections from user+IP exceeded', 'refused'],
    ['* OK', 'timeout'],
    ['220 smtp', 'protocol'],
    ['* 5 EXISTS', 'protocol'],
  ])('%s', async (greeting, failure) => {
    const port = await scripted(async (peer) => {
      peer.send(greeting);
      await peer.ended();
    });
    const opening = await openImap(settings('imap', port, { deadlines: { openUs: 50_000 } }));
    expect(opening.failure).toBe(failure);
    if (failure === 'refused') expect(opening.outcome).toMatchObject({ code: 'BYE', limiter: true });
    expect(opening.connection).toBeUndefined();
  });

  it('reports a door that stays shut', async () => {
    const port = await scripted(async () => undefined);
    await server?.close();
    expect(await openImap(settings('imap', port))).toMatchObject({
      failure: 'refused',
      outcome: { code: 'REFUSED' },
    });
  });
});

describe('TLS', () => {
  it('upgrades, asks again and believes only that', async () => {
    const port = await scripted(async (peer) => {
      peer.send('* OK [CAPABILITY IMAP4rev1 STARTTLS MOVE] hi');
      peer.send(`${await tagged(peer, /STARTTLS/)} OK go`);
      await peer.secure(theirs);
      const tag = await tagged(peer, /CAPABILITY/);
      peer.send('* CAPABILITY IMAP4rev1 IDLE', `${tag} OK`);
    });
    const opening = await openImap(settings('imap', port, { tls: 'offered', ca: theirs.cert }));
    expect(opening.message).toBe('');
    expect(opening.tls).toBe(true);
    expect([...(opening.connection?.capabilities ?? [])]).toEqual(['IMAP4REV1', 'IDLE']);
    opening.connection?.destroy();
    await server?.finished();
  });

  it('speaks TLS first where it is implicit', async () => {
    const port = await scripted(async (peer) => {
      await peer.secure(theirs);
      peer.send('* OK [CAPABILITY IMAP4rev1] hi');
    });
    const opening = await openImap(settings('imaps', port, { tls: 'implicit', ca: theirs.cert }));
    expect(opening).toMatchObject({ outcome: { kind: 'ok' }, tls: true });
    opening.connection?.destroy();
  });

  it.each([
    ['injection', 'OK go\r\n* CAPABILITY EVIL'],
    ['injection of half a line', 'OK go\r\n* CAP'],
    ['a change of mind', 'NO not today'],
  ])('fails on %s', async (_what, reply) => {
    const port = await scripted(async (peer) => {
      peer.send('* OK [CAPABILITY IMAP4rev1 STARTTLS] hi');
      peer.raw(`${await tagged(peer, /STARTTLS/)} ${reply}\r\n`);
      await peer.ended();
    });
    expect((await openImap(settings('imap', port, { tls: 'offered' }))).failure).toBe('tls');
  });

  it.each(['* OK [CAPABILITY IMAP4rev1] hi', '* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi'])(
    'required fails on %s',
    async (greeting) => {
      const port = await scripted(async (peer) => {
        peer.send(greeting);
        await peer.ended();
      });
      expect((await openImap(settings('imap', port, { tls: 'required' }))).failure).toBe('tls');
    },
  );

  it('fails on a stranger', async () => {
    const port = await scripted(async (peer) => {
      peer.send('* OK [CAPABILITY IMAP4rev1 STARTTLS] hi');
      peer.send(`${await tagged(peer, /STARTTLS/)} OK go`);
      await peer.secure(theirs);
    });
    const opening = await openImap(settings('imap', port, { tls: 'offered' }));
    expect(opening).toMatchObject({ failure: 'tls', outcome: { kind: 'rejected', code: 'TLS' } });
    expect(opening.message).toContain('--tls-ca');
  });
});

describe('signIn', () => {
  it('has nothing to do after PREAUTH', async () => {
    const port = await scripted(async (peer) => {
      peer.send('* PREAUTH [CAPABILITY IMAP4rev1] hi');
      await peer.ended();
    });
    const { connection } = await openImap(settings('imap', port, { tls: 'offered' }));
    expect((await connection?.signIn(CREDENTIALS))?.outcome).toEqual({ kind: 'ok', evidence: 'PREAUTH' });
  });

  it.each([
    [
      'SASL-IR AUTH=PLAIN',
      async (peer: Peer) => {
        const [, tag, blob] = await peer.expect(/^(R\d+) AUTHENTICATE PLAIN (.+)$/);
        expect(blob).toBe(BLOB);
        return tag;
      },
    ],
    [
      'AUTH=PLAIN',
      async (peer: Peer) => {
        const tag = await tagged(peer, /AUTHENTICATE PLAIN/);
        peer.send('+');
        await peer.expect(new RegExp(`^${BLOB.replaceAll('+', '\\+')}$`));
        return tag;
      },
    ],
    ['X', (peer: Peer) => tagged(peer, /LOGIN user1@lab\.test "p\\"\\\\ ss"/)],
  ])('with %s', async (offered, expectSignIn) => {
    const port = await scripted(async (peer) => {
      peer.send(`* OK [CAPABILITY IMAP4rev1 ${offered}] hi`);
      const tag = (await expectSignIn(peer)) ?? '';
      peer.send(`${tag} OK [CAPABILITY IMAP4rev1 MOVE] in`);
    });
    const { connection } = await openImap(settings('imap', port));
    const result = await connection?.signIn(CREDENTIALS);
    expect(result?.outcome.kind).toBe('ok');
    expect(connection?.capabilities.has('MOVE')).toBe(true);
    connection?.destroy();
    await server?.finished();
  });

  it('asks for capabilities that the answer did not tell', async () => {
    const port = await scripted(async (peer) => {
      peer.send('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi');
      peer.send(`${await tagged(peer, /AUTHENTICATE PLAIN \S+/)} OK in`);
      const tag = await tagged(peer, /CAPABILITY/);
      peer.send('* CAPABILITY IMAP4rev1 UIDPLUS', `${tag} OK`);
    });
    const { connection } = await openImap(settings('imap', port));
    const result = await connection?.signIn({ ...CREDENTIALS, authorizationId: 'boss' });
    expect(result?.outcome.kind).toBe('ok');
    expect(connection?.capabilities.has('UIDPLUS')).toBe(true);
  });

  it.each([
    [
      'NO [AUTHENTICATIONFAILED] Authentication failed.',
      { code: 'NO', enhanced: 'AUTHENTICATIONFAILED', temporary: false, limiter: false },
    ],
    ['NO [LIMIT] x', { code: 'NO', limiter: true, temporary: true }],
    ['NO [UNAVAILABLE] x', { code: 'NO', limiter: false, temporary: true }],
    ['BAD what', { code: 'BAD', temporary: false }],
  ])('refused with %s', async (reply, expected) => {
    const port = await scripted(async (peer) => {
      peer.send('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi');
      peer.send(`${await tagged(peer, /AUTHENTICATE PLAIN \S+/)} ${reply}`);
      await peer.ended();
    });
    const { connection } = await openImap(settings('imap', port));
    expect((await connection?.signIn(CREDENTIALS))?.outcome).toMatchObject(expected);
    expect(connection?.closed).toBe(false);
  });

  it('cancels when asked for more, and lets no secret into the outcome', async () => {
    const port = await scripted(async (peer) => {
      peer.send('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi');
      const [, tag = '', blob = ''] = await peer.expect(/^(R\d+) AUTHENTICATE PLAIN (.+)$/);
      peer.send('+ more');
      await peer.expect(/^\*$/);
      peer.send(`${tag} BAD ${blob} ${CREDENTIALS.password}`);
      await peer.ended();
    });
    const { connection } = await openImap(settings('imap', port));
    const outcome = (await connection?.signIn(CREDENTIALS))?.outcome;
    expect(outcome).toMatchObject({ code: 'BAD', text: '[secret] [secret]' });
  });

  it('does not say a password where the server forbids it', async () => {
    const port = await scripted(async (peer) => {
      peer.send('* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi');
      await peer.ended();
      expect(peer.lines).toEqual([]);
    });
    const { connection } = await openImap(settings('imap', port));
    expect((await connection?.signIn(CREDENTIALS))?.outcome).toMatchObject({ code: 'UNSUPPORTED' });
    connection?.destroy();
    await server?.finished();
  });
});
