/** A generator that is starved or asked for too much says so itself: invalid, whatever the target did. With room it does not. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { HealthWorst } from '../../src/measure/health.ts';
import { pickPorts, whenGreeting } from './ports.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

const SINK = '/usr/sbin/smtp-sink';

const TASKSET = '/usr/bin/taskset';

/** Neighbours on the generator's only core. */
const BUSY_LOOPS = 12;

const START_MS = 10_000;

interface Calibrated {
  readonly code: number;
  readonly limitedBy: string;
  readonly dropped: number;
  readonly health: HealthWorst;
  readonly verdict: {
    readonly status: string;
    readonly findings: readonly { readonly check: string; readonly status: string }[];
  };
  readonly exit: { readonly reason: string };
}

const started: ChildProcess[] = [];
let port = 0;

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: 'ignore' });
  started.push(child);
  return child;
}

/** Sends to the sink; on the first core alone if `pinned`. */
function calibrate(flags: readonly string[], pinned = false): Promise<Calibrated> {
  const submit = `smtp://127.0.0.1:${port}`;
  const command = [process.execPath, PROGRAM, 'calibrate', 'smtp', '--submit', submit, '--json', ...flags];
  const [file = '', ...args] = pinned ? [TASKSET, '-c', '0', ...command] : command;
  return new Promise((resolve, reject) => {
    execFile(file, args, { timeout: 200_000, maxBuffer: 16 * 1_024 * 1_024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      if (stdout === '') reject(new Error(`exit ${code}: ${stderr}`));
      else resolve({ ...(JSON.parse(stdout) as Omit<Calibrated, 'code'>), code });
    });
  });
}

const failed = ({ verdict }: Calibrated): string[] =>
  verdict.findings.filter(({ status }) => status === 'fail').map(({ check }) => check);

function missing(): string[] {
  return [SINK, TASKSET].filter((path) => {
    try {
      accessSync(path, constants.X_OK);
      return false;
    } catch {
      return true;
    }
  });
}

function suite(): void {
  beforeAll(async () => {
    port = (await pickPorts()).submitPort;
    // More sessions than the largest test opens; by itself it takes 256.
    start(SINK, ['-u', 'nobody', '-m', '1000', `127.0.0.1:${port}`, '1000']);
    await whenGreeting(port, /^220 /, AbortSignal.timeout(START_MS), () => undefined);
  });

  afterAll(() => {
    for (const child of started) child.kill('SIGKILL');
  });

  test('that shares its only core with busy neighbours is unfit', async () => {
    const neighbours = Array.from({ length: BUSY_LOOPS }, () =>
      start(TASKSET, ['-c', '0', process.execPath, '-e', 'for(;;){}']),
    );
    const result = await calibrate(['--rate', '2000', '--duration', '5s'], true).finally(() => {
      for (const neighbour of neighbours) neighbour.kill('SIGKILL');
    });
    expect(result).toMatchObject({ code: 111, verdict: { status: 'invalid' } });
    expect(result.exit.reason).toMatch(/^generator: /);
    expect(failed(result)).toContain('generator: lag');
    expect(result.limitedBy).toBe('generator');
  });

  test('that is asked for what no machine reaches is unfit', async () => {
    const result = await calibrate(['--rate', '2000000', '--connections', '500', '--duration', '3s']);
    expect(result).toMatchObject({ code: 111, verdict: { status: 'invalid' } });
    expect(result.exit.reason).toMatch(/^generator: /);
    expect(failed(result)).toEqual(expect.arrayContaining(['generator: lag', 'generator: taken up in time']));
    expect(result.limitedBy).toBe('generator');
    expect(result.dropped).toBeGreaterThan(0);
  });

  test('with room is fit', async () => {
    const result = await calibrate(['--rate', '200', '--duration', '5s']);
    expect(result.code).not.toBe(111);
    expect(failed(result).filter((check) => check.startsWith('generator: '))).toEqual([]);
    expect(result.limitedBy).toBe('pace');
    expect(result.health.utilisationP90).toBeLessThan(0.9);
  });
}

const absent = missing();
if (absent.length > 0) process.stderr.write(`skipped: a generator: missing ${absent.join(', ')}\n`);
describe.skipIf(absent.length > 0 && process.env['REPLYSTORM_REQUIRE_REAL'] !== '1')('a generator', suite);
