/** Each misbehaviour of the embedded target, one victim in a thousand, is found by its own check with the exact victims, and by no other; a clean target trips none. */

import { describe, expect } from 'vitest';

import type { RunRecord } from '../../src/record/record.ts';
import { plainNumber, streamOf } from '../../src/storm/numbering.ts';
import { MISDEEDS, type MischiefConfig, type Misdeed, SPARED_FROM } from '../../src/target/mischief.ts';
import type { TargetConfig } from '../../src/target/config.ts';
import { MISBEHAVIOURS } from '../../src/profile/misbehave-schema.ts';
import { randomStream } from '../../src/random.ts';
import { expectSound } from './sound.ts';
import { type Desk, PASSWORD, story, user } from './story.ts';
import {
  certainCopies,
  cleanRun,
  directCopies,
  isStruck,
  listCopies,
  messagesOf,
  ONE_IN,
  PEOPLE,
  seedFor,
  tripped,
  unrulyPlan,
  unrulyProfile,
  type Victim,
} from './unruly.ts';

type Shape = Parameters<typeof unrulyProfile>[0];

interface Row {
  readonly misdeed: Misdeed;
  /** The ledger's check that must trip. */
  readonly check: string;
  readonly shape: Shape;
  /** What may be struck for certain: the seed is chosen among these. */
  readonly candidates: 'list' | 'direct' | 'messages' | 'turns';
  readonly suits?: (victims: readonly Victim[], seed: number) => boolean;
  /** What is struck is not what is harmed, or depends on what the clients do: the target's own log tells. */
  readonly byLog?: boolean;
  readonly observed?: RegExp;
  /** `offered`: used where it is offered, not insisted upon. */
  readonly tls?: 'required' | 'offered';
}

const JUST_ONE = (victims: readonly Victim[]): boolean => victims.length === 1;

/** Turns at a door since the storm began; enough that none beyond the early ones is struck. */
const EARLY_TURNS = 12;
const ALL_TURNS = 400;

const ROWS: readonly Row[] = [
  { misdeed: 'lose', check: 'lost', shape: {}, candidates: 'list' },
  { misdeed: 'double', check: 'duplicated', shape: {}, candidates: 'list' },
  { misdeed: 'neighbour', check: 'misdelivered', shape: {}, candidates: 'direct' },
  { misdeed: 'invent', check: 'invented', shape: {}, candidates: 'list', byLog: true },
  { misdeed: 'stray', check: 'strayed', shape: {}, candidates: 'list', byLog: true },
  { misdeed: 'corrupt', check: 'corrupted', shape: { deleters: 'nobody' }, candidates: 'list' },
  {
    misdeed: 'reorder',
    check: 'reordered',
    shape: { deleters: 'nobody', speed: 15 },
    candidates: 'list',
    byLog: true,
    // Early enough that something comes clearly later.
    suits: (victims) => victims.length >= 2 && victims.every(({ number }) => number < 20),
  },
  { misdeed: 'delay', check: 'overdue', shape: { maxDrain: '2s' }, candidates: 'list' },
  { misdeed: 'expunge', check: 'goneUnasked', shape: { deleters: 'nobody', idle: true }, candidates: 'list' },
  {
    misdeed: 'resurrect',
    check: 'resurrected',
    shape: { deleters: 'everybody expunges' },
    candidates: 'list',
  },
  { misdeed: 'lie', check: 'refusedToGo', shape: { deleters: 'everybody expunges' }, candidates: 'list' },
  {
    misdeed: 'overreach',
    check: 'goneUnasked',
    shape: { deleters: 'everybody expunges' },
    candidates: 'list',
    byLog: true,
  },
  {
    misdeed: 'stall',
    check: 'stalled',
    shape: {},
    candidates: 'messages',
    suits: (victims) => JUST_ONE(victims) && (victims[0]?.number ?? 99) < 12,
    observed: /^1 stalls in \d+ s of looking$/,
  },
  { misdeed: 'tempfail', check: 'deferred', shape: {}, candidates: 'messages' },
  {
    misdeed: 'hangup',
    check: 'unanswered',
    shape: {},
    candidates: 'messages',
    suits: (victims, seed) =>
      victims.some((victim) => isTaken(seed, victim)) && victims.some((victim) => !isTaken(seed, victim)),
  },
  { misdeed: 'quota', check: 'overQuota', shape: {}, candidates: 'direct' },
  {
    misdeed: 'downgrade',
    check: 'downgraded',
    shape: {},
    candidates: 'turns',
    tls: 'required',
    suits: anEarlyOne,
  },
  {
    misdeed: 'downgrade',
    check: 'downgraded',
    shape: {},
    candidates: 'turns',
    tls: 'offered',
    suits: anEarlyOne,
  },
];

/** One connection to a mailbox, soon after the storm has begun. */
function anEarlyOne(victims: readonly Victim[]): boolean {
  return JUST_ONE(victims) && victims.every((one) => one.mailbox === 1 && one.number < EARLY_TURNS);
}

/** Half of those whose line is dropped after the final dot were taken. */
function isTaken(seed: number, { number }: Victim): boolean {
  return randomStream(seed, `misbehave.hangup.taken.${number}`, 0).uniform() < 0.5;
}

function candidatesOf({ candidates, shape }: Row): Victim[] {
  const plan = unrulyPlan(shape);
  if (candidates === 'list') return listCopies(plan);
  if (candidates === 'direct') return certainCopies(plan);
  if (candidates === 'messages') return messagesOf([...listCopies(plan), ...directCopies(plan)]);
  return Array.from({ length: ALL_TURNS }, (_, number) =>
    [0, 1].map((mailbox) => ({ number, mailbox })),
  ).flat();
}

function sorted(places: readonly { readonly number: number; readonly mailbox: number | null }[]): string[] {
  return places.map(({ number, mailbox }) => `${number}/${mailbox ?? 0}`).toSorted();
}

async function storm(desk: Desk, shape: Shape, changes: Partial<TargetConfig>, tls: Row['tls']) {
  const accounts = Array.from({ length: PEOPLE }, (_, mailbox) => user(mailbox));
  const system = await desk.mailSystem({}, { accounts, ...changes });
  const profile = desk.write('unruly.yaml', unrulyProfile(shape));
  const { ca } = system.running.ports;
  const trust = ca === undefined ? [] : ['--tls-ca', desk.write('ca.pem', ca)];
  const speed = ['--speed', shape.speed === undefined ? 'max' : `${shape.speed}x`];
  const flags = system.flags.map((flag) => (tls === 'offered' ? flag.replace('?tls=required', '') : flag));
  const run = await desk.run([profile, ...flags, ...trust, ...speed, '--workers', '1']);
  expectSound(run);
  return { run, deeds: system.running.deeds() };
}

describe('the table', () => {
  story('names every misbehaviour, as the profile does, and spares the pilot', () => {
    expect(new Set(ROWS.map(({ misdeed }) => misdeed))).toEqual(new Set(MISDEEDS));
    expect(Object.keys(MISBEHAVIOURS).toSorted()).toEqual([...MISDEEDS].toSorted());
    expect(SPARED_FROM).toBe(plainNumber('pilot', 0));
    expect(streamOf(SPARED_FROM - 1)).toBe('deleter');
    expect(PASSWORD).not.toBe('');
  });
});

describe.concurrent('a target that misbehaves once in a thousand', { timeout: 120_000 }, () => {
  for (const row of ROWS) {
    const how = row.tls === undefined ? '' : ` (TLS ${row.tls})`;
    story(
      `by ${row.misdeed}${how} trips ${row.check}, with the victims named, and nothing else`,
      async ({ desk }) => {
        const { misdeed, check, shape } = row;
        const { seed, victims } = seedFor(misdeed, candidatesOf(row), row.suits);
        const mischief: MischiefConfig = {
          seed,
          oneIn: { [misdeed]: ONE_IN },
          named: [],
          stallUs: 6_000_000,
        };
        const { run, deeds } = await storm(desk, shape, { mischief, tls: row.tls !== undefined }, row.tls);
        // The target struck whom the seed says, and nobody else.
        expect(new Set(deeds.map((deed) => deed.misdeed))).toEqual(new Set([misdeed]));
        if (misdeed !== 'overreach') {
          for (const deed of deeds) expect(isStruck(seed, misdeed, deed), JSON.stringify(deed)).toBe(true);
          const sent = deeds.filter(({ number }) => victims.some((victim) => victim.number === number));
          if (row.byLog !== true && row.candidates !== 'messages')
            expect(sorted(sent)).toEqual(sorted(victims));
        }
        expect(deeds.length).toBeGreaterThan(0);
        const { record } = run;
        expect(tripped(record), run.stderr).toEqual([`ledger: ${check}`]);
        const found = record.verdict.findings.find((one) => one.check === `ledger: ${check}`);
        if (row.observed === undefined) expect(found?.observed).toMatch(new RegExp(`^${deeds.length} `));
        else expect(found?.observed).toMatch(row.observed);
        expectNamed(record, row, deeds);
      },
    );
  }

  story('is told by the command line too, and by the embedded target of a run', async ({ desk }) => {
    const profile = desk.write('unruly.yaml', unrulyProfile({}));
    const run = await desk.run([profile, '--speed', 'max', '--misbehave', 'lose@3/5,double@4/6,seed=1']);
    expectSound(run);
    expect(tripped(run.record).toSorted()).toEqual(['ledger: duplicated', 'ledger: lost']);
    expect(run.record.ledger?.named['lost']).toEqual([{ number: 3, mailbox: 5 }]);
    expect(run.record.manners?.find(({ manner }) => manner === 'duplicated')?.named).toEqual([
      { number: 4, mailbox: 6 },
    ]);
    // Spoken to in the clear from the start, it had no TLS to take away: nothing was looked at, nothing is said.
    expect(run.record.manners?.find(({ manner }) => manner === 'downgraded')?.looked).toBe(0);
    expect(run.record.verdict.findings.map(({ check }) => check)).not.toContain('ledger: downgraded');
    expect(run.code).toBe(99);
  });
});

/** The places named are the places struck. */
function expectNamed(
  { ledger, manners }: RunRecord,
  { misdeed, check }: Row,
  deeds: readonly Victim[],
): void {
  if (misdeed === 'stray' || misdeed === 'stall' || misdeed === 'downgrade') return;
  const figure = manners?.find(({ manner }) => manner === check);
  const places = figure?.named ?? ledger?.named[check] ?? [];
  const unit = (one: Victim): Victim => {
    if (misdeed === 'neighbour') return { ...one, mailbox: (one.mailbox + 1) % PEOPLE };
    return misdeed === 'quota' ? { ...one, mailbox: 0 } : one;
  };
  if (misdeed === 'invent') {
    // A number that the plan does not know, in the mailbox it was put into.
    const boxes = (some: readonly { readonly mailbox: number | null }[]): string[] =>
      sorted(some.map(({ mailbox }) => ({ number: 0, mailbox })));
    expect(boxes(places)).toEqual(boxes(deeds));
    return;
  }
  expect(sorted(places)).toEqual(sorted(deeds.map(unit)));
}

/** Here a few; a hundred beside the real servers. */
const SEEDS = 10;

describe.concurrent('a target that behaves', { timeout: 120_000 }, () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    story(`trips nothing by seed ${seed}, without gaps`, async ({ desk }) => {
      const run = await cleanRun(desk, seed);
      expectSound(run);
      expect(tripped(run.record), run.stderr).toEqual([]);
      expect(run.record.ledger?.listMessages).toBeGreaterThan(1);
    });
  }
});
