/** Orders findings for readers: what failed first. It changes no finding. */

import type { Finding } from '../verdict/finding.ts';

const ORDER: readonly Finding['status'][] = ['fail', 'invalid', 'no-data', 'pass'];

/** Failures first, then what could not be judged, then what passed; within a status as they were judged. */
export function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  return ORDER.flatMap((status) => findings.filter((finding) => finding.status === status));
}
