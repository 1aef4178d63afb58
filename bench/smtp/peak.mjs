/** The peak of 2016 from one worker: 111,000 recipient copies a second for a minute, and how much memory that takes. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export const RATE = 111_000;
export const SECONDS = 60;
const RECIPIENTS = 100;

/** Memory settles in this time: lines, histograms and compiled code are there. */
const SETTLED_S = 15;

/** What may be added after that, in the mean of the last ten seconds over that of the ten after settling. */
const FLAT = 1.05;

/** Runs it; the figures and whether each is what was asked for. */
export async function peak(sink) {
  const flags = [
    '--rate',
    RATE,
    '--recipients',
    RECIPIENTS,
    '--duration',
    `${SECONDS}s`,
    '--connections',
    10,
  ];
  const args = [PROGRAM, 'calibrate', 'smtp', '--submit', sink.submit, '--json', ...flags.map(String)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const resident = [];
  const watch = setInterval(() => resident.push(residentMb(child.pid)), 1_000);
  await new Promise((resolve) => child.once('close', resolve));
  clearInterval(watch);
  const said = JSON.parse(Buffer.concat(chunks).toString());
  const mb = resident.filter((one) => one !== undefined);
  // Only what was taken up leaves a lag.
  const takenUp = (said.lagUs.count * RECIPIENTS) / (RATE * SECONDS);
  const settled = mean(mb.slice(SETTLED_S, SETTLED_S + 10));
  const last = mean(mb.slice(-10));
  return [
    ['taken up', `${percent(takenUp)} of ${RATE}/s`, takenUp >= 0.999],
    ['achieved', percent(said.achieved / RATE), said.achieved >= 0.999 * RATE],
    ['lag p99', `${(said.lagUs.p99 / 1e3).toFixed(2)} ms`, said.lagUs.p99 <= 5_000],
    ['RSS, most', `${Math.max(...mb).toFixed(0)} MB`, Math.max(...mb) <= 400],
    ['RSS, last 10 s over seconds 15 to 25', (last / settled).toFixed(3), last / settled <= FLAT],
    ['CPU', `${percent(said.cpuSeconds / SECONDS)} of a core`, undefined],
    ['response p50, p99', `${said.responseUs.p50 / 1e3} ms, ${said.responseUs.p99 / 1e3} ms`, undefined],
    ['verdict on the generator', said.verdict.status, said.verdict.status === 'pass'],
  ];
}

function residentMb(pid) {
  try {
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kb === undefined ? undefined : Number(kb) / 1_000;
  } catch {
    return undefined;
  }
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share) {
  return `${(100 * share).toFixed(2)} %`;
}
