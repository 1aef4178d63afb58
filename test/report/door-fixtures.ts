/** Records of runs through other doors than SMTP and IMAP. No test here. */

import type { RunRecord } from '../../src/record/record.ts';
import type { OperationName } from '../../src/words.ts';
import { FAILING } from './fixtures.ts';
import { refusal } from './parts.ts';

/** What people do is called something else at other doors. */
function renamed(names: Readonly<Partial<Record<OperationName, OperationName>>>): RunRecord['operations'] {
  return FAILING.operations.map((one) => ({ ...one, operation: names[one.operation] ?? one.operation }));
}

/** The failing storm, handed in and read by JMAP: its thresholds are judged on what stands for them there. */
export const BY_JMAP: RunRecord = {
  ...FAILING,
  runId: '20161114-094500-1a5e',
  doors: { submit: 'jmap', mailbox: 'jmap' },
  target: {
    kind: 'embedded',
    submit: 'jmap+http://127.0.0.1:42080',
    inbound: null,
    mailbox: 'jmap+http://127.0.0.1:42080',
    fanOut: 'list',
    tls: 'off',
    tlsVerified: null,
  },
  operations: renamed({
    'smtp.submit': 'jmap.submit',
    'imap.signin': 'jmap.session',
    'imap.open': 'jmap.query',
  }),
  refusals: [refusal('jmap.set', 'notUpdated', 'overQuota', 11, 'the account has no room left')],
  errors: [],
  verdict: {
    status: 'fail',
    findings: [
      {
        check: 'signin{phase:recovery}: p(90) < 1s',
        status: 'fail',
        observed: '1.53 s of 176 samples',
        limit: '< 1.00 s',
        because: 'the threshold is crossed (judged on jmap.session)',
      },
    ],
  },
  exit: {
    code: 99,
    reason: 'signin{phase:recovery}: p(90) < 1s: 1.53 s of 176 samples (allowed < 1.00 s)',
  },
};

/** The same over HTTP, where nobody signs in and the first listing opens the mailbox. */
export const BY_HTTP: RunRecord = {
  ...BY_JMAP,
  runId: '20161114-095900-77d0',
  doors: { submit: 'http', mailbox: 'http' },
  operations: renamed({ 'smtp.submit': 'http.submit', 'imap.open': 'http.list' }).filter(
    ({ operation: name }) => name !== 'imap.signin',
  ),
};
