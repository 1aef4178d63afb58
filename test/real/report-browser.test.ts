/** The page in a real browser: it says what the record says, loads nothing, fits every width, and anybody can read it. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readIntervalLog } from '../../src/measure/hlog-read.ts';
import { operationFor } from '../../src/record/doors.ts';
import type { RunRecord } from '../../src/record/record.ts';
import { renderHtml } from '../../src/report/html.ts';
import { formatCount, formatDuration } from '../../src/units.ts';
import { FAILING, PASSING, REFUSED, SPARSE } from '../report/fixtures.ts';
import { drowned } from '../report/log.ts';
import {
  axeViolations,
  LAPTOP,
  LOOKS,
  type Look,
  missingChromium,
  openPage,
  startChromium,
  type WatchedPage,
} from './chromium.ts';
import { describeWith } from './gate.ts';
import { replystorm } from './program.ts';

const INVALID: RunRecord = {
  ...FAILING,
  verdict: { ...FAILING.verdict, status: 'invalid' },
  exit: { code: 111, reason: 'generator: lag' },
};

/** What is left of each kind of run: a folder with record and page, both as a run leaves them. */
type Kind = 'run' | 'byJmap' | 'simulated' | 'passed' | 'failed' | 'invalid' | 'noData' | 'refused';

const KINDS: readonly Kind[] = [
  'run',
  'byJmap',
  'simulated',
  'passed',
  'failed',
  'invalid',
  'noData',
  'refused',
];

describeWith(missingChromium(), 'the report in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'replystorm-report-'));
  let browser: Browser;

  beforeAll(async () => {
    browser = await startChromium();
    const jmap = ['--submit', 'jmap', '--mailbox', 'jmap'];
    for (const [kind, doors] of [
      ['run', []],
      ['byJmap', jmap],
    ] as const) {
      const own = await replystorm(['run', 'smoke', '--quiet', '--out', join(folder, kind), ...doors], '');
      // A machine that others use too makes a generator unfit to testify: the page is none the worse for it.
      expect([0, 111], own.stderr).toContain(own.code);
    }
    const size = ['--mailboxes', '60'];
    const simulated = await replystorm(
      ['simulate', 'nhs-2016', ...size, '--out', join(folder, 'simulated')],
      '',
    );
    // So that storm ends there on every machine: its canaries are late.
    expect(simulated.code, simulated.stderr).toBe(99);
    const records = { passed: PASSING, failed: FAILING, invalid: INVALID, noData: SPARSE, refused: REFUSED };
    for (const [name, record] of Object.entries(records)) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'record.json'), JSON.stringify(record));
      writeFileSync(join(folder, name, 'report.html'), renderHtml(record, drowned().intervals()));
    }
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const recordOf = (kind: Kind): RunRecord =>
    JSON.parse(readFileSync(join(folder, kind, 'record.json'), 'utf8')) as RunRecord;

  function opened(kind: Kind, look: Look): Promise<WatchedPage> {
    return openPage(browser, `file://${join(folder, kind, 'report.html')}`, look);
  }

  describe.each(KINDS)('%s', (kind) => {
    test.each(LOOKS)(
      'at $width pixels, $scheme: nothing is asked for, nothing goes wrong, nothing sticks out',
      async (look) => {
        const { page, said, asked } = await opened(kind, look);
        expect(said).toEqual([]);
        expect(asked).toHaveLength(1);
        const beyond = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
        expect(beyond).toBeLessThanOrEqual(0);
        // The style was let in by its hash: without it the page would be white in the dark.
        const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor');
        expect(paper).toBe(look.scheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(21, 24, 28)');
        await page.context().close();
      },
    );

    test.each(['light', 'dark'] as const)(
      '%s: axe finds nothing, with everything unfolded',
      async (scheme) => {
        const { page } = await opened(kind, { width: 1_024, height: 900, scheme });
        await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
        expect(await axeViolations(page)).toEqual([]);
        await page.context().close();
      },
    );

    test('says what the record says, on its first screen', async () => {
      const record = recordOf(kind);
      const { page } = await opened(kind, LAPTOP);
      const header = (await page.locator('header').innerText()).replace(/\s+/g, ' ');
      expect(header).toContain(record.verdict.status.replace('-', ' ').toUpperCase());
      expect(header).toContain(`Exit ${record.exit.code}:`);
      if (record.plan !== null)
        expect(header).toContain(`--seed ${record.plan.seed} --mailboxes ${record.plan.mailboxes}`);
      const storm = record.canaries?.byPhase.find(({ phase }) => phase === 'storm');
      if (storm !== undefined && storm.sent > 0) expect(header).toContain(`of ${formatCount(storm.sent)}`);
      const entry = operationFor(record, 'signIn');
      const times = record.operations.find(
        ({ operation, phase }) => operation === entry && phase === 'storm',
      );
      const p90 = times?.responseUs.p90 ?? null;
      if (p90 !== null) expect(header).toContain(formatDuration(p90));
      const all = (await page.locator('main').innerText()).replace(/\s+/g, ' ');
      if (record.ledger !== null) expect(all).toContain(`sum ${formatCount(record.ledger.copiesAccepted)}`);
      await page.context().close();
    });

    test('its pictures are not empty, or not there', async () => {
      const { page } = await opened(kind, LAPTOP);
      const drawn = (await page.evaluate(
        "[...document.querySelectorAll('main figure svg')].map((svg) => svg.querySelectorAll('polyline, path, rect.bar, circle, rect.harmbar').length)",
      )) as number[];
      expect(drawn.filter((shapes) => shapes === 0)).toEqual([]);
      if (kind === 'run' || kind === 'byJmap' || kind === 'simulated')
        expect(drawn.length).toBeGreaterThan(8);
      await page.context().close();
    });
  });

  test('a run by JMAP has a ledger, which its page is held against', () => {
    expect(recordOf('byJmap').ledger).not.toBeNull();
  });

  test.each(['run', 'byJmap', 'simulated'] as const)(
    '%s: rebuilt from record and log, byte for byte',
    (kind) => {
      const log = readIntervalLog(readFileSync(join(folder, kind, 'intervals.hlog'), 'utf8'));
      if (!log.ok) throw new Error(log.problem);
      const again = renderHtml(recordOf(kind), log.intervals);
      expect(again === readFileSync(join(folder, kind, 'report.html'), 'utf8')).toBe(true);
    },
  );

  test('on paper everything is there, folded or not, on white and not in the dark', async () => {
    const { page } = await opened('run', { ...LAPTOP, scheme: 'dark' });
    // What is folded away has a place in the layout all the same: whether anybody sees it is asked for too.
    const seen = (): Promise<{ folded: number[]; behind: string[]; paper: string }> =>
      page.evaluate(() => ({
        folded: [...document.querySelectorAll('details:not([open]):not(.behind) > :not(summary)')].map(
          (one) => (one.checkVisibility() ? one.getBoundingClientRect().height : 0),
        ),
        behind: [...document.querySelectorAll('.behind')].map((one) => getComputedStyle(one).display),
        paper: getComputedStyle(document.body).backgroundColor,
      }));
    const onScreen = await seen();
    expect(onScreen.folded.length).toBeGreaterThan(0);
    expect(onScreen.folded.filter((height) => height > 0)).toEqual([]);
    expect(onScreen.behind).not.toContain('none');
    await page.emulateMedia({ media: 'print' });
    const onPaper = await seen();
    expect(onPaper.folded).toHaveLength(onScreen.folded.length);
    expect(onPaper.folded.filter((height) => height <= 0)).toEqual([]);
    expect(onPaper.behind.length).toBeGreaterThan(0);
    expect(onPaper.behind.filter((display) => display !== 'none')).toEqual([]);
    expect(onPaper.paper).toBe('rgb(255, 255, 255)');
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.context().close();
  });
});
