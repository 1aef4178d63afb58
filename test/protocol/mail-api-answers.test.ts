/** Any JSON as an answer of a mail API: a pointer finds what the document holds and nothing else, and no page crashes its reader. */

import { array, assert, jsonValue, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readyMadeApi } from '../../src/profile/mail-apis.ts';
import type { MailApiTemplate } from '../../src/profile/mail-api-schema.ts';
import { readPage } from '../../src/protocol/http/mail-api-rows.ts';
import { pointerText, valueAt } from '../../src/protocol/http/pointer.ts';

const DOCUMENT = JSON.parse(
  '{"foo":["bar","baz"],"":0,"a/b":1,"m~n":8,"__proto__":{"x":1},"k":{"null":null}}',
) as unknown;

describe('a pointer', () => {
  test.each([
    [[], DOCUMENT],
    [['foo', '0'], 'bar'],
    [[''], 0],
    [['a/b'], 1],
    [['m~n'], 8],
    [['__proto__', 'x'], 1],
    [['k', 'null'], null],
    [['foo', '-'], undefined],
    [['foo', '01'], undefined],
    [['foo', '2'], undefined],
    [['foo', 'length'], undefined],
    [['k', '__proto__'], undefined],
    [['k', 'constructor'], undefined],
    [['', 'x'], undefined],
    [['nothing', 'below'], undefined],
  ])('%j', (pointer, found) => {
    expect(valueAt(DOCUMENT, pointer)).toEqual(found);
  });

  test('is written as it was', () => {
    expect([[], ['a/b', 'm~n', '']].map(pointerText)).toEqual(['""', '/a~1b/m~0n/']);
  });
});

describe.each(['maildev', 'mailpit'])('a page of %s', (name) => {
  const api = readyMadeApi(name) as MailApiTemplate;
  const read = (value: unknown) =>
    readPage(api, Buffer.from(JSON.stringify(value)), 'a@lab.test', new Set(['subject']));

  test('is read or refused, whatever JSON it is', () => {
    assert(
      property(jsonValue(), (value) => {
        const page = read(value);
        return typeof page === 'string' ? page.length > 0 : page.rows.length <= page.count;
      }),
    );
  });

  test('nearly right is read or refused, and no row without an id comes out of it', () => {
    const row = record(
      {
        id: jsonValue(),
        ID: jsonValue(),
        To: jsonValue(),
        envelope: record({ to: array(record({ address: jsonValue() })) }),
        headers: jsonValue(),
        Subject: jsonValue(),
      },
      { requiredKeys: [] },
    );
    assert(
      property(array(row, { maxLength: 5 }), jsonValue(), (rows, total) => {
        const page = read(name === 'maildev' ? rows : { messages: rows, messages_count: total });
        return typeof page === 'string' || page.rows.every(({ id }) => id.length > 0);
      }),
    );
  });
});
