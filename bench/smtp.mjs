/**
 * What a message costs the client, side by side with smtp-source and nodemailer against one smtp-sink, and the peak of
 * 2016. Writes its section of bench/RESULTS.md. Needs `npm run build` and Debian's package postfix.
 *
 * `--pairs N` (5), `--only WORDS` (cases whose name has them; nothing is then written), `--no-peak`.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';

import { CASES } from './smtp/cases.mjs';
import { ours } from './smtp/peers.mjs';
import { peak, RATE, SECONDS } from './smtp/peak.mjs';
import { startSink } from './smtp/sink.mjs';

const RESULTS = new URL('./RESULTS.md', import.meta.url);
const HEADING = '## `npm run bench:smtp`';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    only: { type: 'string' },
    'no-peak': { type: 'boolean', default: false },
  },
});

const lines = [];
const say = (text = '') => {
  lines.push(text);
  process.stdout.write(`${text}\n`);
};

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Ours and the peer in turn, each first every other time: what the machine does meanwhile then falls on both. */
async function compare(sink, { peer, load }, pairs) {
  const seen = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const first = pair % 2 === 0 ? await ours(sink, load) : await peer(sink, load);
    const second = pair % 2 === 0 ? await peer(sink, load) : await ours(sink, load);
    seen.push(pair % 2 === 0 ? { own: first, other: second } : { own: second, other: first });
  }
  const ratios = seen.map(({ own, other }) => other.cpuUs / own.cpuUs);
  return {
    own: median(seen.map(({ own }) => own.cpuUs)),
    other: median(seen.map(({ other }) => other.cpuUs)),
    ratio: median(ratios),
    from: Math.min(...ratios),
    to: Math.max(...ratios),
    perSecond: median(seen.map(({ own }) => own.perSecond)),
    otherPerSecond: median(seen.map(({ other }) => other.perSecond)),
  };
}

function versions() {
  const packageOf = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version;
  const postfix = execFileSync('dpkg-query', ['-W', '-f', '${Version}', 'postfix']).toString();
  return [
    `replystorm ${packageOf('../package.json')}`,
    `Node.js ${process.versions.node}`,
    `smtp-source and smtp-sink of Postfix ${postfix}`,
    `nodemailer ${packageOf('../node_modules/nodemailer/package.json')}`,
    `Linux ${release().split('-')[0]}`,
    `${cpus().length} cores of ${cpus()[0]?.model.trim()}, ${(totalmem() / 1e9).toFixed(0)} GB, shared with other work`,
  ].join('; ');
}

function verdict(ratio, { least, goal }) {
  if (ratio < least) return `missed (${least})`;
  return goal === undefined || ratio >= goal ? 'met' : `met ${least}, goal ${goal} missed`;
}

async function main() {
  const pairs = Number(values.pairs);
  const sink = await startSink();
  try {
    say(`${new Date().toISOString().slice(0, 10)}: ${versions()}.`);
    say();
    say(
      `Ten connections to one smtp-sink on loopback, recording on; medians of ${pairs} pairs in turn. CPU is the client's user and system time of the load. The ratio is the median of the pairs' own, its least and largest beside it.`,
    );
    say();
    say(
      '| case | peer, µs CPU a message | ours | times as many a CPU second | | wanted | messages/s: peer, ours |',
    );
    say('|---|---|---|---|---|---|---|');
    const wanted = CASES.filter(({ name }) => values.only === undefined || name.includes(values.only));
    for (const one of wanted) {
      const { own, other, ratio, from, to, perSecond, otherPerSecond } = await compare(sink, one, pairs);
      const spread = `${from.toFixed(2)} to ${to.toFixed(2)}`;
      const rates = `${Math.round(otherPerSecond)}, ${Math.round(perSecond)}`;
      say(
        `| ${one.name} | ${other.toFixed(1)} | ${own.toFixed(1)} | **${ratio.toFixed(2)}** | ${spread} | ${verdict(ratio, one)} | ${rates} |`,
      );
      if (ratio < one.least) process.exitCode = 1;
    }
    if (!values['no-peak']) {
      say();
      say(
        `The peak of 2016, ${RATE} recipient copies a second for ${SECONDS} s from one worker, 100 to a message:`,
      );
      say();
      say('| what | figure | |');
      say('|---|---|---|');
      for (const [what, figure, isMet] of await peak(sink)) {
        say(`| ${what} | ${figure} | ${isMet === undefined ? '' : isMet ? 'met' : 'missed'} |`);
        if (isMet === false) process.exitCode = 1;
      }
    }
  } finally {
    sink.stop();
  }
  if (values.only === undefined && !values['no-peak']) enter();
}

/** Puts the section where the last one was, up to the next heading. What limits the figures is written under its own. */
function enter() {
  const before = readFileSync(RESULTS, 'utf8');
  const at = before.indexOf(HEADING);
  const rest = at < 0 ? '' : before.slice(at + HEADING.length);
  const next = rest.indexOf('\n## ');
  const below = next < 0 ? '' : rest.slice(next + 1);
  const above = at < 0 ? `${before.trimEnd()}\n\n` : before.slice(0, at);
  writeFileSync(RESULTS, `${above}${HEADING}\n\n${lines.join('\n')}\n${below === '' ? '' : `\n${below}`}`);
}

await main();
