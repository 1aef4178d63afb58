/** The ground that labs stand on: an unprivileged user, room for mail in memory, commands of the system. It starts nothing. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The unprivileged user all servers of a lab run as; made when missing. */
export const LAB_USER = 'replystorm-lab';

/** Below this /dev/shm is a container's token 64 MB, which one storm fills: the mail then lies under the temporary folder. */
const SHARED_MEMORY_NEEDED_BYTES = 1_000_000_000;

/** How long a server may take until it greets. */
export const START_PATIENCE_MS = 20_000;

/** Between picking a free port and binding it another process may take it; more than this is not bad luck. */
export const STARTS = 3;

/** Mail lies in memory where there is enough of it: the storm is to wait for the server, not for this machine's disk. */
export async function mailParent(): Promise<string> {
  try {
    const shared = await statfs('/dev/shm');
    if (shared.bavail * shared.bsize >= SHARED_MEMORY_NEEDED_BYTES) return '/dev/shm';
  } catch {
    // No such folder here.
  }
  return tmpdir();
}

/** The unprivileged user that the servers run as; made when missing. */
export async function labUser(): Promise<{ uid: number; gid: number }> {
  const known = await run('id', ['-u', LAB_USER]).catch(() => undefined);
  if (known === undefined) {
    const args = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', LAB_USER];
    await run('/usr/sbin/useradd', args);
  }
  return { uid: await idOf('-u', LAB_USER), gid: await idOf('-g', LAB_USER) };
}

/** A user's number, or its group's. */
export async function idOf(kind: '-u' | '-g', user: string): Promise<number> {
  const { stdout } = await run('id', [kind, user]);
  return Number(stdout.trim());
}

/** Where a system command is, if it is installed. */
export function binary(name: string): string | undefined {
  return ['/usr/sbin', '/usr/bin', '/sbin', '/bin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}
