/** What a run learned of the mail system's manners, put together at its end. It looks at no mailbox itself. */

import { hasBit } from '../measure/bitmap.ts';
import { flagsOf, mailboxWith } from '../measure/copy-table.ts';
import { Inspection, type LedgerView } from '../measure/inspection.ts';
import type { Census } from '../measure/ledger-census.ts';
import { DIRECT, ENTERED, rowOf, type LedgerShare } from '../measure/ledger-share.ts';
import type { LedgerFigures } from '../measure/ledger.ts';
import type { MannerFigure, MannerNotes } from '../measure/manners.ts';
import { stallsOf } from '../measure/stalls.ts';
import type { Tally } from '../measure/tally.ts';
import type { Conducted } from '../replay/conduct.ts';
import type { QueueReading } from '../replay/quiescence.ts';
import type { OperationName } from '../words.ts';
import type { PathCopies } from './amplification.ts';

/** The workers' ledger as an inspection asks it. */
function ledgerView(share: LedgerShare, pathCopies: PathCopies | undefined): LedgerView {
  return {
    follows: (mailbox) => rowOf(share.shape, mailbox) >= 0,
    asked: (number, mailbox) =>
      number < share.shape.listMessages
        ? hasBit(share.asked, rowOf(share.shape, mailbox), number)
        : (flagsOf(share.direct, number, mailbox) & DIRECT.asked) !== 0,
    recipientOf: (number) => mailboxWith(share.direct, number, ENTERED),
    pathCopies: (number, mailbox) =>
      number < share.shape.listMessages ? (pathCopies?.(number, mailbox) ?? 1) : 1,
  };
}

/** An inspection of what the census will find. */
export function inspectionOf(share: LedgerShare, notes: MannerNotes, pathCopies?: PathCopies): Inspection {
  return new Inspection(ledgerView(share, pathCopies), notes);
}

export interface MannerFacts {
  readonly inspection: Inspection;
  readonly census: Census;
  readonly ledger: LedgerFigures;
  readonly conducted: Conducted;
  readonly readings: readonly QueueReading[];
  /** Doors whose first connections were in the clear: they were never promised TLS. */
  readonly plainSides: readonly string[];
  /** Foreign mail that lay there before the run. */
  readonly foreignBefore: number;
}

/** The ledger with what a delete took before the census could count it, and the manners. */
export function concludeManners(facts: MannerFacts): {
  readonly ledger: LedgerFigures;
  readonly manners: readonly MannerFigure[];
} {
  const { inspection, census, conducted, readings, foreignBefore } = facts;
  const before = inspection.takenBefore();
  const ledger: LedgerFigures = {
    ...facts.ledger,
    duplicated: facts.ledger.duplicated + before.duplicated,
  };
  const manners = inspection.figures({
    ledger,
    remaining: census.copiesRemaining,
    foreign: { now: census.foreign, before: foreignBefore },
    lines: linesOf(conducted.tally, facts.plainSides, downgraded(facts)),
    fullMailboxes: conducted.tally
      .refusals()
      .filter(({ operation, enhanced }) => operation.startsWith('imap.') && enhanced === 'OVERQUOTA')
      .reduce((sum, { count }) => sum + count, 0),
    queue: queueOf(conducted, readings),
  });
  return { ledger, manners };
}

/** Which door an opening is of. */
const DOORS: ReadonlyMap<OperationName, string> = new Map([
  ['smtp.connect', 'submit'],
  ['imap.connect', 'mailbox'],
]);

/** Connections in the clear to a door that had shown us TLS before. */
function downgraded({ conducted, plainSides }: MannerFacts): number {
  const { lines } = conducted.report.readings;
  return (['submit', 'mailbox'] as const).reduce(
    (sum, side) => sum + (plainSides.includes(side) ? 0 : lines[side].plain),
    0,
  );
}

/** Connections to the doors that promised TLS, and those that could not have it. */
function linesOf(
  tally: Tally,
  plainSides: readonly string[],
  inTheClear: number,
): { readonly tried: number; readonly withoutTls: number } {
  let tried = 0;
  for (const { operation, intents, induced } of tally.operations()) {
    const side = DOORS.get(operation);
    // A door that was in the clear from the start has nothing to downgrade.
    if (side === undefined || plainSides.includes(side)) continue;
    for (const { ok, rejected, unknown } of [intents, induced]) tried += ok + rejected + unknown;
  }
  const withoutTls = tally
    .refusals()
    .filter(({ operation, code }) => operation.endsWith('.connect') && code === 'TLS')
    .reduce((sum, { count }) => sum + count, 0);
  return { tried, withoutTls: withoutTls + inTheClear };
}

function queueOf(
  { tally, zeroUs }: Conducted,
  readings: readonly QueueReading[],
): { readonly stalls: number; readonly watchedSeconds: number } | undefined {
  // Before the baseline nothing is accepted that the tally knows of.
  const told = readings
    .map(({ atUs, owed }) => ({ atUs: atUs - zeroUs, owed }))
    .filter(({ atUs, owed }) => atUs >= 0 && owed !== null);
  const [first] = told;
  const last = told.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const watchedSeconds = Math.round((last.atUs - first.atUs) / 1e6);
  return { stalls: stallsOf(told, tally.intervals()).length, watchedSeconds };
}
