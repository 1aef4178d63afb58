/** Text -> Profile, or every problem at once with line, column, what was found and what was expected. Reads no file. */

import { isNode, isMap, LineCounter, type Document, parseDocument } from 'yaml';
import type { z } from 'zod';
import { mailApiBlock, type MailApiTemplate } from './mail-api-schema.ts';
import { type Profile, profileSchema } from './schema.ts';

/** One thing wrong with a profile. Line and column count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  /** Dotted path of the key, or `(file)`. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

export type ProfileReading =
  | { readonly ok: true; readonly profile: Profile }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export type MailApiReading =
  | { readonly ok: true; readonly api: MailApiTemplate }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Largest profile read: a storm fits in a page; more is a wrong file. */
const MAX_PROFILE_CHARACTERS = 1_000_000;

/** Reads a profile from YAML text. */
export function readProfile(source: string): ProfileReading {
  const read = readBy(profileSchema, source);
  return read.ok ? { ok: true, profile: read.value } : read;
}

/** Reads a file that holds nothing but how a mail API is used: what a profile has under `mailApi`. */
export function readMailApi(source: string): MailApiReading {
  const read = readBy(mailApiBlock, source);
  return read.ok ? { ok: true, api: read.value } : read;
}

function readBy<T>(
  schema: z.ZodType<T>,
  source: string,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] } {
  if (source.length > MAX_PROFILE_CHARACTERS) {
    return {
      ok: false,
      problems: [
        {
          line: 1,
          column: 1,
          path: '(file)',
          found: `${source.length} characters`,
          expected: `at most ${MAX_PROFILE_CHARACTERS}`,
        },
      ],
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error): Problem => {
      const { line, col } = lines.linePos(error.pos[0]);
      return { line, column: col, path: '(file)', found: error.message, expected: 'well-formed YAML' };
    });
    return { ok: false, problems };
  }
  const value = plainValue(document);
  if (!value.ok) {
    const expected = 'aliases of anchors set before them, at most 100 times';
    return { ok: false, problems: [{ line: 1, column: 1, path: '(file)', found: value.found, expected }] };
  }
  const result = schema.safeParse(value.value);
  if (result.success) return { ok: true, value: result.data };
  const root = schema as unknown as SchemaNode;
  const problems = result.error.issues.flatMap((issue) => explain(issue, document, lines, root));
  return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}

/** `file:line:col path: found X, expected Y`, the one form every problem is told in. */
export function formatProblem(file: string, problem: Problem): string {
  return `${file}:${problem.line}:${problem.column} ${problem.path}: found ${problem.found}, expected ${problem.expected}`;
}

/** The document as plain data; yaml throws at an alias of nothing, and at aliases that would multiply without end. */
function plainValue(
  document: Document,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly found: string } {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    return { ok: false, found: error instanceof Error ? error.message : String(error) };
  }
}

function explain(
  issue: z.core.$ZodIssue,
  document: Document,
  lines: LineCounter,
  root: SchemaNode,
): Problem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...keyPosition(document, lines, path, key),
      path: dotted([...path, key]),
      found: 'an unknown key',
      expected: `one of ${allowedKeys(root, path).join(', ')}`,
    }));
  }
  const branch = meantBranch(issue);
  if (branch !== undefined)
    return branch.flatMap((inner) =>
      explain({ ...inner, path: [...issue.path, ...inner.path] }, document, lines, root),
    );
  const value: unknown = document.getIn(path);
  const missing = value === undefined && path.length > 0;
  return [
    {
      ...valuePosition(document, lines, path),
      path: dotted(path),
      found: missing ? 'nothing' : describe(value),
      expected: issue.message
        .replace(/^Invalid input: expected (.*), received \w+$/, '$1')
        .replace(/^(Too \w+): expected \w+ to be /, ''),
    },
  ];
}

/** Where a value may have one of several forms: what is wrong with the one form whose kind it has, if there is one. */
function meantBranch(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] | undefined {
  if (issue.code !== 'invalid_union') return undefined;
  const fitting = issue.errors.filter(
    (branch) => !branch.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function dotted(path: readonly string[]): string {
  return path.length === 0 ? '(file)' : path.join('.');
}

function describe(value: unknown): string {
  if (isNode(value)) return 'a block';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Where a value stands; a missing one is told at its nearest parent that exists. */
function valuePosition(
  document: Document,
  lines: LineCounter,
  path: readonly string[],
): { line: number; column: number } {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node: unknown = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (!isNode(node) || !node.range) continue;
    const { line, col } = lines.linePos(node.range[0]);
    return { line, column: col };
  }
  return { line: 1, column: 1 };
}

function keyPosition(
  document: Document,
  lines: LineCounter,
  path: readonly string[],
  key: string,
): { line: number; column: number } {
  const parent: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(parent)
    ? parent.items.find((item) => isNode(item.key) && String(item.key) === key)
    : undefined;
  if (pair === undefined || !isNode(pair.key) || !pair.key.range) return valuePosition(document, lines, path);
  const { line, col } = lines.linePos(pair.key.range[0]);
  return { line, column: col };
}

interface SchemaNode {
  readonly shape?: Readonly<Record<string, SchemaNode>>;
  readonly def?: {
    readonly innerType?: SchemaNode;
    readonly in?: SchemaNode;
    readonly element?: SchemaNode;
    readonly options?: readonly SchemaNode[];
  };
}

/** The keys the schema knows at a path, through its defaults, options, forms and lists. */
function allowedKeys(root: SchemaNode, path: readonly string[]): string[] {
  let node: SchemaNode | undefined = unwrap(root);
  for (const key of path) node = unwrap(node?.def?.element ?? node?.shape?.[key]);
  return Object.keys(node?.shape ?? {});
}

function unwrap(node: SchemaNode | undefined): SchemaNode | undefined {
  const inner = node?.def?.innerType ?? node?.def?.in;
  if (inner !== undefined) return unwrap(inner);
  const blocks = node?.def?.options?.map(unwrap).filter((option) => option?.shape !== undefined);
  return blocks?.[0] ?? node;
}
