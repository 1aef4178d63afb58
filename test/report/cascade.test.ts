/** The conversation in words: what starved is told as such, what is not known is told too, and an ordinary open storm needs no line. */

import { expect, test } from 'vitest';

import type { RecordedCascade, RunRecord } from '../../src/record/record.ts';
import { renderHtml } from '../../src/report/html.ts';
import { tellStory } from '../../src/report/story.ts';
import { renderText } from '../../src/report/text.ts';
import { PASSING, REFUSED } from './fixtures.ts';

const COUPLED: RecordedCascade = {
  mode: 'coupled',
  planned: 594,
  sent: 580,
  accepted: 577,
  refused: 1,
  unknown: 2,
  starved: { branches: 4, replies: 11 },
  pruned: 2,
  hypothetical: null,
  unsent: { held: 1 },
  seenAfterUs: { count: 581, p50: 812_000, p90: 4_100_000, max: 61_000_000 },
  branchingRatio: 0.8,
};

const telling = (cascade: RecordedCascade | null): RunRecord => ({ ...PASSING, cascade });

test('a conversation that starved says how many branches, and how many replies in them', () => {
  const sentence =
    '4 branches of the conversation starved: 11 replies were never written because what they answer never arrived in time';
  const text = renderText(telling(COUPLED));
  expect(text).toContain(
    'replies       coupled: 580 of 594 planned were sent: 577 accepted, 1 refused, 2 unknown, 1 dropped (held)',
  );
  expect(text).toContain(`  ${sentence}\n`);
  expect(text).toContain('  2 pruned: never written because what they answer was refused or never left\n');
  expect(text).toContain('  sent until seen p50 812 ms, p90 4.10 s, max 61.0 s');
  const story = tellStory(telling(COUPLED));
  expect(story[0]).toContain('580 of the 594 replies drawn went to everybody as well');
  expect(story).toContain(`${sentence}.`);
  const page = renderHtml(telling(COUPLED));
  expect(page).toContain(sentence);
  expect(page).toContain('0.8 accepted answers to each accepted reply');
});

test('one branch of one reply is singular', () => {
  const one = renderText(telling({ ...COUPLED, starved: { branches: 1, replies: 1 } }));
  expect(one).toContain(
    '1 branch of the conversation starved: 1 reply was never written because what it answers never arrived',
  );
});

test('a conversation that did not starve says so, and what it does not know', () => {
  const fed: RecordedCascade = {
    ...COUPLED,
    starved: { branches: 0, replies: 0 },
    seenAfterUs: { count: 0, p50: null, p90: null, max: null },
    branchingRatio: null,
  };
  const text = renderText(telling(fed));
  expect(text).toContain('  no branch of the conversation starved\n');
  expect(text).toContain('sent until seen not known: nobody saw what they would answer');
  expect(renderHtml(telling(fed))).toContain('not known: no reply was accepted');
});

test('an open storm whose replies were all accepted needs no line; hypothetical ones do', () => {
  expect(renderText(PASSING)).not.toContain('\nreplies ');
  const open = PASSING.cascade;
  if (open === null) throw new Error('the fixture has a conversation');
  const text = renderText(telling({ ...open, accepted: 590, refused: 4, hypothetical: 9 }));
  expect(text).toContain('replies       open: 594 of 594 planned were sent: 590 accepted, 4 refused');
  expect(text).toContain('  9 hypothetical: sent although what they answer was refused or never left');
  expect(text).not.toContain('starved');
});

test('what not all shards told of is not known; what never began says nothing', () => {
  expect(renderText(telling(null))).toContain('replies       not known: not all shards told');
  expect(renderHtml(telling(null))).toContain('not all shards told what became of theirs');
  expect(renderText(REFUSED)).not.toContain('\nreplies ');
});
