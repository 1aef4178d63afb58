/** A reply's text: its author's words above all it answers, quoted as mail clients do, cut at a bound. A function of the plan alone. */

import { logNormal, randomStream } from '../../random.ts';
import type { ListMessage, Role } from '../cascade.ts';
import type { Plan } from '../plan.ts';
import { MAX_QUOTED_OCTETS, shortened, wireLines, wrapped } from './lines.ts';
import { DISCLAIMER, RAMBLINGS, SAYINGS, SIGNATURE, SUBJECT } from './sayings.ts';

/** A quoted thread is cut here: mail clients and gateways do, and a bound keeps a deep storm in memory. */
const CUT_AT_BYTES = 64 * 1_024;

/** Deeper quotations would leave no room for words on a line. */
const MAX_LEVELS = 200;

/** Most words of one person: the tail of a log-normal would have somebody write a book. */
const MAX_WORDS = 2_000;

/** Stands above what is quoted. */
export const QUOTED_BELOW = '-----Original message-----';

/** One person's part of a thread. */
export interface OwnWords {
  readonly number: number;
  readonly lines: readonly string[];
  /** False: the bound left room for a part of it only. */
  readonly whole: boolean;
}

/** Reads threads, newest first, and keeps what each person wrote: bounded by K. */
export class Threads {
  readonly #plan: Plan;
  readonly #own = new Map<number, OwnWords>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** A message's own words and those it quotes, nearest first, as far as the bound reaches. */
  partsOf(number: number): readonly OwnWords[] {
    const { cascade, profile } = this.#plan;
    let left = profile.content?.cutAt ?? CUT_AT_BYTES;
    const parts: OwnWords[] = [];
    for (let at = number; at >= 0 && parts.length < MAX_LEVELS; at = cascade[at]?.parent ?? -1) {
      const level = parts.length;
      const own = this.#ownWords(at);
      // A person's own words are never cut.
      if (level > 0) left -= QUOTED_BELOW.length + 2 * level;
      const room = level === 0 ? own.lines.length : linesWithin(own.lines, level, left);
      if (level > 0 && room === 0) break;
      const kept = room < own.lines.length ? own.lines.slice(0, room) : own.lines;
      parts.push(kept === own.lines ? own : { number: at, lines: kept, whole: false });
      if (kept !== own.lines || !quotes(this.#plan, at)) break;
      left -= quotedBytes(kept, level);
    }
    return parts;
  }

  #ownWords(number: number): OwnWords {
    const known = this.#own.get(number);
    if (known !== undefined) return known;
    const drawn = this.#plan.cascade[number];
    const lines =
      drawn === undefined || drawn.role === 'blast'
        ? wireLines(this.#plan.profile.blast.body)
        : replyLines(this.#plan, drawn);
    const own = { number, lines, whole: true };
    this.#own.set(number, own);
    return own;
  }
}

/** Characters that lines take at a level, with prefix and end. */
function quotedBytes(lines: readonly string[], level: number): number {
  return lines.reduce((sum, line) => sum + line.length, lines.length * (2 * level + 2));
}

/** How many of the lines fit. */
function linesWithin(lines: readonly string[], level: number, characters: number): number {
  let left = characters;
  for (const [index, line] of lines.entries()) {
    left -= line.length + 2 * level + 2;
    if (left < 0) return index;
  }
  return lines.length;
}

/** The parts as plain text: each quoted one level deeper than the one above it. */
export function plainLines(parts: readonly OwnWords[]): string[] {
  const lines: string[] = [];
  for (const [level, { lines: own }] of parts.entries()) {
    if (level > 0) lines.push(`${'> '.repeat(level - 1)}${QUOTED_BELOW}`);
    const prefix = '> '.repeat(level);
    // Two octets a level: what was written is within the bound by itself, what is quoted deep may not be.
    for (const line of own)
      lines.push(
        level === 0 || prefix.length + 3 * line.length <= MAX_QUOTED_OCTETS
          ? prefix + line
          : shortened(prefix + line, MAX_QUOTED_OCTETS),
      );
  }
  return lines;
}

/** Whether a reply quotes what it answers; the blast answers nothing. */
function quotes(plan: Plan, number: number): boolean {
  const share = plan.profile.content?.quoting ?? 1;
  return share >= 1 || randomStream(plan.seed, 'reply.quotes', number).uniform() < share;
}

function replyLines(plan: Plan, drawn: ListMessage): string[] {
  const { words, disclaimer } = plan.profile.content ?? {};
  const role = drawn.role as Role;
  const choices = SAYINGS[role];
  const stream = randomStream(plan.seed, 'reply.words', drawn.number);
  const chosen = choices[stream.integer(choices.length)] as string;
  const first = chosen.replace(SUBJECT, () => plan.profile.blast.subject);
  const said = words === undefined ? [first] : wrapped(wordsOf(plan, drawn.number, role, first, words));
  return [...said, '', ...(disclaimer === undefined ? SIGNATURE : disclaimerLines(disclaimer)), ''];
}

/** As many words as this person writes: what they are after, then going on about it. */
function wordsOf(
  plan: Plan,
  number: number,
  role: Role,
  first: string,
  { median, sigma }: { readonly median: number; readonly sigma: number },
): string[] {
  const stream = randomStream(plan.seed, 'reply.length', number);
  const wanted = Math.min(MAX_WORDS, Math.max(1, Math.round(logNormal(stream, median, sigma))));
  const more = RAMBLINGS[role];
  const from = stream.integer(more.length);
  const words = first.split(' ');
  for (let next = 0; words.length < wanted; next += 1)
    words.push(...(more[(from + next) % more.length] as string).split(' '));
  return words.slice(0, wanted);
}

/** So many bytes of small print, to within two, line ends included; nothing for none. */
function disclaimerLines(sizeBytes: number): string[] {
  const lines = ['-- '];
  let left = sizeBytes - 5;
  for (let next = 0; left > 2; next += 1) {
    const line = (DISCLAIMER[next % DISCLAIMER.length] as string).slice(0, left - 2);
    lines.push(line);
    left -= line.length + 2;
  }
  return sizeBytes < 5 ? [] : lines;
}
