/** One IMAP connection: takes its commands in order, lets each cost its time, writes the answers. Never crashes on input. */

import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import type { Mischief } from '../mischief.ts';
import type { Pace } from '../pace.ts';
import type { Account, Store } from '../store.ts';
import type { Unruly } from '../unruly.ts';
import { type Answer, ASKED, type Handler, type Seat, type Status } from './command.ts';
import { FOLDER_COMMANDS } from './commands-folder.ts';
import { HOLDS_EXPUNGES, MESSAGE_COMMANDS } from './commands-message.ts';
import { AFTER_SIGN_IN, ANY_STATE, BEFORE_SIGN_IN, readTag } from './commands-session.ts';
import type { Piece } from './fetch.ts';
import { CommandReader, MAX_LITERAL_BYTES, type RawCommand, type ReaderTrouble } from './reader.ts';
import { Scanner } from './scanner.ts';
import type { View } from './view.ts';

/** RFC 3501 §5.4: at least half an hour. */
const IDLE_LIMIT_MS = 30 * 60_000;

/** Commands waiting at which the socket is no longer read; TCP then holds the client back. */
const MAX_WAITING = 64;

/** Literals waiting, in bytes, at which the same happens: commands that carry messages are few. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Unsent bytes at which a connection waits for its client to read. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;

/** Mistakes in a row before a client is shown out. */
const MAX_MISTAKES = 50;

export interface ImapContext {
  readonly domain: string;
  readonly store: Store;
  readonly pace: Pace;
  readonly signIn: (name: string, password: string) => Account | undefined;
  /** Present when STARTTLS is offered. */
  readonly secureContext: SecureContext | undefined;
  /** Capabilities to hide, in capitals. */
  readonly hidden: ReadonlySet<string>;
  /** What to do wrong in mailboxes, and at the door; undefined in a target that behaves. */
  readonly unruly: Unruly | undefined;
  readonly mischief: Mischief | undefined;
}

/** Commands that come with a capability: hidden with it. */
const COMMANDS_OF: Readonly<Record<string, string>> = {
  MOVE: 'MOVE',
  'UID MOVE': 'MOVE',
  'UID EXPUNGE': 'UIDPLUS',
  IDLE: 'IDLE',
  UNSELECT: 'UNSELECT',
  ID: 'ID',
  ENABLE: 'ENABLE',
};

/** A line of the client's, or one that the reader would not take. */
type Waiting = RawCommand | { readonly refused: string };

interface Running {
  readonly tag: string;
  readonly name: string;
}

export class ImapSession implements Seat {
  readonly store: Store;
  account: Account | undefined;
  view: View | undefined;
  readonly signIn: Seat['signIn'];
  readonly unruly: Unruly | undefined;
  readonly #offersTls: boolean;
  readonly #context: ImapContext;
  #socket: Socket;
  #reader: CommandReader;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #running: Running | undefined;
  #answerLine: ((line: string) => void) | undefined;
  #afterwards: 'close' | 'tls' | undefined;
  #out: Piece[] = [];
  #mistakes = 0;
  #greeted = false;
  #looping = false;
  #wakeUpDue = false;
  #closed = false;

  constructor(context: ImapContext, socket: Socket) {
    this.#context = context;
    this.store = context.store;
    this.signIn = context.signIn;
    this.unruly = context.unruly;
    const stripped = context.mischief?.downgrades('mailboxes') === true;
    this.#offersTls = context.secureContext !== undefined && !stripped;
    this.#socket = socket;
    this.#reader = this.#newReader();
    this.#listen(socket);
    context.pace.spend('connect', 0, () => {
      this.write(`* OK [CAPABILITY ${this.capabilities()}] ${context.domain} replystorm target ready\r\n`);
      this.#flush();
      this.#greeted = true;
      this.#loop();
    });
  }

  readonly capabilities = (): string => {
    const { hidden } = this.#context;
    const shown = this.#capabilities();
    return hidden.size === 0
      ? shown
      : shown
          .split(' ')
          .filter((name) => !hidden.has(name))
          .join(' ');
  };

  #capabilities(): string {
    const always = 'IMAP4rev1 SASL-IR LITERAL+ ID ENABLE';
    if (this.account !== undefined)
      return `${always} IDLE NAMESPACE UIDPLUS MOVE UNSELECT SPECIAL-USE CHILDREN`;
    const offersTls = this.#offersTls && !(this.#socket instanceof TLSSocket);
    return `${always} AUTH=PLAIN AUTH=LOGIN${offersTls ? ' STARTTLS' : ''}`;
  }

  readonly write = (piece: Piece): void => {
    this.#out.push(piece);
  };

  readonly open = (view: View | undefined): void => {
    this.view?.close();
    this.view = view;
  };

  /** A session in IDLE is told at once, at the price of a poll; others when they next ask. */
  readonly onChange = (): void => {
    if (this.#running?.name !== 'IDLE' || this.#answerLine === undefined || this.#wakeUpDue) return;
    this.#wakeUpDue = true;
    // Not before the change at hand is complete: a delete of hundreds is one wake-up.
    setImmediate(() => {
      this.#context.pace.spend('poll', 0, () => {
        this.#wakeUpDue = false;
        if (this.#running?.name !== 'IDLE') return;
        this.#writeNews(true);
        this.#flush();
      });
    });
  };

  readonly ask = (prompt: string, answer: (line: string) => void): void => {
    this.#answerLine = answer;
    this.write(`+ ${prompt}\r\n`);
    // What changed between the last command and the + is news too; the IDLE itself has paid for the look.
    if (this.#running?.name === 'IDLE') this.#writeNews(true);
    this.#flush();
  };

  readonly resume = (answer: Answer | undefined): void => this.#carryOut(answer);

  readonly afterwards = (what: 'close' | 'tls'): void => {
    this.#afterwards = what;
  };

  /** Says BYE and hangs up. */
  close(reason: string): void {
    if (this.#closed) return;
    this.write(`* BYE ${reason}\r\n`);
    this.#flush();
    this.#socket.end();
    this.#end();
  }

  #newReader(): CommandReader {
    const reader = new CommandReader({
      command: (command) => this.#enqueue(command),
      goAhead: () => this.#socket.write('+ go ahead\r\n'),
      refused: (text) => this.#enqueue({ refused: text }),
      trouble: (trouble: ReaderTrouble) => this.close(trouble),
    });
    if (this.account !== undefined) reader.maxLiteralBytes = MAX_LITERAL_BYTES;
    return reader;
  }

  #listen(socket: Socket): void {
    socket.setNoDelay(true);
    socket.setTimeout(IDLE_LIMIT_MS, () => this.close('idle for too long'));
    socket.on('data', (chunk: Buffer) => this.#reader.push(chunk));
    socket.on('drain', () => this.#loop());
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('close', () => this.#end());
  }

  #enqueue(waiting: Waiting): void {
    if (this.#closed) return;
    this.#waiting.push(waiting);
    this.#waitingBytes += literalBytes(waiting);
    if (this.#isFull()) this.#socket.pause();
    this.#loop();
  }

  /** Starts commands until one has to wait. Not recursive, however many finish at once. */
  #loop(): void {
    if (this.#looping || !this.#greeted) return;
    this.#looping = true;
    // STARTTLS may put another socket in its place meanwhile.
    const socket = this.#socket;
    socket.cork();
    while (!this.#closed && this.#mayTakeNext()) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#waitingBytes -= literalBytes(next);
      this.#take(next);
    }
    socket.uncork();
    this.#looping = false;
    if (!this.#isFull() && this.#socket.isPaused()) this.#socket.resume();
  }

  #isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING || this.#waitingBytes >= MAX_WAITING_BYTES;
  }

  #mayTakeNext(): boolean {
    const free = this.#running === undefined || this.#answerLine !== undefined;
    return free && this.#socket.writableLength < MAX_UNSENT_BYTES;
  }

  #take(next: Waiting): void {
    const answerLine = this.#answerLine;
    if (answerLine !== undefined) {
      this.#answerLine = undefined;
      answerLine('texts' in next ? (next.texts[0] ?? '') : '');
      return;
    }
    if ('refused' in next) {
      const tag = readTag(new Scanner({ texts: [next.refused], literals: [] })) ?? '*';
      this.#running = { tag, name: '' };
      this.#finish('NO [TOOBIG] literal too large');
      return;
    }
    this.#start(next);
  }

  #start(command: RawCommand): void {
    const scanner = new Scanner(command);
    const tag = readTag(scanner);
    let name = scanner.take(' ') ? (scanner.atom()?.toUpperCase() ?? '') : '';
    if (name === 'UID' && scanner.take(' ')) name = `UID ${scanner.atom()?.toUpperCase() ?? ''}`;
    this.#running = { tag: tag ?? '*', name };
    if (tag === undefined) {
      this.#finish('BAD no tag');
      return;
    }
    const handler = this.#handler(name);
    this.#carryOut(typeof handler === 'function' ? handler(this, scanner) : handler);
  }

  #handler(name: string): Handler | Status {
    const capability = own(COMMANDS_OF, name);
    if (capability !== undefined && this.#context.hidden.has(capability)) return 'BAD unknown command';
    const always = own(ANY_STATE, name);
    if (always !== undefined) return always;
    const before = own(BEFORE_SIGN_IN, name);
    if (before !== undefined) return this.account === undefined ? before : 'BAD already signed in';
    const after = own(AFTER_SIGN_IN, name) ?? own(FOLDER_COMMANDS, name);
    const onMessages = own(MESSAGE_COMMANDS, name);
    if (after === undefined && onMessages === undefined) return 'BAD unknown command';
    if (this.account === undefined) return 'BAD sign in first';
    if (onMessages !== undefined && this.view === undefined) return 'BAD no folder open';
    return after ?? onMessages ?? 'BAD unknown command';
  }

  #carryOut(answer: Answer | undefined): void {
    if (answer === undefined) {
      this.#finish('BAD syntax error in arguments');
    } else if (typeof answer === 'string') {
      if (answer !== ASKED) this.#finish(answer);
    } else {
      this.#context.pace.spend(answer.kind, answer.messages, () => {
        if (!this.#closed) this.#carryOut(answer.run());
      });
    }
  }

  #finish(status: Status): void {
    const running = this.#running ?? { tag: '*', name: '' };
    this.#running = undefined;
    this.#mistakes = status.startsWith('BAD') ? this.#mistakes + 1 : 0;
    if (!status.startsWith('BAD')) this.#writeNews(!HOLDS_EXPUNGES.has(running.name));
    this.write(`${running.tag} ${status}\r\n`);
    this.#flush();
    if (this.account !== undefined) this.#reader.maxLiteralBytes = MAX_LITERAL_BYTES;
    if (this.#afterwards === 'close') {
      this.#socket.end();
      this.#end();
    } else if (this.#afterwards === 'tls') this.#startTls();
    else if (this.#mistakes >= MAX_MISTAKES) this.close('too many mistakes');
    else this.#loop();
  }

  #writeNews(mayExpunge: boolean): void {
    const news = this.view?.news(mayExpunge, (flags) => this.store.flagText(flags)) ?? '';
    if (news !== '') this.write(news);
  }

  /** One write a command: neighbouring texts are joined, shared bytes go as they are. */
  #flush(): void {
    const pieces = this.#out;
    if (pieces.length === 0) return;
    this.#out = [];
    if (this.#closed || this.#socket.destroyed) return;
    this.#socket.cork();
    let text = '';
    for (const piece of pieces) {
      if (typeof piece === 'string') {
        text += piece;
        continue;
      }
      if (text !== '') this.#socket.write(text, 'latin1');
      text = '';
      this.#socket.write(piece);
    }
    if (text !== '') this.#socket.write(text, 'latin1');
    this.#socket.uncork();
  }

  /** What was sent in plain text after STARTTLS is thrown away (RFC 3501 §6.2.1). */
  #startTls(): void {
    this.#afterwards = undefined;
    const secureContext = this.#context.secureContext;
    if (secureContext === undefined) return;
    this.#reader.stop();
    this.#waiting = [];
    this.#waitingBytes = 0;
    const plain = this.#socket;
    // The answer must be out before the handshake begins.
    while (plain.writableCorked > 0) plain.uncork();
    plain.removeAllListeners('data');
    plain.removeAllListeners('end');
    plain.removeAllListeners('timeout');
    plain.setTimeout(0);
    const secure = new TLSSocket(plain, { isServer: true, secureContext });
    this.#reader = this.#newReader();
    this.#socket = secure;
    this.#listen(secure);
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader.stop();
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.open(undefined);
  }
}

function literalBytes(waiting: Waiting): number {
  return 'literals' in waiting ? waiting.literals.reduce((bytes, literal) => bytes + literal.length, 0) : 0;
}

/** Names come from the client: `constructor` is not a command. */
function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
