/** Encoded words read as text: whatever we encode comes out as it went in, and what others write is read or left alone. */

import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';

import { hasEncodedWords, plainText } from '../../src/storm/content/encoded-words.ts';
import { rawText } from '../../src/storm/content/header.ts';

test('what was encoded is read as it was, in any script', () => {
  assert(property(string({ unit: 'grapheme', maxLength: 200 }), (text) => plainText(rawText(text)) === text));
});

test.each([
  ['=?UTF-8?B?w7xiZXI=?=', 'über'],
  ['=?utf-8?q?=C3=BCber_alles?= und mehr', 'über alles und mehr'],
  ['=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=', 'ab'],
  ['=?ISO-8859-1?Q?=FCber?=\t =?utf-8*de?B?w7w=?= x', 'überü x'],
  ['a =?x-nobody-knows?B?w7w=?= b', 'a =?x-nobody-knows?B?w7w=?= b'],
  ['plain =? text ?=', 'plain =? text ?='],
  ['', ''],
])('%s is %s', (raw, text) => {
  expect(plainText(raw)).toBe(text);
});

test('an encoded word is told from a text', () => {
  expect(['=?UTF-8?B?w7w=?=', 'a =?utf-8?q?b?= c'].every(hasEncodedWords)).toBe(true);
  expect(['', 'test', '=?', 'why =? because ?='].some(hasEncodedWords)).toBe(false);
});
