/** The README tells the truth about codes, commands and profiles: its tables against the program's own lists. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shippedProfiles } from '../src/cli/files.ts';
import { QUESTIONS } from '../src/record/questions/questions.ts';
import { EXITS } from '../src/verdict/exit.ts';

const README = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

/** Exit codes of a text's table, in order. */
function codesIn(text: string): number[] {
  return [...text.matchAll(/^\| (\d{1,3}) \| /gm)].map(([, code]) => Number(code));
}

const CODES = [...new Set(EXITS.map(({ code }) => code as number))].sort((a, b) => a - b);

test('a table that misses a code, or has one too many, is noticed', () => {
  expect(codesIn('| exit | meaning |\n| --- | --- |\n| 0 | pass |\n| 99 | no |\n')).toEqual([0, 99]);
  expect(codesIn('| 0 | pass |\n| 100 | what |\n')).not.toEqual(CODES);
});

test('the table of exit codes is the program’s own', () => {
  expect(codesIn(README)).toEqual(CODES);
});

test('the table of questions has each of them once, with a source, a measure and when it is null', () => {
  const text = readFileSync(join(import.meta.dirname, '../docs/questions.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, id, cells = '']) => [
    Number(id),
    cells.split(' | '),
  ]);
  expect(rows.map(([id]) => id)).toEqual(QUESTIONS.map(({ id }) => id));
  for (const [, cells] of rows) {
    expect(cells).toHaveLength(3);
    expect((cells as string[])[0]).toMatch(/^[AB](, [AB])?: /);
  }
});

test('every shipped profile is named', () => {
  for (const name of shippedProfiles()) expect(README).toContain(`\`${name}\``);
});

test('the digest that is shown is the plan’s own, as the golden file has it', () => {
  const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'golden/digests.json'), 'utf8')) as {
    readonly plans: readonly {
      readonly profile: string;
      readonly mailboxes: number;
      readonly digest: string;
    }[];
  };
  const started = golden.plans.find((one) => one.profile === 'nhs-2016' && one.mailboxes === 120);
  const shown = [...README.matchAll(/digest `([0-9a-f]{32})`/g)].map(([, digest]) => digest);
  expect(shown).toEqual([started?.digest]);
});
