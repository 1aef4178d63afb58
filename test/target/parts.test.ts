/** The target's parts on their own: reading commands, sets of numbers, big folders. */

import { array, assert, integer, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEncodedWords } from '../../src/target/encoded-words.ts';
import { CommandReader, type RawCommand } from '../../src/target/imap/reader.ts';
import { View } from '../../src/target/imap/view.ts';
import { FLAG, Mailbox } from '../../src/target/mailbox.ts';
import { Message } from '../../src/target/message.ts';

const MESSAGE = new Message(Buffer.from('Subject: x\r\n\r\ny\r\n'));

/** A set's number as written; 0 stands for `*`. */
function shown(end: number): string {
  return end === 0 ? '*' : String(end);
}

function readAll(chunks: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const note = (command: RawCommand): void => {
    seen.push(JSON.stringify([command.texts, command.literals.map((literal) => literal.toString('latin1'))]));
  };
  const reader = new CommandReader({
    command: note,
    goAhead: () => seen.push('+'),
    refused: (text) => seen.push(`refused ${text}`),
    trouble: (trouble) => seen.push(trouble),
  });
  for (const chunk of chunks) reader.push(chunk);
  return seen;
}

describe('the command reader', () => {
  const text = Buffer.from(
    'a NOOP\r\nb LOGIN {3}\r\nada {5+}\r\na\r\nb\r\r\nc X {0}\r\n\r\nd LOGIN {99999}\r\ne NOOP\nf {9}x\r\n',
  );

  it('reads the same commands however they are sliced', () => {
    const whole = readAll([text]);
    expect(whole).toHaveLength(8);
    expect(whole[2]).toBe(
      JSON.stringify([
        ['b LOGIN ', ' ', ''],
        ['ada', 'a\r\nb\r'],
      ]),
    );
    assert(
      property(array(integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 60 }), (sizes) => {
        const chunks: Buffer[] = [];
        let at = 0;
        for (let i = 0; at < text.length; i += 1) {
          const size = sizes[i % sizes.length] ?? 1;
          chunks.push(text.subarray(at, at + size));
          at += size;
        }
        expect(readAll(chunks)).toEqual(whole);
      }),
    );
  });

  it('counts a line that goes on after its literals as one', () => {
    const part = `${'x'.repeat(30_000)} {1+}\r\n`;
    const seen = readAll([part, 'y', part, 'y', part].map((piece) => Buffer.from(piece)));
    expect(seen).toEqual(['line too long']);
  });
});

describe('a view', () => {
  it('resolves sets as the grammar says', () => {
    const number = integer({ min: 1, max: 40 });
    assert(
      property(
        array(number, { maxLength: 15 }),
        array(array(nat(40), { minLength: 1, maxLength: 2 }), { minLength: 1 }),
        (gone, ranges) => {
          const mailbox = new Mailbox('INBOX', 1);
          for (let i = 0; i < 30; i += 1) mailbox.add(MESSAGE, 0, 0);
          mailbox.expunge(mailbox.copies.filter((copy) => gone.includes(copy.uid)));
          const view = new View(mailbox, false, () => undefined);
          const uids = view.copies.map((copy) => copy.uid);
          const largest = uids.at(-1) ?? 0;
          const set = ranges.map((ends) => ends.map(shown).join(':')).join(',');
          const inSet = (uid: number): boolean =>
            ranges.some(([from = 0, to = from]) => {
              const a = from === 0 ? largest : from;
              const b = to === 0 ? largest : to;
              return uid >= Math.min(a, b) && uid <= Math.max(a, b);
            });
          expect(view.resolve(set, true).map((index) => uids[index])).toEqual(uids.filter(inSet));
        },
      ),
    );
  });

  it('tells of 50,000 expunges without taking all day', () => {
    const mailbox = new Mailbox('INBOX', 1);
    for (let i = 0; i < 50_000; i += 1) mailbox.add(MESSAGE, 0, i % 10 === 0 ? 0 : FLAG.deleted);
    const view = new View(mailbox, false, () => undefined);
    const before = performance.now();
    mailbox.expunge(mailbox.copies.filter((copy) => (copy.flags & FLAG.deleted) !== 0));
    const news = view.news(true, () => '');
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(news.match(/EXPUNGE/g)).toHaveLength(45_000);
    expect(news.startsWith('* 2 EXPUNGE\r\n* 2 EXPUNGE\r\n')).toBe(true);
    expect(view.copies).toHaveLength(5_000);
    mailbox.add(MESSAGE, 0, 0);
    expect(view.news(true, () => '')).toBe('* 5001 EXISTS\r\n');
  });
});

describe('encoded words', () => {
  it('are decoded, neighbours joined', () => {
    expect(decodeEncodedWords('=?utf-8?Q?Caf=C3=A9_?= =?UTF-8?B?YmFy?= end')).toBe('Café bar end');
    expect(decodeEncodedWords('=?iso-8859-1?q?=E9?=')).toBe('é');
    expect(decodeEncodedWords(Buffer.from('naïve').toString('latin1'))).toBe('naïve');
    expect(decodeEncodedWords('=?broken')).toBe('=?broken');
  });
});
