/** A server that stands for the length of a suite: a folder of its own, tried again when its port was taken, ended and cleared away. It knows no server. Tests only. */

import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { STARTS } from './ground.ts';
import { killServers, liveProcesses, type Server, stopServers } from './processes.ts';

/** How much of a log is shown of a server that did not start. */
export const LOG_TAIL_CHARACTERS = 2_000;

export interface Standing {
  /** The pids of everything that was started; none after `stop`. */
  processes(): number[];
  /** Ends every process and removes the folder. May be called twice. */
  stop(): Promise<void>;
}

export interface Place {
  /** As people know it; in small letters it names the folder too. */
  readonly name: string;
  /** Where its folder is made. */
  readonly parent: string;
  /** What its log says where somebody else has taken a port since it was picked. */
  readonly taken: RegExp;
}

/** What one attempt works with. */
export interface Attempt {
  readonly root: string;
  /** Where the servers' words go. */
  readonly log: string;
  /** Whatever is started is put in here. */
  readonly servers: Server[];
}

/** Launches until it stands; `launch` returns once it greets. Throws, with the servers' last words, when it does not. */
export async function standUp<T extends object>(
  { name, parent, taken }: Place,
  launch: (attempt: Attempt) => Promise<T>,
): Promise<T & Standing> {
  for (let attempt = 1; ; attempt += 1) {
    const root = await mkdtemp(join(parent, `replystorm-${name}-`));
    const log = join(root, 'log');
    const servers: Server[] = [];
    const lastResort = (): void => {
      killServers(servers);
      rmSync(root, { recursive: true, force: true });
    };
    process.once('exit', lastResort);
    const stop = async (): Promise<void> => {
      await stopServers(servers);
      process.removeListener('exit', lastResort);
      await rm(root, { recursive: true, force: true });
    };
    try {
      const doors = await launch({ root, log, servers });
      const sessions = new Set(servers.map((server) => server.session));
      return { ...doors, processes: () => liveProcesses(sessions), stop };
    } catch (error) {
      const words = await readFile(log, 'utf8').catch(() => '');
      await stop();
      if (attempt < STARTS && taken.test(words)) continue;
      throw new Error(`${name} did not start: ${String(error)}\n${words.slice(-LOG_TAIL_CHARACTERS)}`, {
        cause: error,
      });
    }
  }
}

/** Throws where one of them has ended: waiting for its greeting has become pointless. */
export function throwIfEnded(servers: readonly Server[]): void {
  const ended = servers.find((server) => server.exitCode() !== null);
  if (ended !== undefined) throw new Error(`${ended.name} ended: ${ended.exitCode()}`);
}
