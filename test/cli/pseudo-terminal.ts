/** The built program in a real pseudo-terminal, and what its screen shows. It knows nothing of what is right. */

import { join } from 'node:path';
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

import { until } from '../stories/program.ts';

/** The file that `npm run build` makes. */
const MAIN = join(import.meta.dirname, '../../dist/main.js');

/** Lines that a terminal of ours remembers: more than any run says. */
const SCROLLBACK = 2_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** One command line in a terminal of its own. */
export class PseudoTerminal {
  readonly ended: Promise<{ readonly code: number }>;
  /** Everything that was written, escape codes and all. */
  raw = '';
  readonly #pty: IPty;
  readonly #terminal: InstanceType<typeof xterm.Terminal>;
  #written = Promise.resolve();
  #over = false;

  constructor(args: readonly string[], folder: string, cols: number, rows: number, env: Environment = {}) {
    this.#terminal = new xterm.Terminal({ cols, rows, scrollback: SCROLLBACK, allowProposedApi: true });
    const inherited = { PATH: process.env['PATH'], HOME: folder, TERM: 'xterm-256color' };
    this.#pty = spawn(process.execPath, [MAIN, ...args], {
      cols,
      rows,
      cwd: folder,
      env: { ...inherited, ...env },
      name: env['TERM'] ?? 'xterm-256color',
    });
    this.#pty.onData((data) => {
      this.raw += data;
      this.#written = new Promise((resolve) => this.#terminal.write(data, resolve));
    });
    this.ended = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode }) => {
        this.#over = true;
        resolve({ code: exitCode });
      });
    });
  }

  /** The terminal changes first, then the program hears of it, as in life. */
  resize(cols: number, rows: number): void {
    this.#terminal.resize(cols, rows);
    this.#pty.resize(cols, rows);
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  kill(signal: string): void {
    this.#pty.kill(signal);
  }

  /** What is on the screen now. */
  async screen(): Promise<readonly string[]> {
    await this.#written;
    const { baseY } = this.#terminal.buffer.active;
    return this.#lines().slice(baseY);
  }

  /** Everything that can be scrolled to, the screen included. */
  async all(): Promise<readonly string[]> {
    await this.#written;
    return this.#lines();
  }

  /** Everything that can be scrolled to, lines that were too long put together again. */
  async said(): Promise<readonly string[]> {
    await this.#written;
    const { active } = this.#terminal.buffer;
    const said: string[] = [];
    for (const [index, line] of this.#lines().entries()) {
      if (active.getLine(index)?.isWrapped === true) said.push(`${said.pop() ?? ''}${line}`);
      else said.push(line);
    }
    return said;
  }

  /** Rows on the screen that go on from the one above because it was too long. */
  async wrapped(): Promise<readonly string[]> {
    await this.#written;
    const { active } = this.#terminal.buffer;
    const lines = this.#lines();
    return lines.filter((_, index) => index >= active.baseY && active.getLine(index)?.isWrapped === true);
  }

  /** Waits until the screen shows this; fails if the program ends first. */
  async shows(pattern: RegExp): Promise<readonly string[]> {
    let lines: readonly string[] = [];
    await until(async () => {
      lines = await this.screen();
      if (pattern.test(lines.join('\n'))) return true;
      if (this.#over) throw new Error(`ended without ${pattern}:\n${(await this.all()).join('\n')}`);
      return false;
    });
    return lines;
  }

  /** Whether the cursor was shown last, or hidden. */
  get cursorIsVisible(): boolean {
    return this.raw.lastIndexOf('\u001b[?25h') >= this.raw.lastIndexOf('\u001b[?25l');
  }

  close(): void {
    if (!this.#over) this.#pty.kill('SIGKILL');
    this.#terminal.dispose();
  }

  #lines(): readonly string[] {
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: active.length },
      (_, index) => active.getLine(index)?.translateToString(true) ?? '',
    );
  }
}
