/** The view in a real terminal: what the screen shows while a storm runs, through resizes, and what it leaves behind, however the run ends. */

import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { TINY } from '../stories/story.ts';
import { PseudoTerminal } from './pseudo-terminal.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
const SMOKE = join(import.meta.dirname, '../../profiles/smoke.yaml');

/** A run takes some ten seconds, on a busy machine more. */
const PATIENCE_MS = 120_000;

// oxlint-disable-next-line no-control-regex
const COLOUR = /\u001b\[[0-9;]*m/;

/** A machine that others use too makes a generator unfit to testify: the view is none the worse for it. */
const ENDS_WELL = [0, 111];
const SAYS_WELL = /^verdict: (pass|invalid) /;

/** What only the view says, at the start of a line. */
const VIEW =
  /^(BASELINE|STORM|DRAIN|DELETES|RECOVERY|target {4}|results {3}|generator (fit|UNFIT)|stop {6}|━)/;

let folder = '';
let terminals: PseudoTerminal[] = [];
let piped: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replystorm-'));
  terminals = [];
});

afterEach(() => {
  for (const terminal of terminals) terminal.close();
  // Given up by its test, it would go on storming beside the next.
  piped?.kill('SIGKILL');
  piped = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function open(
  args: readonly string[],
  [cols, rows]: readonly [number, number],
  env: Readonly<Record<string, string>> = {},
): PseudoTerminal {
  const terminal = new PseudoTerminal(args, folder, cols, rows, env);
  terminals.push(terminal);
  return terminal;
}

function count(lines: readonly string[], pattern: RegExp): number {
  return lines.filter((line) => pattern.test(line)).length;
}

/** Rows of the view on the screen: from its title to the last that is not empty. */
function viewOf(screen: readonly string[]): readonly string[] {
  const start = screen.findLastIndex((line) => line.startsWith('A whole storm in seconds'));
  return screen.slice(start);
}

/** What must be so once a run has ended, whatever happened before. */
async function expectTidy(terminal: PseudoTerminal): Promise<readonly string[]> {
  const said = await terminal.said();
  expect(terminal.cursorIsVisible).toBe(true);
  expect(count(said, /^run \d{8}-\d{6}-\w{4}: /)).toBe(1);
  expect(count(said, /^pilot: seen in all/)).toBe(1);
  expect(count(said, /^phases: baseline /)).toBe(1);
  return said;
}

describe('in a terminal', () => {
  test(
    'the storm is seen, grows with the screen, and leaves what was said and the whole summary',
    async () => {
      const terminal = open(['run', SMOKE], [80, 24]);
      const small = viewOf(await terminal.shows(/▸ storm[^]*journey\.read/));
      expect(small[0]).toMatch(/^A whole storm in seconds {2}16 mailboxes at 60x +run \d{8}/);
      expect(small.join('\n')).toMatch(/^planned .*\n^accepted .*\n^owed .*\n +┴storm.*▲/m);
      for (const word of ['target ', 'results ', 'generator ', 'stop ', 'errors '])
        expect(count(small, new RegExp(`^${word}`)), word).toBe(1);
      expect(small.length).toBeLessThanOrEqual(24);
      expect(terminal.cursorIsVisible).toBe(false);

      terminal.resize(200, 60);
      const large = viewOf(await terminal.shows(/▸ drain +[━╸┄]+ {2}0:0\d of at most 0:10/));
      expect(large.join('\n')).toMatch(/^✓ storm +━+ {2}0:0\d$/m);
      expect(count(await terminal.screen(), /^A whole storm in seconds {2}/)).toBe(1);
      expect(await terminal.wrapped()).toEqual([]);

      expect(ENDS_WELL).toContain((await terminal.ended).code);
      const said = await expectTidy(terminal);
      expect(said.filter((line) => VIEW.test(line))).toEqual([]);
      expect(count(said, /^A whole storm in seconds {2}\[run /)).toBe(1);
      expect(count(said, /^test results {2}\d/)).toBe(1);
      expect(said.findLast((line) => line !== '')).toMatch(SAYS_WELL);
      expect(terminal.raw).toMatch(COLOUR);
    },
    PATIENCE_MS,
  );

  test(
    'a smaller screen is filled anew and never wrapped; Ctrl-C ends in good order; NO_COLOR has no colours',
    async () => {
      const terminal = open(['run', SMOKE], [200, 60], { NO_COLOR: '1' });
      await terminal.shows(/▸ baseline +[━╸─]+ {2}/);
      terminal.resize(80, 24);
      const view = viewOf(await terminal.shows(/▸ storm 0:03 {4}drain/));
      expect(view[0]).toMatch(/^A whole storm in seconds/);
      expect(count(await terminal.screen(), /^A whole storm in seconds/)).toBe(1);
      expect(await terminal.wrapped()).toEqual([]);

      terminal.type('\u0003');
      await terminal.shows(/^stopping: what is under way may end/m);
      expect(await terminal.ended).toEqual({ code: 105 });
      const said = await expectTidy(terminal);
      expect(count(said, /^stopping: /)).toBe(1);
      expect(terminal.raw).not.toMatch(COLOUR);
      expect(terminal.raw).toContain('\u001b[?2026h');
    },
    PATIENCE_MS,
  );

  test(
    'SIGTERM gives the cursor back',
    async () => {
      const terminal = open(['run', TINY], [80, 24]);
      await terminal.shows(/▸ baseline/);
      terminal.kill('SIGTERM');
      expect(await terminal.ended).toEqual({ code: 105 });
      await expectTidy(terminal);
    },
    PATIENCE_MS,
  );

  test(
    'a crash gives the cursor back, and says what it was below the view',
    async () => {
      const crash = join(folder, 'crash.mjs');
      writeFileSync(
        crash,
        `if (process.argv[2] === 'run') process.on('SIGUSR2', () => { throw new Error('it broke'); });\n`,
      );
      const terminal = open(['run', TINY], [80, 24], { NODE_OPTIONS: `--import=${crash}` });
      await terminal.shows(/▸ baseline/);
      expect(terminal.cursorIsVisible).toBe(false);
      terminal.kill('SIGUSR2');
      expect((await terminal.ended).code).not.toBe(0);
      expect(terminal.cursorIsVisible).toBe(true);
      expect(count(await terminal.all(), /Error: it broke/)).toBe(1);
    },
    PATIENCE_MS,
  );

  test(
    'a terminal that is dumb gets plain lines',
    async () => {
      const terminal = open(['run', TINY], [200, 60], { TERM: 'dumb' });
      await terminal.shows(/^baseline {2}.* elapsed, at most .* left/m);
      await terminal.shows(/^storm {2}.* elapsed, at most .* left/m);
      expect(ENDS_WELL).toContain((await terminal.ended).code);
      expect(terminal.raw).not.toContain('\u001b');
    },
    PATIENCE_MS,
  );

  test(
    'quiet says the last line and nothing else',
    async () => {
      const terminal = open(['run', TINY, '--quiet'], [80, 24]);
      expect(ENDS_WELL).toContain((await terminal.ended).code);
      const said = (await terminal.said()).filter((line) => line !== '');
      expect(said).toEqual([expect.stringMatching(SAYS_WELL)]);
    },
    PATIENCE_MS,
  );
});

test(
  'into a pipe goes no escape code, even where colours are forced on others',
  async () => {
    const env = { PATH: process.env['PATH'], HOME: folder, TERM: 'xterm-256color', CI: '1' };
    const stderr = await new Promise<string>((resolve) => {
      const args = [MAIN, 'run', TINY];
      piped = execFile(process.execPath, args, { cwd: folder, env }, (_, __, heard) => resolve(heard));
    });
    expect(stderr).not.toContain('\u001b');
    for (const phase of ['baseline', 'storm', 'drain', 'deletes', 'recovery'])
      expect(stderr).toMatch(new RegExp(`^${phase} {2}.* elapsed, at most .* left {2}journeys offered`, 'm'));
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(SAYS_WELL);
  },
  PATIENCE_MS,
);
