/** What a person sees while a run goes on: a block redrawn in place on a terminal, plain lines elsewhere. Pure frame, one writer. */

import colors from 'picocolors';
import type { RunState } from '../replay/conduct.ts';
import { formatCount, formatDuration } from '../units.ts';
import { DOOR_OPERATIONS, PHASES } from '../words.ts';

/** Plain lines come this often, and at every change of phase. */
const PLAIN_EVERY_US = 5_000_000;

const REDRAW_EVERY_US = 250_000;

/** Where messages for people go: standard error, so that standard output stays for what was asked for. */
export interface Terminal {
  line(text: string): void;
  look(state: RunState): void;
  /** Ends the redrawn block, so that what follows stands below it. */
  settle(): void;
}

interface Rates {
  readonly offered: number;
  readonly achieved: number;
}

/** A terminal for one run. `quiet` shows nothing but the last line, which the command writes itself. */
export function makeTerminal(quiet: boolean, stream: NodeJS.WriteStream = process.stderr): Terminal {
  const live = stream.isTTY && !quiet;
  let drawn = 0;
  let shownUs = Number.NEGATIVE_INFINITY;
  let shownPhase = '';
  let before = { atUs: 0, planned: 0, ended: 0 };
  const settle = (): void => {
    drawn = 0;
  };
  return {
    line: (text) => {
      if (quiet) return;
      settle();
      stream.write(`${text}\n`);
    },
    settle,
    look: (state) => {
      const due =
        state.atUs - shownUs >= (live ? REDRAW_EVERY_US : PLAIN_EVERY_US) || state.phase !== shownPhase;
      if (quiet || !due) return;
      const counts = journeyCounts(state);
      const seconds = Math.max(0.001, (state.atUs - before.atUs) / 1e6);
      const rates = {
        offered: (counts.planned - before.planned) / seconds,
        achieved: (counts.ended - before.ended) / seconds,
      };
      before = { atUs: state.atUs, ...counts };
      shownUs = state.atUs;
      shownPhase = state.phase;
      const lines = frame(state, rates).map((text) =>
        live ? text.slice(0, Math.max(20, (stream.columns ?? 80) - 1)) : text,
      );
      if (!live) {
        stream.write(`${lines.join('  ')}\n`);
        return;
      }
      const up = drawn > 0 ? `\u001b[${drawn}A` : '';
      stream.write(
        up + lines.map((text, index) => `\u001b[2K${index === 0 ? colors.bold(text) : text}\n`).join(''),
      );
      drawn = lines.length;
    },
  };
}

/** The state of a run in three lines: where it is, what is offered and achieved, what people feel and what fails. */
export function frame(state: RunState, rates: Rates): readonly string[] {
  const totalUs = PHASES.reduce((sum, phase) => sum + state.plan.lengthsUs[phase], 0);
  const leftUs = Math.max(0, totalUs - state.atUs);
  const phase = state.phase === 'end' ? 'waiting for quiet' : state.phase;
  const { signIn } = DOOR_OPERATIONS[state.plan.doors.mailbox];
  const felt =
    state.phase === 'end'
      ? undefined
      : state.tally.summary(signIn, state.phase, ['ok', 'rejected', 'unknown', 'dropped'], 'response');
  const time = (us: number | null | undefined): string =>
    us === null || us === undefined ? '-' : formatDuration(us);
  const errors = state.tally
    .errors()
    .slice(0, 3)
    .map(({ text, count }) => `${count}x ${text.slice(0, 60)}`);
  return [
    `${phase}  ${formatDuration(Math.max(0, state.atUs))} elapsed, at most ${formatDuration(leftUs)} left${state.held ? '  REPLIES HELD' : ''}`,
    `journeys offered ${rates.offered.toFixed(0)}/s achieved ${rates.achieved.toFixed(0)}/s  owed ${state.owed === undefined ? '?' : formatCount(state.owed)}  canaries waiting ${state.progress.canariesWaiting}`,
    `sign-in p50 ${time(felt?.p50)} p99 ${time(felt?.p99)}  errors ${errors.length === 0 ? 'none' : errors.join(' | ')}`,
  ];
}

function journeyCounts(state: RunState): { planned: number; ended: number } {
  let planned = 0;
  let ended = 0;
  for (const { operation, intents } of state.tally.operations()) {
    if (!operation.startsWith('journey.')) continue;
    planned += intents.planned;
    ended += intents.ok;
  }
  return { planned, ended };
}
