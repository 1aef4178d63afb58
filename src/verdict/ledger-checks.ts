/** Do the sums hold, and did the target keep every copy it took? Failures here are proven, whatever the generator's fitness. */

import { DISPOSITIONS, type LedgerFigures } from '../measure/ledger.ts';
import type { OperationCounts, OutcomeCounts } from '../measure/recorder.ts';
import type { OperationName, Phase } from '../words.ts';
import type { KindedFinding } from './finding.ts';

/** Planned intents of each phase by operation, counted from the plan itself. */
export type PlannedByPhase = ReadonlyMap<Phase, ReadonlyMap<OperationName, number>>;

/** planned = ok + rejected + unknown + dropped, to the operation, and as many as the plan says. */
export function checkSums(planned: PlannedByPhase, counted: readonly OperationCounts[]): KindedFinding {
  const broken: string[] = [];
  let operations = 0;
  for (const { operation, phase, intents, induced } of counted) {
    for (const counts of [intents, induced]) {
      operations += counts.planned;
      if (ended(counts) !== counts.planned)
        broken.push(`${operation} in ${phase}: ${counts.planned} planned, ${ended(counts)} ended`);
    }
  }
  for (const [phase, byOperation] of planned) {
    for (const [operation, expected] of byOperation) {
      const found =
        counted.find((one) => one.operation === operation && one.phase === phase)?.intents.planned ?? 0;
      if (found !== expected)
        broken.push(`${operation} in ${phase}: the plan has ${expected}, the workers took ${found}`);
    }
  }
  const check = 'every planned operation is accounted for';
  const limit = 'planned = ok + rejected + unknown + dropped';
  if (operations === 0)
    return {
      kind: 'ledger',
      check,
      status: 'no-data',
      observed: null,
      limit,
      because: 'nothing was planned',
    };
  const status = broken.length === 0 ? 'pass' : 'fail';
  const because = broken.length === 0 ? 'in every phase, worker and shard' : broken.slice(0, 5).join('; ');
  return {
    kind: 'ledger',
    check,
    status,
    observed: `${operations} operations, ${broken.length} sums broken`,
    limit,
    because,
  };
}

function ended(counts: OutcomeCounts): number {
  return Object.values(counts.dropped).reduce(
    (sum, one) => sum + one,
    counts.ok + counts.rejected + counts.unknown,
  );
}

/** The ledger's own failures: copies gone, lost, misdelivered or doubled, and dispositions that do not add up. */
export function checkLedger(ledger: LedgerFigures | undefined, whyNone: string): KindedFinding[] {
  if (ledger === undefined) {
    return [
      {
        kind: 'ledger',
        check: 'every accepted copy is accounted for',
        status: 'no-data',
        observed: null,
        limit: 'dispositions add up to copiesAccepted',
        because: whyNone,
      },
    ];
  }
  const sum = DISPOSITIONS.reduce((total, name) => total + ledger[name], 0);
  const findings: KindedFinding[] = [
    {
      kind: 'ledger',
      check: 'every accepted copy is accounted for',
      status: sum === ledger.copiesAccepted ? 'pass' : 'fail',
      observed: `${sum} of ${ledger.copiesAccepted} copies`,
      limit: 'dispositions add up to copiesAccepted',
      because: 'each accepted copy ends in exactly one disposition',
    },
  ];
  for (const [name, because] of LEDGER_RULES) {
    findings.push({
      kind: 'ledger',
      check: `ledger: ${name}`,
      status: ledger.copiesAccepted === 0 ? 'no-data' : ledger[name] === 0 ? 'pass' : 'fail',
      observed: `${ledger[name]} copies`,
      limit: '0 copies',
      because,
    });
  }
  return findings;
}

const LEDGER_RULES = [
  ['goneUnasked', 'seen earlier, nowhere now, and no delete of ours named it'],
  ['lost', 'accepted, never seen, no notification, and the target owed nothing any more'],
  ['misdelivered', 'in a mailbox it was not for'],
  ['duplicated', 'more copies than the path makes'],
] as const;
