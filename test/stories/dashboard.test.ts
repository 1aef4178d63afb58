/** Stories of a run that is watched: what its page is told is what the record says, and who stops it there stops it in good order. */

import { describe, expect } from 'vitest';

import type { Ending, Hello, Second } from '../../src/telemetry/dashboard/glance.ts';
import { ask, Screen } from '../telemetry/event-stream.ts';
import { type Program, readRun } from './program.ts';
import { expectSound } from './sound.ts';
import { story, TINY } from './story.ts';

async function portOf(program: Program): Promise<number> {
  await program.says(/^dashboard: http:\/\/127\.0\.0\.1:\d+\/$/m);
  return Number(/^dashboard: http:\/\/127\.0\.0\.1:(\d+)\//m.exec(program.stderr)?.[1]);
}

describe.concurrent('--dashboard', { timeout: 90_000 }, () => {
  story('tells the run second by second, and how it ended', async ({ desk }) => {
    const { program, directory } = desk.beginRun([TINY, '--dashboard']);
    const port = await portOf(program);
    for (const path of ['/', '/page.js', '/page.css']) {
      const { status, body } = await ask(port, path);
      expect([status, body.length > 500], path).toEqual([200, true]);
    }
    const screen = await new Screen(port).until(({ ended }) => ended);
    const ended = await program.ended;
    const run = { ...ended, ...readRun(directory) };
    expectSound(run);
    const { record } = run;
    const [verdict] = screen.of('verdict').map(({ data }) => data as Ending);
    expect(verdict).toEqual({
      status: record.verdict.status,
      exitCode: ended.code,
      because: record.exit.reason,
      report: `${directory}/report.html`,
    });
    const hello = screen.of('hello').at(-1)?.data as Hello;
    expect(hello.identity?.runId).toBe(record.runId);
    expect(hello.identity?.digest).toBe(record.plan?.digest);
    const seconds = screen.of('second').map(({ data }) => data as Second);
    expect(seconds.length).toBeGreaterThan(3);
    const phases = new Set(seconds.map(({ latest }) => latest.moment.phase));
    expect([...phases]).toContain('storm');
    const last = seconds.at(-1)?.latest;
    const names = last?.standing.thresholds.map(({ check }) => check);
    const judged = record.verdict.findings.map(({ check }) => check);
    expect(names?.length).toBeGreaterThan(0);
    for (const name of names ?? []) expect(judged).toContain(name);
    // The last hello came with the first second, and said all that was said before.
    const since = screen.heard.slice(screen.heard.findLastIndex(({ event }) => event === 'hello'));
    const heard = since
      .filter(({ event }) => event === 'note')
      .map(({ data }) => data as Hello['notes'][number]);
    const events = [...hello.notes, ...heard];
    expect(events.map(({ event }) => event)).toEqual(run.events.map(({ event }) => event));
  });

  story('stops it as Ctrl-C would, and is told what came of it', async ({ desk }) => {
    const { program, directory } = desk.beginRun([TINY, '--dashboard']);
    const port = await portOf(program);
    const screen = await new Screen(port).until((one) =>
      one.of('second').some(({ data }) => (data as Second).latest.moment.phase === 'storm'),
    );
    const answer = await ask(port, '/stop', { origin: `http://127.0.0.1:${port}` }, 'POST');
    expect(answer.status).toBe(202);
    await screen.until(({ ended }) => ended);
    const ended = await program.ended;
    const run = { ...ended, ...readRun(directory) };
    expectSound(run);
    expect(ended.code, ended.stderr).toBe(105);
    expect(run.record.ledger).not.toBeNull();
    // The last phase ended when the run did, however long what followed was looked at.
    const last = screen.of('second').at(-1)?.data as Second | undefined;
    const moment = last?.latest.moment;
    expect(moment?.phase).toBe('end');
    expect(moment?.phases.at(-1)).toEqual(run.record.phases.at(-1));
    expect(screen.of('stopping')).toHaveLength(1);
    expect(screen.of('verdict').map(({ data }) => (data as Ending).exitCode)).toEqual([105]);
  });

  story('that cannot listen is said before anything is sent', async ({ desk }) => {
    const { program } = desk.beginRun([TINY, '--dashboard']);
    const port = await portOf(program);
    const second = desk.begin(['run', TINY, '--dashboard', `127.0.0.1:${port}`]);
    const ended = await second.ended;
    expect(ended.code).toBe(104);
    expect(ended.stderr).toContain(`--dashboard: cannot listen on 127.0.0.1:${port}: it is in use`);
    program.interrupt();
    await program.ended;
  });
});
