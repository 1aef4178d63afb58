/**
 * What it costs a run to be watched: CPU of the main thread's process a second of run, at 10,000 operations a second in all
 * phases, with a watcher and without one. Seconds follow each other without waiting. Needs `npm run build`.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';

const SECONDS = 300;
const OPERATIONS_A_SECOND = 10_000;

/** Share of a core that a watcher may take. */
const GOAL = 0.03;

/** What is done in a second, in equal shares. */
const DONE = [
  'smtp.connect',
  'smtp.submit',
  'imap.connect',
  'imap.signin',
  'imap.open',
  'imap.headers',
  'imap.body',
  'imap.poll',
  'journey.send',
  'journey.read',
  'journey.canary',
];

/** A browser's half: reads the stream in a process of its own, whose CPU is nobody's here, and says at its end how many seconds it was told of. */
async function read(url) {
  get(new URL('/events', url), (response) => {
    let seconds = 0;
    let rest = '';
    response.once('data', () => process.send('reading'));
    response.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      seconds += lines.filter((line) => line === 'event: second').length;
    });
    response.on('end', () => process.send(seconds, () => process.exit(0)));
  });
}

/** Each adds itself to the hub and answers with how to end it. */
const WATCHERS = {
  nobody: async () => async () => undefined,
  'the hub alone': async (live) => live.add(() => undefined),
  'dashboard, one screen': async (live) => {
    const { WatchedRun } = await import('../dist/cli/dashboard.js');
    const run = new WatchedRun({ host: '127.0.0.1', port: 0 }, true);
    await run.open();
    let url = '';
    const line = (text) => {
      url = text.replace('dashboard: ', '');
    };
    run.watch(live, { line }, { stop: new AbortController().signal });
    const screen = fork(import.meta.filename, ['read', url]);
    await once(screen, 'message');
    return async () => {
      const told = once(screen, 'message');
      await run.end({ status: 'pass', exitCode: 0, because: 'pass', report: null });
      const [seconds] = await told;
      // What it was not told has cost nothing. The first second comes with the greeting.
      if (seconds < SECONDS - 1) throw new Error(`the screen was told of ${seconds} seconds of ${SECONDS}`);
    };
  },
  // Prometheus comes every 15 seconds unless told otherwise: each second is the worst that anybody asks for, in the format it asks for.
  'making a page of metrics a second': async (live) => {
    const [{ familiesOf }, { exposition }] = await Promise.all(
      ['families', 'exposition'].map((name) => import(`../dist/telemetry/metrics/${name}.js`)),
    );
    return live.add((identity, moment, { tally }) => {
      const observed = { runId: 'bench', version: '0', identity, moment, tally, ending: undefined };
      Buffer.from(exposition(familiesOf(observed), 'openmetrics'), 'utf8');
    });
  },
};

async function main() {
  // Whoever comes first would pay for the compiler.
  await costOf(WATCHERS.nobody);
  const costs = new Map();
  for (const [name, start] of Object.entries(WATCHERS)) costs.set(name, await costOf(start));
  const alone = costs.get('nobody');
  process.stdout.write(
    `${SECONDS} seconds of ${OPERATIONS_A_SECOND} operations; main thread alone ${ms(alone)} a second\n`,
  );
  for (const [name, us] of costs) {
    if (name === 'nobody') continue;
    const share = (us - alone) / 1e6;
    const words = `${(share * 100).toFixed(2)} % of a core (${ms(us - alone)} a second)`;
    process.stdout.write(`${share <= GOAL ? 'within' : 'ABOVE'} ${GOAL * 100} %: ${name}: ${words}\n`);
    if (share > GOAL) process.exitCode = 1;
  }
}

/** CPU in microseconds a second of run. */
async function costOf(start) {
  const { stateAt, tell } = await makeRun();
  const { LiveHub, identityOf } = await import('../dist/cli/live.js');
  const live = new LiveHub();
  const { plan } = stateAt(0);
  live.begin(
    identityOf('bench', plan, '0'.repeat(32), { kind: 'embedded', submit: 'smtp', mailbox: 'imap' }),
  );
  const end = await start(live);
  const before = process.cpuUsage();
  for (let second = 1; second <= SECONDS; second += 1) {
    tell(second);
    live.look(stateAt(second));
    // What was written leaves before the next second, as it would.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  const { user, system } = process.cpuUsage(before);
  await end();
  return (user + system) / SECONDS;
}

/** A run that goes on by being told to: what main would know of it, second by second. */
async function makeRun() {
  const [
    { Recorder },
    { Tally },
    { Health },
    { loadProfile },
    { makePlan },
    { JOURNEYS, PHASES, USUAL_DOORS },
  ] = await Promise.all(
    ['measure/recorder', 'measure/tally', 'measure/health', 'cli/files', 'storm/plan', 'words'].map(
      (path) => import(`../dist/${path}.js`),
    ),
  );
  const { profile } = loadProfile('nhs-2016');
  const plan = makePlan(profile, { mailboxes: 120, speed: 300, seed: 3, mode: 'open', doors: USUAL_DOORS });
  const [recorder, tally, health] = [new Recorder(), new Tally(), new Health(JOURNEYS)];
  const phaseAt = (second) =>
    PHASES[Math.min(PHASES.length - 1, Math.floor((second / SECONDS) * PHASES.length))];
  const ok = { kind: 'ok', evidence: '250' };
  const tell = (second) => {
    const phase = phaseAt(second);
    for (let i = 0; i < OPERATIONS_A_SECOND; i += 1) {
      const operation = DONE[i % DONE.length];
      recorder.planned(operation, phase, false);
      const endedUs = Math.floor(1_000 * 10 ** ((((i * 40_503) % 65_536) / 65_536) * 4));
      recorder.sample({
        operation,
        phase,
        outcome: ok,
        intendedUs: 0,
        dueUs: 100,
        startedUs: 200,
        endedUs,
        induced: false,
      });
      if (operation === 'journey.canary') recorder.visible(phase, endedUs);
    }
    tally.add(recorder.drain(), (second - 0.5) * 1e6);
  };
  const stateAt = (second) => ({
    plan,
    phase: phaseAt(second),
    atUs: second * 1e6,
    tally,
    afterWarmUp: tally,
    progress: { inFlight: 0, canariesWaiting: 0, copiesAccepted: second, repliesUnderWay: 0 },
    owed: second,
    held: false,
    phases: PHASES.filter((_, index) => index <= PHASES.indexOf(phaseAt(second))).map((name, index) => ({
      name,
      startUs: (index * SECONDS * 1e6) / PHASES.length,
      endUs: Math.min(second, ((index + 1) * SECONDS) / PHASES.length) * 1e6,
    })),
    health,
    conditions: [],
  });
  return { tell, stateAt };
}

function ms(us) {
  return `${(us / 1e3).toFixed(2)} ms`;
}

if (process.argv[2] === 'read') await read(process.argv[3]);
else await main();
