/** Reads OTLP with OpenTelemetry's own generated code, from JSON through the binary encoding and back. No test here. */

import generated from '@opentelemetry/otlp-transformer/build/src/generated/root.js';

/** The parts of protobufjs' message classes that are used here. */
interface MessageType {
  verify(value: object): string | null;
  fromObject(value: object): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: { readonly longs: unknown }): object;
}

interface Packages {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: {
        readonly metrics: { readonly v1: { readonly ExportMetricsServiceRequest: MessageType } };
      };
    };
  };
}

const TYPE = (generated as unknown as Packages).opentelemetry.proto.collector.metrics.v1
  .ExportMetricsServiceRequest;

export interface ReadPoint {
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly count?: string;
  readonly sum?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
}

export interface ReadMetric {
  readonly name: string;
  readonly unit: string;
  readonly gauge?: { readonly dataPoints: readonly ReadPoint[] };
  readonly sum?: { readonly dataPoints: readonly ReadPoint[]; readonly isMonotonic: boolean };
  readonly histogram?: { readonly dataPoints: readonly ReadPoint[] };
}

export interface ReadRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: ReadPoint['attributes'] };
    readonly scopeMetrics: readonly { readonly metrics: readonly ReadMetric[] }[];
  }[];
}

/** What a receiver makes of a body. A field that OTLP does not know is lost on the way, so equality with the body proves each name and type. */
export function readOtlp(body: string): ReadRequest {
  const message = TYPE.fromObject(JSON.parse(body) as object);
  const problem = TYPE.verify(message);
  if (problem !== null) throw new Error(problem);
  return TYPE.toObject(TYPE.decode(TYPE.encode(message).finish()), { longs: String }) as ReadRequest;
}

/** All metrics of a request by name. */
export function metricsOf(read: ReadRequest): ReadonlyMap<string, ReadMetric> {
  const all = read.resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics),
  );
  return new Map(all.map((metric) => [metric.name, metric]));
}
