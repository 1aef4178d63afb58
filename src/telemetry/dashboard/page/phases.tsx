/** The phase bar: where the run is in its plan, with the storm's shape in its own stretch. */

import { formatCount, formatDuration } from '../../../units.ts';
import { PHASES, type Phase } from '../../../words.ts';
import type { Moment, RunIdentity } from '../../moment.ts';
import { PHASE_WORDS } from './figures.ts';
import { ending, identity, latest } from './state.ts';

/** A stretch of the bar: as long as it was, or as it may be at most. */
interface Stretch {
  readonly phase: Phase;
  readonly lengthUs: number;
  /** Share that is over, from 0 to 1. */
  readonly done: number;
  readonly state: 'past' | 'now' | 'ahead';
}

/** Narrower than this a stretch cannot be read. */
const LEAST_SHARE = 0.07;

const SHAPE_COLUMNS = 60;

export function PhaseBar() {
  const run = identity.value;
  const moment = latest.value?.moment ?? null;
  if (run === null)
    return (
      <p class="soft">The run has not begun: the mail system is checked, then a pilot message goes round.</p>
    );
  const stretches = stretchesOf(run, moment);
  const total = stretches.reduce((sum, { lengthUs }) => sum + lengthUs, 0);
  const shares = stretches.map(({ lengthUs }) => Math.max(LEAST_SHARE, total === 0 ? 0 : lengthUs / total));
  return (
    <>
      <ol class="phases" aria-label="Phases">
        {stretches.map((stretch, index) => (
          <li
            key={stretch.phase}
            class={stretch.state}
            style={{ flexGrow: shares[index] }}
            aria-current={stretch.state === 'now' ? 'step' : undefined}
          >
            <div class="track">
              {stretch.phase === 'storm' && <Shape run={run} />}
              <div class="done" style={{ width: `${stretch.done * 100}%` }} />
            </div>
            <span class="name">{stretch.phase}</span> <span class="soft">{lengthWords(stretch)}</span>
          </li>
        ))}
      </ol>
      <p class="where">
        <strong>{whereWords(moment)}</strong>
        {moment !== null && ending.value === null && <span class="soft">: {PHASE_WORDS[moment.phase]}</span>}
      </p>
    </>
  );
}

function whereWords(moment: Moment | null): string {
  if (ending.value !== null) return 'over';
  if (moment === null) return 'about to begin';
  return moment.phase === 'end' ? 'plan carried out' : moment.phase;
}

function stretchesOf({ lengthsUs }: RunIdentity, moment: Moment | null): readonly Stretch[] {
  return PHASES.map((phase): Stretch => {
    const span = moment?.phases.find(({ name }) => name === phase);
    if (span === undefined) return { phase, lengthUs: lengthsUs[phase], done: 0, state: 'ahead' };
    const spentUs = Math.max(0, span.endUs - span.startUs);
    if (moment?.phase !== phase) return { phase, lengthUs: spentUs, done: 1, state: 'past' };
    const lengthUs = Math.max(lengthsUs[phase], spentUs);
    return { phase, lengthUs, done: lengthUs === 0 ? 1 : spentUs / lengthUs, state: 'now' };
  });
}

function lengthWords({ phase, lengthUs, state }: Stretch): string {
  const length = formatDuration(lengthUs);
  return phase === 'drain' && state !== 'past' ? `≤ ${length}` : length;
}

/** Messages to everybody over the storm's time, as they were planned. */
function Shape({ run }: { readonly run: RunIdentity }) {
  const columns = Array.from({ length: SHAPE_COLUMNS }, () => 0);
  for (const us of run.stormUs) {
    const column = Math.min(
      SHAPE_COLUMNS - 1,
      Math.floor((us / Math.max(1, run.lengthsUs.storm)) * SHAPE_COLUMNS),
    );
    columns[column] = (columns[column] ?? 0) + 1;
  }
  const most = Math.max(1, ...columns);
  const bars = columns.map((count, x) => `M${x} 20V${20 - (count / most) * 18}h.9V20z`).join('');
  return (
    <svg
      viewBox={`0 0 ${SHAPE_COLUMNS} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`The storm as planned: ${formatCount(run.stormUs.length)} messages to everybody`}
    >
      <path d={bars} />
    </svg>
  );
}
