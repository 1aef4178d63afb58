/** What a threshold by a deed is judged on: the operation that stands for it at the doors of the run, and nothing else of it changes. */

import { describe, expect, test } from 'vitest';
import { shippedProfiles } from '../../src/cli/files.ts';
import { atDoors, judgedAt, strangersAt } from '../../src/profile/at-doors.ts';
import { stepsOf } from '../../src/storm/journey.ts';
import { OPERATIONS, USUAL_DOORS, type Doors } from '../../src/words.ts';
import { thresholdOf } from '../verdict/cases.ts';
import { shippedProfile } from './shipped.ts';

const SUBMITS = ['smtp', 'jmap', 'http'] as const;
const MAILBOXES = ['imap', 'jmap', 'http'] as const;
const ALL_DOORS: readonly Doors[] = SUBMITS.flatMap((submit) =>
  MAILBOXES.map((mailbox) => ({ submit, mailbox })),
);

const nameAt = (text: string, doors: Doors): string | undefined =>
  atDoors([thresholdOf(text)], doors)[0]?.subject.name;

describe('a deed', () => {
  test.each([
    ['signin', ['imap.signin', 'jmap.session', 'http.list']],
    ['open', ['imap.open', 'jmap.query', 'http.list']],
  ])('%s is what stands for it at the mailbox, whatever messages are handed in by', (deed, names) => {
    for (const submit of SUBMITS)
      expect(MAILBOXES.map((mailbox) => nameAt(`${deed}: p(90) < 1s`, { submit, mailbox }))).toEqual(names);
  });

  test('submit is what messages are handed in by, whatever mailboxes are opened by', () => {
    for (const mailbox of MAILBOXES)
      expect(SUBMITS.map((submit) => nameAt('submit: rate(rejected) <= 1%', { submit, mailbox }))).toEqual([
        'smtp.submit',
        'jmap.submit',
        'http.submit',
      ]);
  });

  test('keeps its text, its filters and its time, and says what it was', () => {
    const written = thresholdOf('signin{phase:storm,class:ok}: p(90) < 2s over 5s for 3');
    const [judged] = atDoors([{ ...written, abortOnFail: true }], { submit: 'smtp', mailbox: 'jmap' });
    expect(judged).toEqual({
      ...written,
      abortOnFail: true,
      subject: { ...written.subject, name: 'jmap.session', standsFor: 'signin' },
    });
  });
});

test.each([
  'imap.signin: p(90) < 1s',
  'journey.read: p(90) < 1s',
  'canaries: rate(late) <= 1%',
  'ledger: count(lost) <= 0',
])('%s names what it is judged on, through whatever doors', (text) => {
  const written = thresholdOf(text);
  for (const doors of ALL_DOORS) expect(atDoors([written], doors)).toEqual([written]);
});

describe('a threshold on what nobody does at these doors', () => {
  const [byImap, byJmap, by, journey, ledger] = [
    'imap.signin: p(90) < 1s',
    'jmap.session: p(90) < 1s',
    'signin: p(90) < 1s',
    'journey.read: p(90) < 1s',
    'ledger: count(lost) <= 0',
  ].map(thresholdOf);
  const all = [byImap, byJmap, by, journey, ledger].filter((one) => one !== undefined);

  test('is told with what to write instead, and no other is', () => {
    const [problem, ...others] = strangersAt(all, { submit: 'smtp', mailbox: 'jmap' });
    expect(problem).toMatch(
      /found "imap\.signin: p\(90\) < 1s", .* opened by jmap.*expected one of signin, open/,
    );
    expect(others).toEqual([]);
    expect(strangersAt(all, USUAL_DOORS)).toEqual([expect.stringContaining('jmap.session')]);
    expect(strangersAt(all, { submit: 'http', mailbox: 'http' })).toHaveLength(2);
  });

  test('on handing in is none where either door, or mail from outside, hands in so', () => {
    const submits = ['smtp.submit: p(90) < 1s', 'jmap.submit: p(90) < 1s'].map(thresholdOf);
    expect(strangersAt(submits, { submit: 'jmap', mailbox: 'imap' })).toEqual([]);
  });
});

describe.each(shippedProfiles())('%s', (name) => {
  const profile = shippedProfile(name);

  test.each(ALL_DOORS)('has something to judge through $submit and $mailbox', (doors) => {
    const steps = stepsOf(doors);
    const done = new Set<string>([...steps.send, ...steps.read, ...steps.canary]);
    for (const { text, subject } of judgedAt(profile, doors).thresholds) {
      if (subject.kind !== 'operation') continue;
      expect(OPERATIONS, text).toContain(subject.name);
      if (!subject.name.startsWith('journey.')) expect(done, text).toContain(subject.name);
    }
  });

  test('is otherwise what it was, and through SMTP and IMAP judged as ever', () => {
    const judged = judgedAt(profile, USUAL_DOORS);
    expect({ ...judged, thresholds: [] }).toEqual({ ...profile, thresholds: [] });
    expect(judged.thresholds.map(({ text }) => text)).toEqual(profile.thresholds.map(({ text }) => text));
  });
});
