/** A plan's fingerprint: canonical profile, seed, model version and an order-free hash over its operations. */

import { createHash } from 'node:crypto';
import { mix32 } from '../random.ts';
import { PHASES } from '../words.ts';
import type { Journey, JourneyKind } from './journey.ts';

/** Raised whenever the same profile and seed would give another plan. Said in CHANGELOG.md. */
export const MODEL_VERSION = 1;

const KINDS: readonly JourneyKind[] = ['send', 'read', 'delete', 'canary'];
const LANES = 4;

/**
 * Sums of hashes over journeys. Adding is associative and commutative, so the shares of any number of shards
 * add up to the same digest, and a journey done twice or by nobody changes it.
 */
export interface DigestSum {
  readonly lanes: Uint32Array;
  count: number;
}

export function emptyDigest(): DigestSum {
  return { lanes: new Uint32Array(LANES), count: 0 };
}

/** Adds one journey: id, phase, offset, kind, actor, recipients. Never a copy. */
export function digestJourney(sum: DigestSum, journey: Journey): void {
  const recipient = journey.message?.recipient;
  const words = [
    journey.id,
    PHASES.indexOf(journey.phase),
    journey.offsetUs,
    KINDS.indexOf(journey.kind),
    journey.actor,
    recipient === undefined ? -1 : recipient === 'list' ? -2 : recipient,
    journey.message?.author ?? -1,
  ];
  for (let lane = 0; lane < LANES; lane += 1) {
    let h = mix32(lane + 1);
    for (const word of words) h = mix32((h ^ mix32(word)) + (word % 0x1_0000_0000));
    sum.lanes[lane] = ((sum.lanes[lane] as number) + h) >>> 0;
  }
  sum.count += 1;
}

/** Adds one sum to another. */
export function addDigest(into: DigestSum, other: DigestSum): void {
  for (let lane = 0; lane < LANES; lane += 1) {
    into.lanes[lane] = ((into.lanes[lane] as number) + (other.lanes[lane] as number)) >>> 0;
  }
  into.count += other.count;
}

/** The digest in words: 32 hex digits. `settings` is whatever shaped the plan beside its operations. */
export function finishDigest(sum: DigestSum, settings: unknown): string {
  const operations = [...sum.lanes].map((lane) => lane.toString(16).padStart(8, '0')).join('');
  const text = `${MODEL_VERSION}|${canonical(settings)}|${sum.count}|${operations}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** JSON with sorted keys, so that the order in a file does not matter. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    const parts = entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`);
    return `{${parts.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
