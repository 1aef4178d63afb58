/** Postfix's smtp-sink on a free loopback port: takes everything, keeps nothing. Ended by its own pid. Tests only. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pickPorts, whenGreeting } from './ports.ts';
import { killServers, startServer, stopServers } from './processes.ts';

/** Connections it lets wait to be taken. */
const BACKLOG = '1000';

const START_PATIENCE_MS = 20_000;

export interface SmtpSink {
  readonly port: number;
  /** To the sink alone. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
}

/** Starts one, which misbehaves as the flags say, and returns when it greets. */
export async function startSmtpSink(flags: readonly string[] = []): Promise<SmtpSink> {
  const folder = await mkdtemp(join(tmpdir(), 'replystorm-sink-'));
  const { smtpPort: port } = await pickPorts();
  const args = ['-u', 'nobody', ...flags, `127.0.0.1:${port}`, BACKLOG];
  const server = startServer('smtp-sink', '/usr/sbin/smtp-sink', args, join(folder, 'log'));
  const lastResort = (): void => killServers([server]);
  process.once('exit', lastResort);
  await whenGreeting(port, /^220 /, AbortSignal.timeout(START_PATIENCE_MS), () => {
    if (server.exitCode() !== null) throw new Error(`smtp-sink ended: ${server.exitCode()}`);
  });
  return {
    port,
    signal: (name) => process.kill(server.session, name),
    stop: async () => {
      // A stopped process does not hear that it should end.
      if (server.exitCode() === null) process.kill(server.session, 'SIGCONT');
      await stopServers([server]);
      process.removeListener('exit', lastResort);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
