/** A mail server that takes everything from anybody and keeps counts only. */

import { SMTPServer } from 'smtp-server';

export interface Sink {
  readonly submit: string;
  readonly connections: () => number;
  readonly messages: () => number;
  /** Where connections came from, in order. */
  readonly addresses: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** Starts a sink on a free loopback port. After `answered` messages it takes each whole and says nothing to it. */
export async function startSink(answered = Number.POSITIVE_INFINITY): Promise<Sink> {
  let connections = 0;
  let messages = 0;
  const addresses: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    onConnect: (session, done) => {
      connections += 1;
      addresses.push(session.remoteAddress);
      done();
    },
    onData: (stream, _session, done) => {
      stream.resume();
      stream.on('end', () => {
        messages += 1;
        if (messages <= answered) done();
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
    connections: () => connections,
    messages: () => messages,
    addresses: () => addresses,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}
