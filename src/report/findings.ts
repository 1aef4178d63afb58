/** Orders findings for readers, what failed first, and tells warnings apart. It changes no finding. */

import type { Finding } from '../verdict/finding.ts';

const ORDER: readonly Finding['status'][] = ['fail', 'invalid', 'no-data', 'pass'];

/** A warning that does not hold: told, and no reason for anything. */
export function isWarning({ severity, status }: Finding): boolean {
  return severity === 'warn' && status !== 'pass';
}

/** Failures first, then what could not be judged, warnings, and what passed; within a status as they were judged. */
export function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  const withStatus = (status: Finding['status'], warning: boolean): readonly Finding[] =>
    findings.filter((finding) => finding.status === status && isWarning(finding) === warning);
  const open = ORDER.filter((status) => status !== 'pass');
  return [
    ...open.flatMap((status) => withStatus(status, false)),
    ...open.flatMap((status) => withStatus(status, true)),
    ...withStatus('pass', false),
  ];
}
