/** Profiles from text: the shipped ones are valid, and every problem is told at once, where it stands and what was expected. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatProblem, type Problem, readProfile } from '../../src/profile/read.ts';
import { profileOf, shippedProfile, shippedText } from './shipped.ts';

const SMOKE = shippedText('smoke');

const problemsOf = (text: string): readonly Problem[] => {
  const reading = readProfile(text);
  return reading.ok ? [] : reading.problems;
};

/** Smoke with one piece of text exchanged; the piece must be there. */
function changed(from: string, to: string): string {
  if (!SMOKE.includes(from)) throw new Error(`smoke has no ${from}`);
  return SMOKE.replace(from, to);
}

/** Line and column, from 1, of the first `needle` on or below the line where `mark` begins. */
function placeOf(text: string, needle: string, mark = needle): { line: number; column: number } {
  const at = text.indexOf(needle, text.lastIndexOf('\n', text.indexOf(mark)));
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

describe('shipped profiles', () => {
  const names = readdirSync(join(import.meta.dirname, '../../profiles'))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.replace('.yaml', ''));

  test.each(names)('%s is valid, bears its file’s name and names its sources', (name) => {
    const profile = shippedProfile(name);
    expect(profile.profile).toBe(name);
    expect(profile.why.length).toBeGreaterThan(40);
    expect(profile.sources.length).toBeGreaterThan(0);
    expect(profile.thresholds.length).toBeGreaterThan(0);
  });

  test('values come out in the smallest unit, and defaults are filled in', () => {
    const profile = shippedProfile('smoke');
    expect(profile.speed).toBe(60);
    expect(profile.phases).toEqual({
      baseline: 2e6,
      storm: 180e6,
      maxDrain: 10e6,
      deletes: 120e6,
      recovery: 2e6,
    });
    expect(profile.deletes.users).toBe(0.8);
    expect(profile.readers).toEqual({ rate: 8, patience: 20e6 });
    expect(profile.limits.recipientsPerEnvelope).toBe(100);
    expect(profile.quiescence.quietFor).toBe(60e6);
    expect(profile.stopConditions).toEqual([]);
    expect(profile.blastRadius).toBeUndefined();
  });

  test('the order of keys does not matter', () => {
    const lines = SMOKE.split('\n');
    const speed = lines.findIndex((line) => line.startsWith('speed:'));
    const moved = [...lines.slice(0, speed), ...lines.slice(speed + 1), lines[speed]].join('\n');
    expect(profileOf(moved)).toEqual(shippedProfile('smoke'));
  });
});

/** Text in smoke, what replaces it, the problem's path, what is pointed at, what was found and expected. */
const WRONG: readonly [string, string, string, string, string, RegExp][] = [
  ['speed: 60x', 'speed: 60', 'speed', '60\n', '60', /^a speed such as 1x/],
  ['speed: 60x', 'speed: 0x', 'speed', '0x\n', '"0x"', /^a speed such as 1x/],
  ['baseline: 2s', 'baseline: 2', 'phases.baseline', '2, storm', '2', /^a duration such as/],
  ['baseline: 2s', 'baseline: 2MB', 'phases.baseline', '2MB', '"2MB"', /^a duration such as .*units us/],
  ['users: 80%', 'users: 0.8', 'deletes.users', '0.8', '0.8', /^a share such as/],
  ['users: 80%', 'users: 180%', 'deletes.users', '180%', '"180%"', /0% to 100%/],
  ['rate: 4/s', 'rate: 4', 'canaries.rate', '4\n  watchers', '4', /^a rate such as/],
  ['seed: 2', 'seed: 2.5', 'seed', '2.5', '2.5', /^a whole number from 0/],
  ['seed: 2', 'seed: -1', 'seed', '-1', '-1', /^a whole number from 0/],
  [
    'watchers: 4',
    'watchers: four',
    'canaries.watchers',
    'four',
    '"four"',
    /^a whole number from 1 to 10000$/,
  ],
  ['mailboxes: 1000', 'mailboxes: 1', 'population.mailboxes', '1, scaledTo', '1', /^a whole number from 2/],
  [
    'branchingRatio: 0.9',
    'branchingRatio: 9',
    'replies.branchingRatio',
    '9\n',
    '9',
    /^a number from 0 to 5$/,
  ],
  ['profile: smoke', 'profile: Smoke It', 'profile', 'Smoke It', '"Smoke It"', /lower case/],
  ['profile: smoke', 'profile: [smoke]', 'profile', '[smoke]', 'a block', /^string$/],
  ['grade: A', 'grade: Z', 'sources.0.grade', 'Z }', '"Z"', /assumption/],
  [
    'deletesStart: afterDrain',
    'deletesStart: soon',
    'deletesStart',
    'soon',
    '"soon"',
    /^afterDrain or atMaxDrain$/,
  ],
  [
    'selection: one',
    'selection: all',
    'deletes.mix.0.selection',
    'all,',
    '"all"',
    /^one, page, range, search or sweep$/,
  ],
  [
    'disposal: trash',
    'disposal: burn',
    'deletes.mix.0.disposal',
    'burn',
    '"burn"',
    /^trash, expunge or emptyTrash$/,
  ],
  [
    'subject: test',
    'subject: "a\\r\\nBcc: b@example.org"',
    'blast.subject',
    '"a',
    '"a\\r\\nBcc: b@example.org"',
    /^1 to 200 printable characters$/,
  ],
  ['Urgent referral]', 'Dringend prüfen]', 'canaries.subjects.1', 'Dringend', '"Dringend prüfen"', /ASCII/],
  ['subjects: [Blood', 'subjects: none #', 'canaries.subjects', 'none', '"none"', /^a list of subjects$/],
  [
    'low: 0, high: 60',
    'low: 41, high: 60',
    'replies.replyAlls',
    '{ low',
    'a block',
    /^low <= chosen <= high$/,
  ],
  [
    'low: 0, high: 60',
    'low: 0, high: 39',
    'replies.replyAlls',
    '{ low',
    'a block',
    /^low <= chosen <= high$/,
  ],
  ['share: 25%', 'share: 24%', 'deletes.mix', '- { selection', 'a block', /^shares that add up to 100%$/],
  ['title: A whole', 'tilte: A whole', 'tilte', 'tilte', 'an unknown key', /^one of profile, title, why/],
  [
    '  watchers: 4',
    '  wtchers: 4\n  watchers: 4',
    'canaries.wtchers',
    'wtchers',
    'an unknown key',
    /^one of rate, fromOutside, watchers/,
  ],
  [
    'selection: one',
    'colour: red, selection: one',
    'deletes.mix.0.colour',
    'colour',
    'an unknown key',
    /^one of selection, disposal, share$/,
  ],
  [
    'thresholds:\n',
    'limits: { sweep: 2 }\nthresholds:\n',
    'limits.sweep',
    'sweep',
    'an unknown key',
    /recipientsPerEnvelope/,
  ],
  [
    '- "signin: p(90) < 5s"',
    '- "signin: p(90) < 5"',
    'thresholds.4',
    '"signin',
    '"signin: p(90) < 5"',
    /^a duration/,
  ],
  ['- "signin: p(90) < 5s"', '- 7', 'thresholds.4', '7\n', '7', /^a threshold such as/],
];

describe('problems', () => {
  test.each(WRONG)('%s -> %s', (from, to, path, needle, found, expected) => {
    const text = changed(from, to);
    const problem = problemsOf(text).find((one) => one.path === path);
    expect(problem).toMatchObject({ path, found, ...placeOf(text, needle, to) });
    expect(problem?.expected).toMatch(expected);
  });

  test.each([
    ['title: A whole storm in seconds\n', 'title', { line: 2, column: 1 }],
    ['baseline: 2s, ', 'phases.baseline', placeOf(SMOKE, '{ baseline')],
    [', share: 25%', 'deletes.mix.0.share', placeOf(SMOKE, '{ selection: one')],
  ])('without "%s" the key is missing, told at its nearest parent', (piece, path, place) => {
    expect(problemsOf(changed(piece, ''))[0]).toMatchObject({ path, found: 'nothing', ...place });
  });

  test('a stop condition without its window, a network that is none', () => {
    const stop = changed('thresholds:\n', 'stopConditions: [{ errors: 5% }]\nthresholds:\n');
    expect(problemsOf(stop)).toMatchObject([{ path: 'stopConditions.0.over', found: 'nothing' }]);
    for (const cidr of ['10.0.0.0', '10.0.0.0/33', '300.1.1.1/8', '1.2/8', '::/129', 'nhs.net/8']) {
      const radius = `blastRadius: { name: x, cidrs: ["${cidr}"], recipientDomains: [] }\nthresholds:\n`;
      expect(problemsOf(changed('thresholds:\n', radius)), cidr).toMatchObject([
        { path: 'blastRadius.cidrs.0', found: `"${cidr}"`, expected: 'a network such as 10.1.2.0/24' },
      ]);
    }
  });

  test('all of them are told at once, in the order of the text', () => {
    const text = changed('speed: 60x', 'speed: fast')
      .replace('title:', 'tilte:')
      .replace('rate: 8/s', 'rate: 8')
      .replace('share: 25%', 'share: 2%');
    const problems = problemsOf(text);
    expect(problems.map(({ path }) => path)).toEqual([
      'title',
      'tilte',
      'speed',
      'readers.rate',
      'deletes.mix',
    ]);
    const lines = problems.map(({ line }) => line);
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  });

  test('are told in one form', () => {
    const problem = { line: 11, column: 8, path: 'speed', found: '60', expected: 'a speed' };
    expect(formatProblem('a.yaml', problem)).toBe('a.yaml:11:8 speed: found 60, expected a speed');
  });

  test('a long value is quoted in part', () => {
    const [problem] = problemsOf(changed('speed: 60x', `speed: ${'9'.repeat(500)}x1`));
    expect(problem?.found.length).toBeLessThanOrEqual(80);
  });
});

describe('files that are no profile', () => {
  test.each([
    ['', 1, 1, /^null$/, /^object$/],
    ['# nothing but a comment\n', 1, 1, /^null$/, /^object$/],
    ['just words', 1, 1, /just words/, /^object$/],
    ['- a\n- b\n', 1, 1, /^a block$/, /^object$/],
    ['profile: a\nprofile: b\n', 2, 1, /unique/, /^well-formed YAML$/],
    ['phases: { storm: 1s, storm: 2s }\n', 1, 22, /unique/, /^well-formed YAML$/],
    ['profile: a\nphases: [1,\n', 3, 1, /Flow sequence/, /^well-formed YAML$/],
    ['profile: a\n  title: b\n', 1, 10, /Nested mappings/, /^well-formed YAML$/],
    ['profile: a\n---\nprofile: b\n', 2, 1, /multiple documents/, /^well-formed YAML$/],
    ['profile: *nobody\n', 1, 1, /Unresolved alias/, /^aliases of anchors/],
  ])('%j is told where and why', (text, line, column, found, expected) => {
    const problem = problemsOf(text)[0];
    expect(problem).toMatchObject({ line, column, path: '(file)' });
    expect(problem?.found).toMatch(found);
    expect(problem?.expected).toMatch(expected);
  });

  test('a file too large is refused unread, one at the limit is read', () => {
    const padded = (length: number): string => `${SMOKE}#${' '.repeat(length - SMOKE.length - 1)}`;
    expect(readProfile(padded(1_000_000)).ok).toBe(true);
    expect(problemsOf(padded(1_000_001))).toEqual([
      { line: 1, column: 1, path: '(file)', found: '1000001 characters', expected: 'at most 1000000' },
    ]);
  });

  test('aliases that would fill the memory are refused', () => {
    const level = (name: string, below: string): string =>
      `${name}: &${name} [${Array.from({ length: 10 }, () => below).join(', ')}]\n`;
    const bomb = level('a', 'x') + level('b', '*a') + level('c', '*b') + level('d', '*c') + level('e', '*d');
    expect(problemsOf(bomb)).toMatchObject([
      { path: '(file)', found: expect.stringMatching(/alias/i) as string },
    ]);
  });

  test('a modest alias is not', () => {
    const text = changed('speed: 60x', 'speed: &s 60x').replace(
      'title: A whole storm in seconds',
      'title: *t',
    );
    expect(readProfile(text.replace('profile: smoke', 'profile: &t smoke')).ok).toBe(true);
  });

  test('any text is answered', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(readProfile(text).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
    assert(
      property(string({ maxLength: 40 }), (text) => {
        const reading = readProfile(changed('title: A whole storm in seconds', `title: ${text}`));
        if (!reading.ok) expect(reading.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});
