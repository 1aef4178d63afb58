/** Stories of the 34 questions: a storm of record answers or explains each; a guard, TLS and gauges answer more of them. */

import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';

import { startGuard } from './guard.ts';
import { expectSound } from './sound.ts';
import { story, TINY } from './story.ts';

describe.concurrent('the questions of that day', { timeout: 120_000 }, () => {
  story('are all answered or explained by nhs-2016 on the embedded target', async ({ desk }) => {
    const run = await desk.run(['nhs-2016', '--mailboxes', '40', '--speed', '600x']);
    expectSound(run);
    const { questions = [], readings, recovery, aftermath } = run.record;
    const open = questions.filter(({ answer }) => answer === null).map(({ id }) => id);
    // No guard, no TLS and nothing from outside in that profile; the others depend on timing.
    expect(open).toEqual(expect.arrayContaining([22, 31, 33]));
    const known = questions.filter(({ answer }) => answer !== null).map(({ id }) => id);
    const always = [1, 2, 3, 4, 5, 7, 9, 11, 12, 15, 16, 17, 18, 19, 26, 27, 28, 32, 34];
    expect(known).toEqual(expect.arrayContaining(always));
    expect(readings?.blast).toMatchObject({ seen: 20, coverage: expect.anything() });
    expect(readings?.toAll.accepted).toBe(595);
    expect(readings?.age.byKind.list.count).toBe(595 * 20);
    expect(readings?.depth.storm.count).toBeGreaterThan(0);
    expect(recovery?.windows.length).toBeGreaterThan(3);
    expect(aftermath?.silences).not.toBeNull();
  });

  story('tell when a guard stepped in, what it let through and whom it blocked', async ({ desk }) => {
    const threshold = '  - "smtp.submit{phase:storm}: rate(rejected) <= 0%"\n';
    const untold = `${readFileSync(TINY, 'utf8')}${threshold}`;
    const told = `${untold}guardExpected: { codes: [554], text: Conversation Closed }\n`;
    const [run, blind] = await Promise.all(
      [told, untold].map(async (text, index) => {
        const system = await desk.mailSystem();
        const { submitPort } = system.running.ports;
        const words = '5.7.99 too many answers to all: conversation closed';
        const guard = await startGuard({ submitPort, code: 554, words, letsThrough: 5, blocks: 2 });
        const flags = [...system.flags.slice(2), '--submit', guard.submit];
        const ended = await desk.run([desk.write(`guarded${index}.yaml`, text), ...flags]);
        await guard.close();
        return ended;
      }),
    );
    if (run === undefined || blind === undefined) throw new Error('two runs were begun');
    expectSound(run);
    const { readings, questions = [], verdict } = run.record;
    // The pilot is one of the five.
    expect(readings?.toAll.accepted).toBe(4);
    expect(readings?.guard).toMatchObject({ expected: true, letThroughAfter: 0, bystandersBlocked: 2 });
    expect(readings?.guard.refused).toBe(readings?.toAll.refused);
    expect(readings?.guard.refused).toBeGreaterThan(3);
    expect(questions.find(({ id }) => id === 22)?.answer).toBeGreaterThan(0);
    expect(verdict.findings.find(({ check }) => check.includes('rate(rejected)'))?.status).toBe('pass');
    // The same refusals are errors where the profile does not expect them.
    expect(blind.record.questions?.find(({ id }) => id === 22)?.answer).toBeNull();
    const finding = blind.record.verdict.findings.find(({ check }) => check.includes('rate(rejected)'));
    expect(finding?.status).toBe('fail');
  });

  story('tell that mail stayed confidential under TLS, and what gauges said', async ({ desk }) => {
    const { running } = await desk.mailSystem();
    const probes = `[{ name: elsewhere, url: "http://127.0.0.1:${running.ports.probePort}/", every: 1s }]`;
    const args = [
      desk.profile({ probes }),
      '--tls',
      '--probe',
      'seven[dwarfs]=command:echo 7',
      '--probe',
      'mute=command:false',
    ];
    const run = await desk.run(args);
    expectSound(run);
    expect(run.record.questions?.find(({ id }) => id === 31)?.answer).toBe('yes');
    expect(run.record.readings?.lines).toMatchObject({ submit: { plain: 0 }, mailbox: { plain: 0 } });
    const { probes: said = [] } = run.record;
    expect(said.map(({ name, unit }) => [name, unit])).toEqual([
      ['seven', 'dwarfs'],
      ['mute', null],
      ['elsewhere', null],
    ]);
    const values = said.map(({ points }) => [...new Set(points.map(({ value }) => value))]);
    expect(values).toEqual([[7], [null], [0]]);
    for (const { points } of said) expect(points.length).toBeGreaterThan(1);
    expect(run.html).toContain('seven <span>dwarfs');
  });
});
