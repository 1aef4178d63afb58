/** A body as it came against the body as it was sent: what mail systems may do to it, and what they may not. */

import { describe, expect, test } from 'vitest';

import { isSameBody } from '../../src/replay/comparing.ts';

const message = (body: string, encoding = '8bit'): Buffer =>
  Buffer.from(`From: <a@lab.test>\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`, 'utf8');

const SENT = message('Grüße\r\nzwei Zeilen\r\n');

describe('a body', () => {
  test.each([
    ['as it was sent', message('Grüße\r\nzwei Zeilen\r\n'), true],
    ['under other headers', Buffer.concat([Buffer.from('Received: from x\r\n'), SENT]), true],
    ['without its last line end', message('Grüße\r\nzwei Zeilen'), true],
    ['with a footer below', message('Grüße\r\nzwei Zeilen\r\n-- \r\na list\r\n'), true],
    ['with a bit turned', message('Grüße\r\nzwei Zeilem\r\n'), false],
    ['cut short', message('Grüße\r\nzwei'), false],
    ['emptied', message(''), false],
    ['with something above', message('warning\r\nGrüße\r\nzwei Zeilen\r\n'), false],
    ['written in another encoding', message('Gr=C3=BC=C3=9Fe\r\n', 'quoted-printable'), undefined],
  ])('%s', (_, received, same) => {
    expect(isSameBody(SENT, received)).toBe(same);
  });
});
