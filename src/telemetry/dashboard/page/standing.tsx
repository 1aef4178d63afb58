/** The verdict so far in words, and what it rests on; at the end the verdict itself. It judges nothing by itself. */

import type { VerdictStatus } from '../../../verdict/verdict.ts';
import type { StandingFinding } from '../glance.ts';
import { ending, latest } from './state.ts';

/** The report's words. */
const VERDICTS: Readonly<Record<VerdictStatus, string>> = {
  pass: 'PASS',
  fail: 'FAIL',
  invalid: 'INVALID',
  'no-data': 'NO DATA',
};

const STATUS_WORDS: Readonly<Record<StandingFinding['status'], string>> = {
  pass: 'holds so far',
  fail: 'crossed so far',
  'no-data': 'no data yet',
  open: 'open',
};

/** The banner: the first thing to read. */
export function VerdictSoFar() {
  const end = ending.value;
  const passedInPart = end?.status === 'pass' && end.exitCode !== 0;
  if (end !== null)
    return (
      // Green is for a run that passed as a whole: one that somebody stopped passed with what it had seen.
      <section class={`verdict ${passedInPart ? 'no-data' : end.status}`} aria-label="Verdict">
        <strong>{VERDICTS[end.status]}</strong>
        <div>
          <p>
            {passedInPart ? 'What was seen passed, but the run did not go to its end' : 'The run is over'}:
            exit {end.exitCode}, {end.because}.
          </p>
          <p>
            {end.report === null ? (
              'No report could be written.'
            ) : (
              <>
                Report, on the machine of the run: <code>{end.report}</code>
              </>
            )}
          </p>
        </div>
      </section>
    );
  const { tone, headline, more } = soFar();
  return (
    <section class={`verdict ${tone}`} aria-label="Verdict so far">
      <strong class="sofar">{headline}</strong>
      <div>
        {more.map((line) => (
          <p key={line}>{line}</p>
        ))}
      </div>
    </section>
  );
}

interface SoFar {
  readonly tone: VerdictStatus;
  readonly headline: string;
  readonly more: readonly string[];
}

function soFar(): SoFar {
  const now = latest.value;
  if (now === null)
    return { tone: 'no-data', headline: 'Nothing known yet', more: ['No figures have come so far.'] };
  const { thresholds } = now.standing;
  const crossed = thresholds.filter(({ status }) => status === 'fail');
  const holding = thresholds.filter(({ status }) => status === 'pass');
  const open = thresholds.length - crossed.length - holding.length;
  const { fitness } = now.moment;
  const unfit =
    fitness?.status === 'unfit'
      ? [`The generator is not fit so far, and may not testify about times: ${fitness.because.join('; ')}.`]
      : [];
  const rest = `${counted(holding.length, 'holds', 'hold')}, ${counted(open, 'is', 'are')} open. Lost mail is known after the census only. Nothing here is final.`;
  if (crossed.length > 0) {
    const names = crossed.map(
      ({ check, observed }) => `${check}${observed === null ? '' : ` (${observed})`}`,
    );
    const headline = `${crossed.length} of ${thresholds.length} thresholds crossed so far`;
    return {
      tone: unfit.length > 0 ? 'invalid' : 'fail',
      headline,
      more: [...unfit, `${names.join('; ')}.`, rest],
    };
  }
  if (unfit.length > 0)
    return { tone: 'invalid', headline: 'Generator not fit so far', more: [...unfit, rest] };
  if (holding.length === 0)
    return {
      tone: 'no-data',
      headline: 'Nothing to judge yet',
      more: [`${counted(open, 'threshold is', 'thresholds are')} open. Nothing here is final.`],
    };
  return { tone: 'pass', headline: 'No threshold crossed so far', more: [rest] };
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Each threshold as it stands. */
export function Thresholds() {
  const thresholds = latest.value?.standing.thresholds ?? [];
  return (
    <section aria-labelledby="thresholds">
      <h2 id="thresholds">Thresholds, so far</h2>
      {thresholds.length === 0 ? (
        <p class="soft">
          {latest.value === null ? 'No figures have come so far.' : 'The profile names none.'}
        </p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of thresholds">
          <table>
            <thead>
              <tr>
                <th scope="col">Threshold</th>
                <th scope="col">So far</th>
                <th scope="col">Seen</th>
              </tr>
            </thead>
            <tbody>
              {thresholds.map(({ check, status, observed, because }) => (
                <tr key={check}>
                  <th scope="row">
                    <code>{check}</code>
                  </th>
                  <td class={`status ${status === 'open' ? 'no-data' : status}`}>{STATUS_WORDS[status]}</td>
                  <td>{observed ?? because}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
