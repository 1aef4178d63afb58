/** Servers as process sessions: started by us, known by their session id, ended by pid. It never touches what it did not start. */

import { spawn } from 'node:child_process';
import { openSync, readdirSync, readFileSync, closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a server may take over an orderly stop before it is killed. */
export const STOP_PATIENCE_MS = 10_000;

/** How long its children may stay after it: Dovecot's sign-in processes wait for clients that never hang up. */
const ORPHAN_PATIENCE_MS = 500;

export interface Server {
  readonly name: string;
  /** The pid of the first process, and the session id of all the processes it starts. */
  readonly session: number;
  /** Set once the first process has ended. */
  exitCode(): number | string | null;
}

export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** Starts a server that stays in the foreground, as the leader of a session of its own; its words go to `log`. */
export function startServer(
  name: string,
  command: string,
  args: readonly string[],
  log: string,
  identity?: Identity,
): Server {
  const words = openSync(log, 'a');
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', words, words],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' },
    ...identity,
  });
  closeSync(words);
  let failure: string | null = null;
  child.on('error', (error) => {
    failure = error.message;
  });
  if (child.pid === undefined) throw new Error(`${name} did not start: ${command}`);
  return { name, session: child.pid, exitCode: () => failure ?? child.exitCode ?? child.signalCode };
}

/** The pids of all live processes of these sessions; the dead whom nobody has waited for yet do not count. */
export function liveProcesses(sessions: ReadonlySet<number>): number[] {
  const pids: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      // After the name, which may itself hold blanks and brackets: state, parent, group, session.
      const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z' && state !== 'X' && sessions.has(Number(session))) pids.push(Number(entry));
    } catch {
      // It ended while we read.
    }
  }
  return pids;
}

/** Asks each server to stop, waits until its whole session is gone, and kills what is left after the patience. */
export async function stopServers(servers: readonly Server[]): Promise<void> {
  const sessions = new Set(servers.map((server) => server.session));
  const leaders = liveProcesses(sessions).filter((pid) => sessions.has(pid));
  for (const pid of leaders) signal(pid, 'SIGTERM');
  let killAtMs = performance.now() + STOP_PATIENCE_MS;
  for (let left = liveProcesses(sessions); left.length > 0; left = liveProcesses(sessions)) {
    if (!left.some((pid) => sessions.has(pid)))
      killAtMs = Math.min(killAtMs, performance.now() + ORPHAN_PATIENCE_MS);
    if (performance.now() > killAtMs) killServers(servers);
    await sleep(20);
  }
}

/** Kills every process of these sessions at once; for the exit of the process that started them. */
export function killServers(servers: readonly Server[]): void {
  for (const pid of liveProcesses(new Set(servers.map((server) => server.session)))) signal(pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It was gone already.
  }
}
