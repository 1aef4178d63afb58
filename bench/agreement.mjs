/** The embedded target, run for real, beside its own simulation: drain time and canary p90 over several seeds. Needs `npm run build` and a quiet machine. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** `node bench/agreement.mjs [PROFILE [MAILBOXES [SPEED [SEED...]]]]`; the storm of `npm start` unless told otherwise. */
const [profile = 'nhs-2016', mailboxes = '120', speed = '300x', ...given] = process.argv.slice(2);
const seeds = given.length > 0 ? given : ['3', '4', '5'];

/** How far a run may lie from what was foretold, of those figures that are judged. */
const WITHIN = 0.1;

const folder = mkdtempSync(join(tmpdir(), 'replystorm-'));

/** The program's record, whatever it thinks of it: a failed threshold is a figure too. */
async function run(args) {
  const answer = await promisify(execFile)(process.execPath, [PROGRAM, ...args], { maxBuffer: 64e6 }).catch(
    (error) => error,
  );
  return answer.stdout;
}

function p90(record, phase) {
  return record.canaries?.byPhase.find((one) => one.phase === phase)?.visibleUs.p90 ?? null;
}

const FIGURES = [
  { name: 'drained after the storm', of: (record) => record.drain.drainedUs, judged: true },
  { name: 'canary p90, storm', of: (record) => p90(record, 'storm'), judged: true },
  // A drain of a few seconds has too few canaries for a p90.
  { name: 'canary p90, drain', of: (record) => p90(record, 'drain'), judged: false },
  { name: 'canary p90, deletes', of: (record) => p90(record, 'deletes'), judged: false },
  { name: 'canary p90, baseline', of: (record) => p90(record, 'baseline'), judged: false },
];

const say = (text) => process.stdout.write(`${text}\n`);
const seconds = (us) => (us === null ? 'not known' : `${(us / 1e6).toPrecision(3)} s`);
say(`${profile}, ${mailboxes} mailboxes at ${speed}; judged: within ${WITHIN * 100} %\n`);
say('| seed | figure | run | simulation | run over simulation | |\n|---|---|---|---|---|---|');

let bad = 0;
for (const seed of seeds) {
  const flags = [profile, '--mailboxes', mailboxes, '--speed', speed, '--seed', seed];
  const simulated = JSON.parse(await run(['simulate', ...flags, '--json']));
  const directory = join(folder, seed);
  await run(['run', ...flags, '--out', directory]);
  const real = JSON.parse(readFileSync(join(directory, 'record.json'), 'utf8'));
  for (const { name, of, judged } of FIGURES) {
    const [seen, foretold] = [of(real), of(simulated)];
    const ratio = seen === null || foretold === null ? null : seen / foretold;
    const fits = ratio !== null && Math.abs(ratio - 1) <= WITHIN;
    if (judged && !fits) bad += 1;
    const word = judged ? (ratio === null ? 'no data' : fits ? 'met' : 'missed') : 'not judged';
    say(
      `| ${seed} | ${name} | ${seconds(seen)} | ${seconds(foretold)} | ${ratio === null ? '' : ratio.toFixed(3)} | ${word} |`,
    );
  }
  // Who was not fit to testify has measured the machine, not the model.
  if (real.verdict.status === 'invalid') {
    bad += 1;
    say(`| ${seed} | verdict on the generator | invalid | | | missed |`);
  }
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = bad > 0 ? 1 : 0;
