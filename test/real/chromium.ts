/** Debian's Chromium, driven by Playwright: pages whose every word to the console and every request is kept. It knows no page of ours. */

// What runs in a page is checked against what a page has; the build itself knows no DOM.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** What this machine lacks, in words that say what to do; empty if nothing. */
export function missingChromium(): readonly string[] {
  return existsSync(CHROMIUM) ? [] : [`${CHROMIUM} (Debian package chromium)`];
}

/** The source of axe-core, to be run in a page. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface Look {
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
}

/** A wall, a laptop and a phone, each by day and by night. */
export const LOOKS: readonly Look[] = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
].flatMap((size) => [
  { ...size, scheme: 'light' as const },
  { ...size, scheme: 'dark' as const },
]);

/** Where one look is enough. */
export const LAPTOP: Look = { width: 1440, height: 900, scheme: 'light' };

/** Root runs no sandbox of Chromium's, and the tests' servers are root's. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
}

/** A page that is watched. */
export interface WatchedPage {
  readonly page: Page;
  /** All that it said to the console, and its errors that nobody caught. */
  readonly said: readonly string[];
  /** What of it went wrong, in its own words. */
  readonly complaints: readonly string[];
  /** Every address that it asked for, its own first. */
  readonly asked: readonly string[];
}

/** Opens an address in a window of its own. */
export async function openPage(browser: Browser, url: string, look: Look): Promise<WatchedPage> {
  const { width, height, scheme } = look;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  const said: string[] = [];
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => {
    said.push(message.text());
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => {
    said.push(String(error));
    complaints.push(String(error));
  });
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(url);
  return { page, said, complaints, asked };
}

/** What axe-core has to say against a page, a line each. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
    );
  });
}
