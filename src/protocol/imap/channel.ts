/** Tagged commands out, responses in: who is under way, who waits for `+`, who takes which data. It must not know any command. */

import type { Clock, ProtocolOutcome, Rejected } from '../../measure/outcome.ts';
import { type Ending, outcomeOfEnding, refusal } from '../ending.ts';
import type { Wire } from '../wire.ts';
import { outcomeOf, rejectedBy } from './classify.ts';
import type { ImapCommand } from './command.ts';
import { type ReaderLimits, ResponseReader } from './reader.ts';
import { type DataResponse, readResponse, type ResponseCode, type StatusResponse } from './response.ts';

/** How a command ended. */
export interface ImapAnswer {
  readonly outcome: ProtocolOutcome;
  /** The code of the tagged answer. */
  readonly code?: ResponseCode;
  /** First byte could go: the write, or the tagged answer before, where it was pipelined. */
  readonly startedUs: number;
  readonly endedUs: number;
}

/** Literal extensions offered: RFC 7888. */
export type LiteralMode = 'synchronising' | 'small' | 'any';

interface UnderWay {
  readonly tag: string;
  readonly command: ImapCommand;
  readonly resolve: (answer: ImapAnswer) => void;
  next: number;
  writtenUs: number;
}

/** LITERAL- allows this much without asking (RFC 7888 §5). */
const SMALL_LITERAL_BYTES = 4_096;

/** Commands waiting on one connection; more is a caller that does not look. */
const WAITING_LIMIT = 10_000;

const CRLF = Buffer.from('\r\n');

export interface ImapChannelSettings {
  readonly clock: Clock;
  readonly commandUs: number;
  readonly limits: ReaderLimits;
}

/** The order of things on one IMAP connection. */
export class ImapChannel {
  literals: LiteralMode = 'synchronising';
  /** Sees every untagged response before any command does. */
  observe: ((response: DataResponse | StatusResponse) => void) | undefined;
  readonly #wire: Wire;
  readonly #settings: ImapChannelSettings;
  #reader: ResponseReader;
  readonly #waiting: UnderWay[] = [];
  readonly #underWay = new Map<string, UnderWay>();
  /** Holds the line: its literal waits for `+`, or it is exclusive. */
  #holder: UnderWay | undefined;
  #outgoing: Buffer[] = [];
  #tags = 0;
  #lastAnswerUs = 0;
  #sealed = false;
  #opening = true;
  #isLeaving = false;
  #onGreeting: ((greeting: StatusResponse | undefined) => void) | undefined;

  constructor(wire: Wire, settings: ImapChannelSettings) {
    this.#wire = wire;
    this.#settings = settings;
    this.#reader = new ResponseReader(settings.limits);
  }

  get ending(): Ending | undefined {
    return this.#wire.ending;
  }

  get wire(): Wire {
    return this.#wire;
  }

  get clock(): Clock {
    return this.#settings.clock;
  }

  /** Commands written and not answered, or waiting to be written. */
  get isBusy(): boolean {
    return this.#underWay.size > 0 || this.#waiting.length > 0;
  }

  /** Starts reading and resolves with the greeting, or undefined when the connection ended first. */
  greeting(): Promise<StatusResponse | undefined> {
    return new Promise((resolve) => {
      this.#onGreeting = resolve;
      this.#listen();
    });
  }

  /** From here on each command has its own deadline instead of the opening's. */
  opened(): void {
    this.#opening = false;
    this.#wire.disarm();
  }

  /** After TLS: read on, as if nothing had been said before. */
  unseal(): void {
    this.#sealed = false;
    this.#reader = new ResponseReader(this.#settings.limits);
    this.#listen();
  }

  /** The next BYE is the one we asked for. */
  leaving(): void {
    this.#isLeaving = true;
  }

  fail(text: string): void {
    this.#wire.end({ kind: 'protocol', text });
  }

  /** Runs a command; those issued in one go leave in one write. Never rejects. */
  run(command: ImapCommand): Promise<ImapAnswer> {
    if (this.#waiting.length >= WAITING_LIMIT) throw new RangeError(`over ${WAITING_LIMIT} commands wait`);
    return new Promise((resolve) => {
      const { ending } = this;
      if (ending !== undefined) {
        const atUs = this.clock();
        resolve({ outcome: outcomeOfEnding(ending, 'untried'), startedUs: atUs, endedUs: atUs });
        return;
      }
      this.#tags += 1;
      this.#waiting.push({ tag: `R${this.#tags}`, command, resolve, next: 0, writtenUs: 0 });
      this.#holder?.command.interrupt?.();
      this.#pump();
    });
  }

  /** A bare line for the command that holds the line: DONE. Its deadline starts now. */
  say(line: string): void {
    this.#send(Buffer.from(`${line}\r\n`));
    this.#wire.arm(this.#settings.commandUs);
  }

  /** The command that holds the line waits for the server's news, not for an answer: no deadline. */
  rest(): void {
    this.#wire.disarm();
  }

  #listen(): void {
    this.#wire.listen(
      (chunk) => this.#take(chunk),
      (ending) => this.#abandon(ending),
    );
  }

  #pump(): void {
    while (this.#holder === undefined) {
      const next = this.#waiting[0];
      if (next === undefined) return;
      const isExclusive = next.command.exclusive === true;
      if (isExclusive && this.#underWay.size > 0) return;
      this.#waiting.shift();
      if (isExclusive) this.#holder = next;
      next.writtenUs = this.clock();
      this.#underWay.set(next.tag, next);
      if (this.#underWay.size === 1 && !this.#opening) this.#wire.arm(this.#settings.commandUs);
      this.#send(Buffer.from(`${next.tag} `));
      this.#writePieces(next);
      if (isExclusive && this.#waiting.length > 0) next.command.interrupt?.();
    }
  }

  /** Writes up to the end, or up to a literal that the server must ask for. */
  #writePieces(item: UnderWay): void {
    const { pieces } = item.command;
    for (let piece = pieces[item.next]; piece !== undefined; piece = pieces[item.next]) {
      if (typeof piece === 'string') {
        this.#send(Buffer.from(piece));
      } else if (this.#holder === item && item.command.exclusive !== true) {
        // The server asked for it: the announcement is out.
        this.#holder = undefined;
        this.#send(piece);
      } else if (this.#needsAsking(piece)) {
        this.#send(Buffer.from(`{${piece.length}}\r\n`));
        this.#holder = item;
        return;
      } else {
        this.#send(Buffer.from(`{${piece.length}+}\r\n`), piece);
      }
      item.next += 1;
    }
    this.#send(CRLF);
  }

  #needsAsking(literal: Buffer): boolean {
    if (this.literals === 'any') return false;
    return this.literals === 'synchronising' || literal.length > SMALL_LITERAL_BYTES;
  }

  #send(...pieces: readonly Buffer[]): void {
    if (this.#outgoing.length === 0) queueMicrotask(() => this.#flush());
    this.#outgoing.push(...pieces);
  }

  #flush(): void {
    const pieces = this.#outgoing;
    this.#outgoing = [];
    this.#wire.write(...pieces);
  }

  #take(chunk: Buffer): void {
    if (this.#sealed) return this.#injected();
    const reader = this.#reader;
    reader.feed(chunk);
    for (let raw = reader.next(); raw !== undefined; raw = reader.next()) {
      const response = readResponse(raw);
      if (response === undefined)
        return this.fail(`not an IMAP response: ${(raw.texts[0] ?? '').slice(0, 80)}`);
      if (response.kind === 'continuation') this.#continue(response.text);
      else if (response.kind === 'status' && response.tag !== undefined) this.#answer(response, response.tag);
      else this.#untagged(response);
      if (this.ending !== undefined) return;
      if (this.#sealed && reader.hasRest) return this.#injected();
    }
    if (reader.problem !== undefined) this.fail(reader.problem);
  }

  #continue(text: string): void {
    const holder = this.#holder;
    // Nobody asked: a stray `+` means nothing and costs nothing.
    if (holder === undefined) return;
    if (holder.next < holder.command.pieces.length) {
      this.#writePieces(holder);
      this.#pump();
      return;
    }
    const line = holder.command.continued?.(text);
    if (line !== undefined) this.#send(Buffer.from(`${line}\r\n`));
  }

  #answer(response: StatusResponse, tag: string): void {
    const item = this.#underWay.get(tag);
    if (item === undefined) return this.fail(`answer to ${tag.slice(0, 20)}, which we never asked`);
    this.#underWay.delete(tag);
    if (this.#holder === item) this.#holder = undefined;
    this.#sealed = item.command.seals === true && response.status === 'OK';
    const endedUs = this.clock();
    const startedUs = Math.max(item.writtenUs, this.#lastAnswerUs);
    this.#lastAnswerUs = endedUs;
    const { code } = response;
    const problem = item.command.settled?.(response);
    item.resolve({
      outcome: problem === undefined ? outcomeOf(response) : refusal('PROTOCOL', problem),
      ...(code === undefined ? {} : { code }),
      startedUs: Math.min(startedUs, endedUs),
      endedUs,
    });
    if (problem !== undefined) return this.fail(problem);
    if (!this.#opening) {
      if (this.#underWay.size === 0) this.#wire.disarm();
      else this.#wire.arm(this.#settings.commandUs);
    }
    this.#pump();
  }

  #untagged(response: DataResponse | StatusResponse): void {
    const greeted = this.#onGreeting;
    if (greeted !== undefined) {
      if (response.kind !== 'status') return this.fail('data before the greeting');
      this.#onGreeting = undefined;
      this.observe?.(response);
      greeted(response);
      return;
    }
    this.observe?.(response);
    if (response.kind === 'status' && response.status === 'BYE') return this.#bye(response);
    for (const item of this.#underWay.values()) {
      const acceptance = item.command.accept?.(response, item.tag) ?? 'ignored';
      if (acceptance === 'taken') return;
      if (acceptance !== 'ignored') return this.fail(acceptance.problem);
    }
  }

  #bye(response: StatusResponse): void {
    if (this.#isLeaving) return;
    const said: Rejected = rejectedBy(response);
    this.#wire.end({ kind: 'said', text: `BYE ${said.text}`, refusal: said });
  }

  #injected(): void {
    this.#wire.end({
      kind: 'tls',
      text: 'bytes injected after the STARTTLS answer, before TLS: not trusted',
    });
  }

  #abandon(ending: Ending): void {
    const atUs = this.clock();
    this.#onGreeting?.(undefined);
    this.#onGreeting = undefined;
    for (const item of this.#underWay.values()) {
      const { changes, pieces } = item.command;
      const isWhole = item.next >= pieces.length;
      item.resolve({
        outcome: outcomeOfEnding(ending, changes && isWhole ? 'handedOver' : 'asked'),
        startedUs: Math.min(atUs, Math.max(item.writtenUs, this.#lastAnswerUs)),
        endedUs: atUs,
      });
    }
    this.#underWay.clear();
    this.#holder = undefined;
    for (const item of this.#waiting.splice(0)) {
      item.resolve({ outcome: outcomeOfEnding(ending, 'untried'), startedUs: atUs, endedUs: atUs });
    }
  }
}
