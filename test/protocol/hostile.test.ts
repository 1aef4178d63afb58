/** Servers that answer at random: whatever they say, every call answers, in time, and nothing is thrown. */

import pLimit from 'p-limit';
import { describe, expect, it } from 'vitest';
import { openImap } from '../../src/protocol/imap/open.ts';
import { openSmtp } from '../../src/protocol/smtp/open.ts';
import { randomStream, type RandomStream } from '../../src/random.ts';
import { type Dialogue, dialogue, type Peer } from './peers/dialogue.ts';
import { settings } from './peers/endpoint.ts';

const SERVERS = 300;
/** Only who is silent on purpose is waited for so long; the others answer well within, on a busy machine too. */
const DEADLINES = {
  openUs: 10_000_000,
  commandUs: 500_000,
  dataUs: 500_000,
  finalDotUs: 500_000,
  goodbyeUs: 20_000,
};

const SMTP_ANSWERS = [
  ['250 ok', 12],
  ['354 go', 4],
  ['452 4.5.3 too many recipients', 4],
  ['550 5.1.1 no', 3],
  ['503 no', 1],
  ['421 4.7.0 bye', 1],
  ['250-a\r\n250 b', 1],
  ['nonsense', 1],
  ['334 ', 1],
  ['', 1],
  ['END', 1],
  ['RESET', 1],
  ['SILENCE', 1],
] as const;

const IMAP_ANSWERS = [
  ['TAG OK done', 20],
  ['TAG NO [OVERQUOTA] no', 4],
  ['TAG BAD what', 2],
  ['* 3 EXISTS', 4],
  ['* 1 FETCH (UID 1 FLAGS () BODY[] {3}\r\nabc)', 4],
  ['* SEARCH 1 2', 2],
  ['+ go', 4],
  ['* BYE bye', 1],
  ['R7 OK early', 1],
  ['* 1 FETCH (((', 1],
  ['nonsense', 1],
  ['END', 1],
  ['SILENCE', 1],
] as const;

function pick(random: RandomStream, answers: readonly (readonly [string, number])[]): string {
  let left = random.integer(answers.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [answer, weight] of answers) {
    left -= weight;
    if (left < 0) return answer;
  }
  return '';
}

/** One answer a line read, sometimes two; DATA is mostly asked for, so that messages get through at times. */
async function babble(
  peer: Peer,
  random: RandomStream,
  answers: typeof SMTP_ANSWERS | typeof IMAP_ANSWERS,
): Promise<void> {
  for (let line = await peer.line(); line !== undefined; line = await peer.line()) {
    const tag = line.split(' ')[0] ?? '';
    if (line === 'DATA' && random.integer(4) > 0) {
      peer.send('354 go');
      await peer.message();
    }
    for (let count = random.integer(8) === 0 ? 2 : 1; count > 0; count -= 1) {
      const answer = pick(random, answers);
      if (answer === 'END') return peer.end();
      if (answer === 'RESET') return peer.reset();
      if (answer === 'SILENCE') return peer.ended();
      peer.send(answer.replace('TAG', tag));
    }
  }
}

async function withServer(
  script: (peer: Peer, index: number) => Promise<void>,
  run: (server: Dialogue) => Promise<void>,
): Promise<void> {
  const server = await dialogue(script);
  try {
    await run(server);
  } finally {
    await server.close();
  }
}

/** All together they would spend their deadlines waiting for this process. */
const limit = pLimit(40);

describe('a server that answers at random', () => {
  it.each(['smtp', 'lmtp'] as const)('over %s', async (protocol) => {
    const script = async (peer: Peer, index: number): Promise<void> => {
      const random = randomStream(1, protocol, index);
      peer.send('220 hi');
      await peer.line();
      peer.send(index % 3 === 0 ? '250 x' : '250-x\r\n250 PIPELINING');
      await babble(peer, random, SMTP_ANSWERS);
    };
    await withServer(script, async ({ port }) => {
      const kinds = new Set<string>();
      const one = async (): Promise<void> => {
        const { connection } = await openSmtp(
          { ...settings(protocol, port), deadlines: DEADLINES },
          undefined,
        );
        if (connection === undefined) return;
        const submissions = Array.from({ length: 6 }, (_, i) =>
          connection.submit(
            { from: 'a@lab.test', to: Array.from({ length: i + 1 }, (__, n) => `user${n}@lab.test`) },
            Buffer.from('x\r\n'),
          ),
        );
        for (const [i, result] of (await Promise.all(submissions)).entries()) {
          expect(result.recipients).toHaveLength(i + 1);
          expect(result.endedUs).toBeGreaterThanOrEqual(result.startedUs);
          for (const outcome of result.recipients) kinds.add(outcome.kind);
        }
        await connection.quit();
        expect(connection.closed).toBe(true);
      };
      await Promise.all(Array.from({ length: SERVERS }, () => limit(one)));
      expect([...kinds].sort()).toEqual(['ok', 'rejected', 'unknown']);
    });
  });

  it.each(['IMAP4rev1', 'IMAP4rev1 LITERAL+ UIDPLUS MOVE IDLE SASL-IR AUTH=PLAIN'])(
    'over imap with %s',
    async (capabilities) => {
      const script = async (peer: Peer, index: number): Promise<void> => {
        peer.send(`* OK [CAPABILITY ${capabilities}] hi`);
        await babble(peer, randomStream(2, capabilities, index), IMAP_ANSWERS);
      };
      await withServer(script, async ({ port }) => {
        const kinds = new Set<string>();
        const one = async (): Promise<void> => {
          const { connection } = await openImap({ ...settings('imap', port), deadlines: DEADLINES });
          if (connection === undefined) return;
          const results = await Promise.all([
            connection.signIn({ login: 'a', password: 'b' }),
            connection.select('INBOX'),
            connection.fetchBody('1:5'),
            connection.search({ subject: 'ü' }),
            connection.append('INBOX', Buffer.from('x\r\n')),
            connection.idle({ forUs: 10_000 }),
            connection.move('1', 'Trash'),
            connection.status('INBOX'),
          ]);
          for (const result of results) {
            kinds.add(result.outcome.kind);
            expect(result.endedUs).toBeGreaterThanOrEqual(result.startedUs);
          }
          await connection.logout();
          expect(connection.closed).toBe(true);
        };
        await Promise.all(Array.from({ length: SERVERS }, () => limit(one)));
        expect([...kinds].sort()).toEqual(['ok', 'rejected', 'unknown']);
      });
    },
  );
});
