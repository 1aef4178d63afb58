/** Simulating the whole storm: nhs-2016 at 840,000 mailboxes in its own time, beside smaller ones. Seconds, memory, cost a copy. Needs `npm run build`. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Seconds and megabytes that the whole storm may take. */
const WHOLE_S = 15;
const MEMORY_MB = 1_000;

/** What it needs, not what an idle collector lets stand: without a bound the heap grows to twice that. */
const HEAP = '--max-old-space-size=512';

/** The storm's own cost: what everybody else does takes the same time at any size. */
const CASES = [
  { mailboxes: 1_000, limits: '', whole: false },
  { mailboxes: 10_000, limits: '', whole: false },
  { mailboxes: 100_000, limits: '', whole: false },
  { mailboxes: 840_000, limits: '', whole: true },
  { mailboxes: 840_000, limits: 'deliveriesPerSecond=5000,accessServers=400', whole: true },
];

const INSIDE = `process.on('exit',()=>process.stderr.write('\\n'+JSON.stringify({rss:process.resourceUsage().maxRSS,s:performance.now()/1e3})))`;

async function run({ mailboxes, limits }) {
  const flags = ['simulate', 'nhs-2016', '--mailboxes', `${mailboxes}`, '--speed', '1x', '--json'];
  // As at full size: everybody has a connection of their own.
  const set = ['--set', ['connections=own', limits].filter(Boolean).join(',')];
  const args = [HEAP, '--import', `data:text/javascript,${INSIDE}`, PROGRAM, ...flags, ...set];
  // A foretold failure is an answer too.
  const answer = await promisify(execFile)(process.execPath, args, { maxBuffer: 64e6 }).catch(
    (error) => error,
  );
  const { rss, s } = JSON.parse(answer.stderr.trim().split('\n').at(-1));
  return { record: JSON.parse(answer.stdout), memoryMb: (rss * 1_024) / 1e6, seconds: s };
}

const say = (text) => process.stdout.write(`${text}\n`);
say(
  '| mailboxes | limits | copies | seconds | ns a copy | memory | peak owed | drained after the storm |\n|---|---|---|---|---|---|---|---|',
);
const over = [];
for (const one of CASES) {
  const { record, memoryMb, seconds } = await run(one);
  const { copiesAccepted, owedPeak } = record.simulation;
  const cells = [
    one.mailboxes,
    one.limits === '' ? "the profile's own" : one.limits,
    copiesAccepted,
    seconds.toFixed(1),
    ((seconds * 1e9) / copiesAccepted).toFixed(0),
    `${memoryMb.toFixed(0)} MB`,
    owedPeak,
    `${(record.drain.drainedUs / 1e6).toFixed(0)} s`,
  ];
  say(`| ${cells.join(' | ')} |`);
  if (one.whole && !(seconds < WHOLE_S && memoryMb < MEMORY_MB)) over.push(cells.slice(0, 2).join(', '));
}
if (over.length > 0) {
  say(`over ${WHOLE_S} s or ${MEMORY_MB} MB: ${over.join('; ')}`);
  process.exitCode = 1;
}
