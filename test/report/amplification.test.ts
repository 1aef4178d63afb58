/** What came of every message, in words: known figures, unknown ones, and records from before it was counted. */

import { describe, expect, test } from 'vitest';

import type { RecordedAmplification, RunRecord } from '../../src/record/record.ts';
import { repliesDrawn } from '../../src/report/figures.ts';
import { renderHtml } from '../../src/report/html.ts';
import { tellStory } from '../../src/report/story.ts';
import { renderText } from '../../src/report/text.ts';
import { PASSING } from './fixtures.ts';

const HOT: RecordedAmplification = {
  intendedRecipients: 1_002,
  messages: 1_622,
  copies: 597_817,
  secondCopies: 12,
  autoReplies: 29_700,
  bounces: 1_190,
  receipts: 33,
  recalls: 6,
  hottest: { autoReplies: 50, bounces: 4, receipts: 0 },
  deliveredPerMessage: 387.63,
};

const withFigures = (amplification: RecordedAmplification | null): RunRecord => ({
  ...PASSING,
  amplification,
});

describe('amplification', () => {
  test('is told in the terminal, on the page and in the story', () => {
    const record = withFigures(HOT);
    const text = renderText(record);
    expect(text).toContain(
      'amplification 1,622 messages taken, 388 delivered for each; auto-replies 29,700, bounces 1,190, receipts 33, recalls 6\n',
    );
    expect(text).toContain('  hottest     50 auto-replies, 4 bounces\n');
    const page = renderHtml(record);
    expect(page).toContain('What came of every message');
    expect(page).toMatch(/hottest mailbox[\s\S]*50 auto-replies, 4 bounces/);
    expect(tellStory(record).join('\n')).toContain(
      'there came 30,923 messages that nobody wrote (auto-replies, bounces, receipts); one mailbox alone got 50 auto-replies, 4 bounces.',
    );
  });

  test('what nobody could count is not known, never 0', () => {
    const text = renderText(
      withFigures({
        ...HOT,
        secondCopies: null,
        autoReplies: null,
        bounces: null,
        hottest: null,
        deliveredPerMessage: null,
      }),
    );
    expect(text).toMatch(
      /amplification .* not known how many were delivered for each; auto-replies not known, bounces not known, receipts 33/,
    );
    expect(text).not.toContain('hottest');
  });

  test('a record from before it was counted, or of no load, says nothing of it', () => {
    for (const record of [PASSING, withFigures(null)]) {
      expect(renderText(record)).not.toContain('amplification');
      expect(renderHtml(record)).not.toContain('What came of every message');
      expect(tellStory(record)).toEqual(tellStory(PASSING));
    }
  });

  test('recalls are no replies', () => {
    const { plan } = PASSING;
    if (plan === null) throw new Error('it has a plan');
    expect(repliesDrawn(PASSING)).toBe(594);
    expect(repliesDrawn({ ...PASSING, plan: { ...plan, recalls: 4 } })).toBe(590);
  });
});
