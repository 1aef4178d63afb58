/** Reads a page or an XML document strictly enough to notice a broken tag. No test here. */

/** An element with its attributes, unescaped, and the text directly inside it. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const TOKEN = /<!DOCTYPE html>|<\?xml[^>]*\?>|<(\/?)([A-Za-z][\w-]*)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>/g;

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** The root element. Throws where tags do not balance, or a bare < or & is left in text. */
export function readDocument(source: string): Element {
  const root: Element = { name: '#document', attributes: {}, children: [], text: '' };
  const open = [root];
  let at = 0;
  for (const match of source.matchAll(TOKEN)) {
    top(open).text += plain(source.slice(at, match.index), top(open).name === 'style');
    at = match.index + match[0].length;
    const [, closing, name, attributes = '', empty] = match;
    if (name === undefined) continue;
    if (closing === '/') {
      const closed = open.pop();
      if (closed?.name !== name) throw new Error(`</${name}> closes <${closed?.name ?? ''}>`);
      continue;
    }
    const element: Element = { name, attributes: attributesOf(attributes), children: [], text: '' };
    top(open).children.push(element);
    if (empty !== '/') open.push(element);
  }
  if (open.length !== 1) throw new Error(`<${top(open).name}> is never closed`);
  plain(source.slice(at), false);
  return root;
}

/** All elements below, in document order. */
export function elements(root: Element, name: string): Element[] {
  return root.children.flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...elements(child, name),
  ]);
}

/** All text below: tags gone, entities resolved. */
export function textOf(element: Element): string {
  return [element.text, ...element.children.map(textOf)].join(' ');
}

function top(open: readonly Element[]): Element {
  const element = open.at(-1);
  if (element === undefined) throw new Error('more tags are closed than opened');
  return element;
}

function attributesOf(source: string): Record<string, string> {
  const pairs = [...source.matchAll(/([\w-]+)="([^"]*)"/g)].map(
    (match) => [match[1] ?? '', plain(match[2] ?? '', false)] as const,
  );
  if (new Set(pairs.map(([name]) => name)).size !== pairs.length) throw new Error(`twice in ${source}`);
  return Object.fromEntries(pairs);
}

function plain(text: string, isStyle: boolean): string {
  if (text.includes('<')) throw new Error(`a bare < in ${JSON.stringify(text.slice(0, 80))}`);
  if (isStyle) return text;
  return text.replace(/&(?:(amp|lt|gt|quot|#39);)?/g, (entity, name: string | undefined) => {
    if (name === undefined) throw new Error(`a bare & in ${JSON.stringify(text.slice(0, 80))} (${entity})`);
    return NAMED[name] ?? '';
  });
}
