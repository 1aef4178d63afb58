/** Stories of a conversation that waits for its mail: it drowns with its mail system, and loses nothing where there is room. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';

import { readProfile } from '../../src/profile/read.ts';
import type { RecordedCascade, RecordedOperation, RunRecord } from '../../src/record/record.ts';
import { listMessage, makePlan } from '../../src/storm/plan.ts';
import { listenBetween } from './mute.ts';
import { expectSound, total } from './sound.ts';
import { type Desk, LIST, MAILBOXES, story, TINY, user } from './story.ts';

const DROWNING = join(import.meta.dirname, 'profiles/drowning.yaml');

/** The same storm on a mail system with room. */
function roomy(desk: Desk): string {
  const text = readFileSync(DROWNING, 'utf8');
  const changed = text.replace('copiesPerMailboxMinute: 3', 'copiesPerMailboxMinute: 600');
  if (changed === text) throw new Error('the drowning profile has another capacity than this story knows');
  return desk.write('roomy.yaml', changed);
}

/** Somebody whose refused replies would have been answered, and what then lies below them. */
function refusedAuthor(path: string) {
  const reading = readProfile(readFileSync(path, 'utf8'));
  if (!reading.ok) throw new Error('the profile is not readable');
  const { profile } = reading;
  const plan = makePlan(profile, { seed: profile.seed, mailboxes: MAILBOXES, speed: profile.speed });
  const authors = plan.cascade.map(({ number }) => listMessage(plan, number).author);
  const belowOf = (author: number): boolean[] => {
    const below: boolean[] = [];
    for (const { parent } of plan.cascade)
      below.push(parent >= 0 && (below[parent] || authors[parent] === author));
    return below;
  };
  const counted = [...new Set(authors)]
    .filter((author) => author !== authors[0])
    .map((author) => ({ author, below: belowOf(author) }))
    .filter(({ below }) => below.includes(true));
  const [first] = counted;
  if (first === undefined) throw new Error('nobody answers anybody in this storm');
  const { author, below } = first;
  const mine = authors.flatMap((one, number) => (one === author ? [number] : []));
  const coupled = mine.filter((number) => !below[number]).length;
  return { author, refused: { open: mine.length, coupled }, below: below.filter(Boolean).length };
}

/** A mail system that refuses whatever one author sends to everybody. */
async function refusing(desk: Desk, author: number): Promise<readonly string[]> {
  const { flags, running } = await desk.mailSystem();
  const { port, close } = await listenBetween(running.ports.submitPort, /^550 /, (said) =>
    said.includes(`MAIL FROM:<${user(author)}>`)
      ? said.replace(`RCPT TO:<${LIST}>`, 'RCPT TO:<nobody@lab.test>')
      : said,
  );
  onTestFinished(close);
  return flags.map((flag) => flag.replace(`:${running.ports.submitPort}?`, `:${port}?`));
}

function sendsOf(record: RunRecord): RecordedOperation {
  const found = record.operations.find(
    ({ operation, phase }) => operation === 'journey.send' && phase === 'storm',
  );
  if (found === undefined) throw new Error('nothing was sent in the storm');
  return found;
}

/** What must hold of every conversation: each planned reply ended once, and the operations say the same. */
function conversationOf(record: RunRecord): RecordedCascade {
  const { cascade } = record;
  if (cascade === null) throw new Error(`no conversation: ${record.exit.reason}`);
  const { planned, sent, starved, pruned, unsent } = cascade;
  expect(sent + (starved?.replies ?? 0) + (pruned ?? 0) + total(Object.values(unsent))).toBe(planned);
  expect(planned).toBe((record.plan?.listMessages ?? 0) - 1);
  const { droppedBy } = sendsOf(record);
  expect(droppedBy.starved).toBe(starved?.replies ?? 0);
  expect(droppedBy.pruned).toBe(pruned ?? 0);
  expect(record.ledger).toMatchObject({ lost: 0, goneUnasked: 0, misdelivered: 0 });
  return cascade;
}

describe('a mail system that drowns', { timeout: 120_000 }, () => {
  story(
    'gets fewer replies if people wait for what they answer, and is told what starved',
    async ({ desk }) => {
      const [open, coupled] = await Promise.all([
        desk.run([DROWNING]),
        desk.run([DROWNING, '--mode', 'coupled', '--workers', '2']),
      ]);
      for (const run of [open, coupled]) {
        expectSound(run);
        expect([0, 111], run.stderr).toContain(run.code);
      }
      const all = conversationOf(open.record);
      const some = conversationOf(coupled.record);
      expect(all).toMatchObject({ mode: 'open', starved: null, hypothetical: 0 });
      expect(all.accepted).toBe(all.planned);
      expect(some).toMatchObject({ mode: 'coupled', planned: all.planned, pruned: 0, hypothetical: null });
      expect(some.accepted).toBeLessThan(all.accepted - 4);
      expect(some.accepted).toBeGreaterThan(0);
      const { branches = 0, replies = 0 } = some.starved ?? {};
      expect(replies).toBe(some.planned - some.sent);
      expect(branches).toBeGreaterThan(0);
      expect(branches).toBeLessThan(replies);
      // The same plan to the operation, so the same digest.
      expect(coupled.record.plan?.digest).toBe(open.record.plan?.digest);
      expect(sendsOf(coupled.record).planned).toBe(sendsOf(open.record).planned);
      // Lag is ours and is judged against sight and thought: waiting for the mail system is none of it.
      expect(sendsOf(coupled.record).lagUs.max).toBeLessThan(some.seenAfterUs?.max ?? 0);
      // The model, told the same limits, foretells it: within a tenth of the conversation.
      const foretold = await desk.say(['simulate', DROWNING, '--mode', 'coupled', '--json']);
      const model = (JSON.parse(foretold.stdout) as RunRecord).cascade;
      expect(Math.abs((model?.accepted ?? Number.NaN) - some.accepted)).toBeLessThanOrEqual(all.planned / 10);
      const sentence = `${branches} branches of the conversation starved: ${replies} replies were never written because what they answer never arrived in time`;
      expect(coupled.stderr).toContain(sentence);
      expect(coupled.html).toContain(sentence);
      expect(open.html).not.toContain('conversation starved');
      expect(coupled.record.warnings.map(({ matters }) => matters).join()).toContain('exaggerated');
      expect(open.record.warnings.map(({ matters }) => matters).join()).not.toContain('exaggerated');
    },
  );

  story('with room for all loses no reply to the waiting', async ({ desk }) => {
    const run = await desk.run([roomy(desk), '--mode', 'coupled', '--workers', '2']);
    expectSound(run);
    expect([0, 111], run.stderr).toContain(run.code);
    const { planned, sent, accepted, starved, seenAfterUs } = conversationOf(run.record);
    // Who was about to answer in the last moments may be a moment too late.
    expect(sent).toBeGreaterThanOrEqual(planned - 3);
    expect(accepted).toBe(sent);
    expect(starved?.replies).toBe(planned - sent);
    expect(seenAfterUs?.count).toBeGreaterThanOrEqual(sent);
    expect(run.record.ledger).toMatchObject({ duplicated: 0, overdue: 0 });
  });
});

describe('coupled replies', { timeout: 90_000 }, () => {
  story('to what was refused are pruned, where open ones are hypothetical', async ({ desk }) => {
    const path = roomy(desk);
    const { author, refused, below } = refusedAuthor(path);
    const [open, coupled] = await Promise.all(
      ['open', 'coupled'].map(async (mode) => {
        const flags = await refusing(desk, author);
        return desk.run([path, ...flags, '--mode', mode]);
      }),
    );
    for (const run of [open, coupled]) if (run !== undefined) expectSound(run);
    if (open === undefined || coupled === undefined) throw new Error('two modes, two runs');
    const all = conversationOf(open.record);
    expect(all).toMatchObject({ mode: 'open', refused: refused.open, hypothetical: below });
    expect(open.stderr).toContain(`${below} hypothetical: sent although what they answer was refused`);
    const some = conversationOf(coupled.record);
    expect(some).toMatchObject({ refused: refused.coupled, pruned: below, hypothetical: null });
    expect(coupled.stderr).toContain(`${below} pruned: never written because what they answer was refused`);
    // What is pruned did not starve: only who was a moment too late did.
    expect(some.starved?.replies).toBeLessThanOrEqual(3);
  });

  story('that are stopped in the storm are counted as stopped', async ({ desk }) => {
    const { program, directory } = desk.beginRun([DROWNING, '--mode', 'coupled']);
    await program.says(/^storm {2}/m);
    program.interrupt();
    const ended = await program.ended;
    expect(ended.code, ended.stderr).toBe(105);
    const record = JSON.parse(readFileSync(join(directory, 'record.json'), 'utf8')) as RunRecord;
    const { planned, sent, unsent, starved } = conversationOf(record);
    expect(unsent.stopped).toBe(planned - sent);
    expect(unsent.stopped).toBeGreaterThan(0);
    expect(starved).toEqual({ branches: 0, replies: 0 });
    expect(sendsOf(record).droppedBy.stopped).toBeGreaterThanOrEqual(unsent.stopped ?? 0);
  });

  story('know no other mode', async ({ desk }) => {
    const ended = await desk.say(['run', TINY, '--mode', 'loose']);
    expect(ended.code).toBe(104);
    expect(ended.stderr).toContain('mode');
  });
});
