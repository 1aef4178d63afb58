/** The house rules as a test: each rule is first shown to fail when it should, then held against the repository. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { lockedAddresses, type Manifest, undeclaredImports, unusedDependencies } from './tidy/packages.ts';
import {
  deadFiles,
  defaultExports,
  emptyNames,
  leftovers,
  longFiles,
  longFunctions,
  missingOpenings,
} from './tidy/shape.ts';
import type { Source } from './tidy/source.ts';
import { brokenWalls, impurities, ROOMS } from './tidy/walls.ts';
import { brokenPaths, localPlaces } from './tidy/words.ts';

const ROOT = join(import.meta.dirname, '..');

/** What git does not keep, or keeps for itself. */
const NOT_OURS = new Set(['.git', 'node_modules', 'dist', 'runs', 'coverage', '.lab']);

/** Where a program of ours begins: the command, the library, the embedded target's process, the threads of load, the dashboard's page. */
const ENTRIES = [
  'src/main.ts',
  'src/index.ts',
  'src/target/main.ts',
  'src/replay/worker.ts',
  'src/replay/calibration-worker.ts',
  'src/replay/imap-calibration-worker.ts',
  'src/replay/http-calibration-worker.ts',
  'src/replay/jmap-calibration-worker.ts',
  'src/telemetry/dashboard/page/main.tsx',
];

/** Dependencies that wait for the code that needs them: none. */
const PENDING = {};

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (NOT_OURS.has(entry.name) || entry.name.endsWith('.log')) return [];
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

function readAll(paths: readonly string[]): Source[] {
  return paths.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

const paths = filesUnder('');
const src = readAll(paths.filter((path) => /^src\/.*\.tsx?$/.test(path)));
/** The dashboard's page is bundled when it is built: what it imports ships inside dist, and no installation has to bring it. */
const [bundled, installedWith] = [true, false].map((inPage) =>
  src.filter(({ path }) => path.startsWith('src/telemetry/dashboard/page/') === inPage),
) as [Source[], Source[]];
const tests = readAll(paths.filter((path) => /^test\/.*\.ts$/.test(path)));
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

/** One file, for a fixture. */
function one(path: string, text: string): Source[] {
  return [{ path, text }];
}

const lines = (count: number): string => 'void 0;\n'.repeat(count);
const body = (count: number): string => `{\n${lines(count - 2)}}`;
const kinds = (count: number): string[] => [
  `function f() ${body(count)}`,
  `const f = () => ${body(count)};`,
  `const f = function () ${body(count)};`,
  `class C { m() ${body(count)} }`,
  `class C { constructor() ${body(count)} }`,
  `const o = { get x() ${body(count)} };`,
];
const wall = (path: string, text: string): string[] => brokenWalls(one(path, text));
const impure = (text: string, path = 'src/storm/a.ts'): string[] => impurities(one(path, text));
const locked = (resolved: string): string =>
  JSON.stringify({ packages: { '': {}, 'node_modules/a': { resolved } } });

describe('walls', () => {
  test('an import through a wall is found', () => {
    expect(wall('src/storm/a.ts', `import { b } from '../measure/b.ts';`)).toEqual([
      'src/storm/a.ts:1: storm may not import measure',
    ]);
    expect(wall('src/measure/a.ts', `import { B } from '../storm/b.ts';`)).toHaveLength(1);
    expect(wall('src/measure/a.ts', `import { type B } from '../storm/b.ts';`)).toHaveLength(1);
    expect(wall('src/measure/a.ts', `export { B } from '../storm/b.ts';`)).toHaveLength(1);
    expect(wall('src/storm/a.ts', `const b = await import('../cli/b.ts');`)).toHaveLength(1);
    expect(wall('src/storm/a.ts', `type B = import('../cli/b.ts').B;`)).toHaveLength(1);
    expect(wall('src/storm/a.ts', `const b = await import(name);`)).toHaveLength(1);
    expect(wall('src/units.ts', `import { a } from './random.ts';`)).toHaveLength(1);
    expect(wall('src/replay/a.ts', `import { a } from '../main.ts';`)).toHaveLength(1);
    expect(wall('src/replay/a.ts', `import { a } from '../../test/a.ts';`)).toHaveLength(1);
    expect(wall('src/elsewhere/a.ts', '')).toHaveLength(1);
    expect(wall('src/stray.ts', '')).toHaveLength(1);
  });

  test('protocol and target never meet, not even over a type', () => {
    expect(brokenWalls(one('src/protocol/a.ts', `import type { B } from '../target/b.ts';`))).toHaveLength(1);
    expect(brokenWalls(one('src/target/a.ts', `import type { B } from '../protocol/b.ts';`))).toHaveLength(1);
  });

  test('nobody imports cli, and cli may import every other room', () => {
    for (const room of Object.keys(ROOMS)) {
      if (room === 'cli' || room === 'ground') continue;
      expect(
        brokenWalls(one(`src/${room}/a.ts`, `import type { B } from '../cli/b.ts';`)),
        room,
      ).toHaveLength(1);
      expect(brokenWalls(one('src/cli/a.ts', `import { b } from '../${room}/b.ts';`)), room).toEqual([]);
    }
  });

  test('what the table allows passes', () => {
    const fine = [
      `import type { B } from '../storm/b.ts';`,
      `import { parseBytes } from '../units.ts';`,
      `import { c } from './c.ts';`,
      `import { z } from 'zod';`,
    ];
    expect(brokenWalls(one('src/measure/a.ts', fine.join('\n')))).toEqual([]);
    expect(brokenWalls(one('src/main.ts', `import { run } from './cli/run.ts';`))).toEqual([]);
  });

  test('hold in src', () => {
    expect(brokenWalls(src)).toEqual([]);
  });
});

describe('pure rooms', () => {
  test.each([
    'const now = Date.now();',
    'const now = new Date();',
    'const now = new Date;',
    'const now = Date();',
    'const sent = new Date(2016, 10, 14);',
    'const hour = sent.getHours();',
    'const text = sent.toLocaleTimeString();',
    'const now = performance.now();',
    'const home = process.env;',
    'const x = Math.random();',
    `const x = Math['random']();`,
    'const { random } = Math;',
    'setTimeout(go, 1);',
    'setInterval(go, 1);',
    'setImmediate(go);',
    'queueMicrotask(go);',
    'globalThis.setTimeout(go, 1);',
    'const id = crypto.randomUUID();',
    'const clock = { now: Date };',
    'const clock = { performance };',
    `import { readFileSync } from 'node:fs';`,
    `import * as net from 'node:net';`,
    `import { connect } from 'node:net';`,
    `import { isIP } from 'node:net';`,
    `import { randomBytes } from 'node:crypto';`,
    `import crypto from 'node:crypto';`,
    `import { request } from 'undici';`,
  ])('%s is found', (text) => {
    expect(impure(text)).toHaveLength(1);
  });

  test('the guard reaches no further than address arithmetic', () => {
    expect(impure(`import { isIP, BlockList } from 'node:net';`, 'src/profile/guard.ts')).toEqual([]);
    expect(impure(`import { isIP, connect } from 'node:net';`, 'src/profile/guard.ts')).toHaveLength(1);
  });

  test('the ground is pure too; an effect room need not be', () => {
    expect(impure('const now = Date.now();', 'src/random.ts')).toHaveLength(1);
    expect(impure('const now = performance.now();', 'src/replay/clock.ts')).toEqual([]);
  });

  test('names that only look alike, and what is on the short list, pass', () => {
    const fine = `import { createHash } from 'node:crypto';
import { Buffer } from 'node:buffer';
interface Row { Date: string; process(): void }
const header = { Date: 'x', process: 1 };
const { Date: sent } = header;
const text = new Date(sentMs).toUTCString() + Date.UTC(2016, 10, 14) + sent.getUTCHours() + sent.toISOString();
export const y = Math.floor(header.process) + mail.Date.length;`;
    expect(impure(fine)).toEqual([]);
  });

  test('hold in src', () => {
    expect(impurities(src)).toEqual([]);
  });
});

describe('shape', () => {
  test('a file over 400 lines is found', () => {
    expect(longFiles(one('src/a.ts', lines(401)))).toHaveLength(1);
    expect(longFiles(one('src/a.ts', lines(400)))).toEqual([]);
    expect(longFiles([...src, ...tests])).toEqual([]);
  });

  test('a function over 60 lines is found, whatever kind it is', () => {
    for (const text of kinds(61))
      expect(longFunctions(one('src/a.ts', text)), text.slice(0, 30)).toHaveLength(1);
    for (const text of kinds(60)) expect(longFunctions(one('src/a.ts', text)), text.slice(0, 30)).toEqual([]);
    expect(longFunctions(one('src/a.ts', `/**\n${' * words\n'.repeat(60)} */\nfunction f() {}`))).toEqual([]);
    expect(longFunctions(src)).toEqual([]);
  });

  test('a file that does not say what it is is found', () => {
    expect(missingOpenings(one('src/a.ts', `import 'x';\n/** Late. */`))).toHaveLength(1);
    expect(missingOpenings(one('src/a.ts', '// A line.\n'))).toHaveLength(1);
    expect(missingOpenings(one('src/a.ts', '#!/usr/bin/env node\n/** Words. */\n'))).toEqual([]);
    expect(missingOpenings([...src, ...tests])).toEqual([]);
  });

  test('a default export is found', () => {
    for (const text of [
      'export default 1;',
      'export default function f() {}',
      'export default class {}',
      'const a = 1; export { a as default };',
    ])
      expect(defaultExports(one('src/a.ts', text)), text).toHaveLength(1);
    expect(defaultExports(one('src/a.ts', 'export const a = 1;'))).toEqual([]);
    expect(defaultExports(src)).toEqual([]);
  });

  test('a dead file is found, and so is a pair that keep each other alive', () => {
    const house = [
      ...one('src/main.ts', `import { a } from './a.ts';`),
      ...one('src/a.ts', `import type { B } from './b.ts'; await import('./c.ts');`),
      ...one('src/b.ts', ''),
      ...one('src/c.ts', ''),
      ...one('src/d.ts', `import './e.ts';`),
      ...one('src/e.ts', `import './d.ts';`),
    ];
    expect(deadFiles(house, ['src/main.ts', 'src/absent.ts'])).toEqual([
      'src/d.ts: nothing imports it from src/main.ts, src/absent.ts',
      'src/e.ts: nothing imports it from src/main.ts, src/absent.ts',
    ]);
  });

  test('every file of src is alive', () => {
    expect(deadFiles(src, ENTRIES)).toEqual([]);
  });

  test('a name that would fit anything is found', () => {
    const empty = [
      'src/a/util.ts',
      'src/helpers/a.ts',
      'src/common.ts',
      'src/a/types.ts',
      'test/utils.test.ts',
    ];
    const managers = ['src/a/manager.ts', 'src/a/queue-manager.ts', 'src/a/QueueManager.ts'];
    expect(emptyNames([...empty, ...managers])).toEqual([...empty, ...managers]);
    expect(emptyNames(['src/a/mime-type.ts', 'src/a/utility-bill.ts', 'src/common-mailbox.ts'])).toEqual([]);
    expect(emptyNames(paths.filter((path) => /^(src|test)\//.test(path)))).toEqual([]);
  });

  test('work put off is found', () => {
    // In two parts, so that this file does not trip over itself.
    for (const [a, b] of ['TO-DO', 'FIX-ME', 'X-XX', 'HA-CK'].map((mark) => mark.split('-')))
      expect(leftovers(one('src/a.ts', `a();\n// ${a}${b}: later`))).toEqual([`src/a.ts:2: ${a}${b}`]);
    expect(leftovers(one('src/a.ts', '// mktemp -d lab-XXXXXX, hackney, todo lists'))).toEqual([]);
    expect(leftovers([...src, ...tests])).toEqual([]);
  });
});

describe('packages', () => {
  const uses = one(
    'src/a.ts',
    `import { z } from 'zod';\nimport type { B } from '@scope/b/deep';\nimport 'node:fs';`,
  );

  test('a dependency nobody imports is found, and a pending one that arrived', () => {
    const declared = { dependencies: { zod: '1', '@scope/b': '1', idle: '1' } };
    expect(unusedDependencies(uses, declared, {})).toHaveLength(1);
    expect(unusedDependencies(uses, declared, { idle: 'soon' })).toEqual([]);
    expect(unusedDependencies(uses, declared, { idle: 'soon', zod: 'soon' })).toHaveLength(1);
    expect(unusedDependencies(uses, declared, { idle: 'soon', gone: 'soon' })).toHaveLength(1);
  });

  test('every dependency is imported by src', () => {
    expect(unusedDependencies(installedWith, manifest, PENDING)).toEqual([]);
  });

  test('an import of what no installation brings is found', () => {
    expect(undeclaredImports(uses, ['zod'])).toEqual(['src/a.ts:2: @scope/b is not among the dependencies']);
    expect(undeclaredImports(one('src/a.ts', `import 'fs';`), [])).toEqual(['src/a.ts:1: write node:fs']);
    const installed = Object.keys(manifest.dependencies ?? {});
    expect(undeclaredImports(installedWith, installed)).toEqual([]);
    const forTests = [...installed, ...Object.keys(manifest.devDependencies ?? {})];
    expect(bundled.length).toBeGreaterThan(0);
    expect(undeclaredImports(bundled, forTests)).toEqual([]);
    expect(undeclaredImports(tests, forTests)).toEqual([]);
  });

  test('a lock file tied to one registry is found', () => {
    expect(lockedAddresses(locked('https://packages.example/a.tgz'))).toHaveLength(1);
    expect(lockedAddresses(locked('file:a'))).toEqual([]);
    expect(lockedAddresses(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))).toEqual([]);
  });
});

describe('words', () => {
  test('a path that leads nowhere is found', () => {
    const existing = new Set(['src', 'src/a.ts', 'profiles']);
    const text =
      'see `src/a.ts`, `src/`, `profiles/*.yaml`, `node test/b.ts` and src/c.ts\n```\nsrc/d/e.ts\n```\n';
    expect(brokenPaths(one('README.md', text), existing).toSorted()).toEqual([
      'README.md: src/d/e.ts does not exist',
      'README.md: test/b.ts does not exist',
    ]);
    const documents = ['README.md', 'ARCHITECTURE.md'].filter((path) => existsSync(join(ROOT, path)));
    const folders = paths.flatMap((path) =>
      path.split('/').map((_, i, parts) => parts.slice(0, i).join('/')),
    );
    expect(brokenPaths(readAll(documents), new Set([...paths, ...folders]))).toEqual([]);
  });

  test('a place that only one machine has is found', () => {
    // With a gap in each, so that this file does not trip over itself.
    const bad = ['/wo|rk/main', "cd '/ro|ot/x'", 'https://registry.n|pmjs.org/a', 'host packages.local'];
    expect(localPlaces(one('a.md', bad.join('\n').replaceAll('|', '')), ['packages.local'])).toHaveLength(4);
    const fine = 'a/wo|rk/b, ~/wo|rk/, network/root.ts, gcr.io/distroless';
    expect(localPlaces(one('a.md', fine.replaceAll('|', '')))).toEqual([]);
    // The registry in use here, whatever it is, is nobody else's business.
    const registry = process.env['npm_config_registry'];
    const hosts = registry === undefined ? [] : [new URL(registry).host];
    expect(localPlaces(readAll(paths), hosts)).toEqual([]);
  });
});
