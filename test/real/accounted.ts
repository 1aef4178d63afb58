/** What must hold of the ledger of every storm on a mail system that keeps its mail, whichever it is. No test here. */

import { expect } from 'vitest';

import { DISPOSITIONS } from '../../src/measure/dispositions.ts';
import type { RecordedLedger, RunRecord } from '../../src/record/record.ts';

/** The ledger, which there must be. */
export function ledgerOf({ ledger, exit }: RunRecord): RecordedLedger {
  if (ledger === null) throw new Error(`no ledger: ${exit.reason}`);
  return ledger;
}

/** Everything planned was accepted, all of it is accounted for, and none of it came to harm. */
export function expectAccounted(record: RunRecord): RecordedLedger {
  const ledger = ledgerOf(record);
  expect(DISPOSITIONS.reduce((total, name) => total + ledger[name], 0)).toBe(ledger.copiesAccepted);
  expect(ledger.copiesAccepted).toBe(ledger.copiesPlanned);
  const { goneUnasked, lost, misdelivered, duplicated, overdue, bounced, unknown } = ledger;
  expect({ goneUnasked, lost, misdelivered, duplicated, overdue, bounced, unknown }).toEqual({
    goneUnasked: 0,
    lost: 0,
    misdelivered: 0,
    duplicated: 0,
    overdue: 0,
    bounced: 0,
    unknown: 0,
  });
  return ledger;
}
