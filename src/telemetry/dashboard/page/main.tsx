/** The page: puts the parts in order, says how it stands with the run, and starts listening. */

/*! Bundled here, each under the MIT licence, whose text is in LICENSE: Preact, (c) 2015-present Jason Miller; @preact/signals
    and signals-core, (c) 2022-present Preact Team; uPlot, (c) 2022 Leon Sorokin. */
import { render } from 'preact';
import { formatCount, formatSpeed } from '../../../units.ts';
import { Charts } from './charts.tsx';
import { clockWords } from './figures.ts';
import { PhaseBar } from './phases.tsx';
import { Thresholds, VerdictSoFar } from './standing.tsx';
import { ageS, closing, ending, identity, latest, link, nowMs, stale, stopping } from './state.ts';
import { StopButton } from './stop.tsx';
import { follow } from './stream.ts';
import { Events, GeneratorHealth, Operations, Refusals, StopConditions } from './tables.tsx';
import { Tiles } from './tiles.tsx';

const LOOK_MS = 500;

function Header() {
  const run = identity.value;
  const moment = latest.value?.moment;
  return (
    <header>
      <div class="who">
        <h1>{run?.title ?? 'replystorm'}</h1>
        {run !== null && (
          <p class="soft">
            {formatCount(run.mailboxes)} mailboxes at {formatSpeed(run.speed)}, seed {run.seed} · run{' '}
            <code>{run.runId}</code> · {run.target}
          </p>
        )}
      </div>
      <div class="when">
        {moment !== undefined && (
          <p>
            <span class="clock">{clockWords(moment.atUs)}</span>{' '}
            {ending.value === null && moment.phase !== 'end' && (
              <span class="soft">at most {clockWords(moment.leftUs)} left</span>
            )}
          </p>
        )}
        <p class={`link ${link.value.kind}`}>{linkWords()}</p>
        <StopButton />
      </div>
    </header>
  );
}

function linkWords(): string {
  switch (link.value.kind) {
    case 'connecting':
      return 'connecting';
    case 'live':
      return stale.value || ageS.value === null ? 'connected' : 'live';
    case 'lost':
      return 'reconnecting';
    case 'full':
      return 'no place free';
    case 'barred':
      return 'no token';
    case 'over':
      return 'the run is over';
  }
}

/** What is wrong with what is shown, if anything is. */
function Caveat() {
  const old = ageS.value === null ? '' : ` What is shown is ${ageS.value} s old.`;
  const words = caveatOf(old);
  return words === undefined ? null : <p class="caveat">{words}</p>;
}

function caveatOf(old: string): string | undefined {
  const at = link.value;
  if (ending.value !== null) return undefined;
  if (at.kind === 'barred')
    return 'The token is missing, or is another run’s: open the address that the run printed.';
  if (at.kind === 'full')
    return `As many screens watch this run as may; trying again every few seconds.${old}`;
  if (at.kind === 'lost') {
    const forS = Math.max(0, Math.floor((nowMs.value - at.sinceMs) / 1_000));
    return `Connection lost ${forS} s ago, reconnecting. The run does not need this page and goes on without it; if it has ended meanwhile, its run directory says how.${old}`;
  }
  if (closing.value)
    return `The plan is carried out: what is under way ends, mailboxes are read, then comes the verdict.${old}`;
  if (stopping.value)
    return `Stopping: nothing new begins, what is under way may end; then mailboxes are read and the run is judged.${old}`;
  return stale.value ? `No news from the run, though it is connected.${old}` : undefined;
}

function Page() {
  const phase = latest.value?.moment.phase;
  return (
    <div
      class={stale.value || link.value.kind === 'lost' ? 'page stale' : 'page'}
      data-seq={latest.value?.seq ?? ''}
    >
      <Header />
      {/* Spoken at changes of phase and at no other time: a screen reader that reads every second reads nothing. */}
      <p class="spoken" role="status" aria-live="polite">
        {ending.value === null
          ? phase === undefined
            ? ''
            : phase === 'end'
              ? 'The plan is carried out.'
              : `Phase: ${phase}`
          : 'The run is over.'}
      </p>
      <main>
        <PhaseBar />
        <Caveat />
        <VerdictSoFar />
        <Tiles />
        <Charts />
        <Operations />
        <div class="near">
          <Thresholds />
          <Refusals />
          <GeneratorHealth />
          <StopConditions />
          <Events />
        </div>
      </main>
      <footer>
        Figures are those of the run’s own records so far; percentiles need 10/(1−p) samples.{' '}
        {identity.value !== null && (
          <>
            Plan digest <code>{identity.value.digest}</code>.
          </>
        )}
      </footer>
    </div>
  );
}

// A token in the address would stay in the history and in every screenshot; the cookie has it by now.
if (location.search !== '') history.replaceState(null, '', location.pathname);
const place = document.getElementById('page');
if (place !== null) render(<Page />, place);
setInterval(() => {
  nowMs.value = Date.now();
}, LOOK_MS);
void follow();
