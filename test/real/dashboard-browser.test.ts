/** The dashboard in a real browser during real runs on the embedded target: how it looks, what it says, and that the run does not need it. */

import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';

import type { Second } from '../../src/telemetry/dashboard/glance.ts';
import { formatCount, formatDuration } from '../../src/units.ts';
import { type Program, readRun } from '../stories/program.ts';
import { expectSound } from '../stories/sound.ts';
import { type Desk, story } from '../stories/story.ts';
import { Screen } from '../telemetry/event-stream.ts';
import { axeViolations, LAPTOP, LOOKS, missingChromium, openPage, startChromium } from './chromium.ts';
import { describeWith } from './gate.ts';

/** Where pictures are kept for people to look at, if anybody wants any. */
const PICTURES = process.env['REPLYSTORM_PICTURES'];

const missing = missingChromium();

let browser: Browser | undefined;

beforeAll(async () => {
  if (missing.length === 0) browser = await startChromium();
});

afterAll(async () => {
  await browser?.close();
});

/** A run that stays in its storm for half a minute. */
async function slowRun(desk: Desk, where = '127.0.0.1:0') {
  const profile = desk.profile({ speed: '2x' });
  const { program, directory } = desk.beginRun([profile, '--dashboard', where]);
  const url = await urlOf(program);
  return { program, directory, url };
}

async function urlOf(program: Program): Promise<string> {
  await program.says(/^dashboard: \S+$/m);
  return /^dashboard: (\S+)$/m.exec(program.stderr)?.[1] ?? '';
}

/** Waits until the page shows this phase, and some seconds of it. */
async function inPhase(page: Page, phase: string, seconds = 0): Promise<void> {
  await page.locator('.where strong', { hasText: phase }).waitFor();
  const from = Number(await page.locator('.page').getAttribute('data-seq'));
  await page.waitForFunction(
    (seq) => Number(document.querySelector('.page')?.getAttribute('data-seq')) >= seq,
    from + seconds,
  );
}

/** Points of the canvases that have about the colour of one of the two lines, by chart: axes and bands have others. */
function coloured(page: Page): Promise<Record<string, number>> {
  return page.evaluate(() => {
    const counts: Record<string, number> = {};
    for (const figure of document.querySelectorAll('figure.plot')) {
      const canvas = figure.querySelector('canvas');
      const context = canvas?.getContext('2d');
      if (canvas === null || context === null || context === undefined) continue;
      const colours = ['--first', '--second'].map((name) => {
        const hex = getComputedStyle(figure).getPropertyValue(name).trim();
        return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
      });
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) {
        const isNear = (part: number, at: number): boolean => Math.abs((data[i + at] ?? 0) - part) < 12;
        if ((data[i + 3] ?? 0) > 30 && colours.some((colour) => colour.every(isNear))) count += 1;
      }
      counts[figure.id] = count;
    }
    return counts;
  });
}

/** The figures of one frame, read at once. */
function figuresOn(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() => {
    const found: Record<string, string> = {
      seq: document.querySelector('.page')?.getAttribute('data-seq') ?? '',
    };
    for (const node of document.querySelectorAll('[data-figure]'))
      found[node.getAttribute('data-figure') ?? ''] = node.textContent ?? '';
    for (const row of document.querySelectorAll('tr[data-operation]'))
      found[row.getAttribute('data-operation') ?? ''] = [...row.querySelectorAll('td')]
        .map((cell) => cell.textContent)
        .join('|');
    return found;
  });
}

describeWith(missing, 'the dashboard in Chromium', () => {
  story('is fit to be shown on a wall, a laptop and a phone, by day and by night', async ({ desk }) => {
    const { program, url } = await slowRun(desk);
    const pages = await Promise.all(
      LOOKS.map(async (look) => ({ look, ...(await openPage(browser as Browser, url, look)) })),
    );
    for (const { look, page, complaints, asked } of pages) {
      await inPhase(page, 'storm', 2);
      const name = `${look.width} ${look.scheme}`;
      expect(await axeViolations(page), name).toEqual([]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide, name).toBeLessThanOrEqual(0);
      const counts = await coloured(page);
      expect(Object.keys(counts), name).toHaveLength(4);
      for (const [chart, count] of Object.entries(counts))
        expect(count, `${name} ${chart}`).toBeGreaterThan(20);
      expect(await page.locator('.link').textContent()).toBe('live');
      if (PICTURES !== undefined) {
        mkdirSync(PICTURES, { recursive: true });
        await page.screenshot({ path: `${PICTURES}/${look.width}-${look.scheme}.png`, fullPage: true });
      }
      expect(complaints, name).toEqual([]);
      const origins = new Set(asked.map((one) => new URL(one).origin));
      expect([...origins], name).toEqual([new URL(url).origin]);
      await page.context().close();
    }
    program.interrupt();
    await program.ended;
  });

  story('shows the figures of the moment it names', async ({ desk }) => {
    const { program, url } = await slowRun(desk);
    const screen = new Screen(Number(new URL(url).port));
    const { page } = await openPage(browser as Browser, url, LAPTOP);
    await inPhase(page, 'storm', 3);
    const shown = await figuresOn(page);
    const seq = Number(shown['seq']);
    const told = (one: Screen) =>
      one
        .of('second')
        .map(({ data }) => data as Second)
        .find(({ latest }) => latest.seq === seq);
    await screen.until((one) => told(one) !== undefined);
    const { latest } = told(screen) as Second;
    const pace = screen
      .of('second')
      .map(({ data }) => (data as Second).pace)
      .findLast((point) => point !== null && point.seq <= seq);
    const { moment } = latest;
    expect(shown['owed']).toBe(moment.owed === null ? 'not known' : formatCount(moment.owed));
    expect(shown['waiting']).toBe(formatCount(moment.canaries.waiting));
    expect(Number(shown['pace'])).toBeCloseTo(pace?.achieved.mean ?? Number.NaN, 0);
    const signIn = moment.operations.find((one) => one.operation === 'imap.signin' && one.phase === 'storm');
    const { p90, max } = signIn?.responseUs ?? {};
    expect(shown['signin']).toBe(formatDuration(p90 ?? max ?? Number.NaN));
    const { us } = { us: latest.resultUs.p90 ?? latest.resultUs.max };
    expect(shown['results']).toBe(us === null ? 'not known' : formatDuration(us));
    const operations = moment.operations.filter(({ phase, planned }) => phase === 'storm' && planned > 0);
    expect(operations.length).toBeGreaterThan(5);
    for (const { operation, planned, ok, rejected, unknown, dropped, responseUs } of operations) {
      const counts = [planned, ok, rejected, unknown, dropped].map(formatCount);
      const { p50, p99, max: slowest } = responseUs;
      const times = [p50, responseUs.p90, p99, slowest].map((one) =>
        one === null ? '–' : formatDuration(one),
      );
      expect(shown[operation], operation).toBe([...counts, ...times].join('|'));
    }
    screen.close();
    await page.context().close();
    program.interrupt();
    await program.ended;
  });

  story('stops the run when somebody means it, and only then', async ({ desk }) => {
    const { program, directory, url } = await slowRun(desk);
    const { page, complaints } = await openPage(browser as Browser, url, LAPTOP);
    await inPhase(page, 'storm', 1);
    await page.getByRole('button', { name: 'Stop the run' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.textContent()).toMatch(/Ctrl-C.*owes.*cannot be taken back/s);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Let it run');
    expect(await axeViolations(page)).toEqual([]);
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/stop.png` });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await inPhase(page, 'storm', 1);
    expect(program.stderr).not.toContain('stopping: ');
    await page.getByRole('button', { name: 'Stop the run' }).click();
    await page.getByRole('button', { name: 'Stop, and judge what was seen' }).click();
    await page.getByRole('button', { name: 'Stopping' }).waitFor();
    await page.locator('.link', { hasText: 'the run is over' }).waitFor();
    const ended = await program.ended;
    const run = { ...ended, ...readRun(directory) };
    expectSound(run);
    expect(ended.code, ended.stderr).toBe(105);
    expect(run.record.ledger).not.toBeNull();
    expect(run.record.verdict.findings.length).toBeGreaterThan(0);
    const words = await page.locator('.verdict').textContent();
    expect(words).toContain('exit 105, stopped by the operator');
    expect(words).toContain(`${directory}/report.html`);
    expect(await axeViolations(page)).toEqual([]);
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/over.png` });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  story('may be closed: the run does not notice', async ({ desk }) => {
    const { program, directory } = desk.beginRun([desk.profile({}), '--dashboard']);
    const own = await startChromium();
    const { page } = await openPage(own, await urlOf(program), LAPTOP);
    await inPhase(page, 'storm');
    await own.close();
    const ended = await program.ended;
    const run = { ...ended, ...readRun(directory) };
    expectSound(run);
    expect(run.record.phases).toHaveLength(5);
    expect(ended.code).toBe(run.record.exit.code);
    expect([0, 111]).toContain(ended.code);
  });

  story(
    'says that it lost the run, how old its figures are, and follows the next one there',
    async ({ desk }) => {
      const first = await slowRun(desk);
      const { port } = new URL(first.url);
      const { page } = await openPage(browser as Browser, first.url, LAPTOP);
      await inPhase(page, 'storm', 1);
      first.program.interrupt('SIGKILL');
      await page.locator('.link', { hasText: 'reconnecting' }).waitFor();
      const words = page.locator('.caveat', {
        hasText: /Connection lost .* reconnecting.*is [1-9]\d* s old/,
      });
      await words.waitFor();
      expect(await page.getByRole('button', { name: 'Stop the run' }).isDisabled()).toBe(true);
      expect(await axeViolations(page)).toEqual([]);
      if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/lost.png` });
      const before = await page.locator('.who code').textContent();
      const second = await slowRun(desk, `127.0.0.1:${port}`);
      await page.locator('.link', { hasText: 'live' }).waitFor();
      await inPhase(page, 'storm', 1);
      expect(await page.locator('.who code').textContent()).not.toBe(before);
      expect(await page.locator('.caveat').count()).toBe(0);
      second.program.interrupt();
      await second.program.ended;
      await page.context().close();
    },
  );
});
