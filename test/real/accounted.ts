/** What must hold of the ledger of every storm on a mail system that keeps its mail, whichever it is. No test here. */

import { expect } from 'vitest';

import type { RecordedLedger, RunRecord } from '../../src/record/record.ts';
import { expectClosed, expectNothingLost } from '../stories/sound.ts';

/** The ledger, which there must be. */
export function ledgerOf({ ledger, exit }: RunRecord): RecordedLedger {
  if (ledger === null) throw new Error(`no ledger: ${exit.reason}`);
  return ledger;
}

/** Everything planned was accepted, all of it is accounted for, and none of it came to harm. */
export function expectAccounted(record: RunRecord): RecordedLedger {
  const ledger = ledgerOf(record);
  expectClosed(ledger);
  expect(ledger.copiesAccepted).toBe(ledger.copiesPlanned);
  expectNothingLost(ledger);
  return ledger;
}
