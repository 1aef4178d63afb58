/** Faults made by plain configuration on real Postfix and Dovecot: the ledger finds exactly those, by count and id, and no others. */

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';

import { DISPOSITIONS } from '../../src/measure/dispositions.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { parseMessageId, streamOf } from '../../src/storm/numbering.ts';
import { ledgerOf } from './accounted.ts';
import { type CuttingProxy, cuttingProxy } from './cutting-proxy.ts';
import { type Delivery, deliveriesIn } from './deliveries.ts';
import { describeReal } from './gate.ts';
import { type Lab, type LabOptions, startLab } from './lab.ts';
import { peopleOf } from './people.ts';
import { type Change, labFlags, mailboxFlags, storm } from './program.ts';

const MAILBOXES = 30;

/** Half of the people delete, so that there are watchers who do not; the storm is short, and so is the wait for its drain. */
const CHANGES: readonly Change[] = [
  ['users: 80%', 'users: 50%'],
  [
    'baseline: 3s, storm: 8m, maxDrain: 30s, deletes: 5m',
    'baseline: 2s, storm: 5m, maxDrain: 5s, deletes: 3m',
  ],
  ['deadline: 20s\n  giveUpAfter: 30s', 'deadline: 6s\n  giveUpAfter: 8s'],
  ['thresholds:', 'quiescence: { maxWait: 5s }\nthresholds:'],
];

const LONG_IDS = 'enable_long_queue_ids = yes';

const people = peopleOf(MAILBOXES, CHANGES);
const everybody = Array.from({ length: MAILBOXES }, (_, mailbox) => mailbox);

let lab: Lab | undefined;
let proxy: CuttingProxy | undefined;
afterEach(async () => {
  await proxy?.close();
  await lab?.stop();
});

async function open(options: Omit<LabOptions, 'mailboxes'>): Promise<Lab> {
  lab = await startLab({
    mailboxes: MAILBOXES,
    ...options,
    extraMainCf: [LONG_IDS, ...(options.extraMainCf ?? [])],
  });
  return lab;
}

const addressOf = (mailbox: number): string => `user${mailbox}@lab.test`;
const mailboxOf = (address: string): number => Number(/^user(\d+)@/.exec(address)?.[1] ?? Number.NaN);
const isOurs = ({ number }: { readonly number: number }): boolean => streamOf(number) !== 'pilot';

/** Copies as sorted words, each once. */
function copies(some: Iterable<{ readonly number: number; readonly mailbox: number }>): string[] {
  return [...new Set([...some].map(({ number, mailbox }) => `${number} in ${mailbox}`))].sort();
}

const copiesOf = (deliveries: readonly Delivery[]): string[] =>
  copies(deliveries.filter(isOurs).map(({ number, to }) => ({ number, mailbox: mailboxOf(to) })));

/** Harms and their kin, those that are none left out; the ledger must add up besides. */
function harmOf(record: RunRecord): Record<string, number> {
  const ledger = ledgerOf(record);
  expect(DISPOSITIONS.reduce((sum, name) => sum + ledger[name], 0)).toBe(ledger.copiesAccepted);
  expect(ledger.listMessages).toBeGreaterThan(10);
  const { goneUnasked, lost, misdelivered, duplicated, overdue, bounced, unknown, junked } = ledger;
  const harm = { goneUnasked, lost, misdelivered, duplicated, overdue, bounced, unknown, junked };
  return Object.fromEntries(Object.entries(harm).filter(([, count]) => count > 0));
}

/** Findings of the ledger that failed, by their check. Warnings about manners are not among them: servers may reorder, defer and be slow. */
const failedChecks = ({ verdict }: RunRecord): string[] =>
  verdict.findings
    .filter(
      ({ status, check, severity }) =>
        status === 'fail' &&
        !(severity === 'warn' && check.startsWith('ledger: ')) &&
        /ledger|accepted copy|planned operation|clinical/.test(check),
    )
    .map(({ check }) => check)
    .sort();

/** Does something once, when the run says that. */
function when(
  words: RegExp,
  act: () => Promise<void>,
): { readonly heard: (said: string) => void; readonly done: () => Promise<void> } {
  let acting: Promise<void> | undefined;
  return {
    heard: (said) => {
      if (words.test(said)) acting ??= act();
    },
    done: async () => {
      expect(acting).toBeDefined();
      await acting;
    },
  };
}

/** What a job of the administrator's removes: every message to everybody in a maildir's inbox, by its number. */
async function removeJunk(mailRoot: string, mailbox: number, removed: number[]): Promise<void> {
  for (const part of ['new', 'cur']) {
    const folder = join(mailRoot, `user${mailbox}`, part);
    for (const file of await readdir(folder)) {
      const header =
        (await readFile(join(folder, file), 'latin1')).split('\r\n\r\n')[0]?.split('\n\n')[0] ?? '';
      const number = parseMessageId(/^Message-ID:.*$/im.exec(header)?.[0] ?? '')?.number;
      if (number === undefined || streamOf(number) !== 'list') continue;
      await rm(join(folder, file));
      removed.push(number);
    }
  }
}

describeReal('faults of real servers', () => {
  test('copies discarded, direct mail given to a stranger, mail removed behind our back: each as many as there were', async () => {
    const [doubled = -1] = people.watchers;
    const robbed =
      [...people.watchers].find((mailbox) => mailbox !== doubled && !people.deleters.has(mailbox)) ?? -1;
    const others = everybody.filter((mailbox) => mailbox !== doubled && mailbox !== robbed);
    const [unlucky = -1, stranger = -1] = others.toReversed();
    expect(Math.min(unlucky, doubled, stranger, robbed)).toBeGreaterThanOrEqual(0);
    const here = await open({
      maps: { transport: '', bcc: `${addressOf(doubled)} ${addressOf(stranger)}\n` },
      extraMainCf: [
        'transport_maps = hash:$config_directory/transport',
        'recipient_bcc_maps = hash:$config_directory/bcc',
      ],
    });
    const removed: number[] = [];
    const discard = when(/^pilot: seen/m, () =>
      here.setMap('transport', `${addressOf(unlucky)} discard:silently\n`),
    );
    const rob = when(/^deletes /m, () => removeJunk(here.mailRoot, robbed, removed));
    const { code, record } = await storm(
      here,
      ['--list', here.list],
      labFlags(here),
      here.password,
      CHANGES,
      (said) => {
        discard.heard(said);
        rob.heard(said);
      },
    );
    await Promise.all([discard.done(), rob.done()]);
    const deliveries = deliveriesIn(await here.postfixLog());
    const discarded = copiesOf(deliveries.filter(({ agent }) => agent === 'discard'));
    const given = copiesOf(
      deliveries.filter(
        ({ to, by, number }) =>
          to === addressOf(stranger) &&
          by === undefined &&
          deliveries.some((one) => one.number === number && one.to === addressOf(doubled)),
      ),
    );
    const gone = copies(removed.map((number) => ({ number, mailbox: robbed })));
    expect([discarded, given, gone].map(({ length }) => length > 0)).toEqual([true, true, true]);
    const { named } = ledgerOf(record);
    expect(copies(named['lost'] ?? [])).toEqual(discarded);
    expect(copies(named['misdelivered'] ?? [])).toEqual(given);
    expect(copies(named['goneUnasked'] ?? [])).toEqual(gone);
    expect(harmOf(record)).toEqual({
      lost: discarded.length,
      misdelivered: given.length,
      goneUnasked: gone.length,
    });
    expect(failedChecks(record)).toEqual(['ledger: goneUnasked', 'ledger: lost', 'ledger: misdelivered']);
    expect(code).toBe(99);
  });

  test('a line cut at the final dot: what the server has is found and counts as accepted, the rest stays unknown', async () => {
    const here = await open({});
    proxy = await cuttingProxy(here.smtpPort, (number) => {
      if (streamOf(number) === 'pilot') return undefined;
      return ([undefined, 'afterDot', undefined, 'beforeDot'] as const)[number % 8];
    });
    const flags = [
      ...mailboxFlags(here),
      '--submit',
      `smtp://localhost:${proxy.port}?tls=off`,
      '--queue-probe',
      here.queueProbe,
    ];
    const { record } = await storm(here, ['--list', here.list], flags, here.password, CHANGES);
    const owed = (some: ReadonlySet<number>): number =>
      [...some].reduce((sum, number) => sum + (streamOf(number) === 'list' ? MAILBOXES : 1), 0);
    const { afterDot, beforeDot } = proxy.cut;
    for (const some of [afterDot, beforeDot])
      expect(new Set([...some].map(streamOf))).toEqual(new Set(['list', 'bystander', 'clinical']));
    const ledger = ledgerOf(record);
    expect({ resolved: ledger.unknownResolved, unknown: ledger.unknown }).toEqual({
      resolved: owed(afterDot),
      unknown: owed(beforeDot),
    });
    expect(harmOf(record)).toEqual({ unknown: owed(beforeDot) });
    expect(failedChecks(record)).toEqual([]);
  });

  test('a delivery put off for 300 s is overdue, and nothing is lost', async () => {
    const [late = -1] = everybody.filter((mailbox) => !people.watchers.has(mailbox));
    const here = await open({
      maps: { transport: '' },
      extraMainCf: [
        'transport_maps = hash:$config_directory/transport',
        'minimal_backoff_time = 300s',
        'maximal_backoff_time = 300s',
      ],
    });
    const defer = when(/^pilot: seen/m, () =>
      here.setMap('transport', `${addressOf(late)} retry:4.2.0 not now\n`),
    );
    const { record } = await storm(
      here,
      ['--list', here.list],
      labFlags(here),
      here.password,
      CHANGES,
      defer.heard,
    );
    await defer.done();
    const deferred = copiesOf(
      deliveriesIn(await here.postfixLog()).filter(({ status }) => status === 'deferred'),
    );
    expect(deferred.length).toBeGreaterThan(20);
    expect(record.drain.quiescent).toBe(false);
    expect(copies(ledgerOf(record).named['overdue'] ?? [])).toEqual(deferred);
    expect(harmOf(record)).toEqual({ overdue: deferred.length });
    expect(failedChecks(record)).toEqual([]);
  });

  test('a mailbox that junk fills: every notice is traced, and the test results it kept out are the headline', async () => {
    // Notices go to authors: one that is full itself would get none.
    const changes: readonly Change[] = [...CHANGES, ['chosen: 50', 'chosen: 15']];
    const { watchers, repliers } = peopleOf(MAILBOXES, changes);
    const full = [...watchers].find((mailbox) => !repliers.has(mailbox)) ?? -1;
    expect(full).toBeGreaterThanOrEqual(0);
    const here = await open({ quotas: { [addressOf(full)]: '*:messages=8' } });
    const { record, stderr } = await storm(
      here,
      ['--list', here.list],
      labFlags(here),
      here.password,
      changes,
    );
    const refused = deliveriesIn(await here.postfixLog()).filter(({ status }) => status === 'bounced');
    const bounced = copiesOf(refused);
    const results = copiesOf(refused.filter(({ number }) => streamOf(number) === 'clinical'));
    expect([bounced.length > results.length, results.length > 0]).toEqual([true, true]);
    expect(new Set(refused.map(({ code, to }) => `${code} ${to}`))).toEqual(
      new Set([`5.2.2 ${addressOf(full)}`]),
    );
    const { named, overQuota, notices } = ledgerOf(record);
    expect(copies(named['bounced'] ?? [])).toEqual(bounced);
    expect(overQuota).toMatchObject({ refused: 0, notified: bounced.length, clinical: results.length });
    expect(copies(overQuota.named)).toEqual(results);
    for (const { junk } of overQuota.named) expect(junk).toBeGreaterThan(0);
    expect(new Set(notices.map(({ kind, status }) => `${kind} ${status}`))).toEqual(
      new Set(['bounce 5.2.2']),
    );
    expect(notices.reduce((sum, { count }) => sum + count, 0)).toBe(bounced.length);
    expect(harmOf(record)).toEqual({ bounced: bounced.length });
    expect(failedChecks(record)).toEqual(['clinical messages kept out by a mailbox that junk had filled']);
    expect(stderr).toContain(`${results.length} of them clinical messages, by junk`);
  });
});
