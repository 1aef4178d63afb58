/** What a mail API is told and how its refusals are understood: values escaped, secrets struck out, statuses by its description. */

import { afterEach, describe, expect, test } from 'vitest';

import type { MailApiText } from '../../src/profile/mail-api-schema.ts';
import type { Credentials } from '../../src/protocol/connect.ts';
import { answer } from './peers/http.ts';
import { closeServed, json, lines, NONE, PLAIN, served } from './peers/mail-api.ts';

afterEach(closeServed);

const RAW = 'Subject: test\r\nX: y\r\n\r\nhello \xff\r\n';

describe('a message handed in', () => {
  const message = {
    from: 'user0@lab.test',
    subject: 'a "quoted"\nline',
    messageId: '<1@x>',
    mark: 'r1',
    raw: Buffer.from(RAW, 'latin1'),
  };

  test('as bytes, with its recipients in the path', async () => {
    const text: MailApiText = {
      ...PLAIN,
      submit: {
        path: '/in?to={to}&from={from}',
        headers: { 'Content-Type': 'message/rfc822', 'X-Id': '{messageId}' },
        body: '{raw}',
      },
    };
    const it = await served(text, () => answer('202 Accepted'));
    const { recipients, value } = await it.api.submit(message, ['a@lab.test', 'b,c@lab.test']);
    expect(recipients.map(({ kind }) => kind)).toEqual(['ok', 'ok']);
    expect(value).toEqual(recipients);
    expect(lines(it)).toEqual(['POST /in?to=a%40lab.test,b%2Cc%40lab.test&from=user0%40lab.test']);
    expect(it.asked[0]?.fields.get('x-id')).toBe('<1@x>');
    expect(it.asked[0]?.fields.get('content-type')).toBe('message/rfc822');
    expect(it.asked[0]?.fields.get('content-length')).toBe(String(message.raw.length));
  });

  test('in JSON and in a form, escaped for either', async () => {
    const body = { to: [{ email: '{to}' }], s: 'Re: {subject}', raw: '{rawBase64}', text: '{body}', n: 1 };
    const inJson = await served({ ...PLAIN, submit: { path: '/in', body } }, () => json({}));
    await inJson.api.submit(message, ['a@lab.test', 'b@lab.test']);
    expect(JSON.parse(inJson.asked[0]?.body ?? '')).toEqual({
      to: [{ email: 'a@lab.test' }, { email: 'b@lab.test' }],
      s: 'Re: a "quoted"\nline',
      raw: message.raw.toString('base64'),
      text: 'hello \ufffd\r\n',
      n: 1,
    });
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const form = await served(
      { ...PLAIN, submit: { path: '/in', headers: type, body: 'to={to}&s={subject}&b={body}' } },
      () => json({}),
    );
    await form.api.submit(message, ['a&b@lab.test']);
    expect(form.asked[0]?.body).toBe(
      'to=a%26b%40lab.test&s=a%20%22quoted%22%0Aline&b=hello%20%EF%BF%BD%0D%0A',
    );
  });

  test('in several requests has an outcome for each recipient', async () => {
    const text: MailApiText = { ...PLAIN, submit: { path: '/in/{to}', body: '{raw}', atOnce: 1 } };
    const it = await served(text, (_, __, n) => answer(['200 OK', '550 No', '200 OK'][n] ?? '500 x'));
    const { outcome, recipients, value } = await it.api.submit(message, ['a@x', 'b@x', 'c@x']);
    expect(recipients.map(({ kind }) => kind)).toEqual(['ok', 'rejected', 'ok']);
    expect([outcome.kind, value]).toEqual(['rejected', undefined]);
    expect(it.asked).toHaveLength(3);
  });

  test('where the API takes none, or a header cannot carry it, is refused by us', async () => {
    const none = await served(PLAIN, () => json({}));
    expect((await none.api.submit(message, ['a@x'])).recipients).toMatchObject([
      { kind: 'rejected', code: 'UNSUPPORTED' },
    ]);
    const text: MailApiText = {
      ...PLAIN,
      submit: { path: '/in/{to}', headers: { 'X-S': '{subject}' }, body: '{raw}' },
    };
    const header = await served(text, () => json({}));
    expect((await header.api.submit(message, ['a@x'])).outcome).toMatchObject({
      kind: 'rejected',
      code: 'ARGUMENT',
      text: 'the header X-S cannot carry what it is to be filled with',
    });
    expect([...none.asked, ...header.asked]).toEqual([]);
  });
});

describe('who asks', () => {
  const seen = async (auth: 'none' | 'basic' | 'bearer', credentials: Credentials, headers = {}) => {
    const it = await served({ ...PLAIN, auth, list: { ...PLAIN.list, headers } }, () => json([]), {
      credentials,
    });
    const { outcome } = await it.api.list(NONE);
    return [outcome.kind, it.asked[0]?.fields.get('authorization'), it.asked[0]?.fields.get('x-key')];
  };

  test('is said as the description says', async () => {
    const ada = { login: 'ada', password: 'pw' };
    expect(await seen('none', ada, { 'X-Key': '{login}:{secret}' })).toEqual(['ok', undefined, 'ada:pw']);
    expect(await seen('basic', { ...ada, token: 'tok' })).toEqual(['ok', 'Basic YWRhOnB3', undefined]);
    expect(await seen('bearer', { ...ada, token: 'tok' })).toEqual(['ok', 'Bearer tok', undefined]);
    expect(await seen('bearer', ada)).toEqual(['ok', 'Bearer pw', undefined]);
  });

  test('or not at all, where it cannot be said', async () => {
    for (const [auth, credentials, code] of [
      ['basic', { login: 'a:b', password: 'pw' }, 'ARGUMENT'],
      ['bearer', { login: 'a', password: 'with blanks' }, 'ARGUMENT'],
      ['basic', { login: 'a', password: 'pw', authorizationId: 'b' }, 'UNSUPPORTED'],
    ] as const) {
      const it = await served({ ...PLAIN, auth }, () => json([]), { credentials });
      expect((await it.api.list(NONE)).outcome).toMatchObject({ kind: 'rejected', code });
      expect((await it.api.delete(['1'])).outcome).toMatchObject({ code });
      expect(it.asked).toEqual([]);
    }
  });

  test('what a server echoes of it is struck out, whatever the outcome', async () => {
    const credentials = { login: 'ada', password: 'hunter2hunter2' };
    const basic = Buffer.from('ada:hunter2hunter2').toString('base64');
    const echo = `no ${credentials.password} nor Basic ${basic} nor ${basic}`;
    for (const status of [`403 ${echo}`, `200 ${echo}`, `502 ${echo}`]) {
      const it = await served(
        { ...PLAIN, auth: 'basic' },
        () => answer(status, JSON.stringify({ error: echo })),
        { credentials },
      );
      const { outcome } = await it.api.delete(['1']);
      expect(JSON.stringify(outcome)).not.toMatch(/hunter2|YWRhO/);
      expect(JSON.stringify(outcome)).toContain('[secret]');
    }
  });
});

describe('what a status means', () => {
  const statuses = {
    ok: [200],
    gone: [420],
    goneText: 'no such',
    limiter: [509],
    overQuota: [413],
    temporary: [520, 504],
  };
  const outcomeOf = async (status: string, body = '', fields = {}) => {
    const { api } = await served({ ...PLAIN, statuses }, () => answer(status, body, fields));
    return (await api.delete(['1'])).outcome;
  };

  test('is what the description says, and else what it usually does', async () => {
    expect(await outcomeOf('201 Created')).toMatchObject({ kind: 'unknown' });
    expect(await outcomeOf('420 Gone fishing')).toMatchObject({ kind: 'ok' });
    expect(await outcomeOf('404 Not Found')).toMatchObject({ kind: 'rejected', code: 404, temporary: false });
    expect(await outcomeOf('509 Bandwidth')).toMatchObject({ code: 509, limiter: true, temporary: true });
    expect(await outcomeOf('413 Too much')).toMatchObject({ code: 413, overQuota: true, temporary: false });
    expect(await outcomeOf('520 Hm')).toMatchObject({ code: 520, temporary: true, limiter: false });
    expect(await outcomeOf('504 Gateway')).toMatchObject({ kind: 'rejected', code: 504, temporary: true });
    expect(await outcomeOf('502 Gateway')).toMatchObject({ kind: 'unknown' });
    expect(await outcomeOf('401 No')).toMatchObject({ code: 401, enhanced: 'AUTHENTICATIONFAILED' });
    const elsewhere = { Location: 'http://192.0.2.1/' };
    expect(await outcomeOf('302 Go', 'no such', elsewhere)).toMatchObject({ code: 'GUARD' });
    expect(await outcomeOf('500 Oops', 'no such message')).toMatchObject({ kind: 'ok' });
  });

  test('with the words that came with it', async () => {
    expect(await outcomeOf('400 Bad', '{"Error":"invalid\\u0007 id"}')).toMatchObject({
      text: 'Bad: invalid  id',
    });
    expect(await outcomeOf('400 Bad', '"a text"')).toMatchObject({ text: 'Bad: a text' });
    expect(await outcomeOf('400 Bad', 'plainly no', { 'Content-Type': 'text/plain' })).toMatchObject({
      text: 'Bad: plainly no',
    });
    expect(await outcomeOf('400 Bad', '<html>', { 'Content-Type': 'text/html' })).toMatchObject({
      text: 'Bad',
    });
    const long = await outcomeOf('400 Bad', JSON.stringify({ message: 'x'.repeat(9_000) }));
    expect(long).toMatchObject({ text: `Bad: ${'x'.repeat(120)}` });
  });
});
