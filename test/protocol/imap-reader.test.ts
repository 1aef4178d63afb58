/** The IMAP reader and its values alone: cuts, bounds, grammar; and sets of UIDs. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHeaders } from '../../src/protocol/imap/fetch.ts';
import { wireName } from '../../src/protocol/imap/folders.ts';
import { type RawResponse, READER_LIMITS, ResponseReader } from '../../src/protocol/imap/reader.ts';
import { readResponse } from '../../src/protocol/imap/response.ts';
import { isUidSet, uidSetContains, uidSets } from '../../src/protocol/imap/sets.ts';
import { readValues } from '../../src/protocol/imap/values.ts';

function read(
  chunks: readonly Buffer[],
  limits = READER_LIMITS,
): { responses: RawResponse[]; problem?: string } {
  const reader = new ResponseReader(limits);
  const responses: RawResponse[] = [];
  for (const chunk of chunks) {
    reader.feed(chunk);
    for (let response = reader.next(); response !== undefined; response = reader.next())
      responses.push(response);
  }
  return { responses, ...(reader.problem === undefined ? {} : { problem: reader.problem }) };
}

function cut(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.subarray(i, i + size));
  return chunks;
}

function values(text: string): unknown {
  const [response] = read([Buffer.from(text, 'latin1')]).responses;
  return response === undefined ? 'nothing' : readValues(response, 2);
}

describe('ResponseReader', () => {
  const stream = Buffer.from(
    '* OK hi {3}\r\n' +
      '* 1 FETCH (UID 7 BODY[] {12}\r\na\r\n(")b\r\n\r\nc FLAGS (\\Seen) BODY[TEXT] {0}\r\n)\r\n' +
      '+ go {9}\r\n* LIST () "/" {5}\r\nINBOX\r\nR1 OK done {1}\r\n',
  );

  it('reads the same responses however the bytes are cut', () => {
    const whole = read([stream]);
    expect(whole.responses).toHaveLength(5);
    expect(whole.responses[1]?.literals.map(String)).toEqual(['a\r\n(")b\r\n\r\nc', '']);
    expect(readValues(whole.responses[1] ?? { texts: [], literals: [] }, 9)).toEqual([
      [
        'UID',
        '7',
        'BODY[]',
        Buffer.from('a\r\n(")b\r\n\r\nc'),
        'FLAGS',
        ['\\Seen'],
        'BODY[TEXT]',
        Buffer.alloc(0),
      ],
    ]);
    for (let size = 1; size < stream.length; size += 1) expect(read(cut(stream, size))).toEqual(whole);
  });

  it('bounds lines and literals before it holds them', () => {
    const limits = { lineBytes: 100, literalBytes: 50 };
    expect(read([Buffer.from('* '.padEnd(200, 'x'))], limits).problem).toMatch(/line over 100/);
    expect(read([Buffer.from('* X {51}\r\n')], limits).problem).toMatch(/literals over 50/);
    expect(read([Buffer.from('* X {9999999999999999999}\r\n')], limits).problem).toMatch(/literals over 50/);
    const creeping = `* X ${'{0}\r\n y'.repeat(60)}`;
    expect(read([Buffer.from(creeping)], limits).problem).toMatch(/line over 100/);
    expect(read([Buffer.from(`* X ${'{0}\r\n'.repeat(2_000)}`)]).problem).toMatch(/or 1000 in one/);
  });

  it('never throws, whatever comes', () => {
    const piece = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('* 1 FETCH (', ')', '(', '"', '{3}\r\n', '\r\n', '\\', 'R1 OK ', '[', ']', ' ')
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (chunks) => {
        for (const raw of read([...chunks, Buffer.from('\r\n')]).responses) {
          const response = readResponse(raw);
          if (response?.kind === 'data') response.values();
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is linear in tiny pieces', () => {
    const literal = Buffer.alloc(300_000, 'x');
    const pieces = [Buffer.from('* X {300000}\r\n'), ...cut(literal, 1), Buffer.from('\r\n')];
    expect(read(pieces).responses[0]?.literals[0]?.equals(literal)).toBe(true);
  });
});

describe('values', () => {
  it('reads atoms, strings, NIL and lists', () => {
    expect(values('* a NIL nil "q \\"\\\\ z" (b (c) ()) \\Seen BODY[HEADER.FIELDS ("A" b)]<0>\r\n')).toEqual([
      'a',
      null,
      null,
      Buffer.from('q "\\ z'),
      ['b', ['c'], []],
      '\\Seen',
      'BODY[HEADER.FIELDS ("A" b)]<0>',
    ]);
  });

  it.each([
    '* (a',
    '* a)',
    '* "a',
    '* BODY[a',
    `* ${'('.repeat(40)}${')'.repeat(40)}`,
    `* ${'('.repeat(100_000)}`,
  ])('refuses %#', (text) => {
    expect(values(`${text}\r\n`)).toBeUndefined();
  });
});

describe('readResponse', () => {
  it.each([
    [
      '* OK [UIDNEXT 5] x',
      { kind: 'status', tag: undefined, status: 'OK', code: { name: 'UIDNEXT', argument: '5' }, text: 'x' },
    ],
    ['R1 no', { kind: 'status', tag: 'R1', status: 'NO', code: undefined, text: '' }],
    ['* BYE', { kind: 'status', status: 'BYE' }],
    ['* 5 EXISTS', { kind: 'data', name: 'EXISTS', number: 5 }],
    ['+', { kind: 'continuation' }],
    ['+ idling', { kind: 'continuation', text: 'idling' }],
  ])('%s', (line, expected) => {
    expect(readResponse({ texts: [line], literals: [] })).toMatchObject(expected);
  });

  it.each(['', 'hello', '* ', '*', 'R1 MAYBE x', '220 hi'])('%j is no response', (line) => {
    expect(readResponse({ texts: [line], literals: [] })).toBeUndefined();
  });
});

describe('UID sets', () => {
  it('compresses runs, sorts and drops repeats', () => {
    expect(uidSets([])).toEqual([]);
    expect(uidSets([5, 1, 2, 3, 7, 5, 4])).toEqual(['1:5,7']);
    expect(uidSets([4_294_967_295])).toEqual(['4294967295']);
  });

  it('never loses a UID, never adds one, never exceeds the octets', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5_000 })),
        fc.integer({ min: 20, max: 200 }),
        (uids, octets) => {
          const sets = uidSets(uids, octets);
          const found = sets.flatMap((set) =>
            set.split(',').flatMap((range) => {
              const [a = 0, b = a] = range.split(':').map(Number);
              return Array.from({ length: b - a + 1 }, (_, i) => a + i);
            }),
          );
          expect(found).toEqual([...new Set(uids)].sort((a, b) => a - b));
          for (const set of sets) {
            expect(set.length).toBeLessThanOrEqual(octets);
            expect(isUidSet(set)).toBe(true);
            expect(uids.filter(uidSetContains(set))).toEqual(
              uids.filter((uid) => found.includes(uid) && uidSetContains(set)(uid)),
            );
          }
        },
      ),
    );
  });

  it('knows a set from something else', () => {
    for (const set of ['1', '1:5,7', '3:*', '*', '$']) expect(isUidSet(set)).toBe(true);
    for (const set of ['', '1,', '1 2', 'ALL', '1:2:3', '1\r\nX LOGOUT']) expect(isUidSet(set)).toBe(false);
    expect(uidSetContains('9:7,1')(8)).toBe(true);
    expect(uidSetContains('9:7,1')(2)).toBe(false);
    expect(uidSetContains('5:*')(1)).toBe(true);
  });
});

describe('names and headers', () => {
  it('encodes a folder name (RFC 3501 §5.1.3)', () => {
    expect(wireName('Gelöscht')).toBe('Gel&APY-scht');
    expect(wireName('~peter/mail/台北/日本語')).toBe('~peter/mail/&U,BTFw-/&ZeVnLIqe-');
    expect(wireName('Q&A')).toBe('Q&A');
    expect(wireName('Q&Ä')).toBe('Q&-&AMQ-');
  });

  it('unfolds', () => {
    const headers = readHeaders(Buffer.from('Subject: a\r\n b\r\n\tc\r\nX: 1\r\nx: 2\r\nbroken\r\n\r\n'));
    expect([...headers]).toEqual([
      ['subject', 'a b\tc'],
      ['x', '1'],
    ]);
  });
});
