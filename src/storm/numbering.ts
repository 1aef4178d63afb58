/** Message and journey numbers, and the Message-ID that carries them. Numbers never depend on shards or workers. */

import { PHASES, type Phase } from '../words.ts';

/** What a number belongs to. `list` numbers are dense (0 the blast, then the replies in order of time, then the recalls in theirs). */
export const STREAMS = [
  'list',
  'bystander',
  'clinical',
  'reader',
  'deleter',
  'pilot',
  'prefill',
  'receipt',
] as const;

export type Stream = (typeof STREAMS)[number];

const STREAM_UNIT = 2 ** 40;
const PHASE_UNIT = 2 ** 36;
const SLICE_UNIT = 2 ** 16;

/** Events one stream may have in one second: the index field's width. */
export const MAX_PER_SLICE = SLICE_UNIT;

/** The domain of our Message-IDs: reserved, so it can never be somebody's (RFC 2606). */
export const ID_DOMAIN = 'replystorm.invalid';

const ID_FORM = /<rs\.([a-z0-9-]{1,64})\.([0-9a-z]{1,12})\.([0-9a-z]{1,12})@replystorm\.invalid>/;

/** The header every message carries: the run's id (or the provision's). */
export const RUN_HEADER = 'X-Replystorm-Run';

/** The number of event `index` in one-second slice `slice` of a phase. */
export function backgroundNumber(stream: Stream, phase: Phase, slice: number, index: number): number {
  return (
    STREAMS.indexOf(stream) * STREAM_UNIT + PHASES.indexOf(phase) * PHASE_UNIT + slice * SLICE_UNIT + index
  );
}

/** The number of the only, or of the n-th, event of a stream that is not drawn by slices. */
export function plainNumber(stream: Stream, index: number): number {
  return STREAMS.indexOf(stream) * STREAM_UNIT + index;
}

/** Which stream a number belongs to; `undefined` for a number we never give out. */
export function streamOf(number: number): Stream | undefined {
  return STREAMS[Math.floor(number / STREAM_UNIT)];
}

/** Phase (its place in PHASES) and slice of a number drawn by slices, as `backgroundNumber` put them together. */
export function secondOf(number: number): { readonly phase: number; readonly slice: number } | undefined {
  const stream = streamOf(number);
  if (stream !== 'bystander' && stream !== 'clinical' && stream !== 'reader') return undefined;
  const within = number % STREAM_UNIT;
  return {
    phase: Math.floor(within / PHASE_UNIT),
    slice: Math.floor((within % PHASE_UNIT) / SLICE_UNIT),
  };
}

/** Message-ID from run id, seed and number: one a message, shared by its copies, never used again (RFC 5322 §3.6.4). */
export function messageId(runId: string, seed: number, number: number): string {
  return `<rs.${runId}.${seed.toString(36)}.${number.toString(36)}@${ID_DOMAIN}>`;
}

/** What a Message-ID of ours says. */
export interface MessageIdentity {
  readonly runId: string;
  readonly seed: number;
  readonly number: number;
}

/** Reads the first Message-ID of ours in a text (a header's value, or the body of a bounce); `undefined` if none. */
export function parseMessageId(text: string): MessageIdentity | undefined {
  const match = ID_FORM.exec(text);
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) return undefined;
  return { runId: match[1], seed: Number.parseInt(match[2], 36), number: Number.parseInt(match[3], 36) };
}
