/** `simulate` as people use it: marked wherever it is told, and wrong settings are all named. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { RunRecord } from '../../src/record/record.ts';
import { story, TINY } from './story.ts';

describe('a simulation', () => {
  story('says that it is one, in the terminal, the record and the page', async ({ desk }) => {
    const out = join(desk.folder, 'foretold');
    const ended = await desk.say(['simulate', TINY, '--out', out]);
    expect(ended.stdout).toContain('SIMULATED');
    expect(ended.stdout).toContain('a simulation cannot know');
    expect(ended.stdout).toMatch(/^simulated verdict: /m);
    const record = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8')) as RunRecord;
    expect(record.doors).toEqual({ submit: 'smtp', mailbox: 'imap' });
    expect(record).toMatchObject({ simulated: true, target: null, generator: null, ledger: null });
    // What the drain did not need was never sent.
    const { copies = 0, listMessages = 0, mailboxes = 0 } = record.plan ?? {};
    expect(record.simulation?.copiesAccepted).toBeLessThanOrEqual(copies);
    expect(record.simulation?.copiesAccepted).toBeGreaterThanOrEqual(listMessages * mailboxes);
    expect(record.exit.code).toBe(ended.code);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page.match(/SIMULATED/g)?.length).toBeGreaterThan(1);
    expect(page).toContain('This model cannot know');
    expect(readFileSync(join(out, 'intervals.hlog'), 'utf8')).toContain('imap.signin;storm;ok;response');
    const again = await desk.say(['simulate', TINY, '--out', out]);
    expect(again.code).toBe(104);
  });

  story('is swept over a key, a row a value', async ({ desk }) => {
    const ended = await desk.say(['simulate', TINY, '--sweep', 'deliveriesPerSecond=5,50,500']);
    expect(ended.code).toBe(0);
    const rows = ended.stdout.trimEnd().split('\n');
    expect(rows.slice(-3).map((row) => row.trim().split(/\s+/)[0])).toEqual(['5', '50', '500']);
    expect(ended.stdout).toContain('SIMULATED');
  });

  story('refuses settings that mean nothing, every one of them', async ({ desk }) => {
    const ended = await desk.say(['simulate', TINY, '--set', 'discipline=lifo,accessServers=0']);
    expect(ended.code).toBe(104);
    expect(ended.stderr).toMatch(/^--set discipline: found lifo, expected fifo or singlesFirst/m);
    expect(ended.stderr).toMatch(/^--set accessServers: found 0, expected /m);
    expect((await desk.say(['simulate', TINY, '--sweep', 'discipline'])).code).toBe(104);
  });
});
