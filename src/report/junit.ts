/** A record as JUnit XML, for build servers. No data is never a pass, and a run that judged nothing is no green build. */

import type { RunRecord } from '../record/record.ts';
import { formatSpeed } from '../units.ts';
import type { Finding } from '../verdict/finding.ts';
import { oneLine, unnamed } from './clean.ts';
import { isKnown, lengthUs } from './figures.ts';
import { isWarning } from './findings.ts';
import { markup, NOTHING, type Markup } from './markup.ts';

interface Testcase {
  readonly name: string;
  /** A warning is neither red nor green to a build server: it is skipped, with its words. */
  readonly outcome: 'pass' | 'failure' | 'error' | 'skipped';
  readonly type: string;
  readonly message: string;
  readonly detail: string;
}

/** One suite, one case a finding. */
export function renderJunit(record: RunRecord): string {
  const cases = testcases(record);
  const count = (outcome: Testcase['outcome']): number =>
    cases.filter((one) => one.outcome === outcome).length;
  const totals = markup`tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}"`;
  const length = lengthUs(record);
  const seconds = isKnown(length) ? (length / 1_000_000).toFixed(3) : '0';
  // The schema of JUnit's reports wants an instant without a zone; build servers read it as UTC.
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(record.startedAt)?.[0];
  const timestamp = instant === undefined ? NOTHING : markup` timestamp="${instant}"`;
  const suite = markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="replystorm" ${totals} time="${seconds}">
  <testsuite name="${line(`replystorm ${record.profile.name}`)}" ${totals} skipped="${count('skipped')}" time="${seconds}"${timestamp}>
    <properties>
${properties(record)}    </properties>
${cases.map((one) => caseElement(one, record))}  </testsuite>
</testsuites>
`;
  return suite.text;
}

function properties(record: RunRecord): readonly Markup[] {
  const { plan } = record;
  const pairs: readonly (readonly [string, string])[] = [
    ['runId', record.runId],
    ['version', record.tool.version],
    ['status', record.verdict.status],
    ['exit', `${record.exit.code}: ${record.exit.reason}`],
    ...(plan === null
      ? []
      : ([
          ['seed', String(plan.seed)],
          ['digest', plan.digest],
          ['mailboxes', String(plan.mailboxes)],
          ['speed', formatSpeed(plan.speed)],
        ] as const)),
  ];
  return pairs.map(([name, value]) => markup`      <property name="${name}" value="${line(value)}"/>\n`);
}

function testcases(record: RunRecord): readonly Testcase[] {
  const cases = record.verdict.findings.map(testcaseOf);
  const { status } = record.verdict;
  const { code, reason } = record.exit;
  const told = cases.some(({ outcome }) => outcome === 'failure' || outcome === 'error');
  if (told || (status === 'pass' && code === 0 && cases.length > 0)) return cases;
  // Refused, stopped or lost runs may have no finding that says so: without this case the build would be green.
  return [
    ...cases,
    {
      name: 'the run itself',
      outcome: 'error',
      type: status,
      message: `exit ${code}: ${reason}`,
      detail: reason,
    },
  ];
}

const OUTCOMES: Readonly<Record<Finding['status'], Testcase['outcome']>> = {
  pass: 'pass',
  fail: 'failure',
  'no-data': 'failure',
  invalid: 'error',
};

function testcaseOf(finding: Finding): Testcase {
  const { check, status, observed, limit, because } = finding;
  const seen = observed ?? 'not known';
  return {
    name: check,
    outcome: isWarning(finding) ? 'skipped' : OUTCOMES[status],
    type: status,
    message: status === 'no-data' ? `no data: ${because}` : `observed ${seen}, allowed ${limit}`,
    detail: `observed: ${seen}\nallowed: ${limit}\nbecause: ${because}`,
  };
}

function caseElement(one: Testcase, record: RunRecord): Markup {
  const start = markup`    <testcase classname="${line(`replystorm.${record.profile.name}`)}" name="${line(one.name)}" time="0"`;
  if (one.outcome === 'pass') return markup`${start}/>\n`;
  if (one.outcome === 'skipped')
    return markup`${start}>\n      <skipped message="${line(`warning: ${one.message}`)}"/>\n    </testcase>\n`;
  const words = markup`message="${line(one.message)}" type="${one.type}">${unnamed(one.detail)}`;
  const body =
    one.outcome === 'error' ? markup`<error ${words}</error>` : markup`<failure ${words}</failure>`;
  return markup`${start}>\n      ${body}\n    </testcase>\n`;
}

function line(text: string): string {
  return unnamed(oneLine(text));
}
