/** Every format as its golden file has it, and what holds of each whatever the record says. */

import { describe, expect, test } from 'vitest';

import { answerQuestions } from '../../src/record/questions/questions.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { commandOf } from '../../src/report/command.ts';
import { CSV_COLUMNS, renderCsv } from '../../src/report/csv.ts';
import { decidedBy, verdictSentence } from '../../src/report/decisive.ts';
import { renderHtml } from '../../src/report/html.ts';
import { renderJunit } from '../../src/report/junit.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { tellStory } from '../../src/report/story.ts';
import { renderText } from '../../src/report/text.ts';
import { elements, readDocument, textOf } from './document.ts';
import type { Finding } from '../../src/verdict/finding.ts';
import { BY_HTTP, BY_JMAP } from './door-fixtures.ts';
import { FAILING, hostile, PASSING, REFUSED, SPARSE } from './fixtures.ts';
import { drowned } from './log.ts';
import { cohorts } from './parts.ts';

const ALL: readonly RunRecord[] = [PASSING, FAILING, BY_JMAP, BY_HTTP, REFUSED, SPARSE];

describe('golden files', () => {
  test.each([
    ['csv', renderCsv(FAILING)],
    ['md', renderMarkdown(FAILING)],
    ['junit.xml', renderJunit(FAILING)],
    ['html', renderHtml(FAILING, drowned().intervals())],
  ])('%s', async (ending, text) => {
    await expect(text).toMatchFileSnapshot(`../golden/report-failing.${ending}`);
  });
});

describe('Markdown', () => {
  test.each([...ALL, hostile('|`<b>*_#@x!'.repeat(40))])(
    'is short and shows no figure that is none',
    (record) => {
      const text = renderMarkdown(record);
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
      expect(text).not.toMatch(/\b(NaN|undefined|null|Infinity)\b/);
    },
  );

  test('says of which mailboxes the copies are, where a sample was followed', () => {
    const { ledger } = FAILING;
    if (ledger === null) throw new Error('the fixture has a ledger');
    const sampled = { ...FAILING, ledger: { ...ledger, sample: { mailboxes: 300, of: 1_000 } } };
    expect(renderMarkdown(sampled)).toMatch(
      /^Copies in a sample of 300 of 1,000 mailboxes, theirs alone: [\d,]+ accounted for of [\d,]+ accepted; .*lost 7/m,
    );
    expect(renderMarkdown(FAILING)).toMatch(/^Copies: /m);
  });

  test('fifty open findings still fit', () => {
    const [one] = FAILING.verdict.findings.filter(({ status }) => status === 'fail');
    if (one === undefined) throw new Error('the fixture fails');
    const findings = Array.from({ length: 50 }, () => one);
    const text = renderMarkdown({ ...FAILING, verdict: { status: 'fail', findings } });
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
    expect(text).toContain('open and not shown here: 30');
  });

  test('words from elsewhere are no markup, mention or cell', () => {
    const text = renderMarkdown(hostile('a|b`c`<img>@all #12 [x](y)'));
    // In a fence nothing is markup but its end.
    expect(text.replace(/```sh[^]*?```/, '')).not.toMatch(/<img|@all| #12|\]\(y\)/);
    const rows = text.split('\n').filter((line) => line.startsWith('| a&#124;b'));
    expect(rows).toHaveLength(FAILING.verdict.findings.filter(({ status }) => status !== 'pass').length);
    for (const row of rows) expect(row.match(/ \| /g)).toHaveLength(3);
  });
});

describe('of what was lost where nobody read the mailboxes', () => {
  const read = { ...FAILING, cohorts: cohorts() };
  const unread = { ...read, ledger: null };

  test.each([
    ['on the page', renderHtml],
    ['on the terminal', renderText],
    ['in Markdown', renderMarkdown],
    ['in sentences', (record: RunRecord) => tellStory(record).join(' ')],
    ['in the questions', (record: RunRecord) => JSON.stringify(answerQuestions(record))],
  ])('nothing is said %s', (_, render) => {
    const number = /\d+ (were )?lost\b/;
    expect(render(read)).toMatch(number);
    expect(render(unread)).not.toMatch(number);
  });

  test('tables have no figure', () => {
    const page = readDocument(renderHtml(unread));
    for (const [name, column, none] of [
      ['canaries', 4, 'not known'],
      ['cohorts', 3, '–'],
    ] as const) {
      const section = elements(page, 'section').find((one) => one.attributes['aria-labelledby'] === name);
      const rows = elements(section ?? page, 'tr').filter((row) => elements(row, 'td').length > 0);
      expect(rows.length).toBeGreaterThan(5);
      for (const row of rows) expect(textOf(row.children[column] ?? row).trim()).toBe(none);
    }
  });
});

describe('CSV', () => {
  test('has a row an operation and phase, each as long as its head', () => {
    const [head, ...rows] = renderCsv(PASSING).trimEnd().split('\n');
    expect(head).toBe(CSV_COLUMNS.join(','));
    expect(rows).toHaveLength(PASSING.operations.length);
    for (const row of rows) expect(row.split(',')).toHaveLength(CSV_COLUMNS.length);
  });

  test('what is not known is empty', () => {
    const [, row = ''] = renderCsv(SPARSE).split('\n');
    const cells = row.split(',');
    expect(cells[CSV_COLUMNS.indexOf('response_p50_us')]).toBe('');
    expect(cells[CSV_COLUMNS.indexOf('response_count')]).toBe('7');
    expect(renderCsv(REFUSED)).toBe(`${CSV_COLUMNS.join(',')}\n`);
  });

  test('quotes what must be, and gives a spreadsheet no formula', () => {
    const csv = renderCsv({ ...SPARSE, runId: '=1+"2",3' });
    expect(csv.split('\n')[1]).toMatch(/^"'=1\+""2"",3",imap\.signin/);
  });
});

describe('the deciding finding', () => {
  test('is the first of the kind that the verdict came from', () => {
    expect(decidedBy(FAILING)?.check).toBe('ledger: lost');
    const lag = {
      check: 'generator: lag',
      status: 'fail',
      observed: 'p99 1 s',
      limit: 'x',
      because: 'y',
    } as const;
    const findings = [...FAILING.verdict.findings, lag];
    expect(decidedBy({ ...FAILING, verdict: { status: 'invalid', findings } })?.check).toBe('generator: lag');
    expect(decidedBy({ ...FAILING, verdict: { status: 'fail', findings: [lag, ...findings] } })?.check).toBe(
      'ledger: lost',
    );
    expect(decidedBy(PASSING)).toBeUndefined();
    expect(decidedBy(REFUSED)?.check).toBe('exit 113');
  });

  test('is told by its kind where the record keeps it, by its name where it does not', () => {
    const { findings } = FAILING.verdict;
    const own = {
      check: 'generator: p(90) < 1s',
      status: 'fail',
      observed: '2 s',
      limit: 'x',
      because: 'y',
    } as const;
    const unfit = { ...own, check: 'shards', kind: 'fitness' } as const;
    const record = (one: Finding): RunRecord => ({
      ...FAILING,
      verdict: { status: 'fail', findings: [one, ...findings] },
    });
    expect(decidedBy(record({ ...own, kind: 'threshold' }))?.check).toBe('generator: p(90) < 1s');
    expect(decidedBy(record(own))?.check).toBe('ledger: lost');
    expect(decidedBy(record(unfit))?.check).toBe('ledger: lost');
    // What the generator did wrong, the mail system did not.
    for (const one of [own, unfit])
      expect(verdictSentence(record(one))).toBe('The mail system did not hold: 2 of 9 checks failed.');
    expect(verdictSentence(record({ ...own, kind: 'threshold' }))).toContain('3 of 9');
  });

  test('the sentence counts what failed', () => {
    expect(verdictSentence(FAILING)).toBe('The mail system did not hold: 2 of 8 checks failed.');
    expect(verdictSentence(PASSING)).toContain('all 6 checks');
    expect(verdictSentence(REFUSED)).toContain('no data is never a pass');
  });
});

describe('the command', () => {
  test('is the record’s own, or what an older record has of it', () => {
    expect(commandOf({ ...PASSING, command: 'replystorm run x --seed 1' })).toBe('replystorm run x --seed 1');
    expect(commandOf(PASSING)).toBe(
      'replystorm run nhs-2016 --seed 42 --mailboxes 1000 --speed 60x --mode open',
    );
    expect(commandOf(BY_JMAP)).toContain('--submit jmap --mailbox jmap');
    expect(commandOf(REFUSED)).toBeUndefined();
  });
});
