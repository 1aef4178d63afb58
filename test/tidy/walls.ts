/** The walls of the house: which room may import which, and what the pure rooms may not see. Rules only; each returns what it found wrong. */

import ts from 'typescript6';

import { at, importsOf, packageOf, parse, resolved, type Source, walk } from './source.ts';

/** What a room may import: rooms by name, and rooms of which it may take the types only. `ground` is units, random and words. */
interface Permit {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

const may = (values: string, types = ''): Permit => ({
  values: values.split(' ').filter((room) => room !== ''),
  types: types.split(' ').filter((room) => room !== ''),
});

/** Who may import whom. A room imports itself. Rooms that are still to be built are listed already. */
export const ROOMS: Readonly<Record<string, Permit>> = {
  ground: may(''),
  profile: may('ground'),
  capacity: may('ground'),
  storm: may('ground profile'),
  measure: may('ground', 'storm'),
  verdict: may('ground measure', 'profile storm'),
  record: may('ground', 'profile storm measure verdict'),
  simulate: may('ground profile storm measure capacity'),
  report: may('ground record measure', 'verdict'),
  protocol: may('ground', 'profile storm measure'),
  replay: may('ground profile storm measure protocol'),
  telemetry: may('ground', 'measure verdict'),
  gameday: may('ground profile protocol', 'storm measure verdict'),
  fleet: may('ground profile storm measure verdict record replay gameday'),
  target: may('ground capacity'),
  cli: may(
    'ground profile storm capacity measure verdict record simulate report protocol replay telemetry gameday fleet target',
  ),
};

/** Each stands alone: the ground imports nothing, itself included. */
const GROUND = ['src/units.ts', 'src/random.ts', 'src/words.ts'];

/** They open the house, so they may import any room, and no room imports them. */
const DOORS = ['src/main.ts', 'src/index.ts'];

const PURE = ['ground', 'profile', 'storm', 'capacity', 'measure', 'verdict', 'record', 'simulate', 'report'];

/** Clocks, chance, the process and the outside world. */
const FORBIDDEN_GLOBALS = new Set(
  (
    'performance process setTimeout setInterval setImmediate queueMicrotask ' +
    'globalThis global console crypto fetch WebSocket EventSource Worker require'
  ).split(' '),
);

/** What a Date says in the time zone of whoever runs it: the same plan would read differently elsewhere. */
const LOCAL_TIME =
  /^(get(FullYear|Month|Date|Day|Hours|Minutes|TimezoneOffset)|to(Date|Time|Locale(Date|Time))String)$/;

/** Built-ins that a pure room may use after all. */
const BUILT_INS: readonly { module: string; under: string; names: readonly string[]; why: string }[] = [
  {
    module: 'node:net',
    under: 'src/profile/guard.ts',
    names: ['isIP', 'BlockList'],
    why: 'address arithmetic; neither opens a socket',
  },
  {
    module: 'node:crypto',
    under: 'src/storm/',
    names: ['createHash'],
    why: "the plan's digest; a hash is a function of its input",
  },
  {
    module: 'node:crypto',
    under: 'src/report/html.ts',
    names: ['createHash'],
    why: "the style sheet's hash for the page's policy; a hash is a function of its input",
  },
  { module: 'node:buffer', under: 'src/', names: ['Buffer'], why: 'bytes in memory' },
];

/** Packages that speak to the world or keep time; the others compute. */
const EFFECT_PACKAGES = new Set(['undici', 'smtp-server', 'selfsigned', 'p-limit', 'yargs']);

/** The room a path of src belongs to; undefined for the doors and for what lies in no room of the table. */
export function roomOf(path: string): string | undefined {
  if (GROUND.includes(path)) return 'ground';
  const room = /^src\/([^/]+)\//.exec(path)?.[1];
  return room !== undefined && room !== 'ground' && room in ROOMS ? room : undefined;
}

/** Imports that go through a wall. */
export function brokenWalls(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    if (DOORS.includes(source.path)) return [];
    const room = roomOf(source.path);
    if (room === undefined)
      return [`${source.path}: in no room of the house (${Object.keys(ROOMS).join(', ')})`];
    return importsOf(source).flatMap((found) => {
      const where = `${source.path}:${found.line}`;
      if (found.specifier === undefined) return [`${where}: a computed import(), which no wall can stop`];
      const path = resolved(source.path, found.specifier);
      if (path === undefined) return [];
      const problem = wallBetween(source.path, room, path, found.typeOnly);
      return problem === undefined ? [] : [`${where}: ${problem}`];
    });
  });
}

function wallBetween(from: string, room: string, path: string, typeOnly: boolean): string | undefined {
  if (DOORS.includes(path)) return `${path} is a door; rooms do not import it`;
  const other = roomOf(path);
  if (other === undefined) return `${path} is in no room of the house`;
  if (other === room) return room === 'ground' && path !== from ? 'the ground imports nothing' : undefined;
  const permit = ROOMS[room];
  if (permit?.values.includes(other)) return undefined;
  if (!permit?.types.includes(other)) return `${room} may not import ${other}`;
  return typeOnly ? undefined : `${room} may take only types from ${other}: write \`import type { ... }\``;
}

/** Clocks, chance, process and I/O in the rooms that must be functions of their input. */
export function impurities(sources: readonly Source[]): string[] {
  return sources
    .filter((source) => PURE.includes(roomOf(source.path) ?? ''))
    .flatMap((source) => [...forbiddenImports(source), ...forbiddenNames(source)]);
}

function forbiddenImports(source: Source): string[] {
  return importsOf(source).flatMap((found) => {
    const { specifier, names, typeOnly, line } = found;
    if (typeOnly || specifier === undefined) return [];
    const where = `${source.path}:${line}`;
    if (EFFECT_PACKAGES.has(packageOf(specifier))) return [`${where}: a pure room imports ${specifier}`];
    if (!specifier.startsWith('node:')) return [];
    const exception = BUILT_INS.find((e) => e.module === specifier && source.path.startsWith(e.under));
    if (exception !== undefined && names?.every((name) => exception.names.includes(name))) return [];
    return [`${where}: a pure room imports ${names?.join(', ') ?? 'all'} from ${specifier}`];
  });
}

function forbiddenNames(source: Source): string[] {
  const file = parse(source);
  const problems: string[] = [];
  walk(file, (node) => {
    if (!ts.isIdentifier(node)) return;
    if (ts.isPropertyAccessExpression(node.parent) && LOCAL_TIME.test(node.text))
      problems.push(`${at(file, node)}: a pure room asks for local time (${node.text})`);
    if (!isReference(node)) return;
    if (FORBIDDEN_GLOBALS.has(node.text)) problems.push(`${at(file, node)}: a pure room uses ${node.text}`);
    if (node.text === 'Date' && !isHarmlessDate(node))
      problems.push(`${at(file, node)}: a pure room uses Date for more than new Date(instant)`);
    if (node.text === 'Math' && !isHarmlessMath(node)) {
      problems.push(
        `${at(file, node)}: a pure room uses Math.random, or Math in a way that hides which part`,
      );
    }
  });
  return problems;
}

/** `new Date(instant)` and `Date.UTC(...)` turn a number into a date; everything else a Date offers asks the clock or the time zone. */
function isHarmlessDate(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isNewExpression(parent)) return parent.expression === node && parent.arguments?.length === 1;
  return ts.isPropertyAccessExpression(parent) && parent.expression === node && parent.name.text === 'UTC';
}

/** A name that is looked up, not one that only labels a property, a member or a type. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent) || ts.isTypeReferenceNode(parent)) return false;
  if (ts.isBindingElement(parent)) return parent.propertyName !== node;
  if (ts.isImportClause(parent) || ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  const named = ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent) || ts.isAccessor(parent);
  const member = ts.isPropertyDeclaration(parent) || ts.isTypeElement(parent) || ts.isEnumMember(parent);
  return !((named || member) && parent.name === node);
}

function isHarmlessMath(node: ts.Identifier): boolean {
  const { parent } = node;
  return ts.isPropertyAccessExpression(parent) && parent.expression === node && parent.name.text !== 'random';
}
