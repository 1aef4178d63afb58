/** The bytes of a message: deterministic, readable by somebody else's parser, bounded however deep the thread. */

import PostalMime from 'postal-mime';
import { assert, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressOf } from '../../src/storm/audience.ts';
import type { PlannedMessage } from '../../src/storm/journey.ts';
import { type Composer, makeComposer } from '../../src/storm/messages.ts';
import { messageId, parseMessageId, RUN_HEADER } from '../../src/storm/numbering.ts';
import { listMessage, type Plan } from '../../src/storm/plan.ts';
import { shippedProfile } from '../profile/shipped.ts';
import { journeysOf, planOf, SMOKE, smokeWith } from './plans.ts';
import { ADDRESSING, expectWireLines } from './wire-lines.ts';

const composer = (plan: Plan): Composer => makeComposer(plan, ADDRESSING);
const PLAN = planOf(SMOKE);

/** One message of each class, and every message to the list. */
const messages = (plan: Plan): PlannedMessage[] => {
  const mail = journeysOf(plan).flatMap(({ message }) => (message ? [message] : []));
  const first = (name: PlannedMessage['class']): PlannedMessage[] =>
    mail.filter((one) => one.class === name).slice(0, 3);
  return [...mail.filter((one) => one.class === 'storm'), ...first('clinical'), ...first('bystander')];
};

/** A plan whose thread is one chain: each message answers the one before. */
function chain(depth: number, body = 'words'): Plan {
  const plan = planOf(smokeWith({ blast: { body } }));
  const cascade = Array.from({ length: depth + 1 }, (_, number) => ({
    number,
    parent: number - 1,
    depth: number,
    persona: number,
    stormUs: number * 1e6,
    thinkingUs: number === 0 ? 0 : 1e6,
    role: number === 0 ? ('blast' as const) : ('joke' as const),
  }));
  return { ...plan, cascade };
}

const textOf = (plan: Plan, number: number): string =>
  composer(plan).compose(listMessage(plan, number), 0).toString('utf8');
const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4);

describe('bytes', () => {
  test('are a function of plan, message and addressing, whoever composed what before', () => {
    const list = messages(PLAN);
    const forward = composer(PLAN);
    const backward = composer(planOf(SMOKE));
    const inOrder = list.map((one) => forward.compose(one, 5_000));
    const reversed = list.toReversed().map((one) => backward.compose(one, 5_000));
    expect(reversed.toReversed()).toEqual(inOrder);
    for (const one of list) expect(forward.sizeOf(one)).toBe(forward.compose(one, 0).length);
  });

  test('follow the run, the seed and the addressing', () => {
    const one = listMessage(PLAN, 1);
    const whole = composer(PLAN).compose(one, 0);
    for (const other of [
      makeComposer(PLAN, { ...ADDRESSING, runId: 'run-2' }),
      makeComposer(PLAN, { ...ADDRESSING, list: 'all@lab.test' }),
      makeComposer({ ...PLAN, seed: 99 }, ADDRESSING),
    ])
      expect(other.compose(one, 0)).not.toEqual(whole);
  });

  test.each(['smoke', 'nhs-2016'])('of every kind of message of %s are lines that SMTP takes', (name) => {
    const plan = planOf(shippedProfile(name), { mailboxes: 50, speed: 300 });
    const compose = composer(plan);
    for (const one of messages(plan)) expectWireLines(compose.compose(one, 0));
  });
});

describe('headers', () => {
  test('are what another parser reads', async () => {
    const compose = composer(PLAN);
    for (const one of messages(PLAN)) {
      const parsed = await PostalMime.parse(compose.compose(one, 61_000));
      expect(parsed.from?.address).toBe(addressOf(ADDRESSING.accounts, one.author));
      const to = one.recipient === 'list' ? ADDRESSING.list : addressOf(ADDRESSING.accounts, one.recipient);
      expect(parsed.to?.map(({ address }) => address)).toEqual([to]);
      expect(parsed.subject).toBe(one.subject);
      expect(parsed.date).toBe('2016-11-14T08:30:01.000Z');
      expect(parsed.messageId).toBe(messageId('run-1', PLAN.seed, one.number));
      expect(parsed.headers.find(({ key }) => key === RUN_HEADER.toLowerCase())?.value).toBe('run-1');
      expect(parsed.attachments).toEqual([]);
      const names = parsed.headers.map(({ key }) => key);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('name the thread from the blast to the parent', async () => {
    const compose = composer(PLAN);
    for (const { number, parent } of PLAN.cascade) {
      const parsed = await PostalMime.parse(compose.compose(listMessage(PLAN, number), 0));
      const expected: number[] = [];
      for (let at = parent; at >= 0; at = PLAN.cascade[at]?.parent ?? -1) expected.unshift(at);
      const found = (parsed.references ?? '').split(/\s+/).filter((id) => id !== '');
      expect(found.map((id) => parseMessageId(id)?.number)).toEqual(expected);
      expect(parsed.inReplyTo).toBe(parent < 0 ? undefined : messageId('run-1', PLAN.seed, parent));
    }
  });

  test('shorten a deep thread in its middle: the blast, then the latest', async () => {
    const plan = chain(60);
    const read = async (number: number): Promise<(number | undefined)[]> => {
      const parsed = await PostalMime.parse(composer(plan).compose(listMessage(plan, number), 0));
      return (parsed.references ?? '').split(/\s+/).map((id) => parseMessageId(id)?.number);
    };
    expect(await read(20)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(await read(21)).toEqual([0, ...Array.from({ length: 19 }, (_, i) => i + 2)]);
    expect(await read(60)).toEqual([0, ...Array.from({ length: 19 }, (_, i) => i + 41)]);
  });

  test('are from outside where the target has a door for that, and from the author’s mailbox where not', () => {
    const inside = messages(PLAN).at(-1) as PlannedMessage;
    const message = { ...inside, origin: 'outside' } as const;
    const from = (inbound: boolean, one: PlannedMessage): string | undefined =>
      /^From: <(.*)>\r$/m.exec(
        makeComposer(PLAN, { ...ADDRESSING, inbound })
          .compose(one, 0)
          .toString(),
      )?.[1];
    expect(from(true, message)).toBe(`sender${message.author}@outside.example`);
    expect(from(false, message)).toBe(`user${message.author + 1}@lab.test`);
    expect(from(true, inside)).toBe(`user${message.author + 1}@lab.test`);
  });

  test('date the message by its instant, in UTC', () => {
    const text = textOf(PLAN, 0);
    expect(text).toContain('\r\nDate: Mon, 14 Nov 2016 08:29:00 +0000\r\n');
  });
});

describe('bodies', () => {
  test('of a blank blast are blank', async () => {
    expect(bodyOf(textOf(PLAN, 0)).trim()).toBe('');
    const parsed = await PostalMime.parse(textOf(PLAN, 0));
    expect(parsed.text?.trim() ?? '').toBe('');
    expect(parsed.subject).toBe('test');
  });

  test('of a reply stand above its quoted parent, and grow down the tree', () => {
    const plan = chain(12);
    const bodies = Array.from({ length: 13 }, (_, number) => bodyOf(textOf(plan, number)));
    for (let number = 1; number <= 12; number += 1) {
      const parent = (bodies[number - 1] ?? '').replace(/\r\n$/, '').split('\r\n');
      const quoted = parent.map((line) => `> ${line}`).join('\r\n');
      expect(bodies[number]).toContain(`-----Original message-----\r\n${quoted}\r\n`);
      expect(bodies[number]?.length ?? 0).toBeGreaterThan(bodies[number - 1]?.length ?? 0);
    }
    expect(bodies[12]).toContain(`${'> '.repeat(12)}words`);
  });

  test('stay bounded however deep the thread', () => {
    const plan = chain(900, 'word '.repeat(100));
    const compose = composer(plan);
    const sizes = [1, 100, 300, 600, 900].map((number) => compose.sizeOf(listMessage(plan, number)));
    for (const size of sizes) expect(size).toBeLessThan(72 * 1_024);
    expect(Math.max(...sizes)).toBeGreaterThan(60 * 1_024);
    expectWireLines(compose.compose(listMessage(plan, 900), 0));
  });

  test('keep a long line within the limit however often it is quoted', () => {
    for (const [letter, count] of [
      ['a', 895],
      ['ж', 445],
    ] as const) {
      const plan = chain(60, letter.repeat(count));
      for (const number of [1, 40, 60]) {
        const bytes = composer(plan).compose(listMessage(plan, number), 0);
        expectWireLines(bytes);
        expect(bytes.toString('utf8')).toContain(`${'> '.repeat(number)}${letter.repeat(100)}`);
      }
    }
  });

  test('of any text in any script are lines that SMTP takes, and the text arrives', async () => {
    assert(
      property(
        string({ unit: 'grapheme', maxLength: 2_000 }),
        integer({ min: 0, max: 3 }),
        (body, number) => {
          const plan = chain(3, body.replaceAll('\0', ''));
          expectWireLines(composer(plan).compose(listMessage(plan, number), 0));
        },
      ),
      { numRuns: 100 },
    );
    const body = `first\r\nsecond\rthird\n${'ж'.repeat(3_000)}\n${'a'.repeat(3_000)}`;
    const plan = chain(2, body);
    for (const number of [0, 1, 2]) expectWireLines(composer(plan).compose(listMessage(plan, number), 0));
    const parsed = await PostalMime.parse(textOf(plan, 0));
    expect(parsed.text?.replaceAll(/\r?\n/g, '')).toBe(body.replaceAll(/[\r\n]/g, ''));
  });

  test('say nothing of a person, and say what they are', async () => {
    const clinical = messages(PLAN).find((one) => one.class === 'clinical') as PlannedMessage;
    const parsed = await PostalMime.parse(composer(PLAN).compose(clinical, 0));
    expect(SMOKE.canaries.subjects).toContain(parsed.subject);
    expect(parsed.text).toContain('synthetic clinical message');
  });
});
