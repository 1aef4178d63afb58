/** Asks the operator's own gauges every few seconds and keeps what they said, in bounded memory. A gauge that fails says nothing; it never ends a run. */

import { isAllowedProbe } from '../profile/guard.ts';
import type { Profile } from '../profile/schema.ts';
import type { RecordedProbe } from '../record/record.ts';
import { askCommand, askUrl } from './probe.ts';

/** Asked this often unless the profile says otherwise. */
const EVERY_US = 2_000_000;

/** Points kept of one gauge: past that, neighbours become one, of the larger value, and it is kept half as often. */
const MOST_POINTS = 900;

/** One gauge: what it is called, what it counts, how it is asked. */
export interface Gauge {
  readonly name: string;
  readonly unit: string | null;
  readonly everyUs: number;
  readonly ask: () => Promise<number | undefined>;
}

export type GaugesRead =
  | { readonly ok: true; readonly gauges: readonly Gauge[] }
  | { readonly ok: false; readonly problems: readonly string[] };

const FLAG = /^([a-z][a-z0-9-]{0,39})(?:\[([^\][]{1,20})\])?=(command:)?(.+)$/s;

const FLAG_FORM = 'NAME=URL, NAME=command:COMMAND, or either with a unit such as NAME[messages]=URL';

/**
 * Gauges of the flags and of the profile. Commands come from flags alone: a profile is a file from somewhere. URLs, whose
 * host is an address or localhost, lie on this machine or, from a profile, within its blastRadius.
 */
export function readGauges(flags: readonly string[], profile: Profile): GaugesRead {
  const problems: string[] = [];
  const gauges: Gauge[] = [];
  const take = (gauge: Gauge, where: string): void => {
    if (gauges.some(({ name }) => name === gauge.name))
      problems.push(`${where}: found a second probe called ${gauge.name}, expected names that differ`);
    else gauges.push(gauge);
  };
  for (const text of flags) {
    const [, name, unit = null, command, source = ''] = FLAG.exec(text) ?? [];
    const isUrl = command === undefined && /^https?:\/\//.test(source);
    if (name === undefined || (command === undefined && !isUrl))
      problems.push(`--probe: found ${JSON.stringify(text)}, expected ${FLAG_FORM}`);
    else if (isUrl && !isAllowedProbe(source, []))
      problems.push(
        `--probe: found ${JSON.stringify(source)}, expected a loopback address such as http://127.0.0.1:8025/`,
      );
    else
      take(
        { name, unit, everyUs: EVERY_US, ask: () => (isUrl ? askUrl(source) : askCommand(source)) },
        '--probe',
      );
  }
  for (const [index, { name, url, unit = null, every = EVERY_US }] of (profile.probes ?? []).entries()) {
    if (isAllowedProbe(url, profile.blastRadius?.cidrs ?? []))
      take({ name, unit, everyUs: every, ask: () => askUrl(url) }, `probes[${index}]`);
    else
      problems.push(
        `probes[${index}].url: found ${JSON.stringify(url)}, expected an address of this machine or within blastRadius.cidrs, not a name`,
      );
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, gauges };
}

interface Kept {
  readonly gauge: Gauge;
  points: { readonly atUs: number; readonly value: number | null }[];
  /** Readings that make one point. */
  stride: number;
  readings: number;
}

/** Gauges that are being asked, from `start` to `close`. */
export class Gauges {
  readonly #clock: () => number;
  readonly #kept: readonly Kept[];
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(gauges: readonly Gauge[], clock: () => number) {
    this.#clock = clock;
    this.#kept = gauges.map((gauge) => ({ gauge, points: [], stride: 1, readings: 0 }));
  }

  start(): void {
    for (const kept of this.#kept) void this.#askOn(kept);
  }

  /** Asks no more; what is still being asked is not waited for. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** What they said, in microseconds from `zeroUs` of the clock. */
  recorded(zeroUs: number): readonly RecordedProbe[] {
    return this.#kept.map(({ gauge: { name, unit }, points }) => ({
      name,
      unit,
      points: points.map(({ atUs, value }) => ({ atUs: atUs - zeroUs, value })),
    }));
  }

  /** One question at a time: a gauge that is slow is asked less often. */
  async #askOn(kept: Kept): Promise<void> {
    const atUs = this.#clock();
    const value = (await kept.gauge.ask()) ?? null;
    if (this.#closed) return;
    keep(kept, atUs, value);
    const waitUs = Math.max(0, kept.gauge.everyUs - (this.#clock() - atUs));
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#askOn(kept);
    }, waitUs / 1_000);
    timer.unref();
    this.#timers.add(timer);
  }
}

/** Adds a reading; a point of several holds the largest, since a peak that vanishes would be a lie. */
function keep(kept: Kept, atUs: number, value: number | null): void {
  const last = kept.points.at(-1);
  if (last !== undefined && kept.readings % kept.stride !== 0)
    kept.points[kept.points.length - 1] = { atUs: last.atUs, value: larger(last.value, value) };
  else kept.points.push({ atUs, value });
  kept.readings += 1;
  if (kept.points.length <= MOST_POINTS) return;
  kept.points = kept.points.flatMap((point, index, all) =>
    index % 2 === 0 ? [{ atUs: point.atUs, value: larger(point.value, all[index + 1]?.value ?? null) }] : [],
  );
  kept.stride *= 2;
  // The next reading begins a point of its own.
  kept.readings = kept.points.length * kept.stride;
}

function larger(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
