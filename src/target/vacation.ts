/** People who are away: whether one of them answers a message, once for each sender in so many days. It writes no mail itself. */

import type { Message } from './message.ts';

const DAY_US = 86_400_000_000;

/** Senders one person remembers; whoever comes later is not answered (RFC 3834 §2: when in doubt, do not respond). */
const MAX_REMEMBERED = 10_000;

/** Senders that are no person (RFC 3834 §2, RFC 5230 §4.6). */
const MACHINES = /^(?:mailer-daemon|listserv|majordomo|owner-.*|.*-(?:request|owner|relay))@/i;

/** Fields that a list manager puts in (RFC 2369, RFC 2919). */
const LIST_FIELD = /^list-(?:id|help|subscribe|unsubscribe|post|owner|archive)$/;

/**
 * Out-of-office answers as those mail systems gave them that made the storms of record worse: the address of the list
 * counts as the owner's own, which a Sieve script does only where it says so (`:addresses`, RFC 5230 §4.5).
 */
export class Vacation {
  readonly #everyUs: number;
  /** Who is away, each with the instants at which senders were answered last. */
  readonly #answered: ReadonlyMap<string, Map<string, number>>;

  constructor(accounts: readonly string[], days: number) {
    this.#everyUs = days * DAY_US;
    this.#answered = new Map(accounts.map((address) => [address.toLowerCase(), new Map<string, number>()]));
  }

  /** Whether the owner of this address answers now; if so it is remembered. `nowUs` on any axis that never runs back. */
  answers(address: string, message: Message, sender: string, nowUs: number): boolean {
    const remembered = this.#answered.get(address.toLowerCase());
    if (remembered === undefined || !isAnswerable(address, message, sender)) return false;
    const key = sender.toLowerCase();
    const last = remembered.get(key);
    if (last === undefined ? remembered.size >= MAX_REMEMBERED : nowUs - last < this.#everyUs) return false;
    remembered.set(key, nowUs);
    return true;
  }
}

/** Nobody answers themselves, a machine, a list or a notice (RFC 3834 §2; RFC 5230 §4.5, §4.6). */
function isAnswerable(address: string, message: Message, sender: string): boolean {
  if (sender === '' || MACHINES.test(sender) || sender.toLowerCase() === address.toLowerCase()) return false;
  const submitted = message.field('auto-submitted') ?? 'no';
  if (!/^no\b/i.test(submitted)) return false;
  if (/^(?:bulk|junk|list)\b/i.test(message.field('precedence') ?? '')) return false;
  return !message.fields.some(({ name }) => LIST_FIELD.test(name));
}
