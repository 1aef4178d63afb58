/** What is written to a terminal to redraw a view: only lines that changed, all at once, and what was said stays above. */

import { expect, test } from 'vitest';

import { Screen } from '../../src/cli/console/screen.ts';

function sheetOf(): { readonly screen: Screen; readonly take: () => string } {
  let text = '';
  const screen = new Screen({ write: (more: string) => (text += more) });
  const take = (): string => {
    const taken = text;
    text = '';
    return taken;
  };
  return { screen, take };
}

const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

test('only lines that changed are written, as one, and nothing if none did', () => {
  const { screen, take } = sheetOf();
  screen.draw(['one', 'two', 'three']);
  expect(take()).toBe(`${BEGIN}\u001b[?25lone\u001b[K\ntwo\u001b[K\nthree\u001b[K\n${END}`);
  screen.draw(['one', 'two', 'three']);
  expect(take()).toBe('');
  screen.draw(['one', 'zwei', 'three']);
  expect(take()).toBe(`${BEGIN}\r\u001b[K\u001b[2Azwei\u001b[K\r\u001b[2B${END}`);
});

test('another number of lines is drawn anew from its first row', () => {
  const { screen, take } = sheetOf();
  screen.draw(['one', 'two']);
  take();
  screen.draw(['one']);
  expect(take()).toBe(`${BEGIN}\r\u001b[2A\u001b[Jone\u001b[K\n${END}`);
});

test('a line that is said takes the place of the first row, and the rows follow', () => {
  const { screen, take } = sheetOf();
  screen.draw(['one']);
  take();
  screen.say('hear');
  expect(take()).toBe(`${BEGIN}\r\u001b[1A\u001b[Jhear\none\u001b[K\n${END}`);
});

test('on a narrower terminal the rows that lines were wrapped to are taken back too', () => {
  const { screen, take } = sheetOf();
  screen.draw(['twelve chars', 'four']);
  take();
  screen.resized(5, ['five.']);
  expect(take()).toBe(`${BEGIN}\r\u001b[4A\u001b[Jfive.\u001b[K\n${END}`);
});

test('the cursor is given back once, with the view or without', () => {
  const { screen, take } = sheetOf();
  screen.clear();
  screen.leave();
  expect(take()).toBe('');
  screen.draw(['one']);
  take();
  screen.clear();
  expect(take()).toBe(`${BEGIN}\r\u001b[1A\u001b[J\u001b[?25h${END}`);
  screen.draw(['one']);
  take();
  screen.leave();
  expect(take()).toBe('\u001b[?25h');
});
