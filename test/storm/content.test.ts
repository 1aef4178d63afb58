/** What the storm's messages say and weigh, as another's parser reads it: text, HTML, pictures, subjects, over many seeds and profiles. */

import { array, assert, boolean, constantFrom, double, integer, property, record, string } from 'fast-check';
import PostalMime, { type Email } from 'postal-mime';
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../src/profile/schema.ts';
import { ROLES } from '../../src/storm/cascade.ts';
import { rawText, textField } from '../../src/storm/content/header.ts';
import { pictureBytes, pictureOf, pictureSizes } from '../../src/storm/content/picture.ts';
import { makeComposer } from '../../src/storm/messages.ts';
import { listMessage, type Plan } from '../../src/storm/plan.ts';
import { shippedProfile } from '../profile/shipped.ts';
import { planOf, SMOKE, smokeWith } from './plans.ts';
import { ADDRESSING, expectWireLines } from './wire-lines.ts';

type Content = NonNullable<Profile['content']>;

const RICH: Content = {
  words: { median: 43, sigma: 1.6 },
  disclaimer: 1_000,
  html: 0.6,
  pictures: { share: 0.2, jokes: 0.9, median: 5_000, sigma: 0.8, least: 1_000, most: 40_000 },
  quoting: 0.7,
};

const compose = (plan: Plan, number: number): Buffer =>
  makeComposer(plan, ADDRESSING).compose(listMessage(plan, number), 0);

/** Text of HTML as a reader sees it, line by line: no tags, no entities. */
const readable = (html: string): string[] =>
  html
    .replace(/<head>[\s\S]*<\/head>/, '')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line !== '');

/** The plain text without its marks of quotation. */
const unquoted = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/\r$/, '').replace(/^(?:> )*/, ''))
    .filter((line) => line !== '');

const picturesOf = (email: Email): Buffer[] =>
  email.attachments.map(({ content }) => {
    if (typeof content === 'string') throw new Error('bytes expected');
    return Buffer.from(content as ArrayBuffer);
  });

/** Whether what another parser reads is what was put in; returns what kind of message it was. */
async function expectAsPutIn(plan: Plan, number: number): Promise<{ html: boolean; pictures: number }> {
  const bytes = compose(plan, number);
  expectWireLines(bytes);
  const message = listMessage(plan, number);
  const email = await PostalMime.parse(bytes);
  expect(email.subject).toBe(message.subject);
  const picture = pictureOf(plan.profile.content?.pictures, plan.seed, message);
  const expected =
    picture === undefined
      ? []
      : [pictureBytes(pictureSizes(RICH.pictures as never, plan.seed)[picture] ?? 0, plan.seed, picture)];
  expect(picturesOf(email).map((one) => one.toString('hex'))).toEqual(
    expected.map((one) => one.toString('hex')),
  );
  for (const { contentId, mimeType, related } of email.attachments) {
    expect([mimeType, related]).toEqual(['image/png', true]);
    expect(email.html).toContain(`<img src="cid:${(contentId ?? '').slice(1, -1)}"`);
  }
  if (email.html !== undefined && /multipart/.test(bytes.toString('latin1', 0, 2_000)))
    expect(readable(email.html)).toEqual(unquoted(email.text ?? ''));
  return { html: /^Content-Type: multipart/m.test(bytes.toString('latin1')), pictures: expected.length };
}

describe('another’s parser reads', () => {
  test('every message of many seeds as it was put in', async () => {
    let html = 0;
    let pictures = 0;
    let messages = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const plan = planOf(smokeWith({ content: RICH }), { seed });
      for (const { number } of plan.cascade) {
        const kind = await expectAsPutIn(plan, number);
        messages += 1;
        pictures += kind.pictures;
        if (kind.html) html += 1;
      }
    }
    // A test on plain text alone would hold nothing to be wrong.
    expect(messages).toBeGreaterThan(200);
    expect(pictures / messages).toBeGreaterThan(0.15);
    expect(html).toBeGreaterThan(pictures);
    expect(html).toBeLessThan(messages);
  });

  test.each(['nhs-2016', 'cisco-2013', 'bedlam-1997'])('every tenth message of %s', async (name) => {
    const plan = planOf(shippedProfile(name), { mailboxes: 50 });
    for (const { number } of plan.cascade.filter((_, index) => index % 10 === 3)) {
      const bytes = compose(plan, number);
      expectWireLines(bytes);
      const email = await PostalMime.parse(bytes);
      expect(email.text?.length ?? 0).toBeGreaterThan(10);
      expect(email.attachments.length).toBeLessThanOrEqual(1);
    }
  });

  test('any text, in HTML too, whatever stands in it', async () => {
    const nasty = [
      '.',
      '..',
      '. leading dot',
      'From the beginning',
      '--=_rs-2-1-a',
      'a = b =3D =',
      'ends in spaces   ',
      '<b>&amp;</b> "quoted"',
      'ж'.repeat(440),
      'x'.repeat(899),
      '=?UTF-8?B?no?=',
    ].join('\n');
    const plan = planOf(smokeWith({ content: { html: 1 }, blast: { body: `${nasty}\rbare\r\nand\nmore` } }), {
      seed: 5,
    });
    const blast = await PostalMime.parse(compose(plan, 0));
    expect(blast.text?.replaceAll('\r\n', '\n').trimEnd()).toBe(`${nasty}\nbare\nand\nmore`);
    const direct = plan.cascade.find(({ parent }) => parent === 0)?.number as number;
    const reply = await PostalMime.parse(compose(plan, direct));
    for (const line of nasty.split('\n')) expect(reply.text).toContain(`> ${line}`.trimEnd());
    expect(readable(reply.html ?? '')).toEqual(unquoted(reply.text ?? ''));
  });
});

describe('messages of any content', () => {
  const contents = record<Content>(
    {
      words: record({
        median: double({ min: 1, max: 400, noNaN: true }),
        sigma: double({ min: 0, max: 3, noNaN: true }),
      }),
      disclaimer: integer({ min: 0, max: 4_000 }),
      html: constantFrom(0, 0.5, 1),
      pictures: record({
        share: constantFrom(0, 0.5, 1),
        median: integer({ min: 1_000, max: 9_000 }),
        sigma: double({ min: 0, max: 2, noNaN: true }),
        least: integer({ min: 1_000, max: 1_000 }),
        most: integer({ min: 9_000, max: 20_000 }),
      }),
      quoting: constantFrom(0, 0.5, 1),
      cutAt: integer({ min: 1_024, max: 40_000 }),
    },
    { requiredKeys: [] },
  );

  test('obey RFC 5322: CRLF only, at most 998 octets a line, each header once', () => {
    assert(
      property(
        contents,
        string({ unit: 'grapheme', maxLength: 300 }),
        array(constantFrom('.', '\r', '\n', 'word', ' ', 'ж', '=', '😀'), { maxLength: 60 }),
        integer({ min: 1, max: 1_000 }),
        boolean(),
        (content, text, pieces, seed, long) => {
          const body = `${text}${pieces.join('')}${long ? 'y'.repeat(3_000) : ''}`.replaceAll('\0', '');
          const plan = planOf(smokeWith({ content, blast: { body } }), { seed });
          const composer = makeComposer(plan, ADDRESSING);
          for (const { number } of plan.cascade.slice(0, 12)) {
            const message = listMessage(plan, number);
            const bytes = composer.compose(message, 0);
            expectWireLines(bytes);
            expect(composer.sizeOf(message)).toBe(bytes.length);
            const head = bytes.toString('latin1', 0, bytes.indexOf('\r\n\r\n'));
            const names = head
              .replaceAll(/\r\n[ \t]/g, ' ')
              .split('\r\n')
              .map((line) => line.split(':')[0]?.toLowerCase());
            expect(new Set(names).size).toBe(names.length);
            for (const name of [
              'from',
              'to',
              'subject',
              'date',
              'message-id',
              'mime-version',
              'content-type',
            ])
              expect(names).toContain(name);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('are the same whoever composes them, in whatever order', () => {
    const plan = planOf(smokeWith({ content: RICH }), { seed: 7 });
    const forward = makeComposer(plan, ADDRESSING);
    const backward = makeComposer(planOf(smokeWith({ content: RICH }), { seed: 7 }), ADDRESSING);
    const list = plan.cascade.map(({ number }) => listMessage(plan, number));
    const reversed = list.toReversed().map((one) => backward.compose(one, 0));
    expect(reversed.toReversed()).toEqual(list.map((one) => forward.compose(one, 0)));
  });
});

describe('growth', () => {
  test('a reply holds all it answers and its pictures do not travel on', async () => {
    const always = {
      ...RICH,
      html: 1,
      quoting: 1,
      pictures: { ...RICH.pictures, share: 1, jokes: 1 },
    } as Content;
    const plan = planOf(smokeWith({ content: always }), { seed: 3 });
    const deep = plan.cascade.reduce((a, b) => (b.depth > a.depth ? b : a));
    expect(deep.depth).toBeGreaterThan(2);
    const email = await PostalMime.parse(compose(plan, deep.number));
    const parent = await PostalMime.parse(compose(plan, deep.parent));
    const quoted = (parent.text ?? '')
      .trimEnd()
      .split(/\r?\n/)
      .map((line) => `> ${line}`.trimEnd());
    const lines = (email.text ?? '').split(/\r?\n/).map((line) => line.trimEnd());
    expect(lines.join('\n')).toContain(quoted.join('\n'));
    expect(email.attachments).toHaveLength(1);
  });

  test('who quotes nothing sends their own words only', () => {
    const plan = planOf(smokeWith({ content: { quoting: 0 } }), { seed: 3 });
    for (const { number } of plan.cascade)
      expect(compose(plan, number).toString()).not.toContain('-----Original');
  });

  test('what is quoted ends at the bound, and one’s own words never do', () => {
    const words = { median: 1_000, sigma: 0 };
    let cut = 0;
    for (const cutAt of [2_000, 8_000]) {
      const plan = planOf(smokeWith({ content: { cutAt, words } }), { seed: 3 });
      for (const { number, parent } of plan.cascade.slice(1)) {
        const text = compose(plan, number).toString();
        const body = text.slice(text.indexOf('\r\n\r\n') + 4);
        expect(body.split('-----Original')[0]?.split(/\s+/).length).toBeGreaterThan(1_000);
        expect(body.length).toBeLessThan(Math.max(cutAt, 7_000) + 100);
        if (parent <= 0 || cutAt < 8_000) continue;
        expect(body.length).toBeGreaterThan(cutAt - 200);
        cut += 1;
      }
    }
    expect(cut).toBeGreaterThan(5);
  });
});

describe('roles', () => {
  test('come in the profile’s shares, and the replies’ times and authors do not depend on them', () => {
    const shares = { removeMe: 0, stopReplying: 0.5, joke: 0, helpful: 0, recall: 0.5 };
    const profile = shippedProfile('nhs-2016');
    const plain = planOf(profile);
    const other = planOf({ ...profile, content: { ...profile.content, roles: shares } });
    const count = (role: string): number => other.cascade.filter((one) => one.role === role).length;
    expect(count('recall') + count('stopReplying')).toBe(other.cascade.length - 1);
    // 594 draws of a half: six standard deviations are 73.
    expect(Math.abs(count('recall') - 297)).toBeLessThan(73);
    const bare = (plan: Plan): object[] => plan.cascade.map(({ role: _role, ...rest }) => rest);
    expect(bare(other)).toEqual(bare(plain));
    for (const role of ROLES) expect(plain.cascade.some((one) => one.role === role)).toBe(true);
  });

  test('a recall names what it recalls', () => {
    const profile = smokeWith({
      blast: { subject: 'Wartung' },
      content: { roles: { removeMe: 0, stopReplying: 0, joke: 0, helpful: 0, recall: 1 } },
    });
    expect(compose(planOf(profile), 1).toString()).toContain('recall the message "Wartung"');
  });
});

describe('weights', () => {
  test.each([
    ['cisco-2013', 375e9 / 4e6],
    ['bedlam-1997', 195e9 / 15e6],
  ])('%s weighs what its source says, within 5 %%', (name, meanBytes) => {
    const plan = planOf(shippedProfile(name));
    const composer = makeComposer(plan, ADDRESSING);
    const sum = plan.cascade.reduce(
      (total, { number }) => total + composer.sizeOf(listMessage(plan, number)),
      0,
    );
    expect(Math.abs(sum / plan.cascade.length / meanBytes - 1)).toBeLessThan(0.05);
  });

  test('words are log-normal: as many as the profile says in the median', () => {
    const plan = planOf({
      ...shippedProfile('nhs-2016'),
      content: { words: { median: 43, sigma: 1.6 }, quoting: 0, disclaimer: 0 },
    });
    const counts = plan.cascade
      .slice(1)
      .map(
        ({ number }) =>
          compose(plan, number).toString().split('\r\n\r\n')[1]?.trim().split(/\s+/).length ?? 0,
      )
      .toSorted((a, b) => a - b);
    expect(counts[Math.floor(counts.length / 2)]).toBeGreaterThan(43 * 0.7);
    expect(counts[Math.floor(counts.length / 2)]).toBeLessThan(43 * 1.4);
    const long = counts.filter((count) => count > 100).length / counts.length;
    expect(long).toBeGreaterThan(0.24);
    expect(long).toBeLessThan(0.36);
  });
});

describe('subjects', () => {
  const SUBJECTS = [
    'Prüfung',
    `Kürschners Handbuch, ${'bitte nicht allen antworten, '.repeat(5)}danke`,
    '試験'.repeat(60),
    '😀'.repeat(99),
    ' leading and trailing ',
    '=?UTF-8?B?dGVzdA==?=',
    'a '.repeat(99).trim(),
    'w'.repeat(200),
    `two  spaces ${'and   three '.repeat(9)}end`,
  ];

  test.each(SUBJECTS)('%s arrives, in lines of at most 78 columns or one word', async (subject) => {
    const plan = planOf({ ...SMOKE, blast: { subject, body: '' } });
    for (const number of [0, 1]) {
      const bytes = compose(plan, number);
      expectWireLines(bytes);
      const email = await PostalMime.parse(bytes);
      expect(email.subject).toBe(listMessage(plan, number).subject);
      const field = textField('Subject', listMessage(plan, number).subject);
      for (const line of field.split('\r\n')) {
        expect(line).toMatch(/^[ -~]+$/);
        // RFC 2047 §2: a line that holds an encoded word is at most 76 long.
        if (line.includes('=?')) expect(line.length).toBeLessThanOrEqual(76);
        if (line.length > 78) expect(line.replace(/^Subject: (Re: )?/, '').trim()).not.toContain(' ');
      }
    }
  });

  test('read raw are what a reader finds who unfolds and does not decode', () => {
    assert(
      property(string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), (text) => {
        const subject = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '') || 'x';
        const unfolded = textField('Subject', subject).replaceAll(/\r\n(?=[ \t])/g, '');
        expect(unfolded).toBe(`Subject: ${rawText(subject)}`);
      }),
    );
  });
});
