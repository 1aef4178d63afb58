/** How a mail API is described: what holds, what is told where it stands, what is known by name, and that no digest moves. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { describe, expect, test } from 'vitest';

import { PLACEHOLDERS } from '../../src/profile/mail-api-text.ts';
import { MAIL_APIS, readyMadeApi } from '../../src/profile/mail-apis.ts';
import { formatProblem, readMailApi, readProfile } from '../../src/profile/read.ts';
import { profileJsonSchema } from '../../src/profile/schema.ts';
import { makePlan, planTotals } from '../../src/storm/plan.ts';
import { shippedText } from './shipped.ts';

const BLOCK = `auth: bearer
submit:
  path: /send?from={from}
  headers: { X-Key: "{secret}", Content-Type: application/json }
  body: { to: [{ email: "{to}" }], raw: "{rawBase64}", n: 1, x: [null, true, "a{b"] }
list:
  path: /mail/{address}?skip={offset}&take={limit}
  rows: /data/items
  id: /id
  total: /data/total
  order: newestFirst
  pageSize: 50
  owner: [/to, /a~1b/m~0n]
fetch: { path: "/mail/{id}", message: /raw, base64: true }
delete: { method: POST, path: /purge, body: { ids: ["{ids}"] }, atOnce: 20 }
identity: { headers: /headers }
statuses: { ok: [200, 204], gone: [404], goneText: no such, limiter: [420], overQuota: [413], temporary: [520] }
`;

const told = (text: string): string[] => {
  const reading = readMailApi(text);
  return reading.ok ? [] : reading.problems.map((problem) => formatProblem('api.yaml', problem));
};

/** The block with one piece of text exchanged; the piece must be there. */
function changed(from: string, to: string): string {
  if (!BLOCK.includes(from)) throw new Error(`no ${from}`);
  return BLOCK.replace(from, to);
}

describe('a description that holds', () => {
  test('comes out with its texts and pointers taken apart, and its defaults filled in', () => {
    const reading = readMailApi(BLOCK);
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    const { api } = reading;
    expect(api.submit).toMatchObject({ method: 'POST', atOnce: 1_000 });
    expect(api.submit?.path).toEqual(['/send?from=', { put: 'from' }]);
    expect(api.submit?.headers?.[0]).toEqual(['X-Key', [{ put: 'secret' }]]);
    const email = { is: 'map', entries: [['email', { is: 'text', text: [{ put: 'to' }] }]] };
    expect(api.submit?.body).toMatchObject({
      kind: 'json',
      json: {
        entries: [
          ['to', { is: 'list', each: 'to', items: [email] }],
          ['raw', {}],
          ['n', { value: 1 }],
          ['x', {}],
        ],
      },
    });
    expect(api.list).toMatchObject({
      method: 'GET',
      rows: ['data', 'items'],
      owner: [['to'], ['a/b', 'm~n']],
    });
    expect(api.fetch).toMatchObject({ message: ['raw'], base64: true });
    expect(api.delete).toMatchObject({ method: 'POST', atOnce: 20 });
  });

  test('needs no more than where to list, fetch and delete', () => {
    const reading = readMailApi(
      'list: { path: /m, id: /id }\nfetch: { path: "/m/{id}" }\ndelete: { path: "/m/{id}" }',
    );
    expect(reading.ok && reading.api).toEqual({
      auth: 'none',
      list: { method: 'GET', path: ['/m'], rows: [], id: ['id'], order: 'oldestFirst' },
      fetch: { method: 'GET', path: ['/m/', { put: 'id' }], base64: false },
      delete: { method: 'DELETE', path: ['/m/', { put: 'id' }] },
    });
  });

  test('goes to another thread as it is', () => {
    const reading = readMailApi(BLOCK);
    expect(structuredClone(reading)).toEqual(reading);
  });
});

/** Text in the block, what replaces it, and what must be told. */
const WRONG: readonly (readonly [string, string, string | RegExp])[] = [
  [
    '/send?from={from}',
    '/send?from={sender}',
    /^api\.yaml:3:9 submit\.path: found "\/send\?from=\{sender\}", expected no placeholders here but \{address\}, /,
  ],
  [
    '/send?from={from}',
    '/send/{secret}',
    /^api\.yaml:3:9 submit\.path: .* expected no placeholders here but /,
  ],
  [
    '/send?from={from}',
    '"http://host/send"',
    /^api\.yaml:3:9 submit\.path: .* a path with its query that begins with one slash/,
  ],
  ['/send?from={from}', '"//host/{to}"', /submit\.path: .* one slash/],
  ['/send?from={from}', '"/send it"', /submit\.path: .* without blanks/],
  [
    'X-Key: "{secret}"',
    'X Key: "{secret}"',
    /^api\.yaml:4:21 submit\.headers\.X Key: .* expected a header name before it$/,
  ],
  [
    'X-Key: "{secret}"',
    'Content-Length: "1"',
    /submit\.headers\.Content-Length: .* expected no field that HTTP itself writes$/,
  ],
  [
    'X-Key: "{secret}"',
    'Authorization: me',
    /^api\.yaml:4:12 submit\.headers: .* expected no Authorization beside auth$/,
  ],
  [
    'X-Key: "{secret}"',
    'X-Key: "{raw}"',
    /^api\.yaml:4:21 submit\.headers\.X-Key: .* expected no placeholders here but/,
  ],
  ['X-Key: "{secret}"', 'X-Key: "ä"', /submit\.headers\.X-Key: .* printable ASCII$/],
  [
    '[{ email: "{to}" }]',
    '"{to}"',
    /^api\.yaml:5:15 submit\.body\.to: found "\{to\}", expected \{to\} within a list of one element/,
  ],
  ['[{ email: "{to}" }]', '["{to}", "b"]', /submit\.body\.to\.0: .* within a list of one element/],
  [
    'raw: "{rawBase64}"',
    'raw: "{id}"',
    /^api\.yaml:5:41 submit\.body\.raw: found "\{id\}", expected no placeholders here but/,
  ],
  [
    'raw: "{rawBase64}"',
    'raw: x',
    /submit\.path: .* expected \{raw\}, \{rawBase64\} or \{body\} in the path, a header or the body: nothing would be sent$/,
  ],
  ['to: [{ email: "{to}" }]', 'to: []', /submit\.path: .* \{to\} in the path, .*nobody would get it$/],
  ['n: 1', 'n: .nan', /^api\.yaml:5:59 submit\.body\.n: .* a number that JSON knows$/],
  [
    'body: { to: [{ email: "{to}" }], raw: "{rawBase64}", n: 1, x: [null, true, "a{b"] }',
    `body: '{ "to": "{to}", "raw": "{raw}" }'`,
    /submit\.body: .* a tree instead of a text/,
  ],
  [
    'rows: /data/items',
    'rows: data.items',
    /^api\.yaml:8:9 list\.rows: found "data\.items", expected a JSON pointer \(RFC 6901\)/,
  ],
  ['id: /id', 'id: /i~2d', /^api\.yaml:9:7 list\.id: .* a JSON pointer/],
  ['  id: /id\n', '', /^api\.yaml:7:3 list\.id: found nothing, expected a JSON pointer/],
  [
    'order: newestFirst',
    'order: random',
    /list\.order: found "random", expected oldestFirst or newestFirst$/,
  ],
  [
    '  pageSize: 50\n',
    '',
    /^api\.yaml:7:9 list\.path: .* expected pageSize beside \{offset\} and \{limit\}$/,
  ],
  [
    'skip={offset}&take={limit}',
    'take={limit}',
    /^api\.yaml:12:13 list\.pageSize: found 50, expected a path, header or body with \{offset\}/,
  ],
  ['[/to, /a~1b/m~0n]', '[]', /list\.owner/],
  ['[/to, /a~1b/m~0n]', '[/to, x]', /^api\.yaml:13:16 list\.owner\.1: found "x", expected a JSON pointer/],
  [
    '  owner: [/to, /a~1b/m~0n]',
    '  ownerAddress: /a',
    /list\.ownerAddress: found "\/a", expected owner beside it$/,
  ],
  ['"/mail/{id}"', '/mail', /^api\.yaml:14:16 fetch\.path: found "\/mail", expected \{id\} in the path/],
  ['message: /raw, ', '', /fetch\.base64: found true, expected message beside it/],
  [
    'method: POST',
    'method: GET',
    /^api\.yaml:15:19 delete\.method: found "GET", expected DELETE or POST or PUT or PATCH$/,
  ],
  [
    '["{ids}"]',
    '[]',
    /delete\.path: .* expected \{id\} or \{ids\} in the path, a header or the body: nobody knows what it would delete$/,
  ],
  [
    '["{ids}"]',
    '["{id}"]',
    /delete\.atOnce: found 20, expected 1: with \{id\} a request deletes one message$/,
  ],
  ['path: /purge', 'path: "/purge/{id}"', /delete\.path: .* expected \{id\} or \{ids\}, not both$/],
  [
    'ok: [200, 204]',
    'ok: [302]',
    /^api\.yaml:17:18 statuses\.ok\.0: found 302, expected a whole number from 200 to 299$/,
  ],
  [
    'limiter: [420]',
    'limiter: [404]',
    /statuses\.gone\.0: found 404, expected a status that means nothing else$/,
  ],
  ['auth: bearer', 'auth: digest', /^api\.yaml:1:7 auth: found "digest", expected none, basic or bearer$/],
  [
    'auth: bearer',
    'colour: red',
    /^api\.yaml:1:1 colour: found an unknown key, expected one of auth, submit, list, fetch, delete, identity, statuses$/,
  ],
];

describe('a description that does not hold', () => {
  test.each(WRONG)('%s -> %s', (from, to, expected) => {
    expect(told(changed(from, to)).join('\n')).toMatch(new RegExp(expected, 'm'));
  });

  test('a body that GET cannot have', () => {
    const text =
      'list: { path: /m, id: /id, body: x }\nfetch: { path: "/m/{id}" }\ndelete: { path: "/m/{id}" }';
    expect(told(text)).toEqual([
      'api.yaml:1:34 list.body: found "x", expected no body: a GET has none (RFC 9110 §9.3.1)',
    ]);
  });

  test('missing requests, broken YAML, a wrong file', () => {
    expect(told('auth: none')).toEqual([
      expect.stringMatching(/^api\.yaml:1:1 list: found nothing, expected object$/),
      expect.stringMatching(/^api\.yaml:1:1 fetch: found nothing/),
      expect.stringMatching(/^api\.yaml:1:1 delete: found nothing/),
    ]);
    expect(told('list: [')[0]).toMatch(/well-formed YAML/);
    expect(told('x'.repeat(1_000_001))[0]).toMatch(/at most 1000000/);
    expect(told('maildev')[0]).toMatch(/^api\.yaml:1:1 \(file\): found "maildev"/);
  });

  test('a tree without end is told once', () => {
    const deep = 'delete: { path: "/m/{id}", method: POST, body: ' + '['.repeat(40) + ']'.repeat(40) + ' }';
    const wide = `delete: { path: "/m/{id}", method: POST, body: [${'1,'.repeat(2_000)}] }`;
    for (const one of [deep, wide])
      expect(told(`list: { path: /m, id: /id }\nfetch: { path: "/m/{id}" }\n${one}`)).toEqual([
        expect.stringContaining('at most 1000 values, 16 deep'),
      ]);
  });
});

describe('ready-made descriptions', () => {
  test.each(Object.keys(MAIL_APIS))('%s is what its own text is read as', (name) => {
    const text = stringify(MAIL_APIS[name as keyof typeof MAIL_APIS]);
    const reading = readMailApi(text);
    expect(reading.ok ? [] : reading.problems).toEqual([]);
    expect(reading.ok && reading.api).toEqual(readyMadeApi(name));
  });

  test('are known by name, and by no other', () => {
    expect(readyMadeApi('mailhog')).toBeUndefined();
    expect(readyMadeApi('toString')).toBeUndefined();
  });
});

describe('in a profile', () => {
  const read = (added: string) => readProfile(`${shippedText('smoke')}\n${added}\n`);
  const indented = BLOCK.split('\n')
    .map((line) => `  ${line}`)
    .join('\n');

  test('an API is named or described, and a problem is told where it stands', () => {
    const named = read('mailApi: maildev');
    expect(named.ok && named.profile.mailApi).toEqual(readyMadeApi('maildev'));
    const described = read(`mailApi:\n${indented}`);
    const alone = readMailApi(BLOCK);
    expect(described.ok && alone.ok && described.profile.mailApi).toEqual(alone.ok && alone.api);
    for (const [added, expected] of [
      ['mailApi: mailhog', /^p:\d+:10 mailApi: found "mailhog", expected maildev or mailpit, or a mapping/],
      ['mailApi: 5', /mailApi: found 5, expected maildev or mailpit, or a mapping/],
      [
        'mailApi: { list: { path: /m, id: id }, x: 1 }',
        /^p:\d+:34 mailApi\.list\.id: found "id", expected a JSON pointer/m,
      ],
      [
        'mailApi: { list: { path: /m, id: id }, x: 1 }',
        /mailApi\.x: found an unknown key, expected one of auth, submit/,
      ],
    ] as const) {
      const found = read(added);
      expect(found.ok ? '' : found.problems.map((one) => formatProblem('p', one)).join('\n')).toMatch(
        expected,
      );
    }
  });

  test('it moves no digest: it says how a target is asked, and nothing of what is sent', () => {
    const digests = ['', 'mailApi: maildev', `mailApi:\n${indented}`, 'warmUp: 1s'].map((added) => {
      const found = read(added);
      if (!found.ok) throw new Error(JSON.stringify(found.problems));
      const { seed, population, speed } = found.profile;
      return planTotals(makePlan(found.profile, { seed, mailboxes: population.scaledTo, speed }), () => 0)
        .digest;
    });
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).toBe(digests[0]);
    expect(digests[3]).not.toBe(digests[0]);
  });

  test('the JSON Schema has it, by name and by shape', () => {
    const schema = profileJsonSchema() as {
      properties: {
        mailApi: { anyOf: readonly { enum?: unknown; properties?: object; required?: unknown }[] };
      };
    };
    const [name, block] = schema.properties.mailApi.anyOf;
    expect(name?.enum).toEqual(['maildev', 'mailpit']);
    expect(Object.keys(block?.properties ?? {})).toEqual(
      Object.keys({ auth: 0, submit: 0, list: 0, fetch: 0, delete: 0, identity: 0, statuses: 0 }),
    );
    expect(block?.required).toEqual(['list', 'fetch', 'delete']);
    expect(Object.keys(parse(BLOCK) as object)).toEqual(Object.keys(block?.properties ?? {}));
  });
});

describe('the guide', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/mail-api.md'), 'utf8');

  test('shows a description that holds', () => {
    const examples = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => told(text));
    expect(examples).toEqual([[]]);
  });

  test('has every placeholder once, in the words of the program, and every ready-made description', () => {
    const rows = [...guide.matchAll(/^\| `\{(\w+)\}` \| (.*?)(?:: `pageSize`)? \| /gm)].map(
      ([, name, what]) => [name, what],
    );
    const plain = Object.entries(PLACEHOLDERS).map(([name, what]) => [
      name,
      what.replaceAll('’', "'").replace(' (RFC 5322)', ''),
    ]);
    expect(rows).toHaveLength(plain.length);
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(plain));
    for (const name of Object.keys(MAIL_APIS)) expect(guide).toContain(`\`mailApi: ${name}\``);
  });
});
