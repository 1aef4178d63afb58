/** Metrics of one run: what the hub says goes to a scraper's page and to an OTLP receiver. It changes nothing about the run. */

import { isLoopback } from '../profile/guard.ts';
import type { RunRecord } from '../record/record.ts';
import { DISPOSITIONS } from '../measure/dispositions.ts';
import { exposition } from '../telemetry/metrics/exposition.ts';
import { type Ending, familiesOf, type Observed } from '../telemetry/metrics/families.ts';
import { otlpRequest } from '../telemetry/metrics/otlp.ts';
import { OtlpPush } from '../telemetry/metrics/push.ts';
import { MetricsServer } from '../telemetry/metrics/server.ts';
import { formatDuration } from '../units.ts';
import { toolIdentity } from './files.ts';
import type { LiveHub } from './live.ts';
import type { MetricsChoices } from './metrics-flags.ts';
import type { Terminal } from './console/terminal.ts';

export interface MetricsSettings {
  readonly runId: string;
  readonly live: LiveHub;
  readonly terminal: Pick<Terminal, 'line'>;
}

/** Open from before the first packet until after the verdict. */
export class Metrics {
  readonly #choices: MetricsChoices;
  readonly #settings: MetricsSettings;
  readonly #startedAtMs = Date.now();
  readonly #version = toolIdentity().version;
  #observed: Observed;
  #server: MetricsServer | undefined;
  #push: OtlpPush | undefined;
  #forget: () => void = () => undefined;
  /** How often the operator may still interrupt before nothing may be waited for: the first only ends the storm. */
  #patience = 2;
  #wake: () => void = () => undefined;
  readonly #onSignal = (): void => {
    this.#patience -= 1;
    this.#wake();
  };

  /** Listens where that was asked for; words say why it cannot, before the run and not in it. */
  static async open(choices: MetricsChoices, settings: MetricsSettings): Promise<Metrics | string> {
    const metrics = new Metrics(choices, settings);
    return (await metrics.#open()) ?? metrics;
  }

  private constructor(choices: MetricsChoices, settings: MetricsSettings) {
    this.#choices = choices;
    this.#settings = settings;
    const unknown = { identity: undefined, moment: undefined, tally: undefined, ending: undefined };
    this.#observed = { runId: settings.runId, version: this.#version, ...unknown };
  }

  async #open(): Promise<string | undefined> {
    const { listen, otlp } = this.#choices;
    if (listen === undefined && otlp === undefined) return undefined;
    if (listen !== undefined) {
      const served = await MetricsServer.open({
        ...listen,
        isLoopback,
        nowMs: () => performance.now(),
        page: (format) => exposition(familiesOf(this.#observed), format),
      });
      if (!served.ok) return `--metrics: cannot listen on ${listen.host}:${listen.port}: ${served.problem}`;
      this.#server = served.server;
      process.on('SIGINT', this.#onSignal);
      process.on('SIGTERM', this.#onSignal);
      this.#announce(served.server.url, listen.token !== undefined);
    }
    if (otlp !== undefined) {
      const say = (line: string): void => this.#settings.terminal.line(line);
      this.#push = new OtlpPush({ endpoint: otlp, body: () => this.#request(), say });
      this.#push.start();
    }
    this.#forget = this.#settings.live.add((identity, moment, { tally }) => {
      this.#observed = { ...this.#observed, identity, moment, tally };
    });
    return undefined;
  }

  /** Said at the start, since the last line of a run is its verdict. */
  #announce(url: string, withToken: boolean): void {
    const { lingerUs } = this.#choices;
    const stays = `once scraped, the last values stay for ${formatDuration(lingerUs)} after the verdict (Ctrl-C ends that)`;
    this.#settings.terminal.line(
      `metrics: ${url}${withToken ? ', with the token' : ''}${lingerUs === 0 ? '' : `; ${stays}`}`,
    );
  }

  /** Tells how it ended, to scrapers from now on and to a receiver at once. The tally is the run's own and has had its last word. */
  async tell(record: RunRecord): Promise<void> {
    this.#forget();
    // Once a run is judged, Ctrl-C can mean nothing else.
    this.#patience = Math.min(this.#patience, 1);
    this.#observed = { ...this.#observed, ending: endingOf(record) };
    this.#server?.renew();
    await this.#push?.close();
  }

  /** There will be no run after all. */
  async shut(): Promise<void> {
    this.#forget();
    await this.#push?.close();
    await this.linger();
  }

  /** Lets the last values be scraped for a while, if anybody scraped before and the operator is in no hurry. */
  async linger(): Promise<void> {
    if (this.#server === undefined) return;
    if (this.#server.scrapes > 0 && this.#patience > 0) await this.#untilSignal(this.#choices.lingerUs);
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
    await this.#server.close();
  }

  /** Waits, or until Ctrl-C: everything is written, so leaving loses nothing but a scrape. */
  #untilSignal(us: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, us / 1_000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #request(): string {
    const { runId, identity } = this.#observed;
    const version = this.#version;
    const plan =
      identity === undefined
        ? {}
        : { 'replystorm.profile': identity.profile, 'replystorm.digest': identity.digest };
    const envelope = {
      resource: {
        'service.name': 'replystorm',
        'service.version': version,
        'service.instance.id': runId,
        'replystorm.run_id': runId,
        ...plan,
      },
      version,
      startedAtMs: this.#startedAtMs,
      atMs: Date.now(),
    };
    return JSON.stringify(otlpRequest(familiesOf(this.#observed), envelope));
  }
}

/** Of the record, what a graph can hold. */
function endingOf({ verdict, exit, ledger }: RunRecord): Ending {
  const counted = ledger === null ? null : Object.fromEntries(DISPOSITIONS.map((one) => [one, ledger[one]]));
  return { status: verdict.status, exitCode: exit.code, ledger: counted };
}
