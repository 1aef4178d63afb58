/** Refusals in the reports: a sentence for each code, nothing for a person's address, and no word for what no table knows. */

import { expect, test } from 'vitest';
import { renderHtml } from '../../src/report/html.ts';
import { refusalCode, refusalSentence } from '../../src/report/refusals.ts';
import { renderText } from '../../src/report/text.ts';
import { FAILING, PASSING } from './fixtures.ts';
import { refusal } from './parts.ts';

test.each([
  ['NO', 'INUSE', /holds the mailbox/],
  ['452', '4.5.3', /Too many recipients/],
  ['550', '5.1.1', /recipient is not known/],
  ['452', '4.9.9', /Too little room/],
  ['535', null, /Wrong name or password/],
  ['TIMEOUT', null, /No answer came/],
  ['other', null, /beyond those that are kept/],
  ['599', null, /No code says why/],
  ['NO', 'X-ODD', /No code says why/],
])('%s %s', (code, enhanced, sentence) => {
  expect(refusalSentence({ code, enhanced })).toMatch(sentence);
});

test.each([
  ['jmap.set', 'notUpdated', 'overQuota', 'The mailbox is full.'],
  ['jmap.set', '507', null, 'The mailbox is full.'],
  ['jmap.session', '401', 'AUTHENTICATIONFAILED', /^Wrong name or password/],
  ['jmap.submit', 'notCreated', 'tooManyRecipients', 'Too many recipients at once.'],
  ['http.list', '429', null, /a limiter answered/],
  // 421 is a reply of SMTP, and another thing over HTTP.
  ['http.list', '421', null, /No code says why/],
  ['smtp.submit', '421', null, /closes the connection/],
  ['smtp.submit', '507', null, /No code says why/],
  ['imap.move', 'NO', 'overQuota', /No code says why/],
] as const)('%s %s %s', (operation, code, enhanced, sentence) => {
  expect(refusalSentence({ operation, code, enhanced })).toMatch(sentence);
});

test('codes read as their servers write them', () => {
  expect(refusalCode({ code: 'NO', enhanced: 'INUSE' })).toBe('NO [INUSE]');
  expect(refusalCode({ code: '452', enhanced: '4.5.3' })).toBe('452 4.5.3');
  expect(refusalCode({ code: 'CLOSED', enhanced: null })).toBe('CLOSED');
});

test('the page tells operation, code, count, meaning and an example without a name', () => {
  const page = renderHtml(FAILING);
  expect(page).toContain('What was refused');
  expect(page).toContain('NO [UNAVAILABLE]');
  expect(page).toContain('A part of the server is down or overloaded');
  expect(page).toContain('Insufficient system storage for …@lab.test');
  expect(renderHtml(PASSING)).toContain('Nothing was refused.');
});

test('the summary tells the two most frequent, and counts the others', () => {
  const text = renderText(FAILING);
  expect(text).toContain('refused       imap.signin NO [UNAVAILABLE] 412x: A part of the server is down');
  expect(text).toContain('11x (kinds not shown: 1): ');
  expect(renderText(PASSING)).not.toContain('refus');
  const many = Array.from({ length: 50 }, (_, index) => refusal('imap.open', `NO${index}`, null, 1, 'x'));
  expect(renderText({ ...PASSING, refusals: many })).toContain('(kinds not shown: 48)');
});
