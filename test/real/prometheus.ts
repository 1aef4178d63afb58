/** Debian's Prometheus on a loopback port of its own, reading one page, its data in a folder that goes away with it. Tests only. */

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { binary, START_PATIENCE_MS } from './ground.ts';
import { pickPorts, whenGreeting } from './ports.ts';
import { startServer } from './processes.ts';
import { type Attempt, type Standing, standUp, throwIfEnded } from './standing-server.ts';

/** One series of an answer: its labels and its newest value. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus extends Standing {
  /** Where it expects a run's page: nobody listens there yet. */
  readonly scrapedPort: number;
  /** A path of its API and the answer's `data`. Throws when it says no. */
  api(path: string, parameters?: Readonly<Record<string, string>>): Promise<unknown>;
  /** An instant query. */
  query(text: string): Promise<readonly Series[]>;
}

/** Starts one that reads a page every second. Throws, with its last words, when it does not come up. */
export function startPrometheus(): Promise<Prometheus> {
  return standUp({ name: 'prometheus', parent: tmpdir(), taken: /address already in use/ }, launch);
}

async function launch({ root, log, servers }: Attempt): Promise<Omit<Prometheus, keyof Standing>> {
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
  await whenGreeting(port, /^$/, AbortSignal.timeout(START_PATIENCE_MS), () => throwIfEnded(servers));
  return { scrapedPort, ...asker(`http://127.0.0.1:${port}`) };
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
