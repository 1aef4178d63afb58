/** Stories of a run that somebody stops: in every phase Ctrl-C ends it in good order, a second one at once, and both leave a record. */

import { performance } from 'node:perf_hooks';
import { describe, expect } from 'vitest';

import { listenBetween, listenMute } from './mute.ts';
import { hasRun, readRun, until } from './program.ts';
import { expectSound, total } from './sound.ts';
import { type Desk, everything, LIST, story, TINY, user } from './story.ts';

/** A phase as the run shows it on standard error when it begins. */
const PHASE_LINES = [
  ['storm', /^storm {2}/m],
  ['drain', /^drain {2}/m],
  ['deletes', /^deletes {2}/m],
  ['recovery', /^recovery {2}/m],
] as const;

/** Starts a run, interrupts it once it has said this, and again if it shall not wait. */
async function interrupted(desk: Desk, args: readonly string[], at: RegExp | (() => boolean), again = false) {
  const { program, directory } = desk.beginRun(args);
  await (typeof at === 'function' ? until(at) : program.says(at));
  program.interrupt();
  await program.says(/^stopping: /m);
  const atMs = performance.now();
  if (again) program.interrupt();
  const ended = await program.ended;
  return { ...ended, ...readRun(directory), tookMs: performance.now() - atMs };
}

describe.concurrent('Ctrl-C', { timeout: 90_000 }, () => {
  for (const [phase, line] of PHASE_LINES) {
    story(`in ${phase} ends the run with 105, judged and accounted for`, async ({ desk }) => {
      const { flags, running } = await desk.mailSystem();
      const run = await interrupted(desk, [TINY, ...flags, '--workers', '2'], line);
      expectSound(run);
      expect(run.code, run.stderr).toBe(105);
      expect(run.last).toContain('stopped by the operator');
      const { record } = run;
      expect(record.phases.at(-1)?.name).toBe(phase);
      expect(record.ledger).not.toBeNull();
      expect(record.drain).toMatchObject({ quiescent: true, owedAtEnd: 0 });
      expect(run.stderr).toMatch(/^drain .*owed at the end 0/m);
      expect(run.events.at(-1)).toMatchObject({ event: 'end', detail: 'stopped by the operator' });
      expect(run.junit).toContain('stopped by the operator');
      const broken = record.verdict.findings.filter(({ status }) => status === 'fail');
      expect(broken).toEqual([]);
      // What was not begun any more is counted as stopped, to the end of the plan.
      const stopped = total(record.operations.map(({ droppedBy }) => droppedBy.stopped));
      if (phase !== 'recovery') expect(stopped).toBeGreaterThan(0);
      const found = await everything(running.ports.imapPort);
      expect(found.filter(({ mark }) => mark === record.runId)).toHaveLength(
        record.ledger?.copiesRemaining ?? -1,
      );
    });
  }

  story('in baseline ends the run with 105 before anybody was stormed', async ({ desk }) => {
    const { flags, running } = await desk.mailSystem();
    // The pilot is the first message, the second is the baseline's.
    const between = await listenBetween(running.ports.submitPort, /^354 /);
    const args = flags.map((flag) => flag.replace(`:${running.ports.submitPort}?`, `:${between.port}?`));
    const run = await interrupted(desk, [TINY, ...args], () => between.answers() > 1);
    expectSound(run);
    expect(run.code, run.stderr).toBe(105);
    expect(run.record.phases.map(({ name }) => name)).toEqual(['baseline']);
    expect(run.record.ledger?.copiesAccepted).toBeGreaterThan(0);
    const sent = run.record.operations.filter(
      ({ operation, phase }) => operation === 'journey.send' && phase === 'storm',
    );
    expect(sent).toHaveLength(1);
    expect(sent[0]?.droppedBy.stopped).toBe(sent[0]?.planned);
    await between.close();
  });

  story('twice in the storm leaves at once, with a record that says what is not known', async ({ desk }) => {
    const { flags } = await desk.mailSystem();
    const run = await interrupted(desk, [TINY, ...flags], /^storm {2}/m, true);
    expect(run.tookMs).toBeLessThan(5_000);
    expectSound(run);
    expect(run.code, run.stderr).toBe(105);
    expect(run.record.phases.map(({ name }) => name)).toEqual(['baseline', 'storm']);
  });

  story('twice at the end leaves the waiting for quiet', async ({ desk }) => {
    // A probe that never comes to rest.
    const { servers } = await desk.mailSystem();
    const args = [TINY, ...servers, '--list', LIST, '--queue-probe', 'echo 7'];
    const slow = desk.profile({ quiescence: '{ maxWait: 60s }' });
    const run = await interrupted(desk, [slow, ...args.slice(1)], /^waiting for quiet/m, true);
    expect(run.tookMs).toBeLessThan(5_000);
    expectSound(run);
    expect(run.code, run.stderr).toBe(105);
    expect(run.record.drain).toMatchObject({ quiescent: false, owedAtEnd: 7 });
    expect(run.stderr).toMatch(/^drain .*owed at the end 7/m);
  });

  story('while the pilot is waited for ends before the storm', async ({ desk }) => {
    const { servers } = await desk.mailSystem({ listMisses: [user(6)] });
    const run = await interrupted(desk, [TINY, ...servers, '--list', LIST], /^target: /m);
    expectSound(run);
    expect(run.code).toBe(105);
    expect(run.last).toContain('stopped by the operator before the storm');
    expect(run.record).toMatchObject({ phases: [], ledger: null });
    expect(run.tookMs).toBeLessThan(5_000);
  });

  story('while a mailbox server says nothing does not wait for it', async ({ desk }) => {
    const { submit } = await desk.mailSystem();
    const mute = await listenMute();
    const mailbox = ['--mailbox', `imap://127.0.0.1:${mute.port}?tls=off`, '--accounts', 'user{n}@lab.test'];
    const run = await interrupted(desk, [TINY, '--submit', submit, ...mailbox], /^target: /m);
    expectSound(run);
    expect(run.code).toBe(105);
    expect(run.tookMs).toBeLessThan(5_000);
    await mute.close();
  });

  story('while a submission server says nothing does not wait for it', async ({ desk }) => {
    const { mailboxFlags } = await desk.mailSystem();
    const mute = await listenMute();
    const { program, directory } = desk.beginRun([
      TINY,
      '--submit',
      `smtp://127.0.0.1:${mute.port}?tls=off`,
      ...mailboxFlags,
    ]);
    await expect.poll(() => mute.taken(), { timeout: 20_000 }).toBeGreaterThan(0);
    program.interrupt('SIGTERM');
    const ended = await program.ended;
    expectSound({ ...ended, ...readRun(directory) });
    expect(ended.code).toBe(105);
    await mute.close();
  });

  story('in a purge says that not all was done', async ({ desk }) => {
    const mute = await listenMute();
    const mailbox = ['--mailbox', `imap://127.0.0.1:${mute.port}?tls=off`, '--accounts', 'user{n}@lab.test'];
    const program = desk.begin(['purge', '--run', 'some-run', '--mailboxes', '8', ...mailbox]);
    await expect.poll(() => mute.taken(), { timeout: 20_000 }).toBeGreaterThan(0);
    program.interrupt();
    const ended = await program.ended;
    expect(ended.code).toBe(105);
    expect(ended.last).toMatch(/^exit 105: .*may be repeated$/);
    expect(hasRun(desk.folder)).toBe(false);
    await mute.close();
  });
});
