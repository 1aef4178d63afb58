/** Stories of people who stay: mail clients that stand open through a storm, and readers who come again when turned away. */

import { describe, expect } from 'vitest';

import type { RecordedOperation } from '../../src/record/record.ts';
import { expectSound } from './sound.ts';
import { story } from './story.ts';

describe.concurrent('clients that stand open', { timeout: 90_000 }, () => {
  const sum = (
    operations: readonly RecordedOperation[],
    name: string,
    field: 'ok' | 'planned' | 'induced',
  ): number => operations.reduce((total, one) => total + (one.operation === name ? one[field] : 0), 0);

  story('look, wait and read what is new, beside the journeys', async ({ desk }) => {
    const { flags } = await desk.mailSystem();
    const clients = '{ poll: { sessions: 6, every: 1s }, idle: { sessions: 12 }, push: { sessions: 2 } }';
    const run = await desk.run([desk.profile({ clients }), ...flags]);
    expectSound(run);
    expect([0, 111], run.stderr).toContain(run.code);
    const { operations, ledger } = run.record;
    // Every message to everybody wakes each idle session at least now and then; looks come each second.
    expect(sum(operations, 'imap.idle', 'ok')).toBeGreaterThan(12);
    expect(sum(operations, 'imap.idle', 'induced')).toBe(sum(operations, 'imap.idle', 'planned'));
    expect(sum(operations, 'imap.poll', 'ok')).toBeGreaterThan(12);
    expect(ledger).toMatchObject({ lost: 0, goneUnasked: 0 });
  });

  story('are told by plan, with connections that add up', async ({ desk }) => {
    const clients = '{ poll: { sessions: 6, every: 90s }, idle: { sessions: 1200 }, push: { sessions: 2 } }';
    const profile = desk.profile({
      clients,
      cohorts: '[{ name: gp, share: 25% }, { name: rest, share: 75% }]',
    });
    const json = await desk.say(['plan', profile, '--mailboxes', '16', '--json']);
    const {
      connections,
      clients: told,
      cohorts,
    } = JSON.parse(json.stdout) as {
      readonly connections: Readonly<Record<string, number>>;
      readonly clients: unknown;
      readonly cohorts: unknown;
    };
    const { inAll = 0, submit = 0, mailbox = 0, watchers = 0, clients: open = 0 } = connections;
    expect(open).toBe(1_208);
    expect(told).toMatchObject({ poll: { sessions: 6, every: 90_000_000 }, push: { sessions: 2 } });
    expect(cohorts).toEqual([
      { name: 'gp', mailboxes: 4 },
      { name: 'rest', mailboxes: 12 },
    ]);
    const text = await desk.say(['plan', profile, '--mailboxes', '16']);
    expect(text.stdout).toMatch(/^clients +6 look each 90.0 s, 1,200 wait in IDLE, 2 are pushed to$/m);
    expect(text.stdout).toMatch(/^cohorts +gp 4, rest 12 \(mailboxes\)$/m);
    const sampled = Number(/(\d+) tell when it is quiet/.exec(text.stdout)?.[1]);
    expect(submit + mailbox + watchers + open + sampled).toBe(inAll);
  });

  story('look now and then where IDLE is not offered, and nobody is the worse for it', async ({ desk }) => {
    const { flags } = await desk.mailSystem({ hiddenCapabilities: ['IDLE', 'MOVE', 'UIDPLUS'] });
    const run = await desk.run([desk.profile({ clients: '{ idle: { sessions: 2 } }' }), ...flags]);
    expectSound(run);
    expect([0, 111], run.stderr).toContain(run.code);
    expect(run.record.ledger).toMatchObject({ lost: 0, goneUnasked: 0, duplicated: 0 });
    expect(run.record.ledger?.takenByStrategy).toBeGreaterThan(0);
  });

  story('readers who may try again are counted by their attempts', async ({ desk }) => {
    const { flags } = await desk.mailSystem();
    const readers = '{ rate: 8/s, patience: 20s, retries: 3, retryAfter: 100ms }';
    const run = await desk.run([desk.profile({ readers }), ...flags]);
    expectSound(run);
    const { patience, operations, cohorts } = run.record;
    expect(cohorts).toBeNull();
    const tried = (patience ?? []).reduce(
      (total, { succeededAfter, gaveUp }) =>
        total + gaveUp + succeededAfter.reduce((all, one) => all + one, 0),
      0,
    );
    expect(tried).toBe(sum(operations, 'journey.read', 'planned'));
    expect(tried).toBeGreaterThan(10);
  });
});
