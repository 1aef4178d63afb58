/** `purge` and `provision`: what comes after a run and what comes before. Both go through every mailbox, neither sends mail. */

import { approveTarget } from '../profile/guard.ts';
import type { EndpointRequest } from '../profile/guard.ts';
import type { Profile } from '../profile/schema.ts';
import { monotonicUs, runClock } from '../replay/clock.ts';
import type { Access } from '../replay/context.ts';
import { provision } from '../replay/provision.ts';
import { purge } from '../replay/purge.ts';
import type { SweepFailure } from '../replay/sweep.ts';
import { domainsOf } from '../storm/audience.ts';
import { formatBytes, formatCount } from '../units.ts';
import { guardRequest, readAccess, type AccessFlags } from './access-flags.ts';
import { pathOf } from './doors.ts';
import { readEndpoint } from './endpoints.ts';
import { apiFor } from './mail-api.ts';
import { tooFew } from './identities.ts';
import { loadProfile } from './files.ts';
import { listenForInterrupts } from './interrupts.ts';
import { newRunId } from './run-session.ts';
import { usageError } from './usage.ts';

export interface PurgeFlags extends AccessFlags {
  readonly run: string;
  readonly mailboxes: number;
  readonly profile?: string | undefined;
}

export interface ProvisionFlags extends AccessFlags {
  readonly profile: string;
  readonly mailboxes?: number | undefined;
  readonly messages: number;
  readonly seed?: number | undefined;
  readonly lmtp?: string | undefined;
  readonly id?: string | undefined;
}

/** What a Message-ID of ours can carry. */
const PROVISION_ID = /^[a-z0-9-]{1,64}$/;

/** Removes what a run or provision left; resolves with the exit code. */
export async function purgeCommand(flags: PurgeFlags): Promise<number> {
  const problems: string[] = [];
  if (!PROVISION_ID.test(flags.run))
    problems.push(`--run: found ${JSON.stringify(flags.run)}, expected a run's or provision's id`);
  if (!isCount(flags.mailboxes, 10_000_000))
    problems.push(`--mailboxes: found ${flags.mailboxes}, expected a whole number from 1 to 10000000`);
  const loaded = flags.profile === undefined ? undefined : loadProfile(flags.profile);
  if (loaded?.ok === false) problems.push(...loaded.problems);
  if (problems.length > 0) return usageError(problems);
  const access = await guardedAccess(
    flags,
    flags.mailboxes,
    loaded?.ok === true ? loaded.profile : undefined,
  );
  if (typeof access === 'number') return access;
  const interrupts = listenForInterrupts((text) => process.stderr.write(`${text}\n`));
  const report = await purge({
    access,
    clock: runClock(monotonicUs()),
    atOnce: 16,
    signal: interrupts.stop,
    mailboxCount: flags.mailboxes,
    runId: flags.run,
  });
  interrupts.close();
  process.stdout.write(
    `removed ${formatCount(report.removed)} messages of ${flags.run}, ${report.notices} of them bounces and auto-replies to it\n`,
  );
  return tellFailures(report.failures);
}

/** Fills mailboxes with a past; prints the provision's id; resolves with the exit code. */
export async function provisionCommand(flags: ProvisionFlags): Promise<number> {
  const loaded = loadProfile(flags.profile);
  if (!loaded.ok) return usageError(loaded.problems);
  const { profile } = loaded;
  const mailboxCount = flags.mailboxes ?? profile.population.scaledTo;
  const problems: string[] = [];
  if (!isCount(mailboxCount, 10_000_000))
    problems.push(`--mailboxes: found ${mailboxCount}, expected a whole number from 1 to 10000000`);
  if (!isCount(flags.messages, 65_536))
    problems.push(`--messages: found ${flags.messages}, expected a whole number from 1 to 65536`);
  if (flags.id !== undefined && !PROVISION_ID.test(flags.id))
    problems.push(`--id: found ${JSON.stringify(flags.id)}, expected a provision's id`);
  const lmtp = flags.lmtp === undefined ? undefined : readEndpoint('--submit', flags.lmtp);
  if (lmtp !== undefined && (!lmtp.ok || lmtp.endpoint.protocol !== 'lmtp'))
    problems.push(`--lmtp: found ${JSON.stringify(flags.lmtp)}, expected lmtp://host:port`);
  if (problems.length > 0) return usageError(problems);
  const access = await guardedAccess(
    flags,
    mailboxCount,
    profile,
    lmtp?.ok === true ? lmtp.endpoint : undefined,
  );
  if (typeof access === 'number') return access;
  const nowMs = Date.now();
  const provisionId = flags.id ?? newRunId('p', nowMs);
  process.stderr.write(
    `provision ${provisionId}: ${formatCount(mailboxCount * flags.messages)} messages into ${formatCount(mailboxCount)} mailboxes\n`,
  );
  const interrupts = listenForInterrupts((text) => process.stderr.write(`${text}\n`));
  const report = await provision({
    access,
    clock: runClock(monotonicUs()),
    atOnce: profile.limits.sweeps,
    signal: interrupts.stop,
    mailboxCount,
    provisionId,
    seed: flags.seed ?? profile.seed,
    messages: flags.messages,
    subjects: profile.canaries.subjects,
    nowMs,
    way: lmtp === undefined ? 'append' : 'lmtp',
  });
  interrupts.close();
  process.stdout.write(`${provisionId}\n`);
  process.stderr.write(
    `added ${formatCount(report.added)} messages, ${formatBytes(report.bytes)}${report.found > 0 ? `, found ${formatCount(report.found)} there already` : ''}; use them with --provisioned ${provisionId}, remove them with purge --run ${provisionId}\n`,
  );
  return tellFailures(report.failures);
}

/** Access that the guard let through, or the exit code after saying why not. */
async function guardedAccess(
  flags: AccessFlags,
  mailboxes: number,
  profile: Profile | undefined,
  lmtp?: EndpointRequest,
): Promise<Access | number> {
  const read = await readAccess(flags);
  if (!read.ok) return usageError(read.problems);
  const few = tooFew(read.access.accounts, mailboxes);
  if (few !== undefined) return usageError([few]);
  const { mailbox, path, accounts, signIns, tokens, ca } = read.access;
  const found = pathOf('--mailbox', { ok: true, endpoint: mailbox, path });
  if ('problem' in found) return usageError([found.problem]);
  const api = apiFor(flags.mailApi, profile, { submit: undefined, mailbox });
  if (!api.ok) return usageError(api.problems);
  // Where nothing is submitted the mailbox server stands for both ends.
  const request = await guardRequest(lmtp ?? mailbox, mailbox, domainsOf(accounts), profile, flags.targetIs);
  const decision = approveTarget(request);
  if (!decision.ok) {
    process.stderr.write(`exit 113: ${decision.refusals.join('; ')}\n`);
    return 113;
  }
  return {
    target: decision.target,
    accounts,
    signIns,
    tokens,
    relay: undefined,
    ca,
    serverName: flags.tlsServerName,
    tlsInsecure: flags.tlsInsecure,
    list: undefined,
    paths: { submit: undefined, mailbox: found.path },
    mailApi: api.api,
  };
}

function tellFailures(failures: readonly SweepFailure[]): number {
  const first = failures[0];
  if (first === undefined) return 0;
  const code = first.kind === 'stopped' ? 105 : 116;
  for (const { mailbox, words } of failures.slice(0, 5))
    process.stderr.write(`mailbox ${mailbox}: ${words}\n`);
  process.stderr.write(
    `exit ${code}: ${failures.length} mailboxes were not done; the command may be repeated\n`,
  );
  return code;
}

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}
