/** Do the sums hold, and did the target keep every copy it took? Failures here are proven, whatever the generator's fitness. */

import { DISPOSITIONS } from '../measure/dispositions.ts';
import type { LedgerFigures } from '../measure/ledger.ts';
import type { OperationCounts, OutcomeCounts } from '../measure/recorder.ts';
import type { OperationName, Phase } from '../words.ts';
import type { KindedFinding } from './finding.ts';
import type { ShardsHeard } from './fitness.ts';

/** Planned intents of each phase by operation, counted from the plan itself. */
export type PlannedByPhase = ReadonlyMap<Phase, ReadonlyMap<OperationName, number>>;

/** planned = ok + rejected + unknown + dropped, to the operation, and as many as the plan says. */
export function checkSums(
  planned: PlannedByPhase,
  counted: readonly OperationCounts[],
  shards: ShardsHeard,
): KindedFinding {
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
  // A shard that was lost, or left behind, took its part of every sum along: that proves nothing against the rest.
  const whyNot =
    operations === 0
      ? 'nothing was planned'
      : shards.heard < shards.expected
        ? `only ${shards.heard} of ${shards.expected} shards told how theirs ended`
        : undefined;
  if (whyNot !== undefined)
    return { kind: 'ledger', check, status: 'no-data', observed: null, limit, because: whyNot };
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

/**
 * The ledger's own failures: copies gone, lost, misdelivered or doubled, and a ledger that does not hold what the
 * workers told. `told`: copies they reported as accepted, counted apart from the ledger.
 */
export function checkLedger(
  ledger: LedgerFigures | undefined,
  whyNone: string,
  told: number,
): KindedFinding[] {
  const check = 'every accepted copy is accounted for';
  const limit = 'dispositions add up to the copies accepted';
  if (ledger === undefined) {
    return [{ kind: 'ledger', check, status: 'no-data', observed: null, limit, because: whyNone }];
  }
  const sum = DISPOSITIONS.reduce((total, name) => total + ledger[name], 0);
  const heard = ledger.sample === null ? told : ledger.copiesTold;
  const expected = heard + ledger.unknownResolved;
  const within = sampleWords(ledger.sample);
  const findings: KindedFinding[] = [
    {
      kind: 'ledger',
      check,
      status: sum === ledger.copiesAccepted && sum === expected ? 'pass' : 'fail',
      observed: `${sum} of ${expected} copies${within}`,
      limit,
      because: 'each accepted copy ends in exactly one disposition',
    },
    checkStorm(ledger),
  ];
  for (const [name, because] of LEDGER_RULES) {
    const status = ledger[name] > 0 ? 'fail' : ledger.copiesAccepted === 0 ? 'no-data' : 'pass';
    const observed = `${ledger[name]} copies${within}`;
    findings.push({ kind: 'ledger', check: `ledger: ${name}`, status, observed, limit: '0 copies', because });
  }
  return [...findings, ...checkRoom(ledger)];
}

/** Figures of a sample are never told without it. */
export function sampleWords(sample: LedgerFigures['sample']): string {
  return sample === null ? '' : ` in a sample of ${sample.mailboxes} of ${sample.of} mailboxes`;
}

/** Messages named in a finding; the record names more. */
const NAMED_IN_WORDS = 5;

/**
 * Test results that a full mailbox kept out while the storm's junk lay in it: the headline of such a run, though what to
 * do about it is a threshold's affair. Said only where there was clinical mail.
 */
function checkRoom({ overQuota, clinical, sample }: LedgerFigures): KindedFinding[] {
  const messages = Math.max(clinical.size, overQuota.clinical);
  if (messages === 0) return [];
  const some = overQuota.named
    .slice(0, NAMED_IN_WORDS)
    .map(({ number, mailbox, junk }) => `message ${number} to mailbox ${mailbox} (${junk} junk copies)`);
  const rest = overQuota.clinical - some.length;
  return [
    {
      kind: 'ledger',
      severity: 'warn',
      check: 'clinical messages kept out by a mailbox that junk had filled',
      status: overQuota.clinical > 0 ? 'fail' : 'pass',
      observed: `${overQuota.clinical} messages${sampleWords(sample)}`,
      limit: '0 messages',
      because:
        overQuota.clinical > 0
          ? `${some.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
          : 'no clinical message met a full mailbox',
    },
  ];
}

/** A storm that the target refused altogether was not rehearsed: nothing may pass on its account. */
function checkStorm(ledger: LedgerFigures): KindedFinding {
  const reached = ledger.listCopiesAccepted > 0;
  return {
    kind: 'ledger',
    check: 'the storm reached the mail system',
    status: reached ? 'pass' : 'no-data',
    observed: reached
      ? `${ledger.listCopiesAccepted} copies of messages to everybody${sampleWords(ledger.sample)}`
      : null,
    limit: 'more than 0 copies',
    because: reached
      ? 'it took the blast or replies to it'
      : 'it took no message to everybody: nothing was rehearsed',
  };
}

const LEDGER_RULES = [
  ['goneUnasked', 'seen earlier, nowhere now, and no delete of ours named it'],
  ['lost', 'accepted, never seen, no notification, and the target owed nothing any more'],
  ['misdelivered', 'in a mailbox it was not for'],
  ['duplicated', 'more copies than the path makes'],
] as const;
