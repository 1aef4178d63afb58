/** What the embedded target does wrong on purpose, and to which copies: a function of (seed, misdeed, message, mailbox). It does none of it itself. */

import { randomStream } from '../random.ts';
import type { Message } from './message.ts';

/** Every misdeed. Those of a message as a whole are drawn for mailbox 0, those of a connection for its turn and door. */
export const MISDEEDS = [
  // On the way into a mailbox.
  'lose',
  'double',
  'invent',
  'stray',
  'neighbour',
  'corrupt',
  'reorder',
  'delay',
  // In the mailbox.
  'expunge',
  'resurrect',
  'lie',
  'overreach',
  // At the door, by message.
  'stall',
  'tempfail',
  'hangup',
  'quota',
  // At either door, by connection.
  'downgrade',
] as const;

export type Misdeed = (typeof MISDEEDS)[number];

/** One misdeed and its victim: a message by its number and a mailbox by its place among the accounts. */
export interface Deed {
  readonly misdeed: Misdeed;
  readonly number: number;
  readonly mailbox: number;
}

/** What to do wrong. Plain data that crosses a process border. */
export interface MischiefConfig {
  /** Of its own: the storm's seed says nothing about it. */
  readonly seed: number;
  /** One victim in so many. */
  readonly oneIn: Readonly<Partial<Record<Misdeed, number>>>;
  /** Victims by name, whatever the rates say. */
  readonly named: readonly Deed[];
  /** How long nothing moves after a `stall`, in microseconds. */
  readonly stallUs: number;
}

/** Deeds that are remembered; a target that did more is beyond being asked one by one. */
const MAX_DEEDS = 100_000;

/**
 * Messages numbered from here on are no part of a storm: the pilot before it, and what a provision put there. A target
 * that lost the pilot would end the run before it began.
 */
export const SPARED_FROM = 5 * 2 ** 40;

/** `rs.<run>.<seed>.<number>@`: the storm's own Message-IDs, its number in base 36. */
const STORM_ID = /^<rs\.[a-z0-9-]+\.[0-9a-z]+\.([0-9a-z]+)@/;

/** The storm's number of a message; undefined for all other mail, which is left in peace. */
export function stormNumber(message: Message): number | undefined {
  const digits = STORM_ID.exec(message.field('message-id') ?? '')?.[1];
  const number = digits === undefined ? Number.NaN : Number.parseInt(digits, 36);
  return number < SPARED_FROM ? number : undefined;
}

/** Decides, and remembers what was done. */
export class Mischief {
  readonly stallUs: number;
  readonly #config: MischiefConfig;
  readonly #named: ReadonlySet<string>;
  readonly #deeds: Deed[] = [];
  /** Connections since the storm began, by door. */
  readonly #turns = { submission: 0, mailboxes: 0 };
  #stormy = false;

  constructor(config: MischiefConfig) {
    this.#config = config;
    this.stallUs = config.stallUs;
    this.#named = new Set(config.named.map(keyOf));
  }

  /** Whether this copy is a victim. One random stream a decision, so that nobody's asking changes another's answer. */
  does(misdeed: Misdeed, number: number, mailbox: number): boolean {
    const oneIn = this.#config.oneIn[misdeed];
    if (oneIn !== undefined && this.draw(misdeed, number, mailbox) < 1 / oneIn) return true;
    return this.#named.size > 0 && this.#named.has(keyOf({ misdeed, number, mailbox }));
  }

  /** The draw behind a decision, uniform from 0 to 1; `label` tells a second decision from the first. */
  draw(label: string, number: number, mailbox: number): number {
    return randomStream(this.#config.seed, `misbehave.${label}.${number}`, mailbox).uniform();
  }

  /** Remembers that it was done. */
  did(misdeed: Misdeed, number: number, mailbox: number): void {
    if (this.#deeds.length < MAX_DEEDS) this.#deeds.push({ misdeed, number, mailbox });
  }

  /** The same in one: true, and remembered, if this copy is a victim. */
  strikes(misdeed: Misdeed, number: number, mailbox: number): boolean {
    if (!this.does(misdeed, number, mailbox)) return false;
    this.did(misdeed, number, mailbox);
    return true;
  }

  /** A message of the storm has come: what is done by connections begins. */
  storm(): void {
    this.#stormy = true;
  }

  /** Whether this new connection is offered no TLS. Doors: 0 submission, 1 mailboxes; turns count from the storm on. */
  downgrades(door: keyof Mischief['turns']): boolean {
    if (!this.#stormy) return false;
    const turn = this.#turns[door];
    this.#turns[door] += 1;
    return this.strikes('downgrade', turn, door === 'submission' ? 0 : 1);
  }

  /** Connections since the storm began. */
  get turns(): Readonly<Record<'submission' | 'mailboxes', number>> {
    return this.#turns;
  }

  /** Everything done so far, in order. */
  deeds(): readonly Deed[] {
    return this.#deeds;
  }
}

function keyOf({ misdeed, number, mailbox }: Deed): string {
  return `${misdeed}/${number}/${mailbox}`;
}
