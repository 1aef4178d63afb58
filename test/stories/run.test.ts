/** Stories of runs that go well: what is printed, what is left, and that it does not depend on workers or on who fans out. */

import { describe, expect } from 'vitest';

import { PHASES } from '../../src/words.ts';
import { readRun } from './program.ts';
import { expectClosed, expectNothingLost, expectSound, total } from './sound.ts';
import { everything, story, TINY } from './story.ts';

// One after the other: each is to pass, which a machine that others keep busy would not let it.
describe('a run', { timeout: 90_000 }, () => {
  story('of a shipped profile passes and leaves everything', async ({ desk }) => {
    const run = await desk.run(['smoke', '--json']);
    expect(run.last).toBe('verdict: pass (exit 0: pass)');
    expectSound(run);
    expect(JSON.parse(run.stdout)).toEqual(run.record);
    expect(run.stdout.trimEnd()).toBe(JSON.stringify(run.record));
    const { record } = run;
    expect(record.verdict.status).toBe('pass');
    expect(record.phases.map(({ name }) => name)).toEqual([...PHASES]);
    expect(record.drain).toMatchObject({ quiescent: true, owedAtEnd: 0 });
    expect(record.doors).toEqual({ submit: 'smtp', mailbox: 'imap' });
    const byDeed = record.verdict.findings.find(({ check }) => check.startsWith('signin'));
    expect(byDeed).toMatchObject({ status: 'pass', because: 'the threshold holds (judged on imap.signin)' });
    const { canaries, ledger } = record;
    if (canaries === null || ledger === null) throw new Error('no canaries or no ledger');
    expectNothingLost(ledger);
    expect(ledger.foreign).toBe(0);
    expect(ledger.copiesAccepted).toBe(ledger.copiesPlanned);
    // A watcher looks when mail comes, not all the time.
    const polls = record.operations.filter(({ operation }) => operation === 'imap.poll');
    expect(total(polls.map(({ planned }) => planned))).toBeLessThan(ledger.copiesAccepted);
    // The search for "test" also finds "Blood test results".
    expect(ledger.takenByStrategy).toBeGreaterThan(0);
    expect(ledger.copiesRemaining).toBe(
      ledger.present + ledger.trashed + ledger.junked + ledger.takenTrashed,
    );
    expect(canaries.sent).toBeGreaterThan(0);
    expect(canaries.seen).toBe(canaries.sent);
    for (const count of ['sent', 'seen', 'late', 'lost'] as const)
      expect(total(canaries.byPhase.map((phase) => phase[count]))).toBe(canaries[count]);
    expect(canaries.byPhase.map(({ phase }) => phase)).toEqual([...PHASES]);
    for (const { visibleUs, seen } of canaries.byPhase) expect(visibleUs.count).toBe(seen);
    const events = run.events.map(({ event }) => event).filter((event) => /^phase|^end/.test(event));
    expect(events).toEqual([...PHASES.map((phase) => `phase ${phase}`), 'end']);
  });

  story('has the same plan with one, two and five workers', async ({ desk }) => {
    const planned = await desk.say(['plan', TINY, '--json']);
    expect(planned.code).toBe(0);
    const plan = JSON.parse(planned.stdout) as Record<string, unknown>;
    expect(Object.keys(plan)).toEqual([
      'profile',
      'seed',
      'digest',
      'mailboxes',
      'messages',
      'copies',
      'bytes',
      'peakCopiesPerSecond',
      'durationUs',
      'amplification',
      'connections',
      'clients',
      'sessionsPerUser',
      'cohorts',
      'mode',
    ]);
    for (const workers of ['1', '2', '5']) {
      const run = await desk.run([TINY, '--workers', workers, '--quiet']);
      expect(run.last, run.stderr).toBe('verdict: pass (exit 0: pass)');
      expect(run.stderr.trimEnd()).toBe(run.last);
      expect(run.stdout).toBe('');
      expectSound(run);
      const { digest, mailboxes, messages, copies, peakCopiesPerSecond, durationUs, seed } =
        run.record.plan ?? {};
      expect({ digest, mailboxes, messages, copies, peakCopiesPerSecond, durationUs, seed }).toEqual({
        digest: plan['digest'],
        mailboxes: plan['mailboxes'],
        messages: plan['messages'],
        copies: plan['copies'],
        peakCopiesPerSecond: plan['peakCopiesPerSecond'],
        durationUs: plan['durationUs'],
        seed: plan['seed'],
      });
    }
  });

  story('against a named target, fanned out by the generator, closes its ledger', async ({ desk }) => {
    const { running, servers } = await desk.mailSystem();
    const run = await desk.run([TINY, ...servers, '--queue-probe', probeOf(running.ports.probePort)]);
    expect(run.last).toBe('verdict: pass (exit 0: pass)');
    expectSound(run);
    const { ledger, target } = run.record;
    if (ledger === null) throw new Error('no ledger');
    expect(target).toMatchObject({ kind: 'named', fanOut: 'generator', tls: 'off/off' });
    expectNothingLost(ledger);
    expect(ledger.copiesAccepted).toBe(ledger.copiesPlanned);
    const found = await everything(running.ports.imapPort);
    expect(found.filter(({ mark }) => mark === run.record.runId)).toHaveLength(ledger.copiesRemaining);
    expect(found.filter(({ mark }) => mark !== run.record.runId)).toEqual([]);
  });

  story('takes a probe from a command, and writes to runs/ unless told otherwise', async ({ desk }) => {
    const { servers } = await desk.mailSystem();
    const ended = await desk.say([
      'run',
      TINY,
      ...servers,
      '--list',
      'all@lab.test',
      '--queue-probe',
      'echo 0',
    ]);
    expect(ended.last).toBe('verdict: pass (exit 0: pass)');
    const directory = /^report: (.*)\/report\.html$/m.exec(ended.stderr)?.[1] ?? '';
    const run = { ...ended, ...readRun(directory) };
    expect(directory).toContain(`/runs/${run.record.runId}`);
    expectSound(run);
    if (run.record.ledger !== null) expectClosed(run.record.ledger);
  });
});

function probeOf(port: number | undefined): string {
  return `http://127.0.0.1:${port}/`;
}
