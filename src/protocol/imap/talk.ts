/** What all commands of one connection share: running them, and refusing those that must not leave. It must not know any command. */

import type { ImapAnswer, ImapChannel, LiteralMode } from './channel.ts';
import { astring, type ImapCommand, type Piece } from './command.ts';
import { wireName } from './folders.ts';
import type { MailboxView } from './mailbox.ts';
import { type ImapResult, type OwnRefusal, refusedResult, resultOf } from './result.ts';

/** Folded into IMAP4rev2 (RFC 9051 appendix E): a server that offers that offers these. */
const REVISION_2: ReadonlySet<string> = new Set([
  'ENABLE',
  'ESEARCH',
  'IDLE',
  'MOVE',
  'NAMESPACE',
  'SASL-IR',
  'SEARCHRES',
  'UIDPLUS',
  'UNSELECT',
]);

/** A channel, the view of the mailbox behind it, and the manners of speaking. */
export class Talk {
  readonly channel: ImapChannel;
  readonly view: MailboxView;

  constructor(channel: ImapChannel, view: MailboxView) {
    this.channel = channel;
    this.view = view;
    this.adaptLiterals();
  }

  /** QRESYNC brings CONDSTORE and ENABLE along (RFC 7162 §3.2.3). */
  offers(capability: string): boolean {
    const { capabilities } = this.view;
    if (capabilities.has(capability)) return true;
    if (capability === 'CONDSTORE' || capability === 'ENABLE') {
      if (capabilities.has('QRESYNC')) return true;
    }
    return REVISION_2.has(capability) && capabilities.has('IMAP4REV2');
  }

  run(pieces: readonly Piece[], rest: Partial<ImapCommand> = {}): Promise<ImapAnswer> {
    return this.channel.run({ changes: false, ...rest, pieces });
  }

  /** A command that alters the mailbox and answers with nothing but its status. */
  async change(pieces: readonly Piece[]): Promise<ImapResult<void>> {
    return resultOf(await this.run(pieces, { changes: true }), nothing);
  }

  /** Refused by us before a byte leaves, where UIDs are no longer what the caller takes them for. */
  staleUids(): ImapResult<never> | undefined {
    const { staleness } = this.view;
    return staleness === undefined ? undefined : this.refused('UIDVALIDITY', staleness);
  }

  refused(code: OwnRefusal, text: string): ImapResult<never> {
    return refusedResult(this.channel.clock, code, text);
  }

  unsupported(capability: string): ImapResult<never> {
    return this.refused('UNSUPPORTED', `${capability} is not offered`);
  }

  badArgument(what: string): ImapResult<never> {
    return this.refused('ARGUMENT', `this ${what} cannot be sent safely`);
  }

  /** Capabilities change with the sign-in, and with them how literals may go. */
  adaptLiterals(): void {
    let mode: LiteralMode = 'synchronising';
    if (this.offers('LITERAL+')) mode = 'any';
    else if (this.offers('LITERAL-') || this.offers('IMAP4REV2')) mode = 'small';
    this.channel.literals = mode;
  }
}

export function nothing(): void {}

/** A folder's name as it goes out; undefined for what cannot. */
export function folderPiece(folder: string): Piece | undefined {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not pass
  if (folder === '' || /[\u0000-\u001f\u007f]/.test(folder)) return undefined;
  return astring(wireName(folder));
}

/** The same answer with another value. */
export function withValue<T>(result: ImapResult<unknown>, value: T): ImapResult<T> {
  const { outcome, startedUs, endedUs } = result;
  return outcome.kind === 'ok' ? { outcome, value, startedUs, endedUs } : { outcome, startedUs, endedUs };
}
