/** Where a run is: the phase, its bar, and the phases before and after it. Pure; clocks are whole seconds, so that they tick and do not flicker. */

import type { Moment, RunIdentity } from '../../telemetry/moment.ts';
import { PHASES, type Phase } from '../../words.ts';
import { bar } from './charts.ts';
import { ink, padEnd, padStart, sideBySide, type Row } from './ink.ts';

/** Columns of a phase's name and of a clock. */
const NAME = 10;
const CLOCK = 23;

/** `0:44`, `12:05`, `1:02:03`. */
export function clockOf(us: number): string {
  const seconds = Math.max(0, Math.floor(us / 1e6));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** A length is at least what is shown of it. */
function lengthOf(us: number): string {
  return clockOf(Math.ceil(us / 1e6) * 1e6);
}

/** A moment as it is a little later, when nothing but the time is known to have changed. */
export function laterBy(moment: Moment, us: number): Moment {
  const phases = moment.phases.map((one, index) =>
    index === moment.phases.length - 1 ? { ...one, endUs: one.endUs + us } : one,
  );
  return { ...moment, phases, atUs: moment.atUs + us, leftUs: Math.max(0, moment.leftUs - us) };
}

interface Standing {
  readonly phase: Phase;
  readonly state: 'over' | 'now' | 'ahead';
  /** Of a phase that is over, how long it was; of one that runs, how long so far. */
  readonly spentUs: number;
  readonly lengthUs: number;
  readonly share: number;
}

function standingOf({ lengthsUs }: RunIdentity, moment: Moment): readonly Standing[] {
  return PHASES.map((phase): Standing => {
    const span = moment.phases.find(({ name }) => name === phase);
    const lengthUs = lengthsUs[phase];
    if (span === undefined) return { phase, state: 'ahead', spentUs: 0, lengthUs, share: 0 };
    const spentUs = Math.max(0, span.endUs - span.startUs);
    if (phase !== moment.phase) return { phase, state: 'over', spentUs, lengthUs, share: 1 };
    const share = lengthUs <= 0 ? 1 : Math.min(1, spentUs / lengthUs);
    return { phase, state: 'now', spentUs, lengthUs, share };
  });
}

/** The phase, its clock, and what is left of the run. */
export function clockLine(identity: RunIdentity, moment: Moment, cols: number): Row {
  const held: Row[] = moment.held ? [[ink('REPLIES HELD', 'warn')]] : [];
  const left = ink(`at most ${lengthOf(moment.leftUs)} left`, 'dim');
  return sideBySide([whereOf(identity, moment), ...held, [left]], cols);
}

function whereOf(identity: RunIdentity, moment: Moment): Row {
  if (moment.phase === 'end')
    return [ink('PLAN CARRIED OUT', 'strong'), ink('  waiting until the target is quiet')];
  const now = standingOf(identity, moment).find(({ state }) => state === 'now');
  if (now === undefined) return [ink('ABOUT TO BEGIN', 'strong')];
  const { phase, spentUs, lengthUs } = now;
  const name = ink(phase.toUpperCase(), 'strong');
  if (phase === 'recovery' && spentUs > lengthUs)
    return [name, ink(`  over, waiting ${clockOf(spentUs - lengthUs)} for the last answers`)];
  return [name, ink(`  ${clockOf(Math.min(spentUs, lengthUs))} of ${atMost(phase)}${lengthOf(lengthUs)}`)];
}

/** The drain alone may end before its time. */
function atMost(phase: Phase): string {
  return phase === 'drain' ? 'at most ' : '';
}

/** The bar of the phase that runs. */
export function phaseBar(identity: RunIdentity, moment: Moment, cols: number): Row {
  const now = standingOf(identity, moment).find(({ state }) => state === 'now');
  const share = now?.share ?? (moment.phase === 'end' ? 1 : 0);
  const percent = padStart(`${Math.floor(share * 100)} %`, 6);
  const { done, left } = bar(share, Math.max(1, cols - percent.length), now?.phase === 'drain');
  return [ink(done, 'line'), ink(left, 'dim'), ink(percent)];
}

/** All phases in one row. */
export function phaseStrip(identity: RunIdentity, moment: Moment, cols: number): Row {
  const groups = standingOf(identity, moment).map(({ phase, state, spentUs, lengthUs }): Row => {
    if (state === 'over') return [ink(`✓ ${phase} ${clockOf(spentUs)}`, 'dim')];
    const length = `${phase === 'drain' ? '≤ ' : ''}${lengthOf(lengthUs)}`;
    return state === 'now'
      ? [ink('▸ ', 'line'), ink(`${phase} ${length}`, 'strong')]
      : [ink(`  ${phase} ${length}`, 'dim')];
  });
  return sideBySide(groups, cols, '  ');
}

/** A row and a bar for each phase, as long as the others' are to each other only in their words. */
export function phaseRows(identity: RunIdentity, moment: Moment, cols: number): readonly Row[] {
  const width = Math.max(1, cols - NAME - CLOCK - 4);
  return standingOf(identity, moment).map(({ phase, state, spentUs, lengthUs, share }): Row => {
    const { done, left } = bar(share, width, phase === 'drain');
    const length = `${atMost(phase)}${lengthOf(lengthUs)}`;
    const words = { over: clockOf(spentUs), now: `${clockOf(spentUs)} of ${length}`, ahead: length }[state];
    return [
      ink(state === 'over' ? '✓ ' : state === 'now' ? '▸ ' : '  ', state === 'now' ? 'line' : 'dim'),
      ink(padEnd(phase, NAME), state === 'now' ? 'strong' : 'dim'),
      ink(done, state === 'now' ? 'line' : 'dim'),
      ink(left, 'dim'),
      ink(`  ${words}`, state === 'now' ? 'plain' : 'dim'),
    ];
  });
}
