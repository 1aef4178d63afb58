/** Keywords of JMAP and flags of IMAP: the same bits under two names (RFC 8621 §4.1.1). Changes nothing. */

import type { Store } from '../store.ts';

/** The four that IMAP writes with a backslash. */
const SYSTEM: ReadonlyMap<string, string> = new Map([
  ['$seen', '\\Seen'],
  ['$flagged', '\\Flagged'],
  ['$answered', '\\Answered'],
  ['$draft', '\\Draft'],
]);

/** What a keyword may look like: printable, none of what IMAP's grammar keeps for itself. */
const KEYWORD = /^[!#$&'+-Z[^-z|}~]{1,255}$/;

/** `{ "$seen": true }`, in lower case. \Deleted is not shown. */
export function keywordsOf(store: Store, flags: number): Readonly<Record<string, true>> {
  const names = store.namesOf(flags).filter((name) => name !== '\\Deleted');
  return Object.fromEntries(names.map((name) => [name.replace(/^\\/, '$').toLowerCase(), true as const]));
}

/** The name under which the store knows a keyword; undefined: it can be none. */
export function flagName(keyword: string): string | undefined {
  return SYSTEM.get(keyword.toLowerCase()) ?? (KEYWORD.test(keyword) ? keyword.toLowerCase() : undefined);
}
