/** Opening SMTP: other people's server for what should work, scripted ones for what should not. */

import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openSmtp } from '../../src/protocol/smtp/open.ts';
import { type Dialogue, dialogue } from './peers/dialogue.ts';
import { type Certificate, certificate, settings } from './peers/endpoint.ts';

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

const CREDENTIALS = { login: 'user1@lab.test', password: 'sécret "x"' };

let theirs: Certificate;
let stranger: Certificate;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  theirs = await certificate();
  stranger = await certificate('stranger.test');
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function smtpServer(options: SMTPServerOptions): Promise<{ port: number; received: Received[] }> {
  const received: Received[] = [];
  const server = new SMTPServer({
    ...theirs,
    logger: false,
    closeTimeout: 1,
    onAuth: (auth, _session, done) => {
      const isRight = auth.username === CREDENTIALS.login && auth.password === CREDENTIALS.password;
      done(isRight ? null : new Error('wrong password'), isRight ? { user: auth.username } : undefined);
    },
    onRcptTo: (address, _session, done) => {
      if (!address.address.startsWith('nobody')) return done();
      done(Object.assign(new Error('5.1.1 no such user'), { responseCode: 550 }));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map((to) => to.address),
          text: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, received };
}

async function scripted(script: Parameters<typeof dialogue>[0]): Promise<Dialogue> {
  const server = await dialogue(script);
  closers.push(() => server.close());
  return server;
}

describe('against smtp-server', () => {
  it('submits over STARTTLS with AUTH PLAIN, dots and all', async () => {
    const { port, received } = await smtpServer({});
    const steps: string[] = [];
    const onStep = (step: string, tookUs: number): void => {
      expect(tookUs).toBeGreaterThanOrEqual(0);
      steps.push(step);
    };
    const opening = await openSmtp(
      { ...settings('smtp', port, { tls: 'required', ca: theirs.cert }), onStep },
      CREDENTIALS,
    );
    expect(opening).toMatchObject({ outcome: { kind: 'ok' }, tls: true, message: '' });
    expect(steps).toEqual(['connect', 'greeting', 'tls', 'auth']);
    const connection = opening.connection;
    expect(connection?.pipelining).toBe(true);
    const text = 'Subject: ünï\r\n\r\n.\r\n..two\r\nend';
    const to = ['a@lab.test', 'nobody@lab.test', 'b@lab.test'];
    const result = await connection?.submit({ from: 'me@lab.test', to }, Buffer.from(text));
    expect(result?.recipients.map((outcome) => outcome.kind)).toEqual(['ok', 'rejected', 'ok']);
    expect(steps.slice(4)).toEqual(['mail', 'recipients', 'data', 'message']);
    expect(result?.recipients[1]).toMatchObject({ code: 550, enhanced: '5.1.1', temporary: false });
    expect(received).toEqual([
      { from: 'me@lab.test', to: ['a@lab.test', 'b@lab.test'], text: `${text}\r\n` },
    ]);
    await connection?.quit();
    expect(connection?.closed).toBe(true);
  });

  it('signs in with LOGIN where PLAIN is not offered, over implicit TLS', async () => {
    const { port } = await smtpServer({ secure: true, authMethods: ['LOGIN'] });
    const opening = await openSmtp(
      settings('smtps', port, { tls: 'implicit', ca: theirs.cert }),
      CREDENTIALS,
    );
    expect(opening.message).toBe('');
    expect(opening.tls).toBe(true);
    opening.connection?.destroy();
  });

  it('pipelines a thousand messages down one connection', async () => {
    const { port, received } = await smtpServer({ disabledCommands: ['STARTTLS'], authOptional: true });
    const { connection } = await openSmtp(settings('smtp', port, { tls: 'offered' }), undefined);
    if (connection === undefined) throw new Error('not connected');
    const submissions = Array.from({ length: 1_000 }, (_, i) =>
      connection.submit(
        { from: 'me@lab.test', to: [`user${i}@lab.test`] },
        Buffer.from(`X: ${i}\r\n\r\nhi\r\n`),
      ),
    );
    const results = await Promise.all(submissions);
    expect(results.every((result) => result.outcome.kind === 'ok')).toBe(true);
    expect(received.map((message) => message.to[0])).toEqual(results.map((_, i) => `user${i}@lab.test`));
    expect(received.map((message) => message.text.split('\r\n')[0])).toEqual(
      results.map((_, i) => `X: ${i}`),
    );
    await connection.quit();
  });

  it('tells a wrong password from anything else', async () => {
    const { port } = await smtpServer({});
    const wrong = { ...CREDENTIALS, password: 'guess' };
    const opening = await openSmtp(settings('smtp', port, { tls: 'offered', ca: theirs.cert }), wrong);
    expect(opening).toMatchObject({ failure: 'auth', outcome: { kind: 'rejected', code: 535 } });
    expect(opening.message).toContain('sign-in of user1@lab.test was refused: 535');
  });

  it('trusts nobody it was not told to trust', async () => {
    const { port } = await smtpServer({ secure: true });
    const opening = await openSmtp(settings('smtps', port, { tls: 'implicit' }), undefined);
    expect(opening).toMatchObject({
      failure: 'tls',
      outcome: { kind: 'rejected', code: 'TLS', temporary: false },
    });
    expect(opening.message).toMatch(/not signed by anyone trusted .*--tls-ca/);
  });

  it('checks the name', async () => {
    const { port } = await smtpServer({ ...stranger });
    const base = { tls: 'required', ca: stranger.cert } as const;
    const opening = await openSmtp(settings('smtp', port, base), undefined);
    expect(opening.failure).toBe('tls');
    expect(opening.message).toMatch(/not for localhost: name the right one with --tls-server-name/);
    const named = await openSmtp(settings('smtp', port, { ...base, serverName: 'stranger.test' }), undefined);
    expect(named.outcome.kind).toBe('ok');
    named.connection?.destroy();
    const insecure = await openSmtp(
      settings('smtp', port, { tls: 'required', tlsInsecure: true }),
      undefined,
    );
    expect(insecure.outcome.kind).toBe('ok');
    insecure.connection?.destroy();
  });
});

describe('refusals while opening', () => {
  it('tells an operator that the bundle is no bundle, and that a name is no name', async () => {
    const { port } = await smtpServer({});
    const bad = '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n';
    const opening = await openSmtp(settings('smtp', port, { tls: 'required', ca: bad }), undefined);
    expect(opening.failure).toBe('tls');
    const named = await openSmtp({ ...settings('smtp', port), ehloName: 'x\r\nMAIL' }, undefined);
    expect(named.outcome).toMatchObject({ code: 'ARGUMENT' });
  });

  it('says that nobody answers', async () => {
    const server = await scripted(async () => undefined);
    await server.close();
    const opening = await openSmtp(settings('smtp', server.port), undefined);
    expect(opening).toMatchObject({ failure: 'refused', outcome: { kind: 'rejected', code: 'REFUSED' } });
    expect(opening.message).toContain(`smtp://localhost:${server.port} (127.0.0.1): cannot connect`);
  });

  it('reads a greeting that closes as a limiter', async () => {
    const { port } = await scripted(async (peer) => {
      peer.send('421 4.7.0 mx Error: too many connections from 127.0.0.1');
      peer.end();
    });
    const opening = await openSmtp(settings('smtp', port), undefined);
    expect(opening).toMatchObject({
      failure: 'refused',
      outcome: { code: 421, limiter: true, temporary: true },
    });
  });

  it('gives up on silence', async () => {
    const { port } = await scripted((peer) => peer.ended());
    const opening = await openSmtp(settings('smtp', port, { deadlines: { openUs: 50_000 } }), undefined);
    expect(opening).toMatchObject({ failure: 'timeout', outcome: { kind: 'unknown' } });
  });

  it('is not kept open by a trickle', async () => {
    const { port } = await scripted(async (peer) => {
      for (let line = 0; line < 100_000 && !peer.isOver; line += 1) await peer.dribble('220-');
    });
    const opening = await openSmtp(settings('smtp', port, { deadlines: { openUs: 50_000 } }), undefined);
    expect(['timeout', 'protocol']).toContain(opening.failure);
  });

  it.each([
    ['SSH-2.0-OpenSSH_9.2', 'protocol'],
    ['554 5.7.1 go away', 'refused'],
    ['250 what', 'protocol'],
  ])('greeted with %s', async (greeting, failure) => {
    const { port } = await scripted(async (peer) => peer.send(greeting));
    expect((await openSmtp(settings('smtp', port), undefined)).failure).toBe(failure);
  });

  it('falls back to HELO, with no extension', async () => {
    const server = await scripted(async (peer) => {
      peer.send('220 old');
      await peer.expect(/^EHLO/);
      peer.send('502 what');
      await peer.expect(/^HELO/);
      peer.send('250 old');
    });
    const opening = await openSmtp(settings('smtp', server.port), undefined);
    expect(opening.connection?.pipelining).toBe(false);
    opening.connection?.destroy();
    await server.finished();
  });

  it('does not sign in where nothing fits', async () => {
    const { port } = await scripted(async (peer) => {
      peer.send('220 x');
      await peer.expect(/^EHLO/);
      peer.send('250-x', '250 AUTH GSSAPI');
      await peer.ended();
    });
    const opening = await openSmtp(settings('smtp', port), CREDENTIALS);
    expect(opening).toMatchObject({ failure: 'auth', outcome: { code: 'UNSUPPORTED' } });
  });

  it('keeps a password that the server echoes out of the record', async () => {
    const { port } = await scripted(async (peer) => {
      peer.send('220 x');
      await peer.expect(/^EHLO/);
      peer.send('250-x', '250 AUTH PLAIN');
      const [, blob] = await peer.expect(/^AUTH PLAIN (.*)$/);
      peer.send(`535 no: ${blob ?? ''} ${CREDENTIALS.password}`);
      await peer.ended();
    });
    const opening = await openSmtp(settings('smtp', port), { login: 'me', password: 'hunter2' });
    expect(JSON.stringify({ ...opening, connection: undefined })).not.toMatch(/hunter2|aHVudGVyMg/);
    expect(opening.failure).toBe('auth');
  });

  it('takes a 421 during sign-in for a limit, not a wrong password', async () => {
    const { port } = await scripted(async (peer) => {
      peer.send('220 x');
      await peer.expect(/^EHLO/);
      peer.send('250-x', '250 AUTH PLAIN');
      await peer.expect(/^AUTH/);
      peer.send('421 4.7.0 too many connections');
      await peer.ended();
    });
    const opening = await openSmtp(settings('smtp', port), CREDENTIALS);
    expect(opening).toMatchObject({ failure: 'refused', outcome: { code: 421, limiter: true } });
  });
});

describe('STARTTLS', () => {
  it('is not trusted when bytes follow its reply in the clear', async () => {
    const { port } = await scripted(async (peer) => {
      peer.send('220 x');
      await peer.expect(/^EHLO/);
      peer.send('250-x', '250 STARTTLS');
      await peer.expect(/^STARTTLS/);
      peer.raw('220 go\r\n250 injected\r\n');
      await peer.ended();
    });
    const opening = await openSmtp(settings('smtp', port, { tls: 'offered', ca: theirs.cert }), undefined);
    expect(opening).toMatchObject({ failure: 'tls', outcome: { code: 'TLS' } });
    expect(opening.message).toContain('injected');
  });

  it('is not trusted for half a line either', async () => {
    const { port } = await scripted(async (peer) => {
      peer.send('220 x');
      await peer.expect(/^EHLO/);
      peer.send('250-x', '250 STARTTLS');
      await peer.expect(/^STARTTLS/);
      peer.raw('220 go\r\n25');
      await peer.ended();
    });
    expect((await openSmtp(settings('smtp', port, { tls: 'offered' }), undefined)).failure).toBe('tls');
  });

  it.each([
    ['required and not offered', '250 x', 'tls'],
    ['offered and refused', '250-x\r\n250 STARTTLS', 'tls'],
  ])('%s fails', async (_what, ehlo, failure) => {
    const { port } = await scripted(async (peer) => {
      peer.send('220 x');
      await peer.expect(/^EHLO/);
      peer.send(ehlo);
      if ((await peer.line()) === 'STARTTLS') peer.send('454 4.7.0 not now');
      await peer.ended();
    });
    expect((await openSmtp(settings('smtp', port, { tls: 'required' }), undefined)).failure).toBe(failure);
  });

  it('asks again what is offered, and believes only that', async () => {
    const server = await scripted(async (peer) => {
      peer.send('220 x');
      await peer.expect(/^EHLO/);
      peer.send('250-x', '250-PIPELINING', '250 STARTTLS');
      await peer.expect(/^STARTTLS/);
      peer.send('220 go');
      await peer.secure(theirs);
      await peer.expect(/^EHLO/);
      peer.send('250-x', '250 SIZE 7');
    });
    const opening = await openSmtp(
      settings('smtp', server.port, { tls: 'required', ca: theirs.cert }),
      undefined,
    );
    expect(opening.message).toBe('');
    expect(opening.connection).toMatchObject({ pipelining: false, sizeLimit: 7 });
    opening.connection?.destroy();
    await server.finished();
  });

  it('fails when the other side hangs up in the handshake', async () => {
    const { port } = await scripted(async (peer) => {
      peer.send('220 x');
      await peer.expect(/^EHLO/);
      peer.send('250-x', '250 STARTTLS');
      await peer.expect(/^STARTTLS/);
      peer.send('220 go');
      peer.end();
    });
    expect((await openSmtp(settings('smtp', port, { tls: 'offered' }), undefined)).failure).toBe('tls');
  });
});
