/** (seed, label, id) -> an independent random stream. One stream a decision, so a plan never depends on who asks first. */

import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A deterministic source of numbers. Not for secrets. */
export interface RandomStream {
  /** Uniform in [0, 1), 32 bits of it. */
  uniform(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
}

/**
 * Opens the stream that belongs to one decision.
 *
 * @param seed the run's seed, any safe integer
 * @param label what is being decided, for example `cascade.thinking`
 * @param id which one: the reply's number, the slice, the mailbox
 */
export function randomStream(seed: number, label: string, id: number): RandomStream {
  const generator = xoroshiro128plusFromState(hash128(`${seed}|${label}|${id}`));
  const uniform = (): number => (generator.next() >>> 0) / 0x1_0000_0000;
  return {
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** Log-normal with the given median (any unit) and sigma of the logarithm. */
export function logNormal(stream: RandomStream, median: number, sigma: number): number {
  return median * Math.exp(sigma * stream.normal());
}

/** Poisson count, by Knuth's product below a mean of 30 and by halving above it (the sum of two Poissons is one). */
export function poisson(stream: RandomStream, mean: number): number {
  if (mean > 30) return poisson(stream, mean / 2) + poisson(stream, mean / 2);
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = stream.uniform(); product > limit; product *= stream.uniform()) count += 1;
  return count;
}

/** A well-mixed 32-bit hash of an integer, for mapping personas onto mailboxes and mailboxes onto shards. */
export function mix32(value: number): number {
  let h = (value ^ (value / 0x1_0000_0000)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Four 32-bit words from text: four FNV-1a passes with different offsets, each finished by a mix. Never all zero. */
function hash128(text: string): [number, number, number, number] {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  let c = 0x7f4a7c15;
  let d = 0x2545f491;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x01000193);
    c = Math.imul(c ^ code, 0x01000193);
    d = Math.imul(d ^ code, 0x01000193);
  }
  const words: [number, number, number, number] = [mix32(a) | 0, mix32(b) | 0, mix32(c) | 0, mix32(d) | 0];
  if (words.every((word) => word === 0)) words[0] = 1;
  return words;
}
