/** Where does a generator stop being fit? One thread against smtp-sink (Debian package postfix) at rising rates, with the machine's cores and with one of its own: how busy it was, and how late. Needs `npm run build`. */

import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const RATES = [100, 1_000, 20_000, 40_000, 60_000, 80_000, 100_000];
const RATES_ON_ONE_CORE = [20_000, 40_000, 60_000, 80_000];
const SECONDS = 8;

const holder = createServer().listen(0, '127.0.0.1');
await new Promise((resolve) => holder.once('listening', resolve));
const { port } = holder.address();
await new Promise((resolve) => holder.close(resolve));

/** One paced load, as its own record tells of it. A generator that was unfit still says how it fared. */
async function fare(rate, oneCore) {
  const flags = ['--rate', `${rate}`, '--duration', `${SECONDS}s`, '--connections', '50', '--json'];
  const submit = `smtp://127.0.0.1:${port}?tls=off`;
  const command = [process.execPath, PROGRAM, 'calibrate', 'smtp', '--submit', submit, ...flags];
  const [file, ...args] = oneCore ? ['taskset', '-c', '0', ...command] : command;
  const { stdout } = await promisify(execFile)(file, args).catch((error) => error);
  return JSON.parse(stdout);
}

const percent = (share) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
const ms = (us) => (us === null ? 'no data' : `${(us / 1_000).toFixed(1)} ms`);

async function table(title, rates, oneCore) {
  const head =
    'messages/s | achieved | busiest thread p90 | CPU p90 | garbage | loop delay p99 | lag p99 | limited by | verdict';
  process.stdout.write(`\n${title}\n\n| ${head} |\n|${'---|'.repeat(9)}\n`);
  for (const rate of rates) {
    const { achieved, health, lagUs, limitedBy, verdict } = await fare(rate, oneCore);
    const { utilisationP90, cpuP90, gcShare, delayP99Us } = health;
    const failed = verdict.findings.filter(({ status }) => status === 'fail').map(({ check }) => check);
    const cells = [
      rate,
      Math.round(achieved),
      percent(utilisationP90),
      percent(cpuP90),
      percent(gcShare),
      ms(delayP99Us),
      lagUs.p99 === null ? `max ${ms(lagUs.max)}` : ms(lagUs.p99),
      limitedBy,
      [verdict.status, ...failed].join(', '),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}

// The sink keeps off the generator's one core.
const sink = spawn('taskset', [
  '-c',
  '1',
  '/usr/sbin/smtp-sink',
  '-u',
  'nobody',
  '-m',
  '1000',
  `127.0.0.1:${port}`,
  '1000',
]);
try {
  await sleep(500);
  await table(`All ${availableParallelism()} cores:`, RATES, false);
  await table('One core for the generator, another for the sink:', RATES_ON_ONE_CORE, true);
} finally {
  sink.kill();
}
