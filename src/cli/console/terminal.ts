/** What a person sees while a run goes on: a view redrawn in place on a terminal, plain lines elsewhere, nothing if asked to be quiet. It decides nothing. */

import { performance } from 'node:perf_hooks';
import type { Moment, RunIdentity } from '../../telemetry/moment.ts';
import { formatDuration } from '../../units.ts';
import type { LiveListener } from '../live.ts';
import { plainLine } from './figures.ts';
import { frame } from './frame.ts';
import { NO_HISTORY, remember } from './history.ts';
import { paintFor } from './ink.ts';
import { laterBy } from './progress.ts';
import { Screen } from './screen.ts';

/** Plain lines come this often, and at every change of phase. */
const PLAIN_EVERY_US = 5_000_000;

/** Between two moments only clocks and bars move: often enough to look alive, seldom enough to read. */
const TICK_MS = 250;

/** A terminal that tells no size is taken for the oldest. */
const USUAL = { cols: 80, rows: 24 };

/** Rows above the view for what was said last, the answer to a Ctrl-C above all; a line may need two. */
const SAID_ROWS = 2;

/** Where messages for people go: standard error, so that standard output stays for what was asked for. */
export interface Terminal {
  /** Says a line, which stays. */
  line(text: string): void;
  /** Takes a moment of the run. */
  readonly show: LiveListener;
  /** Ends the view for good, so that what follows stands below what was said. */
  settle(): void;
}

/** What decides how to write: what the process was told of its surroundings. */
export type Surroundings = Readonly<Record<string, string | undefined>>;

/** Whether a stream is to have colours: on a terminal that has any, unless NO_COLOR is set to anything. */
export function hasColours(stream: { readonly isTTY?: boolean }, env: Surroundings = process.env): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** A terminal for one run. `quiet` shows nothing but the last line, which the command writes itself. */
export function makeTerminal(
  quiet: boolean,
  stream: NodeJS.WriteStream = process.stderr,
  env: Surroundings = process.env,
): Terminal {
  if (quiet) return { line: () => undefined, show: () => undefined, settle: () => undefined };
  // A terminal that cannot move its cursor gets what a file gets.
  if (!stream.isTTY || env['TERM'] === 'dumb') return plain(stream);
  return new View(stream, hasColours(stream, env));
}

function plain(stream: NodeJS.WriteStream): Terminal {
  let history = NO_HISTORY;
  let shown: { readonly atUs: number; readonly phase: string } | undefined;
  return {
    line: (text) => void stream.write(`${text}\n`),
    show: (identity, moment) => {
      history = remember(history, moment);
      const { atUs, phase } = moment;
      if (shown !== undefined && atUs - shown.atUs < PLAIN_EVERY_US && phase === shown.phase) return;
      shown = { atUs, phase };
      stream.write(`${plainLine(identity, moment, history)}\n`);
    },
    settle: () => undefined,
  };
}

/** The view on a terminal that can be redrawn. It lives until it is settled or the process ends. */
class View implements Terminal {
  readonly #stream: NodeJS.WriteStream;
  readonly #screen: Screen;
  readonly #paint: ReturnType<typeof paintFor>;
  #history = NO_HISTORY;
  #latest: { readonly identity: RunIdentity; readonly moment: Moment; readonly heardMs: number } | undefined;
  #tick: NodeJS.Timeout | undefined;
  #settled = false;

  constructor(stream: NodeJS.WriteStream, coloured: boolean) {
    this.#stream = stream;
    this.#screen = new Screen(stream);
    this.#paint = paintFor(coloured);
  }

  line(text: string): void {
    if (this.#screen.isDrawn) this.#screen.say(text);
    else this.#stream.write(`${text}\n`);
  }

  readonly show: LiveListener = (identity, moment) => {
    if (this.#settled) return;
    this.#history = remember(this.#history, moment);
    this.#latest = { identity, moment, heardMs: performance.now() };
    if (this.#tick === undefined) this.#begin();
    this.#screen.draw(this.#lines());
  };

  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    clearInterval(this.#tick);
    this.#stream.off('resize', this.#onResize);
    process.off('exit', this.#onExit);
    this.#screen.clear();
    const phases = this.#latest?.moment.phases ?? [];
    if (phases.length === 0) return;
    const words = phases.map(({ name, startUs, endUs }) => `${name} ${formatDuration(endUs - startUs)}`);
    this.#stream.write(`phases: ${words.join(', ')}\n`);
  }

  #begin(): void {
    // Nobody waits for a picture: the run alone keeps the process going.
    this.#tick = setInterval(() => this.#screen.draw(this.#lines()), TICK_MS).unref();
    this.#stream.on('resize', this.#onResize);
    process.on('exit', this.#onExit);
  }

  readonly #onResize = (): void => this.#screen.resized(this.#stream.columns || USUAL.cols, this.#lines());

  /** However the process ends, the cursor is given back. */
  readonly #onExit = (): void => this.#screen.leave();

  /** One row and one column stay free: the cursor's, and the one in which terminals differ about wrapping. */
  #lines(): readonly string[] {
    if (this.#latest === undefined) return [];
    const { identity, moment, heardMs } = this.#latest;
    const now = laterBy(moment, (performance.now() - heardMs) * 1_000);
    // A line that knows no size says 0 by 0.
    const cols = (this.#stream.columns || USUAL.cols) - 1;
    const rows = (this.#stream.rows || USUAL.rows) - 1 - SAID_ROWS;
    const size = { cols: Math.max(1, cols), rows: Math.max(1, rows) };
    return frame(now, this.#history, identity, size, this.#paint);
  }
}
