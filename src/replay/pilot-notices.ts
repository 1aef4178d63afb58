/** What came back of the pilot: does the profile declare it, or does the list hold somebody it should not? It reads no mailbox. */

import { deadMembers } from '../storm/amplifiers.ts';
import { addressOf, domainsOf } from '../storm/audience.ts';
import type { Plan } from '../storm/plan.ts';
import { formatCount } from '../units.ts';
import type { Access } from './context.ts';
import type { Notice } from './notices.ts';

/** What a profile declares; everything else stops the run. */
export interface NoticeRules {
  /** Our mailboxes' addresses, in lower case. */
  readonly accounts: ReadonlySet<string>;
  /** Domains in which a dead member may be: beyond them the list would reach out of the house. In lower case. */
  readonly domains: ReadonlySet<string>;
  /** People of ours may be away and say so. */
  readonly outOfOffice: boolean;
  /** Addresses on the list that may not take mail. */
  readonly deadMost: number;
}

/** The rules of a plan against a target. */
export function noticeRules(
  { profile, mailboxes }: Plan,
  { accounts, list }: Pick<Access, 'accounts' | 'list'>,
): NoticeRules {
  const addresses = Array.from({ length: mailboxes }, (_, mailbox) => addressOf(accounts, mailbox));
  return {
    accounts: new Set(addresses.map((address) => address.toLowerCase())),
    domains: new Set([...domainsOf(accounts), ...(list === undefined ? [] : [domainOf(list)])]),
    outOfOffice: profile.amplifiers?.outOfOffice !== undefined,
    deadMost: deadMembers(profile, mailboxes),
  };
}

/** Judges what comes back, look by look. */
export class PilotNotices {
  readonly #rules: NoticeRules;
  readonly #dead = new Set<string>();
  #autoReplies = 0;

  constructor(rules: NoticeRules) {
    this.#rules = rules;
  }

  /** Words that stop the run, if any of these may not be. */
  judge(notices: readonly Notice[]): string | undefined {
    for (const notice of notices) {
      const { kind } = notice;
      const words = kind === 'bounce' || kind === 'delay' ? this.#bounce(notice) : this.#answer(notice);
      if (words !== undefined) return words;
    }
    return undefined;
  }

  /** What came back and may. */
  get words(): string {
    const parts = [
      ...(this.#rules.outOfOffice ? [`${formatCount(this.#autoReplies)} auto-replies`] : []),
      ...(this.#rules.deadMost > 0 ? [`bounces from ${formatCount(this.#dead.size)} addresses`] : []),
    ];
    return parts.join(' and ');
  }

  /** Whoever could not be reached must be declared gone, for now or for good. */
  #bounce({ recipients }: Notice): string | undefined {
    const { accounts, domains, deadMost } = this.#rules;
    const isDeclared = (address: string): boolean =>
      deadMost > 0 && !accounts.has(address) && domains.has(domainOf(address));
    const failed = recipients.map(({ address }) => address);
    if (failed.length === 0 || !failed.every(isDeclared)) {
      const who = failed.length === 0 ? 'somebody' : failed.join(', ');
      return `the pilot message came back from ${who}: the list or the accounts hold an address that does not take mail`;
    }
    for (const address of failed) this.#dead.add(address);
    if (this.#dead.size <= deadMost) return undefined;
    return `the pilot message came back from more than ${formatCount(deadMost)} addresses, and the profile declares no more (amplifiers.deadRecipients)`;
  }

  #answer({ kind, from }: Notice): string | undefined {
    const { accounts, outOfOffice } = this.#rules;
    if (kind === 'autoReply' && outOfOffice && accounts.has(from)) {
      this.#autoReplies += 1;
      return undefined;
    }
    return 'somebody answered the pilot message automatically: an address behind the list is not one of ours, or an auto-reply is on';
  }
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}
