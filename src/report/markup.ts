/** A template tag that escapes whatever is put into it, for HTML and XML alike. It knows no element and no record. */

import { printable } from './clean.ts';

/** Text that is markup already. Only the tag below makes it, so nothing unescaped gets in by forgetting. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Markup | readonly Content[];

/** `markup\`<p>${words}</p>\``: words are escaped, nested markup is kept, lists are joined. */
export function markup(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let text = parts[0] ?? '';
  contents.forEach((content, index) => {
    text += rendered(content) + (parts[index + 1] ?? '');
  });
  return new Markup(text);
}

/** Nothing at all, where a part of a page is left out. */
export const NOTHING = new Markup('');

function rendered(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string') return escaped(content);
  // Coordinates: three decimals are finer than any screen, and a non-number would break the picture in silence.
  if (typeof content === 'number') return Number.isFinite(content) ? String(+content.toFixed(3)) : '–';
  return content.map(rendered).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe in text and in quoted attributes. */
export function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
