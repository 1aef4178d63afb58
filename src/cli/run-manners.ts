/** What a run learned of the mail system's manners, put together at its end. It looks at no mailbox itself. */

import { hasBit } from '../measure/bitmap.ts';
import { flagsOf, mailboxWith } from '../measure/copy-table.ts';
import { Inspection, type LedgerView } from '../measure/inspection.ts';
import type { Census } from '../measure/ledger-census.ts';
import { DIRECT, ENTERED, rowOf, type LedgerShare } from '../measure/ledger-share.ts';
import type { LedgerFigures } from '../measure/ledger.ts';
import type { MannerFigure, MannerNotes } from '../measure/manners.ts';
import type { Refusal } from '../measure/refusals.ts';
import { stallsOf } from '../measure/stalls.ts';
import type { Conducted } from '../replay/conduct.ts';
import type { QueueReading } from '../replay/quiescence.ts';
import { SUBMIT_OPERATIONS, type Doors, type OperationName } from '../words.ts';
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
  readonly doors: Doors;
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
    lines: linesOf(facts),
    fullMailboxes: conducted.tally
      .refusals()
      .filter(isFullMailbox)
      .reduce((sum, { count }) => sum + count, 0),
    queue: queueOf(conducted, readings),
  });
  return { ledger, manners };
}

/**
 * Whether a mailbox had no room: IMAP's OVERQUOTA (RFC 5530 §3), JMAP's overQuota (RFC 8620 §5.3), HTTP's 507 (RFC 4918
 * §11.5). What was refused as it was handed in is noted with its message, and no second time.
 */
function isFullMailbox({ operation, code, enhanced }: Refusal): boolean {
  if (Object.values(SUBMIT_OPERATIONS).includes(operation)) return false;
  if (operation.startsWith('imap.')) return enhanced === 'OVERQUOTA';
  return code === '507' || (operation.startsWith('jmap.') && enhanced === 'overQuota');
}

type Side = 'submit' | 'mailbox';

/** What opens each door and may come out without TLS. Over HTTP nothing is opened apart from what is asked. */
const OPENINGS = {
  submit: { smtp: 'smtp.connect', jmap: 'jmap.session', http: undefined },
  mailbox: { imap: 'imap.connect', jmap: 'jmap.session', http: undefined },
} as const;

/** The doors that an operation opens: over JMAP it may be both. */
function sidesOf(operation: OperationName, { submit, mailbox }: Doors): readonly Side[] {
  return [
    ...(OPENINGS.submit[submit] === operation ? (['submit'] as const) : []),
    ...(OPENINGS.mailbox[mailbox] === operation ? (['mailbox'] as const) : []),
  ];
}

/** Connections in the clear to a door that had shown us TLS before. */
function downgraded({ conducted, plainSides }: MannerFacts): number {
  const { lines } = conducted.report.readings;
  return (['submit', 'mailbox'] as const).reduce(
    (sum, side) => sum + (plainSides.includes(side) ? 0 : lines[side].plain),
    0,
  );
}

/** Connections to the doors that promised TLS, and those that could not have it. */
function linesOf(facts: MannerFacts): { readonly tried: number; readonly withoutTls: number } {
  const { doors, plainSides } = facts;
  const { tally } = facts.conducted;
  let tried = 0;
  for (const { operation, intents, induced } of tally.operations()) {
    // A door that was in the clear from the start has nothing to downgrade.
    if (sidesOf(operation, doors).every((side) => plainSides.includes(side))) continue;
    for (const { ok, rejected, unknown } of [intents, induced]) tried += ok + rejected + unknown;
  }
  const withoutTls = tally
    .refusals()
    .filter(({ operation, code }) => sidesOf(operation, doors).length > 0 && code === 'TLS')
    .reduce((sum, { count }) => sum + count, 0);
  return { tried, withoutTls: withoutTls + downgraded(facts) };
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
