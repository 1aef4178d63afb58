/** Families as an OTLP ExportMetricsServiceRequest in its JSON encoding (opentelemetry-proto 1.x, specification: JSON Protobuf Encoding). Pure; it must not send anything. */

import type { Family, HistogramPoint, Labels, NumberPoint, Unit } from './family.ts';

/** Everything counts from the run's start: a push that is lost costs a point in time, never a count. */
const CUMULATIVE = 2;

/** Units in the Unified Code for Units of Measure, as OTLP wants them. */
const UCUM: Readonly<Record<Unit, string>> = { seconds: 's', ratio: '1' };

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

/** What a request carries beside the figures. Instants in milliseconds of Unix time. */
export interface Envelope {
  /** Who speaks: `service.name` and the run's own. */
  readonly resource: Labels;
  readonly version: string;
  readonly startedAtMs: number;
  readonly atMs: number;
}

/** The request's body as plain data. 64-bit integers are decimal strings there (proto3 JSON mapping), enums are numbers. */
export function otlpRequest(families: readonly Family[], envelope: Envelope): object {
  const { resource, version, startedAtMs, atMs } = envelope;
  const span = { startTimeUnixNano: nanos(startedAtMs), timeUnixNano: nanos(atMs) };
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeMetrics: [
          {
            scope: { name: 'replystorm', version },
            metrics: families.map((family) => metricOf(family, span)),
          },
        ],
      },
    ],
  };
}

interface Span {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

function metricOf(family: Family, span: Span): object {
  const { name, help, unit } = family;
  const head = { name: otlpName(name, unit), description: help, unit: unit === undefined ? '' : UCUM[unit] };
  switch (family.kind) {
    case 'histogram': {
      const dataPoints = family.points.map((point) => histogramPoint(point, span));
      return { ...head, histogram: { dataPoints, aggregationTemporality: CUMULATIVE } };
    }
    case 'counter': {
      const dataPoints = family.points.map((point) => numberPoint(point, span));
      return { ...head, sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } };
    }
    case 'info':
      return {
        ...head,
        name: `${head.name}.info`,
        gauge: { dataPoints: family.points.map((point) => numberPoint(point, span)) },
      };
    case 'gauge':
      return { ...head, gauge: { dataPoints: family.points.map((point) => numberPoint(point, span)) } };
  }
}

/** Dots instead of underscores and the unit beside the name: a collector that writes Prometheus' names makes ours of it again. */
function otlpName(name: string, unit: Unit | undefined): string {
  const bare = unit === undefined ? name : name.slice(0, -`_${unit}`.length);
  return bare.replaceAll('_', '.');
}

function numberPoint({ labels, value }: NumberPoint, span: Span): object {
  return { attributes: attributesOf(labels), ...span, asDouble: value };
}

function histogramPoint(point: HistogramPoint, span: Span): object {
  const { labels, boundsUs, counts, total, sumUs, minUs, maxUs } = point;
  return {
    attributes: attributesOf(labels),
    ...span,
    count: String(total),
    sum: sumUs / 1e6,
    bucketCounts: counts.map(String),
    explicitBounds: boundsUs.map((boundUs) => boundUs / 1e6),
    min: minUs / 1e6,
    max: maxUs / 1e6,
  };
}

function attributesOf(labels: Labels): Attribute[] {
  return Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: wellFormed(value) } }));
}

/** Half a surrogate pair, which a cut may leave of what a server said, is no UTF-8, and a receiver would refuse everything. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/** Whole milliseconds as nanoseconds, beyond what a number can hold. */
function nanos(ms: number): string {
  return `${BigInt(Math.round(ms)) * 1_000_000n}`;
}
