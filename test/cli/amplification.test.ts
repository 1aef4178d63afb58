/** What a run's messages came to: messages taken by some, second copies that a delete took, recalls apart from replies. */

import { describe, expect, test } from 'vitest';

import { amplificationOf } from '../../src/cli/amplification.ts';
import { aftermathOf, repliesDrawn } from '../../src/cli/run-aftermath.ts';
import { closeLedger } from '../../src/measure/ledger.ts';
import { emptyCensus, findListCopy } from '../../src/measure/ledger-census.ts';
import {
  emptyShare,
  enterDirect,
  enterListCopy,
  enterListMessage,
  noteCopy,
} from '../../src/measure/ledger-share.ts';
import { emptyManners, noteListing } from '../../src/measure/manners.ts';
import { emptyReadings } from '../../src/measure/readings.ts';
import { Tally } from '../../src/measure/tally.ts';
import type { Conducted } from '../../src/replay/conduct.ts';
import { listMessage } from '../../src/storm/plan.ts';
import { enter, ramp } from '../measure/notebooks.ts';
import { planOf, smokeWith } from '../storm/plans.ts';
import { tallyOf } from '../verdict/cases.ts';

const MAILBOXES = 40;

function desk(expanded: boolean) {
  const profile = smokeWith({ list: { replyTo: 'list+sender' } });
  const plan = planOf(profile, { seed: 3, mailboxes: MAILBOXES });
  const share = emptyShare({
    mailboxes: MAILBOXES,
    listMessages: plan.cascade.length,
    fanOut: expanded ? 'list' : 'generator',
  });
  const census = emptyCensus(share.shape);
  const manners = emptyManners(MAILBOXES);
  const figures = () => {
    const ledger = closeLedger(share, census, true);
    return amplificationOf({ plan, tally: new Tally(), share, manners, census, ledger, expanded });
  };
  return { plan, share, census, manners, figures };
}

test('a message that some were refused is one that was taken, and one that all were is none', () => {
  const { share, figures } = desk(false);
  for (let mailbox = 0; mailbox < MAILBOXES; mailbox += 1) {
    enterListCopy(share, 0, mailbox, mailbox === 7 ? 'rejected' : 'accepted');
    enterListCopy(share, 1, mailbox, 'rejected');
    enterListCopy(share, 2, mailbox, mailbox === 7 ? 'unknown' : 'rejected');
  }
  enterDirect(share, { number: 2 ** 40, recipient: 3, clinical: false, acceptance: 'accepted' });
  enterDirect(share, { number: 2 ** 40 + 1, recipient: 3, clinical: false, acceptance: 'rejected' });
  const { messages, copies, deliveredPerMessage } = figures();
  expect({ messages, copies }).toEqual({ messages: 2, copies: MAILBOXES });
  expect(deliveredPerMessage).toBe(MAILBOXES / 2);
});

describe('a second copy', () => {
  /** The first reply that addresses somebody beside the list: taken, and both copies delivered or one. */
  function delivered(copies: number) {
    const one = desk(true);
    const number = one.plan.cascade.findIndex((_, at) => listMessage(one.plan, at).alsoTo !== undefined);
    const mailbox = listMessage(one.plan, number).alsoTo ?? -1;
    enterListMessage(one.share, number, 'accepted');
    const listed = (): void =>
      noteListing(one.manners, mailbox, Array<number>(copies).fill(number), () => true);
    const asked = (): void => noteCopy(one.share, 'asked', true, number, mailbox);
    const left = (): void => {
      for (let at = 0; at < copies; at += 1) findListCopy(one.census, mailbox, number, 'present', 2);
    };
    return { ...one, listed, asked, left };
  }

  test('that was found counts once, whether the census found it, a listing before a delete, or both', () => {
    const kept = delivered(2);
    kept.left();
    expect(kept.figures()).toMatchObject({ secondCopies: 1, deliveredPerMessage: MAILBOXES + 1 });
    const deleted = delivered(2);
    deleted.listed();
    deleted.asked();
    expect(deleted.figures()).toMatchObject({ secondCopies: 1, deliveredPerMessage: MAILBOXES + 1 });
    const both = delivered(2);
    both.listed();
    both.left();
    expect(both.figures().secondCopies).toBe(1);
  });

  test('is none where nobody deleted and one lies there', () => {
    const { left, figures } = delivered(1);
    left();
    expect(figures()).toMatchObject({ secondCopies: 0, deliveredPerMessage: MAILBOXES });
  });

  test('is not known where a delete took a copy and nobody had seen two', () => {
    const { listed, asked, figures } = delivered(1);
    listed();
    asked();
    expect(figures()).toMatchObject({ secondCopies: null, deliveredPerMessage: null });
  });
});

test('recalls are no part of the replies that were drawn', () => {
  const replies = planOf(smokeWith({})).cascade;
  const { cascade } = planOf(smokeWith({ amplifiers: { recalls: 1 } }));
  expect(cascade.length).toBeGreaterThan(replies.length);
  expect(repliesDrawn(cascade)).toEqual(repliesDrawn(replies));
  expect(repliesDrawn(replies).drawn).toBe(replies.length - 1);
});

test.each([
  [undefined, 2],
  [{ echo: false }, 1],
])('with list %o the blast is owed to %i of two watchers, of whom one wrote it', (list, of) => {
  const profile = smokeWith(list === undefined ? {} : { list });
  const drawn = planOf(profile, { mailboxes: MAILBOXES });
  const { author } = listMessage(drawn, 0);
  const plan = { ...drawn, watchers: [author, (author + 1) % MAILBOXES] };
  const conducted = {
    zeroUs: 0,
    spans: [],
    tally: new Tally(),
    drainedUs: null,
    quiescent: true,
    report: { readings: emptyReadings() },
  } as unknown as Conducted;
  const { readings } = aftermathOf({
    profile,
    plan,
    conducted,
    readings: [],
    owedUnit: undefined,
    operations: [],
  });
  expect(readings.blast.of).toBe(of);
});

test('receipts are what was handed in besides, by whatever messages are handed in by', () => {
  const { plan, share, census, manners } = desk(false);
  const tally = tallyOf((recorder) => {
    enter(recorder, 'jmap.submit', ramp(3), { induced: true });
    enter(recorder, 'jmap.submit', ramp(9));
    enter(recorder, 'smtp.submit', ramp(5), { induced: true });
  });
  const receipts = (submit: 'smtp' | 'jmap' | 'http') => {
    const through = { ...plan, doors: { submit, mailbox: 'imap' } as const };
    const facts = { tally, share, manners, census, ledger: undefined, expanded: false };
    return amplificationOf({ plan: through, ...facts }).receipts;
  };
  expect([receipts('smtp'), receipts('jmap'), receipts('http')]).toEqual([5, 3, 0]);
});
