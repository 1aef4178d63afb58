/** The SMTP reply parser alone: bounds and cuts. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Reply, ReplyParser } from '../../src/protocol/smtp/reply.ts';

function parse(chunks: readonly Buffer[]): { replies: Reply[]; problem: string | undefined } {
  const parser = new ReplyParser();
  const replies: Reply[] = [];
  for (const chunk of chunks) {
    parser.feed(chunk);
    for (let reply = parser.next(); reply !== undefined; reply = parser.next()) replies.push(reply);
  }
  return { replies, problem: parser.problem };
}

function cut(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.subarray(i, i + size));
  return chunks;
}

describe('ReplyParser', () => {
  const stream = Buffer.from('220 hello\r\n250-one\r\n250-two ü\r\n250 three\r\n354\r\n421 4.7.0 bye\n');

  it('reads the same replies however the bytes are cut', () => {
    const whole = parse([stream]);
    expect(whole.replies.map((reply) => reply.code)).toEqual([220, 250, 354, 421]);
    expect(whole.replies[1]?.lines).toEqual(['one', 'two ü', 'three']);
    for (let size = 1; size < stream.length; size += 1) expect(parse(cut(stream, size))).toEqual(whole);
  });

  it('takes nothing for what it said before unless every byte is the same', () => {
    const lines = [
      '250 2.1.5 Ok',
      '550 2.1.5 Ok',
      '250 2.1.5 OK',
      '250 2.1.5 Ok!',
      '250 2.1.5',
      '354 2.1.5 Ok',
    ];
    // More than are remembered, over and over, in changing order.
    const said = Array.from({ length: 400 }, (_, i) => lines[(i * i + (i >> 3)) % lines.length]);
    const text = said.map((line) => `${line}\r\n`).join('') + '250 2.1.5 Ok\n';
    const { replies, problem } = parse([Buffer.from(text)]);
    expect(problem).toBeUndefined();
    expect(replies.map(({ code, lines: own }) => `${code} ${own.join('')}`)).toEqual(
      text.trimEnd().split(/\r?\n/),
    );
  });

  it('refuses what is no reply', () => {
    for (const line of ['hello', '99 x', '100 x', '600 x', '250x', '25', '', '2 50 x']) {
      expect(parse([Buffer.from(`${line}\r\n`)]).problem).toMatch(/not an SMTP reply/);
    }
    expect(parse([Buffer.from('250-a\r\n251 b\r\n')]).problem).toMatch(/changed its code/);
  });

  it('bounds a line and a reply', () => {
    const endless = Array.from({ length: 20 }, () => Buffer.alloc(1_000, 'x'));
    expect(parse(endless).problem).toMatch(/over 8192 bytes/);
    const lines = Buffer.from('250-x\r\n'.repeat(300));
    expect(parse([lines]).problem).toMatch(/over 256 lines/);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 20 }), (pieces) => {
        parse(pieces.map((piece) => Buffer.from(piece)));
      }),
    );
  });
});
