/** Runs the built program as a person would, in a folder of its own, and hears what it says. It knows nothing of what is right. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import type { RunRecord } from '../../src/record/record.ts';

/** The file that `npm run build` makes. */
const MAIN = join(import.meta.dirname, '../../dist/main.js');

/** Between two looks at what the program has said or done so far. */
const LOOK_MS = 10;

/** How one command line ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line on standard error: how it says that it ended. */
  readonly last: string;
}

/** One command line under way. */
export class Program {
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;

  constructor(args: readonly string[], folder: string, env: Readonly<Record<string, string | undefined>>) {
    const inherited = { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1' };
    this.#child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += stripVTControlCharacters(text);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        const { stdout, stderr } = this;
        resolve({ code, stdout, stderr, last: stderr.trimEnd().split('\n').at(-1) ?? '' });
      });
    });
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ctrl-C, unless told otherwise. */
  interrupt(signal: NodeJS.Signals = 'SIGINT'): void {
    this.#child.kill(signal);
  }

  /** Waits until it has said this, on either stream; fails if it ends first. */
  async says(pattern: RegExp): Promise<void> {
    await until(() => {
      if (pattern.test(this.stderr) || pattern.test(this.stdout)) return true;
      if (!this.running) throw new Error(`ended without ${pattern}:\n${this.stderr}${this.stdout}`);
      return false;
    });
  }
}

/** Looks again and again until it is so; the test's own time limit ends it otherwise. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_MS);
    });
  }
}

/** What a run left on disk. */
export interface RunFiles {
  readonly record: RunRecord;
  readonly recordText: string;
  readonly events: readonly { readonly atUs: number; readonly event: string; readonly detail?: string }[];
  readonly intervals: string;
  readonly junit: string;
  readonly html: string;
}

/** Reads a run directory; throws when a file of it is missing or not what it should be. */
export function readRun(directory: string): RunFiles {
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const recordText = read('record.json');
  const events = read('events.ndjson').split('\n').filter(Boolean);
  return {
    record: JSON.parse(recordText) as RunRecord,
    recordText,
    events: events.map((line) => JSON.parse(line) as RunFiles['events'][number]),
    intervals: read('intervals.hlog'),
    junit: read('junit.xml'),
    html: read('report.html'),
  };
}

/** True where a run has left its record. */
export function hasRun(directory: string): boolean {
  return existsSync(join(directory, 'record.json'));
}
