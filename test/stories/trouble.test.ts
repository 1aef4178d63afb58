/** Stories of runs that meet trouble on the way: stop conditions, a target that dies, a disk that is full. A record is left all the same. */

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';

import type { RunRecord } from '../../src/record/record.ts';
import { readRun, until } from './program.ts';
import { listenBetween } from './mute.ts';
import { expectNothingLost, expectSound } from './sound.ts';
import { LIST, story, TINY } from './story.ts';

describe.concurrent('trouble', { timeout: 90_000 }, () => {
  story('a stop condition ends the run when the target goes down', async ({ desk }) => {
    const { flags, running } = await desk.mailSystem();
    const profile = desk.profile({ stopConditions: '[{ errors: 20%, over: 2s }]' });
    const { program, directory } = desk.beginRun([profile, ...flags]);
    await program.says(/^storm {2}/m);
    await running.stop();
    const ended = await program.ended;
    const run = { ...ended, ...readRun(directory) };
    expectSound(run);
    expect(run.code, run.stderr).toBe(110);
    expect(run.last).toMatch(/stop condition reached: \d+ of \d+ attempts refused or unknown within 2 s/);
    expect(run.record.ledger).toBeNull();
    expect(run.record.drain).toMatchObject({ quiescent: false, owedAtEnd: null });
    expect(run.events.at(-1)?.detail).toContain('stop condition reached');
  });

  story(
    'a target that begins to refuse half of the recipients is held to the other half',
    async ({ desk }) => {
      const { servers, running } = await desk.mailSystem();
      const { submitPort, probePort } = running.ports;
      let refusing = false;
      const between = await listenBetween(submitPort, /^550 /, (said) =>
        refusing ? said.replaceAll(/(RCPT TO:<)user[0-3]@/gi, '$1gone@') : said,
      );
      const args = servers.map((flag) => flag.replace(`:${submitPort}?`, `:${between.port}?`));
      const { program, directory } = desk.beginRun([
        TINY,
        ...args,
        '--queue-probe',
        `http://127.0.0.1:${probePort}/`,
      ]);
      await program.says(/^storm {2}/m);
      refusing = true;
      const ended = await program.ended;
      const run = { ...ended, ...readRun(directory) };
      expectSound(run);
      expect(between.answers()).toBeGreaterThan(4);
      const { ledger, errors } = run.record;
      if (ledger === null) throw new Error('no ledger');
      expectNothingLost(ledger);
      expect(ledger.copiesPlanned - ledger.copiesAccepted).toBe(between.answers());
      expect(errors.some(({ text }) => text.startsWith('smtp.submit: 550'))).toBe(true);
      expect(run.code, run.stderr).toBe(0);
      await between.close();
    },
  );

  story('accounts that no longer let anybody in end the run after five failures', async ({ desk }) => {
    const { flags, running } = await desk.mailSystem();
    const { imapPort } = running.ports;
    let locked = false;
    const between = await listenBetween(imapPort, /AUTHENTICATIONFAILED/, (line) =>
      locked ? line.replace(/(AUTHENTICATE PLAIN )\S+/, '$1AGEAYg==') : line,
    );
    const args = flags.map((flag) => flag.replace(`:${imapPort}?`, `:${between.port}?`));
    const { program, directory } = desk.beginRun([TINY, ...args]);
    await program.says(/^storm {2}/m);
    locked = true;
    await until(() => between.answers() >= 5);
    locked = false;
    const ended = await program.ended;
    const run = { ...ended, ...readRun(directory) };
    expectSound(run);
    expect(run.code, run.stderr).toBe(110);
    expect(run.last).toMatch(/5 authentication failures in a row: /);
    expect(run.record.ledger).not.toBeNull();
    await between.close();
  });

  story('the cap on wall time ends the run', async ({ desk }) => {
    const caps = '{ messages: 1000, copies: 10000, bytes: 10MB, connections: 500, wall: 15s }';
    // Deletes of thirteen seconds: however soon the drain is over, recovery begins after the cap.
    const phases = '{ baseline: 1s, storm: 1m, maxDrain: 5s, deletes: 13m, recovery: 1s }';
    const run = await desk.run([desk.profile({ caps, phases })]);
    expectSound(run);
    expect(run.code, run.stderr).toBe(110);
    expect(run.last).toContain('caps.wall reached: 15 s');
    expect(run.record.ledger).not.toBeNull();
    // The cap counts from the run's beginning, so how far the plan came depends on how long the pilot took.
    const begun = run.record.phases.map(({ name }) => name);
    expect(begun[0]).toBe('baseline');
    expect(begun.length).toBeLessThan(5);
  });

  story('a target that dies in mid-run leaves a record that does not call it a pass', async ({ desk }) => {
    const target = desk.begin(['target', TINY]);
    await target.says(/^queue probe/m);
    const told = (name: string): string =>
      new RegExp(`^${name} +(\\S+)`, 'm').exec(target.stdout)?.[1] ?? 'nothing';
    const { program, directory } = desk.beginRun([
      TINY,
      '--submit',
      told('submission'),
      '--mailbox',
      told('mailboxes'),
      '--accounts',
      told('accounts'),
      '--list',
      LIST,
      '--queue-probe',
      told('queue probe'),
    ]);
    await program.says(/^storm {2}/m);
    target.interrupt('SIGKILL');
    const ended = await program.ended;
    const run = { ...ended, ...readRun(directory) };
    expectSound(run);
    expect(run.code, run.stderr).toBe(115);
    expect(run.last).toMatch(
      /every accepted copy is accounted for: no data, the census could not read every mailbox/,
    );
    expect(run.record.ledger).toBeNull();
    expect(run.record.errors.length).toBeGreaterThan(0);
    expect(run.record.operations.some(({ phase }) => phase === 'recovery')).toBe(true);
  });

  story('a directory that cannot be made ends the run before it begins', async ({ desk }) => {
    const file = desk.write('file', '');
    const ended = await desk.say(['run', TINY, '--out', join(file, 'run')]);
    expect(ended.code).toBe(117);
    expect(ended.last).toMatch(/^verdict: no-data \(exit 117: run directory .* cannot be written: .*ENOTDIR/);
    const record = JSON.parse(ended.stdout) as RunRecord;
    expect(record).toMatchObject({ phases: [], plan: null, ledger: null, target: null, exit: { code: 117 } });
    expect(ended.stderr).not.toContain('report: ');
  });

  story('a disk that fills up in mid-run puts the record on standard output', async ({ desk }) => {
    // Opening it succeeds, as on a full disk; writing fails with ENOSPC.
    mkdirSync(join(desk.folder, 'full'));
    symlinkSync('/dev/full', join(desk.folder, 'full/events.ndjson'));
    const ended = await desk.say(['run', TINY, '--out', 'full']);
    expect(ended.code, ended.stderr).toBe(117);
    expect(ended.last).toMatch(/^verdict: pass \(exit 117: run directory .* could not be written: .*ENOSPC/);
    const record = JSON.parse(ended.stdout) as RunRecord;
    expect(record.exit.code).toBe(117);
    expect(record.verdict.status).toBe('pass');
    expect(record.phases).toHaveLength(5);
    expect(record.ledger).not.toBeNull();
  });
});
