/** The parent's side of the embedded target: forks it, waits until it listens, asks and stops it. Reads no mail. */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromTarget, TargetConfig, TargetPorts, ToTarget } from './config.ts';

/** A process that is not listening by then never will: loading takes a fraction of a second, a certificate less. */
const START_LIMIT_MS = 20_000;

/** After a polite stop, before SIGKILL. */
const STOP_LIMIT_MS = 3_000;

export interface LaunchedTarget {
  readonly ports: TargetPorts;
  /** Accepted copies that are in no mailbox yet; undefined once the process is gone. */
  readonly owed: () => Promise<number | undefined>;
  /** Resolves when the process is gone. May be called again. */
  readonly stop: () => Promise<void>;
  /** Resolves when the process has gone, asked to or not. */
  readonly exited: Promise<void>;
}

export type LaunchResult =
  | { readonly ok: true; readonly target: LaunchedTarget }
  | { readonly ok: false; readonly reason: string };

/** Forks the target's process. Answers with the reason when it does not come up within the limit. */
export async function launchTarget(
  config: TargetConfig,
  startLimitMs: number = START_LIMIT_MS,
): Promise<LaunchResult> {
  const child = fork(entryPoint(), [], {
    // A capacity may be infinite, which JSON cannot say.
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const answer = await firstAnswer(child, config, startLimitMs);
  if (answer.type !== 'ready') {
    child.kill('SIGKILL');
    return { ok: false, reason: answer.reason };
  }
  const { type: _ready, ...ports } = answer;
  const queue = queueProbe(child);
  return { ok: true, target: { ports, owed: queue, stop: () => stop(child, exited), exited } };
}

/** From dist, the file beside this one; run from source (tests do), the built file, which must be there. */
function entryPoint(): string {
  const fromSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(fromSource ? '../../dist/target/main.js' : './main.js', import.meta.url));
}

type FirstAnswer = ({ readonly type: 'ready' } & TargetPorts) | { readonly type: 'failed'; reason: string };

function firstAnswer(child: ChildProcess, config: TargetConfig, limitMs: number): Promise<FirstAnswer> {
  return new Promise((resolve) => {
    const settle = (answer: FirstAnswer): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      resolve(answer);
    };
    const fail = (reason: string): void => settle({ type: 'failed', reason: `embedded target: ${reason}` });
    const onMessage = (message: FromTarget): void => {
      if (message.type === 'ready') settle(message);
      else if (message.type === 'failed') fail(message.reason);
    };
    const timer = setTimeout(() => fail(`not listening after ${limitMs} ms`), limitMs);
    child.on('message', onMessage);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`its process ended (${signal ?? `exit code ${code ?? 0}`})`));
    send(child, { type: 'start', config });
  });
}

function queueProbe(child: ChildProcess): () => Promise<number | undefined> {
  const asked = new Map<number, (owed: number | undefined) => void>();
  let lastId = 0;
  child.on('message', (message: FromTarget) => {
    if (message.type !== 'queue') return;
    asked.get(message.id)?.(message.owed);
    asked.delete(message.id);
  });
  child.once('exit', () => {
    for (const answer of asked.values()) answer(undefined);
    asked.clear();
  });
  return () =>
    new Promise((resolve) => {
      if (!child.connected) {
        resolve(undefined);
        return;
      }
      lastId += 1;
      asked.set(lastId, resolve);
      send(child, { type: 'queue', id: lastId });
    });
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  send(child, { type: 'stop' });
  await exited;
  clearTimeout(timer);
}

/** A process that is going away may close its channel between our look and our word. */
function send(child: ChildProcess, message: ToTarget): void {
  if (child.connected) child.send(message, () => undefined);
}
