/** Which finding decided a verdict, and the sentence about it. It judges nothing anew. */

import type { RunRecord } from '../record/record.ts';
import { formatCount } from '../units.ts';
import type { Finding } from '../verdict/finding.ts';
import { unnamed } from './clean.ts';
import { isWarning } from './findings.ts';

/** Checks of the generator itself, by their names: older records do not keep of which kind a finding is. */
const OF_FITNESS = /^(generator|target: limiters)/;

/** Whether it is about the generator; a run is invalid by one of these, and none says anything of the mail system. */
function isOfFitness({ kind, check }: Finding): boolean {
  return kind === undefined ? OF_FITNESS.test(check) : kind === 'fitness';
}

/** The first finding of the kind that the verdict came from; undefined where nothing failed, or none was judged. */
export function decisiveFinding({ verdict }: RunRecord): Finding | undefined {
  const open = verdict.findings.filter((finding) => finding.status !== 'pass' && !isWarning(finding));
  const failed = open.filter(({ status }) => status === 'fail');
  if (verdict.status === 'pass') return undefined;
  if (verdict.status === 'invalid') return failed.find(isOfFitness) ?? failed[0];
  if (verdict.status === 'fail') return failed.find((finding) => !isOfFitness(finding)) ?? failed[0];
  return open.find(({ status }) => status === 'no-data');
}

/** The verdict in one sentence, with what it is about. */
export function verdictSentence(record: RunRecord): string {
  const { verdict, exit, simulated } = record;
  const { findings, status } = verdict;
  if (findings.length === 0) return 'Nothing was judged, and no data is never a pass.';
  const decides = findings.filter((finding) => !isWarning(finding));
  const failed = decides.filter((finding) => finding.status === 'fail' && !isOfFitness(finding)).length;
  const unknown = decides.filter((finding) => finding.status === 'no-data').length;
  const checks = `${formatCount(findings.length)} checks`;
  const system = simulated ? 'the model of a mail system' : 'the mail system';
  if (status === 'fail')
    return `${capital(system)} did not hold: ${formatCount(failed)} of ${checks} failed.`;
  if (status === 'invalid')
    return 'The load generator was not fit to testify, so its times prove nothing about the mail system.';
  if (status === 'no-data')
    return `Something that was to be judged could not be seen: ${formatCount(unknown)} of ${checks} have no data, and no data is never a pass.`;
  const warned = findings.some(isWarning);
  const held = warned
    ? 'Everything that decides was judged, and it held; the warnings are listed below.'
    : `Everything that was to be judged was judged, and it held: all ${checks}.`;
  return exit.code === 0 ? held : `${held} The run itself did not end well.`;
}

/** What decided, in words; the reason of the exit where no finding did. */
export function decidedBy(record: RunRecord): { readonly check: string; readonly words: string } | undefined {
  const finding = decisiveFinding(record);
  if (finding !== undefined)
    return {
      check: unnamed(finding.check),
      words: unnamed(
        `seen: ${finding.observed ?? 'not known'}; allowed: ${finding.limit}; ${finding.because}`,
      ),
    };
  const { code, reason } = record.exit;
  return code === 0 ? undefined : { check: `exit ${code}`, words: unnamed(reason) };
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
