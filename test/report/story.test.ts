/** The summary in plain sentences: from the record alone, and open about what is not known. */

import { expect, test } from 'vitest';

import { tellStory } from '../../src/report/story.ts';
import { BY_HTTP, BY_JMAP } from './door-fixtures.ts';
import { FAILING, PASSING, REFUSED, SPARSE } from './fixtures.ts';

test('a storm that was survived', () => {
  expect(tellStory(PASSING)).toEqual([
    'One message went to 1,000 mailboxes by mistake and 594 replies went to everybody as well; the mail system accepted 597,817 of 597,817 planned copies.',
    'Nine sign-ins in ten took at most 34.1 ms before the storm, 5.54 s in the storm, 1.54 s while people deleted and 38.2 ms afterwards.',
    'Of 3,374 sign-ins 56 did not succeed.',
    'Of 3,036 test results 3,036 were seen, 18 came later than 20.0 s or not while somebody waited, and 0 were lost.',
    'Of those seen, nine in ten were visible within 40.9 ms before the storm, within 6.65 s in the storm, within 1.84 s while people deleted and within 45.8 ms afterwards; the slowest took 14.7 s.',
    'Clearing up took 21 needed messages along: 21 can be had back from Trash, 0 cannot.',
    'The mail system itself lost nothing that it had accepted.',
    "The mail system had delivered everything it owed 21.4 s after the storm's end; it was at rest when the run ended.",
  ]);
});

test('a storm that lost mail and was not over', () => {
  const story = tellStory(FAILING).join(' ');
  expect(story).toContain(
    'lost 7 copies and removed 9 that nobody had asked it to; 38 copies were still on the way',
  );
  expect(story).toContain('15 can be had back from Trash, 6 cannot');
  expect(story).toContain('left behind is not known');
  expect(story).toContain('(copies still owed: 4,120)');
});

test('a run that was refused knows nothing about people', () => {
  expect(tellStory(REFUSED)).toEqual([
    'The run ended before a storm was planned, and nothing was sent.',
    'How long a sign-in took is not known.',
    'How late test results came is not known.',
    'What was wrongly deleted or lost is not known: there is no reading of the mailboxes at the end.',
    'When it would have been over is not known.',
  ]);
  expect(tellStory({ ...REFUSED, plan: PASSING.plan })[0]).toContain('ended before its first message');
});

test('too few samples are no percentile: the slowest is told instead', () => {
  const story = tellStory(SPARSE).join(' ');
  expect(story).toContain('not known before the storm (too few: 7, the slowest 74.2 ms)');
  expect(story).toContain('not known in the storm');
  expect(story).toContain('How late test results came is not known.');
  expect(story).toContain('how many copies the mail system accepted is not known');
});

test('how people got in is told by what they did at the doors of the run', () => {
  const told = (record: typeof FAILING): readonly string[] => tellStory(record).slice(1, 3);
  expect(told(BY_JMAP)).toEqual(told(FAILING));
  expect(told(BY_JMAP)[0]).toMatch(/^Nine sign-ins in ten took at most 34\.1 ms before the storm/);
  expect(told(BY_HTTP)).toEqual([
    'Nine listings in ten took at most 47.7 ms before the storm, 7.76 s in the storm, 2.15 s while people deleted and 2.14 s afterwards.',
    'Of 3,374 listings 56 did not succeed.',
  ]);
  expect(tellStory({ ...BY_HTTP, operations: [] })).toContain('How long a listing took is not known.');
});
