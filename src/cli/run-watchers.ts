/** Everybody who watches one run: its terminal, its dashboard, its metrics. Opened before the run, told how it ended, closed after it. It judges nothing. */

import type { RunRecord } from '../record/record.ts';
import type { RunEvent } from '../replay/conduct.ts';
import { makeTerminal, type Terminal } from './console/terminal.ts';
import { endingOf, openDashboard, type WatchedRun } from './dashboard.ts';
import type { Interrupts } from './interrupts.ts';
import { LiveHub } from './live.ts';
import { Metrics } from './metrics.ts';
import type { RunDirectory } from './run-directory.ts';
import type { RunChoices, RunFlags } from './run-flags.ts';

export class RunWatchers {
  readonly terminal: Terminal;
  readonly live = new LiveHub();
  #metrics: Metrics | undefined;
  #dashboard: WatchedRun | undefined;

  /** Opens what was asked for; words say what could not be opened, and then nothing is. */
  static async open(
    flags: RunFlags,
    { metrics }: Pick<RunChoices, 'metrics'>,
    runId: string,
  ): Promise<RunWatchers | string> {
    const watchers = new RunWatchers(flags.quiet);
    const { live, terminal } = watchers;
    const dashboard = await openDashboard(flags);
    if (typeof dashboard === 'string') return dashboard;
    watchers.#dashboard = dashboard;
    const opened = await Metrics.open(metrics, { runId, live, terminal });
    if (typeof opened === 'string') {
      await watchers.shut('nothing was run');
      return opened;
    }
    watchers.#metrics = opened;
    return watchers;
  }

  private constructor(quiet: boolean) {
    this.terminal = makeTerminal(quiet);
    this.live.add(this.terminal.show);
  }

  /** The run begins: whoever watches may ask it to stop. */
  begin(interrupts: Interrupts): void {
    this.#dashboard?.watch(this.live, this.terminal, interrupts);
  }

  event(event: RunEvent): void {
    this.#dashboard?.event(event);
  }

  /** How it ended, once its record is written. */
  async tell(record: RunRecord, directory: RunDirectory | undefined): Promise<void> {
    await this.#dashboard?.end(endingOf(record.verdict, record.exit, directory));
    await this.#metrics?.tell(record);
  }

  /** There will be no run after all. */
  async shut(because: string): Promise<void> {
    await this.#dashboard?.end({ status: 'no-data', exitCode: 104, because, report: null });
    await this.#metrics?.shut();
  }

  /** Stays for the last scrape, if anybody scrapes. */
  async linger(): Promise<void> {
    await this.#metrics?.linger();
  }
}
