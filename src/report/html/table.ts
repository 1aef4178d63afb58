/** Builds accessible tables: caption, scoped heads, groups, a box that scrolls on narrow screens. It knows no record. */

import { markup, NOTHING, type Content, type Markup } from '../markup.ts';

export interface Column {
  readonly head: Content;
  /** Figures stand to the right. */
  readonly figure?: boolean;
}

/** Rows under a heading of their own. */
export interface RowGroup {
  readonly title?: string;
  readonly rows: readonly (readonly Content[])[];
}

/** A table; the first cell of each row is its head. */
export function table(
  caption: string,
  columns: readonly Column[],
  groups: readonly RowGroup[],
  foot?: readonly Content[],
): Markup {
  const heads = columns.map(({ head, figure }) => markup`<th scope="col"${sideOf(figure)}>${head}</th>`);
  const bodies = groups.map(({ title, rows }) => {
    const heading =
      title === undefined
        ? NOTHING
        : markup`<tr class="group"><th scope="rowgroup" colspan="${columns.length}">${title}</th></tr>`;
    return markup`<tbody>${heading}${rows.map((row) => rowOf(columns, row))}</tbody>\n`;
  });
  const footer = foot === undefined ? NOTHING : markup`<tfoot>${rowOf(columns, foot)}</tfoot>`;
  return scrolling(
    caption,
    markup`<table><caption>${caption}</caption><thead><tr>${heads}</tr></thead>\n${bodies}${footer}</table>`,
  );
}

/** A box that scrolls sideways, reachable by keyboard. */
export function scrolling(label: string, inner: Markup): Markup {
  return markup`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${inner}</div>\n`;
}

function rowOf(columns: readonly Column[], cells: readonly Content[]): Markup {
  const rendered = cells.map((cell, index) =>
    index === 0
      ? markup`<th scope="row">${cell}</th>`
      : columns[index]?.figure === true
        ? markup`<td>${cell}</td>`
        : markup`<td class="words">${cell}</td>`,
  );
  return markup`<tr>${rendered}</tr>\n`;
}

function sideOf(figure: boolean | undefined): Markup {
  return figure === true ? markup` class="figure"` : NOTHING;
}
