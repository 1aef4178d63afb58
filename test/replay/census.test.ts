/** The census: goes on after a dropped line, gives up on a server that is gone, and says what it cost. */

import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';

import { emptyShare } from '../../src/measure/ledger-share.ts';
import { takeCensus } from '../../src/replay/census.ts';
import { messageId, RUN_HEADER } from '../../src/storm/numbering.ts';
import { ADA, BEN, CLEO, PASSWORD, signIn, startLab } from '../target/lab.ts';
import { contextOf } from './deletions.ts';

const PEOPLE = [ADA, BEN, CLEO];
const EACH = 40;

/** Stands before the server and hangs up on the connections whose turn is in `dropped`, counted from 1, once they have said enough. */
async function dropping(port: number, drops: (turn: number) => boolean, afterBytes = 2_500) {
  let turns = 0;
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    turns += 1;
    const drop = drops(turns);
    let bytes = 0;
    const server = connect(port, '127.0.0.1');
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => [client, server].forEach((one) => one.destroy()));
    }
    client.pipe(server);
    server.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (drop && bytes > afterBytes) client.destroy();
      else client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = listener.address();
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, turns: () => turns };
}

async function census(drops: (turn: number) => boolean) {
  const lab = await startLab();
  for (const person of PEOPLE) {
    const client = await signIn(lab, person);
    for (let number = 0; number < EACH; number += 1) {
      const head = [`Message-ID: ${messageId('r1', 1, number)}`, `${RUN_HEADER}: r1`, 'Subject: test'];
      await client.append('INBOX', `${head.join('\r\n')}\r\n\r\nx\r\n`);
    }
  }
  const before = await dropping(lab.ports.imapPort, drops);
  const { access, clock } = contextOf({ imapPort: before.port, address: ADA, password: PASSWORD }, 'r1');
  return takeCensus({
    access: { ...access, accounts: { addresses: PEOPLE } },
    clock,
    atOnce: 1,
    runId: 'r1',
    provisioned: undefined,
    share: emptyShare({ mailboxes: PEOPLE.length, listMessages: EACH, fanOut: 'list' }),
  });
}

describe('a census', () => {
  test('of a server that holds reads each mailbox once, and says what that cost', async () => {
    const { census: found, failures, cost } = await census(() => false);
    expect(failures).toEqual([]);
    expect(found.copiesRemaining).toBe(PEOPLE.length * EACH);
    expect(cost).toMatchObject({ mailboxes: 3, unread: 0, messages: 3 * EACH, passes: 1 });
    expect(cost.bytes).toBeGreaterThan(3 * EACH * 50);
    expect(cost.tookUs).toBeGreaterThan(0);
  });

  test('goes on where a line dropped, and counts nothing twice', async () => {
    const { census: found, failures, cost } = await census((turn) => turn === 2 || turn === 3 || turn === 5);
    expect(failures).toEqual([]);
    expect(found.copiesRemaining).toBe(PEOPLE.length * EACH);
    expect(found.duplicated).toBe(0);
    expect(cost).toMatchObject({ unread: 0, messages: 3 * EACH });
    expect(cost.passes).toBeGreaterThan(1);
  });

  test('of a server that drops every line ends, and says how much was not read', async () => {
    const { failures, cost } = await census(() => true);
    expect(failures.length).toBeGreaterThan(0);
    expect(cost).toMatchObject({ unread: 3, messages: 0 });
    expect(cost.passes).toBeLessThan(5);
  });
});
