/** Messages and envelopes as bytes, what a server offers, and what a refusal is about. */

import { describe, expect, it } from 'vitest';
import { rejectedBy } from '../../src/protocol/smtp/classify.ts';
import { isSafeAddress, mailCommand, prepareMessage, rcptCommand } from '../../src/protocol/smtp/envelope.ts';
import { Recipients } from '../../src/protocol/smtp/recipients.ts';
import { NO_EXTENSIONS, readExtensions } from '../../src/protocol/smtp/extensions.ts';

function stuffed(text: string): string {
  return prepareMessage(Buffer.from(text)).body.toString();
}

describe('prepareMessage', () => {
  it('stuffs dots at the start of lines only', () => {
    expect(stuffed('a\r\n')).toBe('a\r\n');
    expect(stuffed('.\r\n')).toBe('..\r\n');
    expect(stuffed('.a\r\n..b\r\n.\r\n.\r\nc.d\r\n')).toBe('..a\r\n...b\r\n..\r\n..\r\nc.d\r\n');
  });

  it('completes the last line and declares the size before stuffing', () => {
    expect(stuffed('a')).toBe('a\r\n');
    expect(prepareMessage(Buffer.from('.a')).sizeBytes).toBe(4);
    expect(prepareMessage(Buffer.from('ü\r\n')).isEightBit).toBe(true);
  });

  it('does not copy a message without dots', () => {
    const data = Buffer.from('a\r\nb\r\n');
    expect(prepareMessage(data).body.buffer).toBe(data.buffer);
  });
});

describe('envelope commands', () => {
  it('uses only what is offered, and never DSN: a storm of reports is not asked for', () => {
    const message = prepareMessage(Buffer.from('ü\r\n'));
    expect(mailCommand('a@b.test', new Recipients(['b@b.test']), message, NO_EXTENSIONS)).toBe(
      'MAIL FROM:<a@b.test>',
    );
    const all = readExtensions(['x', 'SIZE 1000', '8BITMIME', 'SMTPUTF8', 'DSN']);
    expect(mailCommand('ü@b.test', new Recipients(['b@b.test']), message, all)).toBe(
      'MAIL FROM:<ü@b.test> SIZE=4 BODY=8BITMIME SMTPUTF8',
    );
    expect(rcptCommand('b@b.test')).toBe('RCPT TO:<b@b.test>');
  });

  it('refuses an address that could end its line', () => {
    for (const bad of ['a@b\r\nRCPT', 'a b@c', 'a>b', 'a\0b', 'x'.repeat(2_000)]) {
      expect(isSafeAddress(bad)).toBe(false);
    }
    expect(isSafeAddress('')).toBe(true);
  });
});

describe('readExtensions', () => {
  it('reads what servers really say', () => {
    const read = readExtensions([
      'mx',
      'pipelining',
      'SIZE 0',
      'AUTH=LOGIN',
      'AUTH PLAIN',
      'LIMITS MAILMAX=9 RCPTMAX=7',
    ]);
    expect(read.pipelining).toBe(true);
    expect(read.sizeLimitBytes).toBeUndefined();
    expect(read.recipientLimit).toBe(7);
    expect([...read.authMechanisms].sort()).toEqual(['LOGIN', 'PLAIN']);
  });
});

describe('rejectedBy', () => {
  it.each([
    [421, '4.7.0 mx Error: too many connections from 127.0.0.1', 'limiter'],
    [450, '4.7.1 Error: too much mail from 127.0.0.1', 'limiter'],
    [451, '4.7.500 Server busy. Please try again later', 'limiter'],
    [452, '4.5.3 Error: too many recipients', 'limiter'],
    [432, '4.3.2 STOREDRV.Deliver; recipient thread limit exceeded', 'limiter'],
    [450, '4.2.0 <a@b.test>: Recipient address rejected: Greylisted', 'greylist'],
    [451, '4.7.1 Please try again', 'greylist'],
    [452, '4.2.2 Mailbox full', 'overQuota'],
    [552, '5.2.2 <a@b.test> Quota exceeded (mailbox for user is full)', 'overQuota'],
    [550, '5.1.1 no such user', 'none'],
    [421, '4.4.2 timeout exceeded', 'none'],
    [452, '4.3.1 Insufficient system storage', 'none'],
  ])('%i %s is %s', (code, text, tag) => {
    const rejected = rejectedBy({ code, lines: [text] });
    const tags = (['limiter', 'greylist', 'overQuota'] as const).filter((name) => rejected[name]);
    expect(tags).toEqual(tag === 'none' ? [] : [tag]);
    expect(rejected.temporary).toBe(code < 500);
    expect(rejected.enhanced).toBe(text.split(' ')[0]);
  });

  it('clips and cleans the words', () => {
    const { text } = rejectedBy({ code: 550, lines: [`\u001b[2J${'x'.repeat(500)}`] });
    expect(text).toHaveLength(200);
    expect(text.startsWith(' [2J')).toBe(true);
  });
});
