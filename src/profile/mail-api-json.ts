/** A JSON body as a profile tells it: a tree whose texts have holes, taken apart. It must not fill any. */

import { filled, type Filling, type Placeholder, SEVERAL } from './mail-api-text.ts';

/** A tree; `each`: its one item is repeated for each of several values. */
export type JsonTemplate =
  | { readonly is: 'value'; readonly value: number | boolean | null }
  | { readonly is: 'text'; readonly text: Filling }
  | { readonly is: 'list'; readonly items: readonly JsonTemplate[]; readonly each: Placeholder | undefined }
  | { readonly is: 'map'; readonly entries: readonly (readonly [string, JsonTemplate])[] };

/** One thing wrong with a tree, and where. */
export interface TreeProblem {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Deepest tree: bodies of mail APIs have a handful of levels. */
const DEEPEST = 16;

/** Most values of a tree; more is a wrong file. */
const MOST = 1_000;

/** The tree with its texts taken apart, or everything that is wrong with it. */
export function jsonTemplate(
  tree: unknown,
  allowed: readonly Placeholder[],
): { readonly json: JsonTemplate } | { readonly problems: readonly TreeProblem[] } {
  const reader = new TreeReader(allowed);
  const json = reader.read(tree, [], undefined);
  return reader.problems.length > 0 ? { problems: reader.problems } : { json };
}

class TreeReader {
  readonly problems: TreeProblem[] = [];
  readonly #allowed: readonly Placeholder[];
  #count = 0;

  constructor(allowed: readonly Placeholder[]) {
    this.#allowed = allowed;
  }

  /** `each`: what the list around is repeated for. */
  read(tree: unknown, path: (string | number)[], each: Placeholder | undefined): JsonTemplate {
    this.#count += 1;
    if (path.length > DEEPEST || this.#count > MOST)
      return this.#wrong(path, `at most ${MOST} values, ${DEEPEST} deep`);
    if (tree === null || typeof tree === 'boolean') return { is: 'value', value: tree };
    if (typeof tree === 'number')
      return Number.isFinite(tree)
        ? { is: 'value', value: tree }
        : this.#wrong(path, 'a number that JSON knows');
    if (typeof tree === 'string') return this.#readText(tree, path, each);
    if (Array.isArray(tree)) return this.#readList(tree, path, each);
    if (typeof tree !== 'object' || Object.getPrototypeOf(tree) !== Object.prototype)
      return this.#wrong(path, 'texts, numbers, true, false, null, lists and mappings');
    const entries = Object.entries(tree);
    return {
      is: 'map',
      entries: entries.map(([key, value]) => [key, this.read(value, [...path, key], each)]),
    };
  }

  #readText(text: string, path: (string | number)[], each: Placeholder | undefined): JsonTemplate {
    const read = filled(text, this.#allowed);
    if (typeof read === 'string') return this.#wrong(path, read);
    const several = severalIn(read);
    if (several !== undefined && several !== each)
      return this.#wrong(path, `{${several}} within a list of one element, which is repeated for each`);
    return { is: 'text', text: read };
  }

  #readList(
    items: readonly unknown[],
    path: (string | number)[],
    around: Placeholder | undefined,
  ): JsonTemplate {
    const own =
      items.length === 1 && around === undefined ? severalWithin(items[0], this.#allowed) : undefined;
    const each = own ?? around;
    return { is: 'list', items: items.map((item, at) => this.read(item, [...path, at], each)), each: own };
  }

  #wrong(path: (string | number)[], message: string): JsonTemplate {
    // One too many is told once, not a thousand times.
    if (this.#count <= MOST + 1) this.problems.push({ path, message });
    return { is: 'value', value: null };
  }
}

function severalIn(text: Filling): Placeholder | undefined {
  for (const piece of text) if (typeof piece !== 'string' && SEVERAL.has(piece.put)) return piece.put;
  return undefined;
}

/** What stands for several values anywhere in a tree but within a list of its own. */
function severalWithin(tree: unknown, allowed: readonly Placeholder[], depth = 0): Placeholder | undefined {
  if (typeof tree === 'string') {
    const read = filled(tree, allowed);
    return typeof read === 'string' ? undefined : severalIn(read);
  }
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree) || depth > DEEPEST) return undefined;
  for (const value of Object.values(tree)) {
    const found = severalWithin(value, allowed, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
