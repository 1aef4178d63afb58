/** Source text to the facts the house rules are about: imports, functions, exports. Reads with TypeScript 6, whose parser is a library. */

import { posix } from 'node:path';
import ts from 'typescript6';

/** A file as the rules see it: where it lies, from the root of the repository, and what it says. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly line: number;
  /** As written; undefined where it is computed. */
  readonly specifier: string | undefined;
  /** Gone after compilation: `import type`, `export type ... from`, `import('...').T`. Not `import { type T }`, which stays. */
  readonly typeOnly: boolean;
  /** The names asked for; undefined when everything is (`* as`, a default, `import()`). */
  readonly names: readonly string[] | undefined;
}

export function parse(source: Source): ts.SourceFile {
  return ts.createSourceFile(source.path, source.text, ts.ScriptTarget.ES2023, true);
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** `path:line`, as a terminal can open it. */
export function at(file: ts.SourceFile, node: ts.Node): string {
  return `${file.fileName}:${lineOf(file, node)}`;
}

export function lineOf(file: ts.SourceFile, node: ts.Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

/** Every way one module can name another. */
export function importsOf(source: Source): Import[] {
  const file = parse(source);
  const found: Import[] = [];
  walk(file, (node) => {
    const line = lineOf(file, node);
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      found.push({ line, specifier: textOf(node.moduleSpecifier), typeOnly, names: importedNames(clause) });
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      const clause = node.exportClause;
      const names =
        clause !== undefined && ts.isNamedExports(clause) ? clause.elements.map(exportedName) : undefined;
      found.push({ line, specifier: textOf(node.moduleSpecifier), typeOnly: node.isTypeOnly, names });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      found.push({ line, specifier: textOf(node.arguments[0]), typeOnly: false, names: undefined });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push({ line, specifier: textOf(node.argument.literal), typeOnly: true, names: undefined });
    }
  });
  return found;
}

/** A relative specifier as a path from the root; undefined for packages and built-ins. */
export function resolved(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;
}

/** `@scope/name/deep/file` -> `@scope/name`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function importedNames(clause: ts.ImportClause | undefined): readonly string[] | undefined {
  const bindings = clause?.namedBindings;
  if (clause?.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return undefined;
  return bindings.elements.map(exportedName);
}

function exportedName(element: ts.ImportSpecifier | ts.ExportSpecifier): string {
  return (element.propertyName ?? element.name).text;
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}
