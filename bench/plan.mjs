/** Planning at full size: nhs-2016 at 840,000 mailboxes in its own time. When the first operation is known, how long a pass over all sends takes, and in how much memory. Needs `npm run build`. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { readProfile } from '../dist/profile/read.js';
import { makePlan, phaseJourneys } from '../dist/storm/plan.js';
import { PHASES } from '../dist/words.js';

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const PROFILE = fileURLToPath(new URL('../profiles/nhs-2016.yaml', import.meta.url));
const SIZE = { seed: 3, mailboxes: 840_000, speed: 1 };
const FLAGS = ['plan', 'nhs-2016', '--mailboxes', `${SIZE.mailboxes}`, '--speed', '1x'];

/** Seconds and megabytes that a plan may take. */
const FIRST_S = 1;
const PASS_S = 5;
const MEMORY_MB = 512;

const seconds = (from) => Number(process.hrtime.bigint() - from) / 1e9;
const rows = [];

const from = process.hrtime.bigint();
const plan = makePlan(readProfile(readFileSync(PROFILE, 'utf8')).profile, SIZE);
phaseJourneys(plan, 'storm').next();
rows.push(['profile read, first operation of the storm known', seconds(from), 's', FIRST_S]);

const pass = process.hrtime.bigint();
let sends = 0;
let copies = 0;
for (const phase of PHASES)
  for (const { message } of phaseJourneys(plan, phase)) {
    if (message === undefined) continue;
    sends += 1;
    copies += message.recipient === 'list' ? SIZE.mailboxes : 1;
  }
rows.push(['pass over all sends', seconds(pass), 's', PASS_S]);

/** Runs the program; seconds until its first line and its end, its largest memory as it says itself. */
function run(flags) {
  const started = process.hrtime.bigint();
  const report = `process.on('exit',()=>process.stderr.write(String(process.resourceUsage().maxRSS)))`;
  const child = spawn(process.execPath, ['--import', `data:text/javascript,${report}`, PROGRAM, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let firstS;
  let bytes = 0;
  let told = '';
  child.stdout.on('data', (piece) => {
    firstS ??= seconds(started);
    bytes += piece.length;
  });
  child.stderr.on('data', (piece) => {
    told += piece;
  });
  return new Promise((resolve) => {
    child.on('close', (code) =>
      resolve({ code, firstS, totalS: seconds(started), bytes, memoryMb: (Number(told) * 1_024) / 1e6 }),
    );
  });
}

const totals = await run([...FLAGS, '--json']);
rows.push(['`plan --json`, the whole command', totals.totalS, 's', undefined]);
rows.push(['  its memory', totals.memoryMb, 'MB', MEMORY_MB]);
const schedule = await run([...FLAGS, '--format', 'ndjson']);
rows.push(['`plan --format ndjson`, until its first line', schedule.firstS, 's', undefined]);
rows.push(['  until its last', schedule.totalS, 's', undefined]);
rows.push(['  its memory', schedule.memoryMb, 'MB', MEMORY_MB]);

const say = (text) => process.stdout.write(`${text}\n`);
say(
  `${sends} sends, ${plan.cascade.length - 1} replies to all, ${copies} copies; schedule of ${schedule.bytes} bytes\n`,
);
say('| what | measured | limit |\n|---|---|---|');
for (const [what, value, unit, limit] of rows)
  say(
    `| ${what} | ${value.toFixed(unit === 's' ? 2 : 0)} ${unit} | ${limit === undefined ? '' : `${limit} ${unit}`} |`,
  );

const over = rows
  .filter(([, value, , limit]) => limit !== undefined && !(value < limit))
  .map(([what]) => what);
if (over.length > 0 || totals.code !== 0 || schedule.code !== 0) {
  say(`over the limit: ${over.join('; ')}`);
  process.exitCode = 1;
}
