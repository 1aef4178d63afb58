/** Who may come in: addresses as flags, names in Host, origins, tokens. */

import { hostname } from 'node:os';
import { expect, test } from 'vitest';

import {
  cookieIn,
  inUrl,
  isLoopback,
  isOwnHost,
  isSameOrigin,
  isToken,
  makeToken,
  parseAddress,
} from '../../src/telemetry/door.ts';

test('an address is numbers and a port, and says so in a URL as it came', () => {
  for (const text of ['127.0.0.1:0', '0.0.0.0:8089', '[::1]:65535', '[fe80::1]:1']) {
    const address = parseAddress(text);
    expect(address && inUrl(address), text).toBe(text);
  }
  const wrong = [
    'localhost:8089',
    '127.0.0.1',
    ':8089',
    '8089',
    '127.0.0.1:65536',
    '127.0.0:1',
    '::1:80',
    '[127.0.0.1]:80',
  ];
  for (const text of wrong) expect(parseAddress(text), text).toBeUndefined();
});

test('only addresses that lead nowhere else do without a token', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1'].map(isLoopback)).toEqual([true, true, true]);
  expect(['0.0.0.0', '::', '10.0.0.1', '::ffff:127.0.0.1'].map(isLoopback)).toEqual(Array(4).fill(false));
});

test('a name that somebody else may point here is no name of ours', () => {
  for (const host of ['127.0.0.1:80', '127.0.0.1', 'LOCALHOST:9000', '[::1]:80', '10.1.2.3:80', hostname()])
    expect(isOwnHost(host), host).toBe(true);
  for (const host of [undefined, '', 'attacker.example', 'attacker.example:80', 'localhost.attacker.example'])
    expect(isOwnHost(host), host).toBe(false);
  for (const host of ['127.0.0.1.attacker.example', '127.0.0.1@attacker.example', '[attacker]:80', 'a:b:80'])
    expect(isOwnHost(host), host).toBe(false);
});

test('a page elsewhere is told from ours by its origin, be it another port of the same host', () => {
  const host = '127.0.0.1:80';
  expect(isSameOrigin({ host })).toBe(true);
  expect(isSameOrigin({ host, origin: 'http://127.0.0.1:80' })).toBe(true);
  expect(isSameOrigin({ host, 'sec-fetch-site': 'same-origin' })).toBe(true);
  for (const origin of ['http://127.0.0.1:81', 'https://127.0.0.1:80', 'null', 'http://attacker.example'])
    expect(isSameOrigin({ host, origin }), origin).toBe(false);
  for (const site of ['cross-site', 'same-site'])
    expect(isSameOrigin({ host, 'sec-fetch-site': site }), site).toBe(false);
});

test('a token is its own only match, and no two are alike', () => {
  const token = makeToken();
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(makeToken()).not.toBe(token);
  expect(isToken(token, token)).toBe(true);
  for (const given of [undefined, '', token.slice(1), `${token}x`, makeToken()])
    expect(isToken(given, token)).toBe(false);
});

test('a cookie is found by its whole name', () => {
  expect(cookieIn('a=1; replystorm-80=x=y;b=2', 'replystorm-80')).toBe('x=y');
  expect(cookieIn('xreplystorm-80=1; replystorm-8=2', 'replystorm-80')).toBeUndefined();
  expect(cookieIn(undefined, 'replystorm-80')).toBeUndefined();
});
