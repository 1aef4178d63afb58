/** The figures that are read from across the room: test results, signing in, backlog, pace, the generator. */

import type { ComponentChildren } from 'preact';
import { formatCount, formatDuration } from '../../../units.ts';
import type { Moment } from '../../moment.ts';
import { NOT_KNOWN, operationIn, phaseShown, rateWords, signInOf, tell, type Telling } from './figures.ts';
import { identity, latest, pace } from './state.ts';

interface TileProps {
  readonly id: string;
  readonly name: string;
  /** Null: not known. */
  readonly figure: string | null;
  readonly tone?: string;
  readonly children: ComponentChildren;
}

function Tile({ id, name, figure, tone, children }: TileProps) {
  return (
    <section class="tile" aria-labelledby={id}>
      <h2 id={id}>{name}</h2>
      <p class={figure === null ? 'big unknown' : `big ${tone ?? ''}`} data-figure={id}>
        {figure ?? NOT_KNOWN}
      </p>
      {children}
    </section>
  );
}

export function Tiles() {
  const run = identity.value;
  const now = latest.value;
  if (run === null || now === null) return null;
  const { moment } = now;
  const phase = phaseShown(moment);
  const signIn = signInOf(run);
  const result = tell(now.resultUs);
  const ended = operationIn(moment, signIn, phase);
  const entering = tell(ended?.responseUs);
  const before = tell(operationIn(moment, signIn, 'baseline')?.responseUs);
  return (
    <div class="tiles">
      <Tile id="results" name="Test results, sent until visible" figure={timeOf(result)}>
        <p>
          {result.of} in {phase}
        </p>
        <p>{beforeWords(phase, tell(now.resultBeforeUs))}</p>
        <p>
          <strong data-figure="waiting">{formatCount(moment.canaries.waiting)}</strong> waited for now
        </p>
      </Tile>
      <Tile id="signin" name="Signing in" figure={timeOf(entering)}>
        <p>
          {entering.of} in {phase}
        </p>
        <p>{beforeWords(phase, before)}</p>
        <p>
          {ended === undefined
            ? 'none ended so far'
            : `${formatCount(ended.ok)} got in, ${formatCount(ended.rejected)} refused, ${formatCount(ended.unknown)} unknown`}
        </p>
      </Tile>
      <Tile id="owed" name="Backlog" figure={moment.owed === null ? null : formatCount(moment.owed)}>
        <p>
          {moment.owed === null ? 'nobody can tell what the mail system owes' : 'owed by the mail system'}
        </p>
        <p>{highestOwed()}</p>
        <p>
          {moment.held ? (
            <strong class="fail">replies are held back</strong>
          ) : (
            `${formatCount(moment.copiesAccepted)} copies accepted`
          )}
        </p>
      </Tile>
      <PaceTile />
      <GeneratorTile moment={moment} />
    </div>
  );
}

function PaceTile() {
  const newest = pace.value.at(-1);
  return (
    <Tile
      id="pace"
      name="Journeys a second"
      figure={newest === undefined ? null : rateWords(newest.achieved.mean)}
    >
      <p>ended well</p>
      <p>{newest === undefined ? '' : `${rateWords(newest.offered.mean)} were due`}</p>
    </Tile>
  );
}

function GeneratorTile({ moment }: { readonly moment: Moment }) {
  const { fitness, health } = moment;
  const status = fitness?.status ?? 'unknown';
  const words = { fit: 'fit so far', unfit: 'not fit', unknown: 'too early' }[status];
  const tone = { fit: 'pass', unfit: 'invalid', unknown: 'no-data' }[status];
  return (
    <Tile id="generator-tile" name="Generator" figure={words} tone={tone}>
      <p>
        {health === null
          ? 'no load thread has told how it fares'
          : `late by at most ${health.lagMaxUs === null ? NOT_KNOWN : formatDuration(health.lagMaxUs)} in the last second`}
      </p>
      <p>
        {health === null || health.delayP99Us === null
          ? ''
          : `its event loop by ${formatDuration(health.delayP99Us)}`}
      </p>
    </Tile>
  );
}

function timeOf({ us }: Telling): string | null {
  return us === null ? null : formatDuration(us);
}

function beforeWords(phase: string, { us, of }: Telling): string {
  if (phase === 'baseline') return 'this is the ordinary day';
  return us === null ? 'before the storm: not known' : `before the storm ${formatDuration(us)} (${of})`;
}

function highestOwed(): string {
  const known = pace.value.flatMap(({ owed }) => (owed === null ? [] : [owed.high]));
  return known.length === 0 ? '' : `at most ${formatCount(Math.max(...known))} so far`;
}
