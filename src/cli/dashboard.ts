/** `run --dashboard`: reads its flags, opens it before the run, feeds it from the run, closes it with the verdict. It serves nothing itself. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import type { Summary } from '../measure/tally.ts';
import type { RunEvent, RunState } from '../replay/conduct.ts';
import { DARK, LIGHT } from '../report/html/style.ts';
import { refusalSentence } from '../report/refusals.ts';
import { Dashboard } from '../telemetry/dashboard/dashboard.ts';
import { isLoopback, parseAddress, type Address } from '../telemetry/door.ts';
import type { Ending } from '../telemetry/dashboard/glance.ts';
import type { Moment, RunIdentity } from '../telemetry/moment.ts';
import type { Exit } from '../verdict/exit.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { operationAt, type Phase } from '../words.ts';
import { FeltColumns } from './felt-columns.ts';
import type { Interrupts } from './interrupts.ts';
import type { LiveHub } from './live.ts';
import type { RunDirectory } from './run-directory.ts';
import { standingOf } from './standing.ts';
import type { Terminal } from './console/terminal.ts';

/** Where the page is built to, beside the compiled sources. */
const BUILT = join(import.meta.dirname, '../telemetry/dashboard/page');

export interface DashboardFlags {
  readonly dashboard?: string | undefined;
  readonly dashboardReadOnly: boolean;
  readonly quiet: boolean;
}

/** The dashboard's flags. */
export function withDashboardFlags<T>(argv: Argv<T>) {
  return argv
    .option('dashboard', {
      type: 'string',
      describe:
        'A page that shows the run while it goes on, on 127.0.0.1 and a free port, or on this HOST:PORT; one that others can reach needs the token that is printed',
    })
    .option('dashboard-read-only', {
      type: 'boolean',
      default: false,
      describe: 'The page cannot stop the run',
    });
}

/** Where the page shall be; undefined: nowhere; words: what is wrong with the flags. */
export function readDashboard(flags: DashboardFlags): Address | string | undefined {
  const { dashboard, dashboardReadOnly, quiet } = flags;
  if (dashboard === undefined)
    return dashboardReadOnly
      ? '--dashboard-read-only: found it without --dashboard, expected both'
      : undefined;
  const address = parseAddress(dashboard === '' ? '127.0.0.1:0' : dashboard);
  if (address === undefined)
    return `--dashboard: found ${JSON.stringify(dashboard)}, expected nothing, or an address with a port such as 127.0.0.1:8089 or [::1]:8089`;
  if (quiet && !isLoopback(address.host))
    return '--dashboard: found an address that others can reach and --quiet, expected one of them: its token has to be printed';
  return address;
}

/** Opens the dashboard, if there shall be one; words say why it could not. */
export async function openDashboard(flags: DashboardFlags): Promise<WatchedRun | string | undefined> {
  const address = readDashboard(flags);
  if (address === undefined || typeof address === 'string') return address;
  const watched = new WatchedRun(address, flags.dashboardReadOnly);
  const problem = await watched.open();
  return problem === undefined ? watched : `--dashboard: ${problem}`;
}

/** How a run ended, for its last frame. */
export function endingOf(
  { status }: Verdict,
  { code, reason }: Exit,
  directory: RunDirectory | undefined,
): Ending {
  const written = directory !== undefined && directory.failure === undefined;
  return {
    status,
    exitCode: code,
    because: reason,
    report: written ? `${directory.path}/report.html` : null,
  };
}

/** One run and its dashboard. */
export class WatchedRun {
  readonly #dashboard: Dashboard;
  #url = '';
  #askToStop: () => void = () => undefined;
  #columns: FeltColumns | undefined;

  constructor(address: Address, readOnly: boolean) {
    this.#dashboard = new Dashboard({
      address,
      script: readFileSync(join(BUILT, 'page.js'), 'utf8'),
      style: `:root { ${LIGHT} }\n@media (prefers-color-scheme: dark) { :root { ${DARK} } }\n${readFileSync(join(BUILT, 'page.css'), 'utf8')}`,
      readOnly,
      stop: () => this.#askToStop(),
    });
  }

  async open(): Promise<string | undefined> {
    const opened = await this.#dashboard.listen();
    if (!opened.ok) return opened.problem;
    this.#url = opened.url;
    return undefined;
  }

  /** Says where it is, and shows what the hub tells from now on. */
  watch(live: LiveHub, terminal: Terminal, interrupts: Interrupts): void {
    this.#askToStop = () => interrupts.ask();
    interrupts.stop.addEventListener('abort', () => this.#dashboard.stopping(), { once: true });
    live.add((identity, moment, state) => this.#show(identity, moment, state));
    terminal.line(`dashboard: ${this.#url}`);
  }

  event(event: RunEvent): void {
    this.#dashboard.note(event);
  }

  /** Tells how it ended and closes. */
  async end(ending: Ending): Promise<void> {
    await this.#dashboard.end(ending);
  }

  #show(identity: RunIdentity, moment: Moment, state: RunState): void {
    this.#columns ??= new FeltColumns(operationAt(identity.doors, 'signIn'));
    const results = (phase: Phase): Summary =>
      state.tally.summary('journey.canary', phase, ['ok'], 'visible');
    this.#dashboard.show(identity, {
      moment,
      standing: standingOf(state),
      // The moment has it while a phase runs: percentiles are what costs most.
      resultUs: moment.canaries.visibleUs ?? results(moment.phases.at(-1)?.name ?? 'baseline'),
      resultBeforeUs: results('baseline'),
      felt: this.#columns.take(state.tally, state.atUs, state.phase === 'end'),
      means: moment.refusals.map((refusal) => refusalSentence(refusal)),
    });
  }
}
