/** Bodies as they lie in mailboxes against bodies as they were sent: a sample by the seed. Reads only. */

import { randomStream } from '../random.ts';
import type { Composer } from '../storm/messages.ts';
import { makeLookup } from '../storm/lookup.ts';
import type { Plan } from '../storm/plan.ts';
import { readHeaders } from '../protocol/imap/fetch.ts';
import type { MailClient } from './clients/client.ts';
import { wordsOf } from './clients/words.ts';
import type { FolderEntry } from './folder.ts';

/** Bodies a census reads, about: enough to meet one garbled copy in three hundred with 95 %, and a few megabytes. */
const SAMPLE = 1_000;

/** Bodies fetched in one answer. */
const AT_ONCE = 20;

/** The fields of a message's header that say how its body is written. */
const ENCODING = 'content-transfer-encoding';

/** One comparison. */
export interface Compared {
  readonly number: number;
  readonly same: boolean;
}

/** Whether a received message's body is the sent one's; undefined where it was written anew on the way and cannot be held against it. */
export function isSameBody(sent: Buffer, received: Buffer): boolean | undefined {
  const a = parts(sent);
  const b = parts(received);
  const encoding = (header: Buffer): string | undefined => readHeaders(header).get(ENCODING)?.toLowerCase();
  if (encoding(a.header) !== encoding(b.header)) return undefined;
  // A list may add a footer (RFC 5322 knows none, everybody does); what was sent must be there before it.
  const text = trimmed(a.body);
  return b.body.length >= text.length && b.body.subarray(0, text.length).equals(text);
}

function parts(message: Buffer): { readonly header: Buffer; readonly body: Buffer } {
  const gap = message.indexOf('\r\n\r\n');
  const at = gap < 0 ? message.length : gap + 2;
  return { header: message.subarray(0, at), body: message.subarray(Math.min(message.length, at + 2)) };
}

/** Without line ends at its end: stores differ about the last one. */
function trimmed(body: Buffer): Buffer {
  let end = body.length;
  while (end > 0 && (body[end - 1] === 0x0d || body[end - 1] === 0x0a)) end -= 1;
  return body.subarray(0, end);
}

/** Chooses copies and compares them. */
export class Comparer {
  readonly #plan: Plan;
  readonly #composer: Composer;
  readonly #lookup: ReturnType<typeof makeLookup>;
  readonly #share: number;

  /** @param copies how many there may be to choose from */
  constructor(plan: Plan, composer: Composer, copies: number) {
    this.#plan = plan;
    this.#composer = composer;
    this.#lookup = makeLookup(plan);
    this.#share = Math.min(1, SAMPLE / Math.max(1, copies));
  }

  /** Compares the chosen ones of a listing with the folder that is open; a text says what went wrong. */
  async compare(
    client: MailClient,
    mailbox: number,
    entries: readonly FolderEntry[],
  ): Promise<readonly Compared[] | string> {
    const chosen = new Map<number, number>();
    for (const { uid, number } of entries)
      if (number !== undefined && this.#isChosen(number, mailbox)) chosen.set(uid, number);
    const compared: Compared[] = [];
    const uids = [...chosen.keys()];
    for (let at = 0; at < uids.length; at += AT_ONCE) {
      const fetched = await client.bodies(uids.slice(at, at + AT_ONCE));
      if (fetched.value === undefined) return wordsOf(fetched.outcome);
      for (const { uid, body } of fetched.value) {
        const number = chosen.get(uid);
        const message = number === undefined ? undefined : this.#lookup(number);
        const same = message && isSameBody(this.#composer.compose(message, 0), body);
        if (number !== undefined && same !== undefined) compared.push({ number, same });
      }
    }
    return compared;
  }

  #isChosen(number: number, mailbox: number): boolean {
    if (this.#share >= 1) return true;
    return randomStream(this.#plan.seed, `census.body.${number}`, mailbox).uniform() < this.#share;
  }
}
