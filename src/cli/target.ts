/** `target`: serve the embedded mail system alone, until interrupted, with a port that tells what it owes. */

import { launchTarget } from '../target/launch.ts';
import { embeddedConfig, EMBEDDED_ACCOUNTS, EMBEDDED_LIST } from './embedded.ts';
import { loadProfile } from './files.ts';
import { readMisbehave } from './misbehave-flag.ts';
import { readPlanChoices, type PlanFlags } from './run-flags.ts';
import { usageError } from './usage.ts';

export interface TargetCommandFlags extends PlanFlags {
  readonly profile: string;
  readonly passwordEnv: string;
  readonly tls: boolean;
  readonly smtpPort: number;
  readonly imapPort: number;
  readonly jmapPort: number;
  readonly probePort: number;
  readonly misbehave?: string | undefined;
}

/** Serves until SIGINT or SIGTERM; resolves with the exit code. */
export async function targetCommand(flags: TargetCommandFlags): Promise<number> {
  const loaded = loadProfile(flags.profile);
  if (!loaded.ok) return usageError(loaded.problems);
  const choices = readPlanChoices(flags, loaded.profile);
  if (!('speed' in choices)) return usageError(choices);
  const read = readMisbehave(flags.misbehave, loaded.profile.embeddedTarget.misbehave);
  if (!read.ok) return usageError(read.problems);
  const password = process.env[flags.passwordEnv];
  if (password === undefined || password === '') {
    return usageError([
      `--password-env: found no environment variable ${flags.passwordEnv}, expected the accounts' password in it`,
    ]);
  }
  const { smtpPort, imapPort, jmapPort, probePort, tls } = flags;
  const config = embeddedConfig({
    profile: loaded.profile,
    seed: choices.seed,
    mailboxes: choices.mailboxes,
    speed: choices.speed,
    accounts: { pattern: EMBEDDED_ACCOUNTS, first: 0 },
    password,
    tls,
    smtpPort,
    imapPort,
    jmapPort,
    probePort,
    mischief: read.mischief,
  });
  const launched = await launchTarget(config);
  if (!launched.ok) {
    process.stderr.write(`${launched.reason}\n`);
    return 116;
  }
  const { ports, stop, exited } = launched.target;
  const lines = [
    `submission   smtp://127.0.0.1:${ports.submitPort}${tls ? '?tls=required' : '?tls=off'}`,
    `mailboxes    imap://127.0.0.1:${ports.imapPort}${tls ? '?tls=required' : '?tls=off'}`,
    `or by JMAP   jmap+http${tls ? 's' : ''}://127.0.0.1:${ports.jmapPort}`,
    `accounts     ${EMBEDDED_ACCOUNTS} (${choices.mailboxes} of them), password in ${flags.passwordEnv}`,
    `list         ${EMBEDDED_LIST}`,
    `queue probe  http://127.0.0.1:${ports.probePort}/`,
    ...(ports.ca === undefined ? [] : ['authority (for --tls-ca):', ports.ca.trim()]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  const interrupted = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await Promise.race([interrupted, exited]);
  await stop();
  return 0;
}
