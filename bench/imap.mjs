/** Client CPU of IMAP beside imapflow's on one Dovecot, and what NOOPs, a census and idle sessions cost. Needs root, Dovecot 2.3 and `npm run build`. */

import { execFile, fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { PASSWORD, startDovecot } from './dovecot.mjs';

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const RESULTS = fileURLToPath(new URL('RESULTS.md', import.meta.url));
const HEADING = '## `npm run bench:imap`';

const numberOf = (name, fallback) => Number(process.env[name] ?? fallback);
/** All can be made smaller for a try; the record says what was used. */
const PAIRS = numberOf('PAIRS', 5);
const MAILBOXES = numberOf('MAILBOXES', 200);
const MESSAGES = 100;
const NOOPS = numberOf('NOOPS', 150_000);
const CENSUS = { mailboxes: numberOf('CENSUS_MAILBOXES', 600), messages: numberOf('CENSUS_MESSAGES', 1_000) };
const IDLE = (process.env.IDLE ?? '2000,10000').split(',').map(Number);
const AT_ONCE = 2;

/** Times fewer than imapflow, microseconds a NOOP, share of a core, bytes a session. */
const LIMITS = { times: 4, noopUs: 12, census: 0.15, idleBytes: 30_000 };

const say = (text) => process.stderr.write(`${text}\n`);
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const url = (dovecot, tls) => `imap://localhost:${dovecot.port}?tls=${tls ? 'required' : 'off'}`;

/** Ours, through the program itself: recording is on. */
async function calibrate(dovecot, tls, operation, flags) {
  const args = [
    'calibrate',
    'imap',
    '--mailbox',
    url(dovecot, tls),
    '--tls-ca',
    dovecot.ca,
    '--accounts',
    'user{n}@lab.test',
    '--operation',
    operation,
    '--json',
    ...flags.map(String),
  ];
  const env = { ...process.env, REPLYSTORM_PASSWORD: PASSWORD };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM, ...args], {
    env,
    maxBuffer: 1e7,
  }).catch((error) => error);
  if (!stdout) throw new Error(stderr);
  const figures = JSON.parse(stdout);
  if (figures.ok !== figures.operations)
    throw new Error(
      `${operation}: ${figures.ok} of ${figures.operations} ok: ${JSON.stringify(figures.refusals)}`,
    );
  return figures;
}

/** A job in a process of its own, so that neither engine warms or dirties the other's heap. */
function peer(job, rest) {
  const child = fork(fileURLToPath(new URL('imap-peer.mjs', import.meta.url)), { execArgv: ['--expose-gc'] });
  return new Promise((resolve, reject) => {
    child.once('message', ({ done, failed }) =>
      failed === undefined ? resolve(done) : reject(new Error(failed)),
    );
    child.once('exit', (code) => reject(new Error(`the peer ended with ${code}`)));
    child.send({ job, password: PASSWORD, ...rest });
  });
}

/** Pairs in turn, the first of each pair changing, on mailboxes filled anew for each. */
async function deletes(tls) {
  const dovecot = await startDovecot();
  const engines = {
    ours: () =>
      calibrate(dovecot, tls, 'delete', ['--yes', '--mailboxes', MAILBOXES, '--connections', AT_ONCE]),
    imapflow: () =>
      peer('empty', { port: dovecot.port, tls, ca: dovecot.ca, from: 0, count: MAILBOXES, atOnce: AT_ONCE }),
  };
  const ms = { ours: [], imapflow: [] };
  try {
    for (let pair = 0; pair < PAIRS; pair += 1) {
      for (const name of pair % 2 === 0 ? ['ours', 'imapflow'] : ['imapflow', 'ours']) {
        dovecot.fill(0, MAILBOXES, MESSAGES);
        const { cpuSeconds, messages } = await engines[name]();
        if (messages !== MAILBOXES * MESSAGES)
          throw new Error(`${name} removed ${messages}, not ${MAILBOXES * MESSAGES}`);
        ms[name].push((cpuSeconds * 1_000) / MAILBOXES);
        say(`${tls ? 'TLS' : 'plain'} ${name} ${ms[name].at(-1).toFixed(2)} ms`);
      }
    }
  } finally {
    await dovecot.stop();
  }
  return ms;
}

async function noops() {
  const dovecot = await startDovecot();
  try {
    dovecot.fill(0, 4, 1);
    const runs = [];
    for (let run = 0; run < PAIRS; run += 1) {
      const { cpuSeconds, operations } = await calibrate(dovecot, false, 'noop', [
        '--operations',
        NOOPS,
        '--mailboxes',
        4,
        '--connections',
        4,
      ]);
      runs.push((cpuSeconds * 1e6) / operations);
    }
    return runs;
  } finally {
    await dovecot.stop();
  }
}

/** Enough connections that Dovecot, not we, is what it waits for. */
async function census() {
  const dovecot = await startDovecot();
  try {
    dovecot.fill(0, CENSUS.mailboxes, CENSUS.messages);
    say('census: store filled');
    const before = dovecot.cpuSeconds();
    const figures = await calibrate(dovecot, false, 'census', [
      '--mailboxes',
      CENSUS.mailboxes,
      '--connections',
      8,
    ]);
    const theirs = dovecot.cpuSeconds() - before;
    return { ...figures, theirs };
  } finally {
    await dovecot.stop();
  }
}

async function idles() {
  const dovecot = await startDovecot({ maxSessions: Math.max(...IDLE) + 100 });
  try {
    const mailboxes = 200;
    dovecot.fill(0, mailboxes, 1);
    return await peer('idle', { port: dovecot.port, tls: false, ca: dovecot.ca, mailboxes, steps: IDLE });
  } finally {
    await dovecot.stop();
  }
}

function pairRow(name, { ours, imapflow }) {
  const [a, b] = [median(ours), median(imapflow)];
  const spread = (values) => `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
  return `| ${name} | ${a.toFixed(2)} (${spread(ours)}) | ${b.toFixed(2)} (${spread(imapflow)}) | ${(b / a).toFixed(1)} | >= ${LIMITS.times} |`;
}

function section({ plain, tls, noop, read, idle }, version) {
  const manifest = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version;
  const share = read.cpuSeconds / read.wallSeconds;
  const [small, large] = idle;
  const bytes = (large.rssBytes - small.rssBytes) / (large.sessions - small.sessions);
  const machine = `Linux ${release().split('.').slice(0, 2).join('.')}, ${cpus().length} cores of ${cpus()[0]
    .model.replace(/\(R\)|CPU|@.*/g, '')
    .replace(/\s+/g, ' ')
    .trim()}, shared with other work`;
  return {
    missed: [
      ...[
        ['plain', plain],
        ['TLS', tls],
      ]
        .filter(([, ms]) => median(ms.imapflow) / median(ms.ours) < LIMITS.times)
        .map(([name]) => `delete, ${name}`),
      ...(median(noop) > LIMITS.noopUs ? ['NOOP'] : []),
      ...(share > LIMITS.census ? ['census'] : []),
      ...(bytes > LIMITS.idleBytes || large.alive < large.sessions ? ['idle'] : []),
    ],
    text: `${HEADING}

${new Date().toISOString().slice(0, 10)}, replystorm ${manifest('../package.json')}, Node ${process.versions.node}, imapflow ${manifest('../node_modules/imapflow/package.json')}, Dovecot ${version}; ${machine}.

Client CPU in milliseconds a mailbox: connect, sign in, open, flag all ${MESSAGES} deleted, expunge, leave. Median of ${PAIRS} interleaved pairs of ${MAILBOXES} mailboxes, each engine in a process of its own, ${AT_ONCE} mailboxes at once, start-up of the process not counted; in brackets the spread. Ours is \`calibrate imap --operation delete\`, recording on, select, store and expunge in one write; imapflow as it comes, without its log.

| what | ours | imapflow | times less | limit |
|---|---|---|---|---|
${pairRow('plain text', plain)}
${pairRow('STARTTLS', tls)}

| what | seen | limit |
|---|---|---|
| pipelined NOOP, µs of client CPU, median of ${noop.length} runs of ${NOOPS} | ${median(noop).toFixed(1)} | ${LIMITS.noopUs} |
| census of ${read.messages} messages in ${CENSUS.mailboxes} mailboxes while Dovecot is saturated, share of a core | ${(share * 100).toFixed(1)} % | ${LIMITS.census * 100} % |
| idle session (IDLE, plain text), bytes: slope of RSS from ${small.sessions} to ${large.sessions} | ${Math.round(bytes)} | ${LIMITS.idleBytes} |

The census took ${read.wallSeconds.toFixed(1)} s, ${read.cpuSeconds.toFixed(1)} s of our CPU (${((read.cpuSeconds * 1e6) / read.messages).toFixed(1)} µs a message) beside ${read.theirs.toFixed(1)} s of Dovecot's that could still be read at its end. Messages are hard links to ${CENSUS.messages} different files, of a kilobyte each. Of ${large.sessions} idle sessions ${large.alive} were alive at the end.
`,
  };
}

const startedMs = Date.now();
const only = process.argv[2];
if (only !== undefined) {
  const parts = { plain: () => deletes(false), tls: () => deletes(true), noop: noops, census, idle: idles };
  process.stdout.write(`${JSON.stringify(await parts[only](), null, 1)}\n`);
} else {
  const figures = {
    plain: await deletes(false),
    tls: await deletes(true),
    noop: await noops(),
    read: await census(),
    idle: await idles(),
  };
  const probe = await startDovecot();
  await probe.stop();
  const { text, missed } = section(figures, probe.version);
  const before = readFileSync(RESULTS, 'utf8');
  const from = before.indexOf(HEADING);
  const next = from < 0 ? -1 : before.indexOf('\n## ', from + HEADING.length);
  const head = from < 0 ? `${before.trimEnd()}\n\n` : before.slice(0, from);
  writeFileSync(RESULTS, `${head}${text}${next < 0 ? '' : before.slice(next)}`);
  process.stdout.write(text);
  say(`${((Date.now() - startedMs) / 1_000).toFixed(0)} s`);
  if (missed.length > 0) {
    say(`over the limit: ${missed.join('; ')}`);
    process.exitCode = 1;
  }
}
