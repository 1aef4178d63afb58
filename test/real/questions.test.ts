/** nhs-2016 on Postfix and Dovecot answers or explains each of the 34 questions, in numbers that these servers can only have given. */

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { RunRecord } from '../../src/record/record.ts';
import { describeReal } from './gate.ts';
import { type Lab, startLab } from './lab.ts';
import { labFlags, replystorm } from './program.ts';

const MAILBOXES = 20;

let lab: Lab;
let folder: string;

describeReal('the questions of that day on Postfix and Dovecot', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'replystorm-questions-'));
    lab = await startLab({ mailboxes: MAILBOXES });
  });
  afterAll(async () => {
    await lab?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('are all answered, or it is said why not', async () => {
    const out = join(folder, 'run');
    const size = ['--mailboxes', String(MAILBOXES), '--speed', '100x', '--workers', '1'];
    const flags = [
      ...size,
      ...labFlags(lab),
      '--list',
      lab.list,
      '--probe',
      `queue[messages]=command:${lab.queueProbe}`,
    ];
    const ended = await replystorm(['run', 'nhs-2016', ...flags, '--out', out], lab.password);
    const record = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8')) as RunRecord;
    const { questions = [], readings, probes = [] } = record;
    expect(questions, ended.stderr).toHaveLength(34);
    for (const one of questions) if (one.answer === null) expect(one.reason.length).toBeGreaterThan(10);
    const answers = new Map(questions.map(({ id, answer }) => [id, answer]));
    // Both sides spoke TLS, required and verified; nobody's mail lay elsewhere; nothing was lost.
    expect(answers.get(31)).toBe('yes');
    expect(answers.get(16)).toBe(0);
    expect(answers.get(3)).toBe(1);
    expect(answers.get(5)).toBe((record.plan?.listMessages ?? 0) - 1);
    expect(readings?.age.byKind.list.count).toBe((record.plan?.listMessages ?? 0) * 20);
    for (const id of [1, 2, 4, 6, 7, 8, 9, 11, 12, 15, 17, 18, 19, 26, 27, 28, 32, 34])
      expect(answers.get(id), `question ${id}`).not.toBeNull();
    for (const id of [22, 33]) expect(answers.get(id), `question ${id}`).toBeNull();
    const queue = probes[0]?.points.map(({ value }) => value ?? -1) ?? [];
    expect(Math.max(...queue)).toBeGreaterThan(0);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    for (const { question } of questions) expect(page).toContain(question);
  });
});
