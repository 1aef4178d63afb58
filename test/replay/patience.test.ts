/** Somebody who is turned away comes again: how often, what is counted, and what stays an intent of the plan. */

import { createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';

import { readAs } from './readers.ts';

/** An IMAP server with an empty mailbox, whose sign-in is answered as `answers` say, one a connection; then with OK. */
async function server(answers: readonly string[]): Promise<{ port: number; signIns: () => number }> {
  let signIns = 0;
  const speak = (socket: Socket): void => {
    socket.write('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n');
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString('latin1').split('\r\n')) {
        const [tag, command] = line.split(' ');
        if (tag === undefined || command === undefined) continue;
        if (command === 'AUTHENTICATE') {
          socket.write(`${tag} ${answers[signIns] ?? 'OK [CAPABILITY IMAP4rev1] in'}\r\n`);
          signIns += 1;
        } else if (command === 'EXAMINE') {
          socket.write(`* 0 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 1]\r\n${tag} OK open\r\n`);
        } else if (command === 'LOGOUT') socket.end(`* BYE\r\n${tag} OK\r\n`);
        else socket.write(`${tag} OK done\r\n`);
      }
    });
  };
  const listener = createServer(speak);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void listener.close());
  const address = listener.address();
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, signIns: () => signIns };
}

async function read(answers: readonly string[], retries: number) {
  const { port, signIns } = await server(answers);
  const place = { imapPort: port, address: 'ada@lab.test', password: 'x' };
  const reading = await readAs(place, retries);
  return { ...reading, signIns: signIns() };
}

const LATER = 'NO [UNAVAILABLE] come back later';
const LIMIT = 'NO [LIMIT] too many sessions';

describe('a reader', () => {
  test('who is let in at the third attempt: one intent, two induced sign-ins, the rest as planned', async () => {
    const { counts, operations, signIns, patience } = await read([LATER, LIMIT], 5);
    expect(signIns).toBe(3);
    expect(counts('imap.signin')?.intents).toMatchObject({ planned: 1, rejected: 1, limited: 0 });
    expect(counts('imap.signin')?.induced).toMatchObject({ planned: 2, rejected: 1, ok: 1, limited: 1 });
    expect(counts('imap.connect')?.induced).toMatchObject({ planned: 2, ok: 2 });
    for (const name of ['imap.open', 'imap.headers', 'imap.body', 'journey.read'] as const)
      expect(counts(name)?.intents, name).toMatchObject({ planned: 1, ok: 1 });
    expect(patience).toEqual({ succeededAfter: [0, 0, 1], gaveUp: 0 });
    for (const { operation, intents, induced } of operations) {
      for (const half of [intents, induced]) {
        const dropped = Object.values(half.dropped).reduce((sum, count) => sum + count, 0);
        expect(half.ok + half.rejected + half.unknown + dropped, operation).toBe(half.planned);
      }
    }
  });

  test('who is turned away too often gives up; the journey ends as its last attempt did', async () => {
    const { counts, signIns, patience } = await read([LATER, LATER, LATER, LATER], 2);
    expect(signIns).toBe(3);
    expect(counts('journey.read')?.intents).toMatchObject({ planned: 1, rejected: 1 });
    expect(counts('imap.open')?.intents.dropped.stepFailed).toBe(1);
    expect(patience).toEqual({ succeededAfter: [], gaveUp: 1 });
  });

  test('whose password is wrong does not try again', async () => {
    const { signIns } = await read(['NO [AUTHENTICATIONFAILED] wrong', LATER], 5);
    expect(signIns).toBe(1);
  });

  test('tries once where the profile does not say otherwise', async () => {
    const { signIns, patience } = await read([LATER], 0);
    expect(signIns).toBe(1);
    expect(patience).toEqual({ succeededAfter: [], gaveUp: 1 });
  });
});
