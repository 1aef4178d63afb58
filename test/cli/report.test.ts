/** `report`: rebuilds a run's page byte for byte, writes every format, and says in one line what it cannot read. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { reportCommand } from '../../src/cli/report.ts';
import { appendStepSummary, writeReports } from '../../src/cli/report-files.ts';
import { intervalLog } from '../../src/measure/hlog.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { FAILING } from '../report/fixtures.ts';
import { drowned } from '../report/log.ts';

let run = '';
let said: string[] = [];

beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'replystorm-report-'));
  const tally = drowned();
  const write = (name: string, text: string): void => writeFileSync(join(run, name), text);
  writeReports({ write }, FAILING, intervalLog(tally.intervals(), 0), tally.intervals());
  said = [];
  vi.stubEnv('GITHUB_STEP_SUMMARY', '');
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(run, { recursive: true, force: true });
});

test('the page comes out byte for byte, from record and log alone', () => {
  const before = readFileSync(join(run, 'report.html'), 'utf8');
  rmSync(join(run, 'report.html'));
  expect(reportCommand({ run })).toBe(0);
  expect(readFileSync(join(run, 'report.html'), 'utf8') === before).toBe(true);
  expect(before).toContain('<path class="h1"');
});

test('every format is a file, and the record stays as it was', () => {
  const out = join(run, 'again');
  expect(reportCommand({ run, out })).toBe(0);
  const files = ['junit.xml', 'operations.csv', 'report.html', 'report.json', 'report.md', 'report.txt'];
  expect(readdirSync(out).toSorted()).toEqual(files);
  const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
  expect(json(join(out, 'report.json'))).toEqual(json(join(run, 'record.json')));
  expect(reportCommand({ run, out: join(run, 'few'), format: 'csv,markdown' })).toBe(0);
  expect(readdirSync(join(run, 'few')).toSorted()).toEqual(['operations.csv', 'report.md']);
});

test.each([
  [{ format: 'pdf' }, '--format: found "pdf", expected some of html,text'],
  [{ out: '-' }, '--out -: found 6 formats, expected one'],
])('a wrong flag is one line', (flags, words) => {
  expect(reportCommand({ run, ...flags })).toBe(104);
  expect(said[0]).toContain(words);
  expect(said).toHaveLength(2);
});

test.each([
  ['record.json', '{"schemaVersion":9}', 'record.json: found schemaVersion 9, expected at most 1'],
  ['record.json', '{', 'record.json: found no JSON'],
  ['record.json', undefined, 'record.json: found no readable file (ENOENT)'],
  ['intervals.hlog', 'rubbish\n', 'intervals.hlog: line 1: found no interval'],
])('a %s of %j is one line', (file, text, words) => {
  if (text === undefined) rmSync(join(run, file));
  else writeFileSync(join(run, file), text);
  expect(reportCommand({ run })).toBe(104);
  expect(said[0]).toContain(words);
  expect(said).toHaveLength(2);
});

test('without a log there are no pictures of it, and the rest is there', () => {
  rmSync(join(run, 'intervals.hlog'));
  expect(reportCommand({ run, format: 'html' })).toBe(0);
  expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain('there is no interval log');
});

test('what cannot be written is told, and is no success', () => {
  expect(reportCommand({ run, out: join(run, 'record.json', 'x') })).toBe(117);
  expect(said.at(-1)).toContain('cannot be written');
});

test('a build step’s summary is appended to, and one that cannot be is a warning', () => {
  const file = join(run, 'summary.md');
  writeFileSync(file, 'before\n');
  appendStepSummary(FAILING, file);
  expect(readFileSync(file, 'utf8')).toBe(`before\n${renderMarkdown(FAILING)}\n`);
  appendStepSummary(FAILING, join(run, 'nowhere', 'summary.md'));
  expect(said).toEqual([expect.stringMatching(/^warning: GITHUB_STEP_SUMMARY: .*ENOENT/)]);
});
