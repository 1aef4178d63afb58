/** What is read from near by: operations, refusals, the generator's health, stop conditions, events. Tables and lists only. */

import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Refusal } from '../../../measure/refusals.ts';
import { formatCount, formatDuration } from '../../../units.ts';
import { PHASES } from '../../../words.ts';
import type { Moment, MomentOperation } from '../../moment.ts';
import { clockWords, NOT_KNOWN, phaseShown, shareWords, timeOrDash } from './figures.ts';
import { latest, notes } from './state.ts';

/** The phase that somebody chose to see; null: the one that runs. */
const chosen = signal<string | null>(null);

function Scrolling({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={name}>
      {children}
    </div>
  );
}

export function Operations() {
  const moment = latest.value?.moment;
  if (moment === undefined) return null;
  const phase = chosen.value ?? phaseShown(moment);
  const rows = moment.operations.filter((one) => one.phase === phase && !isIdle(one));
  // What people set out to do comes before the steps that it is made of.
  const journeys = rows.filter(({ operation }) => operation.startsWith('journey.'));
  const steps = rows.filter(({ operation }) => !operation.startsWith('journey.'));
  return (
    <section aria-labelledby="operations" class="wide">
      <h2 id="operations">Operations</h2>
      <PhaseChoice moment={moment} />
      {rows.length === 0 ? (
        <p class="soft">Nothing has ended in {phase} so far.</p>
      ) : (
        <Scrolling name="Table of operations">
          <table>
            <caption>
              Response times from the instant that people meant to act, of all outcomes. –: too few to tell.
            </caption>
            <thead>
              <tr>
                <th scope="col">Operation</th>
                {['planned', 'ok', 'refused', 'unknown', 'dropped', 'p50', 'p90', 'p99', 'slowest'].map(
                  (name) => (
                    <th key={name} scope="col" class="figure">
                      {name}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {[...journeys, ...steps].map((row) => (
                <OperationRow key={row.operation} row={row} />
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
    </section>
  );
}

function PhaseChoice({ moment }: { readonly moment: Moment }) {
  return (
    <p>
      <label>
        Phase{' '}
        <select
          value={chosen.value ?? ''}
          onChange={(event) => {
            chosen.value = event.currentTarget.value === '' ? null : event.currentTarget.value;
          }}
        >
          <option value="">the one that runs ({phaseShown(moment)})</option>
          {PHASES.filter((one) => moment.phases.some(({ name }) => name === one)).map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
    </p>
  );
}

function isIdle({ planned, ok, rejected, unknown, dropped }: MomentOperation): boolean {
  return planned + ok + rejected + unknown + dropped === 0;
}

function OperationRow({ row }: { readonly row: MomentOperation }) {
  const { operation, planned, ok, rejected, unknown, dropped, responseUs } = row;
  const { p50, p90, p99, max } = responseUs;
  return (
    <tr data-operation={operation}>
      <th scope="row">{operation}</th>
      <td class="figure">{formatCount(planned)}</td>
      <td class="figure">{formatCount(ok)}</td>
      <td class={rejected > 0 ? 'figure harm' : 'figure'}>{formatCount(rejected)}</td>
      <td class={unknown > 0 ? 'figure harm' : 'figure'}>{formatCount(unknown)}</td>
      <td class={dropped > 0 ? 'figure harm' : 'figure'}>{formatCount(dropped)}</td>
      {[p50, p90, p99, max].map((us, index) => (
        <td key={index} class="figure">
          {timeOrDash(us)}
        </td>
      ))}
    </tr>
  );
}

interface Told {
  readonly refusal: Refusal;
  readonly means: string;
}

export function Refusals() {
  const now = latest.value;
  if (now === null) return null;
  const told = now.moment.refusals.map(
    (refusal, index): Told => ({ refusal, means: now.means[index] ?? '' }),
  );
  const others = told.filter(({ refusal }) => refusal.limited < refusal.count);
  const limiters = told.filter(({ refusal }) => refusal.limited > 0);
  return (
    <section aria-labelledby="refusals">
      <h2 id="refusals">Refusals</h2>
      {told.length === 0 && <p class="soft">None so far.</p>}
      {others.length > 0 && (
        <RefusalTable
          name="What the mail system refused"
          rows={others}
          countOf={({ count, limited }) => count - limited}
        />
      )}
      {limiters.length > 0 && (
        <RefusalTable
          name="What a limiter answered, not the mail system"
          rows={limiters}
          countOf={({ limited }) => limited}
        />
      )}
    </section>
  );
}

interface RefusalTableProps {
  readonly name: string;
  readonly rows: readonly Told[];
  readonly countOf: (refusal: Refusal) => number;
}

function RefusalTable({ name, rows, countOf }: RefusalTableProps) {
  return (
    <Scrolling name={name}>
      <table>
        <caption>{name}</caption>
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col">Code</th>
            <th scope="col" class="figure">
              How often
            </th>
            <th scope="col">What it means</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ refusal, means }) => (
            <tr key={`${refusal.operation} ${refusal.code} ${refusal.enhanced}`}>
              <th scope="row">{refusal.operation}</th>
              <td>
                <code>
                  {refusal.enhanced === null ? refusal.code : `${refusal.code} ${refusal.enhanced}`}
                </code>
              </td>
              <td class="figure">{formatCount(countOf(refusal))}</td>
              <td>{means}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}

export function GeneratorHealth() {
  const health = latest.value?.moment.health ?? null;
  const rows: readonly (readonly [string, string])[] =
    health === null
      ? []
      : [
          ['Latest journey taken up', lateWords(health.lagMaxUs)],
          ['Event loop would delay, 99 % of the time at most', known(health.delayP99Us)],
          ['Busiest load thread', shareWords(health.utilisation)],
          ['CPU, of all cores', shareWords(health.cpu)],
          ['Stopped for garbage', `${health.gcCount} times, ${formatDuration(health.gcTotalUs)} in all`],
          ['Sockets', formatCount(health.sockets)],
        ];
  return (
    <section aria-labelledby="generator">
      <h2 id="generator">Health of the generator</h2>
      {health === null ? (
        <p class="soft">Not known: no load thread has told how it fares.</p>
      ) : (
        <dl>
          {rows.map(([term, words]) => (
            <div key={term}>
              <dt>{term}</dt>
              <dd>{words}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

function known(us: number | null): string {
  return us === null ? NOT_KNOWN : formatDuration(us);
}

function lateWords(us: number | null): string {
  return us === null ? 'none was due' : `${formatDuration(us)} late`;
}

export function StopConditions() {
  const conditions = latest.value?.moment.conditions ?? [];
  return (
    <section aria-labelledby="conditions">
      <h2 id="conditions">Stop conditions</h2>
      {conditions.length === 0 ? (
        <p class="soft">The profile names none.</p>
      ) : (
        <ul class="plain">
          {conditions.map(({ limit, overUs, share }) => (
            <li key={`${limit} ${overUs}`}>
              ends the run above {shareWords(limit)} of attempts refused or unknown within{' '}
              {formatDuration(overUs)}:{' '}
              <strong>{share === null ? 'too few attempts to tell' : `now ${shareWords(share)}`}</strong>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The newest first: the others are in events.ndjson. */
const SHOWN = 12;

export function Events() {
  const newest = notes.value.toReversed().slice(0, SHOWN);
  const errors = latest.value?.moment.errors ?? [];
  const reachedUs = latest.value?.moment.atUs ?? Number.POSITIVE_INFINITY;
  return (
    <section aria-labelledby="events">
      <h2 id="events">Events</h2>
      {newest.length === 0 ? (
        <p class="soft">None so far.</p>
      ) : (
        <ol class="plain">
          {newest.map(({ seq, atUs, event, detail }) => (
            <li key={seq}>
              <span class="at">{clockWords(atUs)}</span> {event}
              {atUs > reachedUs && <span class="soft"> (announced)</span>}
              {detail !== undefined && <span class="soft">: {detail}</span>}
            </li>
          ))}
        </ol>
      )}
      {errors.length > 0 && (
        <>
          <h3>Errors, the most frequent</h3>
          <ul class="plain">
            {errors.map(({ text, count }) => (
              <li key={text}>
                <span class="at">{formatCount(count)}×</span> {text}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
