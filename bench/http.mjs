/** Client CPU of an HTTP request beside autocannon and wrk, and what JMAP adds to it. Needs `npm run build`; nginx and wrk (Debian packages) where there are any. */

import { execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const PEER = fileURLToPath(new URL('http-peer.mjs', import.meta.url));
const RESULTS = fileURLToPath(new URL('RESULTS.md', import.meta.url));
const HEADING = '## `npm run bench:http`';

const numberOf = (name, fallback) => Number(process.env[name] ?? fallback);
/** Both can be made smaller for a try; the record says what was used. */
const ROUNDS = numberOf('ROUNDS', 5);
const REQUESTS = numberOf('REQUESTS', 200_000);
const JMAP_CALLS = Math.round(REQUESTS / 4);

/** Requests a CPU second as many times as autocannon, as wrk; microseconds that JMAP adds. */
const LIMITS = { autocannon: 1.3, goal: 1.6, wrk: 0.3, jmapUs: 50 };

const NGINX = '/usr/sbin/nginx';
const WRK = '/usr/bin/wrk';

const say = (text) => process.stderr.write(`${text}\n`);
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Ours, through the program itself: recording is on. */
async function ours(protocol, flags) {
  const args = [PROGRAM, 'calibrate', protocol, ...flags.map(String), '--json'];
  const env = { ...process.env, REPLYSTORM_PASSWORD: 'secret' };
  const { stdout, stderr } = await run(process.execPath, args, { env, maxBuffer: 1e7 }).catch(
    (error) => error,
  );
  if (!stdout) throw new Error(stderr);
  const figures = JSON.parse(stdout);
  if (figures.ok !== figures.operations)
    throw new Error(`${figures.ok} of ${figures.operations} ok: ${JSON.stringify(figures.refusals)}`);
  return figures;
}

const perRequest = ({ cpuSeconds, operations }) => (cpuSeconds * 1e6) / operations;

async function peer(job, order) {
  const child = fork(PEER);
  child.send({ job, ...order });
  const [{ us }] = await once(child, 'message');
  await once(child, 'exit');
  return us;
}

/** wrk says how many it did; the shell, what it cost. */
async function wrk(url, connections) {
  const command = `TIMEFORMAT='cpu %U %S'; time ${WRK} -t1 -c${connections} -d3s ${url}`;
  const { stdout, stderr } = await run('bash', ['-c', command]);
  const [, requests] = /(\d+) requests in/.exec(stdout) ?? [];
  const [, user, system] = /cpu (\S+) (\S+)/.exec(stderr) ?? [];
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
  return ((Number(user) + Number(system)) * 1e6) / Number(requests);
}

async function startNode() {
  const child = fork(PEER);
  child.send({ job: 'serve' });
  const [{ port }] = await once(child, 'message');
  return { url: `http://127.0.0.1:${port}`, port, stop: () => child.kill() };
}

/** One worker, no log, the same answer as the other endpoint. */
async function startNginx() {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address();
  await new Promise((resolve) => holder.close(resolve));
  const folder = mkdtempSync(join(tmpdir(), 'replystorm-nginx-'));
  const answer = `default_type application/json; return 200 '{"ok":true,"ids":["a","b","c"]}';`;
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; server { listen 127.0.0.1:${port}; location / { ${answer} } } }
`,
  );
  const child = spawn(NGINX, ['-c', join(folder, 'nginx.conf')], { stdio: 'inherit' });
  await sleep(500);
  const stop = async () => {
    child.kill();
    await once(child, 'exit');
    rmSync(folder, { recursive: true });
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

/** Every client in turn, as often as there are rounds; the order turns around each time. */
async function compare(url, connections) {
  const order = { url: `${url}/`, connections, requests: REQUESTS };
  const flags = ['--url', `${url}/`, '--connections', connections, '--operations', REQUESTS];
  const clients = {
    ours: async () => perRequest(await ours('http', flags)),
    autocannon: () => peer('autocannon', order),
    ...(existsSync(WRK) ? { wrk: () => wrk(order.url, connections) } : {}),
    undici: () => peer('undici', order),
    socket: () => peer('socket', order),
  };
  const us = Object.fromEntries(Object.keys(clients).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    const names = Object.keys(clients);
    for (const name of round % 2 === 0 ? names : names.toReversed()) us[name].push(await clients[name]());
    say(
      `${url} x${connections}: ${Object.entries(us)
        .map(([name, all]) => `${name} ${all.at(-1).toFixed(1)}`)
        .join(', ')}`,
    );
  }
  return us;
}

/** The same bytes to the same endpoint, as a bare POST and as JMAP. */
async function jmap({ url, port }) {
  const size = ['--connections', 10, '--operations', JMAP_CALLS];
  const who = [
    '--mailbox',
    `jmap+http://127.0.0.1:${port}`,
    '--accounts',
    'user{n}@lab.test',
    '--mailboxes',
    10,
  ];
  const sweep = () => ours('jmap', [...who, '--operation', 'delete', '--yes', ...size]);
  const { messages, operations } = await sweep();
  if (messages !== operations * 10) throw new Error(`${messages} messages in ${operations} sweeps`);
  const folder = mkdtempSync(join(tmpdir(), 'replystorm-jmap-'));
  const file = join(folder, 'body.json');
  writeFileSync(file, await (await fetch(`${url}/last`)).text());
  const post = [
    '--url',
    `${url}/api`,
    '--method',
    'POST',
    '--body-file',
    file,
    '--domain',
    'lab.test',
    '--user',
    'a',
  ];
  const us = { jmap: [], bare: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    us.bare.push(perRequest(await ours('http', [...post, ...size])));
    us.jmap.push(perRequest(await sweep()));
    say(`JMAP ${us.jmap.at(-1).toFixed(1)}, the same bytes bare ${us.bare.at(-1).toFixed(1)}`);
  }
  rmSync(folder, { recursive: true });
  return us;
}

/** Ratios of each round: the machine is another one minute to the next. */
function ratio(us, name) {
  if (us[name] === undefined) return undefined;
  const all = us.ours.map((value, round) => us[name][round] / value);
  return { median: median(all), least: Math.min(...all), most: Math.max(...all) };
}

const shown = (found) =>
  found === undefined
    ? 'no wrk here'
    : `**${found.median.toFixed(2)}** (${found.least.toFixed(2)} to ${found.most.toFixed(2)})`;

const cost = (values) => (values === undefined ? '–' : median(values).toFixed(1));

function section(rows, added) {
  const manifest = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version;
  const machine = `Linux ${release().split('.').slice(0, 2).join('.')}, ${cpus().length} cores of ${cpus()[0]
    .model.replace(/\(R\)|CPU|@.*/g, '')
    .replace(/\s+/g, ' ')
    .trim()}, shared with other work`;
  const lines = rows.map(({ where, connections, us }) => {
    const [cannon, fast] = [ratio(us, 'autocannon'), ratio(us, 'wrk')];
    const figures = ['ours', 'autocannon', 'wrk', 'undici', 'socket'].map((name) => cost(us[name]));
    return `| ${where}, ${connections} | ${figures.join(' | ')} | ${shown(cannon)} | ${shown(fast)} |`;
  });
  const missed = rows.flatMap(({ where, connections, us }) => {
    const [cannon, fast] = [ratio(us, 'autocannon'), ratio(us, 'wrk')];
    return [
      ...(cannon.median < LIMITS.autocannon ? [`autocannon, ${where}, ${connections}`] : []),
      ...(fast !== undefined && fast.median < LIMITS.wrk ? [`wrk, ${where}, ${connections}`] : []),
    ];
  });
  const us = median(added.jmap.map((value, round) => value - added.bare[round]));
  if (us > LIMITS.jmapUs) missed.push('JMAP');
  const text = `${HEADING}

${new Date().toISOString().slice(0, 10)}, replystorm ${manifest('../package.json')}, Node ${process.versions.node}, undici ${manifest('../node_modules/undici/package.json')}, autocannon ${manifest('../node_modules/autocannon/package.json')}${existsSync(NGINX) ? '' : ', no nginx here'}; ${machine}.

Client CPU in microseconds a request, user and system, kept connections, an answer of 31 bytes; each client in a process of its own, start-up not counted; medians of ${ROUNDS} rounds of ${REQUESTS} requests in turn (wrk: 3 s). Ours is \`calibrate http\`, every request timed and recorded. \`undici\` is its \`dispatch\` with a handler that does nothing, \`socket\` a socket of Node's whose answers nobody reads. Times: requests a CPU second over the other's, median of the rounds' own, least and largest beside it. Wanted: autocannon >= ${LIMITS.autocannon}, goal ${LIMITS.goal}; wrk >= ${LIMITS.wrk}.

| endpoint, connections | ours | autocannon | wrk | undici | socket | times autocannon | times wrk |
|---|---|---|---|---|---|---|---|
${lines.join('\n')}

JMAP, Email/query and Email/set destroy of ten messages in one request, against the same bytes as a bare POST to the same endpoint, ten connections, ${JMAP_CALLS} requests a round: ${cost(added.jmap)} and ${cost(added.bare)} µs; JMAP adds **${us.toFixed(1)} µs** (limit ${LIMITS.jmapUs}).

${missed.length === 0 ? 'All limits were kept.' : `Missed: ${missed.join('; ')}.`}
`;
  return { text, missed };
}

const endpoints = [...(existsSync(NGINX) ? [['nginx', startNginx]] : []), ['node:http', startNode]];
const rows = [];
let added;
for (const [where, start] of endpoints) {
  const endpoint = await start();
  try {
    for (const connections of [10, 100])
      rows.push({ where, connections, us: await compare(endpoint.url, connections) });
    if (where === 'node:http') added = await jmap(endpoint);
  } finally {
    await endpoint.stop();
  }
}
const { text, missed } = section(rows, added);
process.stdout.write(text);
if (process.env.TRY === undefined) {
  const before = readFileSync(RESULTS, 'utf8');
  const from = before.indexOf(HEADING);
  const next = from < 0 ? -1 : before.indexOf('\n## ', from + HEADING.length);
  const head = from < 0 ? `${before.trimEnd()}\n\n` : before.slice(0, from);
  writeFileSync(RESULTS, `${head}${text}${next < 0 ? '' : before.slice(next)}`);
}
if (missed.length > 0) process.exitCode = 1;
