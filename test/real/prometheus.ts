/** Debian's Prometheus on a loopback port of its own, reading one page, its data in a folder that goes away with it. Tests only. */

import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { binary, START_PATIENCE_MS, STARTS } from './ground.ts';
import { pickPorts, whenGreeting } from './ports.ts';
import { killServers, liveProcesses, type Server, startServer, stopServers } from './processes.ts';

const LOG_TAIL_CHARACTERS = 2_000;

/** One series of an answer: its labels and its newest value. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  /** Where it expects a run's page: nobody listens there yet. */
  readonly scrapedPort: number;
  /** A path of its API and the answer's `data`. Throws when it says no. */
  api(path: string, parameters?: Readonly<Record<string, string>>): Promise<unknown>;
  /** An instant query. */
  query(text: string): Promise<readonly Series[]>;
  processes(): number[];
  /** Ends the process and removes its data. May be called twice. */
  stop(): Promise<void>;
}

/** Starts one that reads a page every second. Throws, with its last words, when it does not come up. */
export async function startPrometheus(): Promise<Prometheus> {
  for (let attempt = 1; ; attempt += 1) {
    const root = await mkdtemp(join(tmpdir(), 'replystorm-prometheus-'));
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
      const { port, scrapedPort } = await launch(root, log, servers);
      const base = `http://127.0.0.1:${port}`;
      const sessions = new Set(servers.map((server) => server.session));
      const processes = (): number[] => liveProcesses(sessions);
      return { scrapedPort, ...asker(base), processes, stop };
    } catch (error) {
      const words = await readFile(log, 'utf8').catch(() => '');
      await stop();
      if (attempt < STARTS && /address already in use/.test(words)) continue;
      throw new Error(`prometheus did not start: ${String(error)}\n${words.slice(-LOG_TAIL_CHARACTERS)}`, {
        cause: error,
      });
    }
  }
}

async function launch(
  root: string,
  log: string,
  servers: Server[],
): Promise<{ readonly port: number; readonly scrapedPort: number }> {
  const { smtpPort: port, imapPort: scrapedPort } = await pickPorts();
  const config = join(root, 'prometheus.yml');
  const targets = `static_configs: [{ targets: ["127.0.0.1:${scrapedPort}"] }]`;
  writeFileSync(
    config,
    `global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: replystorm, ${targets} }]\n`,
  );
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(root, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  servers.push(startServer('prometheus', binary('prometheus') ?? 'prometheus', args, log));
  const check = (): void => {
    const code = servers[0]?.exitCode() ?? null;
    if (code !== null) throw new Error(`it ended: ${code}`);
  };
  await whenGreeting(port, /^$/, AbortSignal.timeout(START_PATIENCE_MS), check);
  return { port, scrapedPort };
}

function asker(base: string): Pick<Prometheus, 'api' | 'query'> {
  const api: Prometheus['api'] = async (path, parameters = {}) => {
    const answer = await fetch(`${base}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { status, data, error } = (await answer.json()) as {
      status: string;
      data: unknown;
      error?: string;
    };
    if (status !== 'success')
      throw new Error(`${path} ${JSON.stringify(parameters)}: ${error ?? answer.status}`);
    return data;
  };
  const query: Prometheus['query'] = async (text) => {
    const data = (await api('query', { query: text })) as {
      result: readonly { metric: Record<string, string>; value: readonly [number, string] }[];
    };
    return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  };
  return { api, query };
}

/** What `promtool check metrics` says of a page: its exit code and its words. */
export function checkPage(page: string): Promise<{ readonly code: number | null; readonly words: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary('promtool') ?? 'promtool', ['check', 'metrics'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let words = '';
    const hear = (chunk: Buffer): void => {
      words += String(chunk);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, words }));
    child.stdin.end(page);
  });
}
