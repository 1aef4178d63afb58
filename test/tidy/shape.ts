/** How a file may look: its size, its first words, its name, what it may leave behind. Rules only; each returns what it found wrong. */

import { posix } from 'node:path';
import ts from 'typescript6';

import { at, importsOf, lineOf, parse, resolved, type Source, walk } from './source.ts';

const FILE_LINES = 400;
const FUNCTION_LINES = 60;

/** Names that say nothing about what is inside, so everything ends up there. */
const EMPTY_NAMES = /^(utils?|helpers?|commons?|types?|managers?|misc|shared|stuff)$/;
const EMPTY_ENDINGS = /(?:[-._](?:utils?|helpers?|managers?)|(?:Utils?|Helpers?|Managers?))$/;

/** Single letters in brackets, so that this file does not trip over itself. */
const LEFTOVER = /\b([T]ODO|[F]IXME|[X]XX|[H]ACK)\b/;

export function longFiles(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    return lines > FILE_LINES ? [`${path}: ${lines} lines; at most ${FILE_LINES}`] : [];
  });
}

/** Anything with a body that can be called, its comment not counted. */
export function longFunctions(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const file = parse(source);
    const problems: string[] = [];
    walk(file, (node) => {
      if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
      const lines = file.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(file, node);
      if (lines > FUNCTION_LINES)
        problems.push(`${at(file, node)}: a function of ${lines} lines; at most ${FUNCTION_LINES}`);
    });
    return problems;
  });
}

/** The first thing a file says, after a `#!` line at most, is what it is. */
export function missingOpenings(sources: readonly Source[]): string[] {
  return sources
    .filter(({ text }) => !/^(#![^\n]*\n)?\/\*\*\s*\S/.test(text))
    .map(({ path }) => `${path}: does not open with a sentence in /** */`);
}

export function defaultExports(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const file = parse(source);
    const problems: string[] = [];
    walk(file, (node) => {
      const assigned = ts.isExportAssignment(node);
      const renamed = ts.isExportSpecifier(node) && node.name.text === 'default';
      const modified =
        ts.canHaveModifiers(node) &&
        ts.getModifiers(node)?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword) === true;
      if (assigned || renamed || modified) problems.push(`${at(file, node)}: a default export`);
    });
    return problems;
  });
}

/** Files that no entry reaches. Entries that do not exist yet reach nothing. */
export function deadFiles(sources: readonly Source[], entries: readonly string[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const alive = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const source = byPath.get(path);
    if (source === undefined || alive.has(path)) continue;
    alive.add(path);
    for (const { specifier } of importsOf(source)) {
      const next = specifier === undefined ? undefined : resolved(path, specifier);
      if (next !== undefined) waiting.push(next);
    }
  }
  return [...byPath.keys()]
    .filter((path) => !alive.has(path))
    .map((path) => `${path}: nothing imports it from ${entries.join(', ')}`);
}

/** Files and folders whose name would fit anything. */
export function emptyNames(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const parts = path.split('/').map((part) => posix.parse(part).name.replace(/\.test$/, ''));
    return parts.some((part) => EMPTY_NAMES.test(part.toLowerCase()) || EMPTY_ENDINGS.test(part));
  });
}

/** Marks of work put off. */
export function leftovers(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const mark = LEFTOVER.exec(line)?.[1];
      return mark === undefined ? [] : [`${path}:${index + 1}: ${mark}`];
    }),
  );
}
