/** A guard before a mail system: after so many messages to the list it takes no more, and now and then blocks somebody else. */

import { createTransport } from 'nodemailer';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

import { LIST, PASSWORD } from './story.ts';

export interface Guard {
  readonly submit: string;
  /** Messages to the list that it refused, and other messages. */
  readonly refused: () => { readonly list: number; readonly others: number };
  readonly close: () => Promise<void>;
}

export interface GuardRules {
  /** The mail system behind it. */
  readonly submitPort: number;
  readonly code: number;
  readonly words: string;
  /** Messages to the list it lets through, the pilot included. */
  readonly letsThrough: number;
  /** Once engaged, it also refuses this many messages to single people. */
  readonly blocks: number;
}

/** Starts one on a free loopback port. */
export async function startGuard(rules: GuardRules): Promise<Guard> {
  let passed = 0;
  const refused = { list: 0, others: 0 };
  const behind = (user: string) =>
    createTransport({
      host: '127.0.0.1',
      port: rules.submitPort,
      secure: false,
      ignoreTLS: true,
      auth: { user, pass: PASSWORD },
    });
  const refusal = (): Error => Object.assign(new Error(rules.words), { responseCode: rules.code });
  const server = new SMTPServer({
    authMethods: ['PLAIN'],
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onAuth: ({ username }, _session, done) => done(null, { user: username }),
    onRcptTo: ({ address }, _session, done) => {
      if (address === LIST) {
        passed += 1;
        if (passed <= rules.letsThrough) return done();
        refused.list += 1;
        return done(refusal());
      }
      if (passed <= rules.letsThrough || refused.others >= rules.blocks) return done();
      refused.others += 1;
      return done(refusal());
    },
    onData: (stream, session: SMTPServerSession, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        const transport = behind(String(session.user));
        transport
          .sendMail({
            envelope: { from, to: rcptTo.map(({ address }) => address) },
            raw: Buffer.concat(chunks),
          })
          .then(() => done(), done)
          .finally(() => transport.close());
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    submit: `smtp://127.0.0.1:${port}?tls=off`,
    refused: () => refused,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}
