/** Reads Prometheus' text and OpenMetrics as strictly as their grammars allow, knowing nothing of how ours is written. Throws on the first thing that is wrong. No test here. */

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string | undefined;
  readonly unit: string | undefined;
  readonly samples: readonly ReadSample[];
}

interface Reading {
  readonly name: string;
  type: string | undefined;
  help: string | undefined;
  unit: string | undefined;
  readonly samples: ReadSample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*/;
const NUMBER = /^(?:[+-]?Inf|NaN|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i;

/** Families by name. In OpenMetrics the page must end with its mark, and only there. */
export function readExposition(
  text: string,
  format: 'text' | 'openmetrics',
): ReadonlyMap<string, ReadFamily> {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the last line does not end');
  if (format === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('no # EOF at the end');
  const families = new Map<string, Reading>();
  let current: Reading | undefined;
  const seen = new Set<string>();
  for (const line of lines) {
    if (line.startsWith('#')) current = readHead(line, format, families, current);
    else {
      const sample = readSample(line);
      if (current === undefined || !belongs(sample.name, current, format))
        throw new Error(`a sample outside its family: ${line}`);
      const key = JSON.stringify([
        sample.name,
        Object.entries(sample.labels).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ]);
      if (seen.has(key)) throw new Error(`twice: ${line}`);
      seen.add(key);
      current.samples.push(sample);
    }
  }
  const read = [...families.values()].map(finished);
  for (const family of read) check(family);
  return new Map(read.map((family) => [family.name, family]));
}

function finished({ type, ...rest }: Reading): ReadFamily {
  if (type === undefined) throw new Error(`${rest.name}: no TYPE`);
  return { ...rest, type };
}

function readHead(
  line: string,
  format: string,
  families: Map<string, Reading>,
  current: Reading | undefined,
): Reading {
  const [, kind, name = '', rest = ''] = /^# (TYPE|HELP|UNIT) (\S+) (.*)$/.exec(line) ?? [];
  if (kind === undefined) throw new Error(`neither a sample nor metadata: ${line}`);
  let family = families.get(name);
  if (family !== undefined && family !== current) throw new Error(`${name}: interleaved`);
  if (family === undefined) {
    family = { name, type: undefined, help: undefined, unit: undefined, samples: [] };
    families.set(name, family);
  }
  if (family.samples.length > 0) throw new Error(`${name}: metadata after samples`);
  if (kind === 'TYPE') family.type = once(family.type, rest, line);
  else if (kind === 'HELP') family.help = once(family.help, unescape(rest, format === 'openmetrics'), line);
  else family.unit = once(family.unit, rest, line);
  if (family.unit !== undefined && !name.endsWith(`_${family.unit}`))
    throw new Error(`${name}: not its unit`);
  return family;
}

function once(before: string | undefined, value: string, line: string): string {
  if (before !== undefined) throw new Error(`said twice: ${line}`);
  return value;
}

function readSample(line: string): ReadSample {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) throw new Error(`no name: ${line}`);
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const label = LABEL.exec(rest)?.[0];
      const quoted = /^="((?:[^"\\\n]|\\[\\"n])*)"/.exec(rest.slice(label?.length ?? 0));
      if (label === undefined || quoted === null) throw new Error(`no label: ${line}`);
      if (label in labels) throw new Error(`a label twice: ${line}`);
      labels[label] = unescape(quoted[1] ?? '', true);
      rest = rest.slice(label.length + quoted[0].length);
      if (rest.startsWith(',')) rest = rest.slice(1);
      else if (!rest.startsWith('}')) throw new Error(`no comma: ${line}`);
    }
    rest = rest.slice(1);
  }
  const number = rest.slice(1);
  if (!rest.startsWith(' ') || !NUMBER.test(number)) throw new Error(`no number: ${line}`);
  return { name, labels, value: numberOf(number) };
}

function numberOf(text: string): number {
  return Number(text.replace(/inf/i, 'Infinity'));
}

function unescape(text: string, quotes: boolean): string {
  return text.replace(/\\(.)/g, (whole, letter: string) => {
    if (letter === 'n') return '\n';
    if (letter === '\\' || (quotes && letter === '"')) return letter;
    throw new Error(`no such escape: ${whole}`);
  });
}

/** Which samples a family may have, by its type and the format's own rules on suffixes. */
function belongs(sample: string, { name, type }: Reading, format: string): boolean {
  switch (type) {
    case 'histogram':
      return [`${name}_bucket`, `${name}_count`, `${name}_sum`].includes(sample);
    case 'counter':
      return format === 'openmetrics' ? sample === `${name}_total` : sample === name;
    case 'info':
      return format === 'openmetrics' && sample === `${name}_info`;
    case 'gauge':
      return sample === name;
    case undefined:
    default:
      return false;
  }
}

function check({ name, type, help, samples }: ReadFamily): void {
  if (help === undefined) throw new Error(`${name}: no HELP`);
  if (samples.length === 0) throw new Error(`${name}: no samples`);
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0)))
    throw new Error(`${name}: below zero`);
  if (type === 'histogram') for (const group of groupsOf(samples)) checkHistogram(name, group);
}

/** Samples that differ in `le` alone. */
function groupsOf(samples: readonly ReadSample[]): readonly (readonly ReadSample[])[] {
  const groups = new Map<string, ReadSample[]>();
  for (const sample of samples) {
    const { le: _bound, ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()];
}

function checkHistogram(name: string, samples: readonly ReadSample[]): void {
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
  const only = (suffix: string): number => {
    const found = samples.filter((sample) => sample.name === `${name}_${suffix}`);
    if (found.length !== 1) throw new Error(`${name}: ${found.length} times ${suffix}`);
    return found[0]?.value ?? Number.NaN;
  };
  let before = { bound: Number.NEGATIVE_INFINITY, value: 0 };
  for (const { labels, value } of buckets) {
    const bound = numberOf(labels['le'] ?? 'none');
    if (!(bound > before.bound)) throw new Error(`${name}: bounds do not rise`);
    if (!(value >= before.value)) throw new Error(`${name}: buckets are not cumulative`);
    before = { bound, value };
  }
  if (before.bound !== Number.POSITIVE_INFINITY) throw new Error(`${name}: no +Inf bucket`);
  if (before.value !== only('count')) throw new Error(`${name}: count is not the last bucket`);
  only('sum');
}
