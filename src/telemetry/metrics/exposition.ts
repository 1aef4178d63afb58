/** Families as the text that a scraper reads: Prometheus' format 0.0.4, or OpenMetrics 1.0.0 where it is asked for. Pure; it must not decide what there is to tell. */

import type { Family, HistogramPoint, Labels, NumberPoint } from './family.ts';

export type Format = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/**
 * What an Accept header asks for (RFC 9110 §12.5.1): OpenMetrics 1.0.0 if it is named and liked no less than plain text;
 * plain text in every other case, also where neither is acceptable, as exporters do.
 */
export function negotiate(accept: string | undefined): Format {
  let openmetrics = 0;
  let text = 0;
  for (const entry of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    const valueOf = (name: string): string | undefined =>
      parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
    const stated = Number(valueOf('q') ?? '1');
    const quality = stated >= 0 && stated <= 1 ? stated : 0;
    const version = valueOf('version') ?? '1.0.0';
    if (type === 'application/openmetrics-text' && version === '1.0.0')
      openmetrics = Math.max(openmetrics, quality);
    if (type === 'text/plain') text = Math.max(text, quality);
  }
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'text';
}

/** All families as one page. OpenMetrics ends with a mark, so that a page cut short is never taken for a whole one. */
export function exposition(families: readonly Family[], format: Format): string {
  const lines = families.flatMap((family) => [...headLines(family, format), ...sampleLines(family)]);
  if (format === 'openmetrics') lines.push('# EOF');
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** In the older format a family goes by the name of its samples, and has no unit or kind `info`. */
function headLines({ name, kind, unit, help }: Family, format: Format): string[] {
  if (format === 'openmetrics') {
    const units = unit === undefined ? [] : [`# UNIT ${name} ${unit}`];
    return [`# TYPE ${name} ${kind}`, ...units, `# HELP ${name} ${escapeLabel(help)}`];
  }
  const shown = kind === 'counter' || kind === 'info' ? sampleName(name, kind) : name;
  return [`# HELP ${shown} ${escapeHelp(help)}`, `# TYPE ${shown} ${kind === 'info' ? 'gauge' : kind}`];
}

function sampleName(name: string, kind: 'counter' | 'gauge' | 'info'): string {
  return kind === 'gauge' ? name : `${name}${kind === 'counter' ? '_total' : '_info'}`;
}

function sampleLines(family: Family): string[] {
  if (family.kind === 'histogram')
    return family.points.flatMap((point) => histogramLines(family.name, point));
  const name = sampleName(family.name, family.kind);
  return family.points.map(({ labels, value }: NumberPoint) => `${name}${written(labels)} ${value}`);
}

/** Buckets are cumulative, the last one is everything. Most lines of a page are these, so their labels are written once. */
function histogramLines(name: string, point: HistogramPoint): string[] {
  const { labels, boundsUs, counts, total, sumUs } = point;
  const shared = written(labels);
  const before = `${name}_bucket{${shared === '' ? '' : `${shared.slice(1, -1)},`}le="`;
  let below = 0;
  const buckets = boundsUs.map((boundUs, place) => {
    below += counts[place] ?? 0;
    return `${before}${boundOf(boundUs)}"} ${below}`;
  });
  return [
    ...buckets,
    `${before}+Inf"} ${total}`,
    `${name}_count${shared} ${total}`,
    `${name}_sum${shared} ${sumUs / 1e6}`,
  ];
}

/** Bounds are labels, so both formats must write them alike or a change of format would make new series: as OpenMetrics does, `1.0`. */
function boundOf(boundUs: number): string {
  const text = String(boundUs / 1e6);
  return text.includes('.') ? text : `${text}.0`;
}

function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** What servers say may hold anything: a line break would begin a line of its own. */
function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** Format 0.0.4 leaves quotation marks in a HELP alone. */
function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
