/** What is shown while a run goes on is timed at the doors of the run. */

import { expect, test } from 'vitest';

import { frame } from '../../src/cli/terminal.ts';
import type { RunState } from '../../src/replay/conduct.ts';
import type { MailboxDoor } from '../../src/words.ts';
import { enter, ramp } from '../measure/notebooks.ts';
import { planOf, SMOKE } from '../storm/plans.ts';
import { tallyOf } from '../verdict/cases.ts';

function shown(mailbox: MailboxDoor): string {
  const tally = tallyOf((recorder) => {
    enter(recorder, 'imap.signin', ramp(20, 1_000));
    enter(recorder, 'jmap.session', ramp(20, 2_000));
    enter(recorder, 'http.list', ramp(20, 3_000));
  });
  const plan = { ...planOf(SMOKE), doors: { submit: 'smtp', mailbox } as const };
  const state: RunState = {
    plan,
    phase: 'storm',
    atUs: 0,
    tally,
    owed: undefined,
    held: false,
    progress: { copiesAccepted: 0, canariesWaiting: 0 },
  } as unknown as RunState;
  return frame(state, { offered: 0, achieved: 0 })[2] ?? '';
}

test('the sign-in is what stands for it there', () => {
  expect(shown('imap')).toContain('sign-in p50 10.0 ms');
  expect(shown('jmap')).toContain('sign-in p50 20.0 ms');
  expect(shown('http')).toContain('sign-in p50 30.0 ms');
});
