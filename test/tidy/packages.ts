/** What package.json and the lock file may say, next to what the code imports. Rules only; each returns what it found wrong. */

import { builtinModules } from 'node:module';

import { importsOf, packageOf, type Source } from './source.ts';

export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Dependencies nothing imports yet, each with its reason. One that is imported after all has to leave this list. */
export type Pending = Readonly<Record<string, string>>;

export function unusedDependencies(
  sources: readonly Source[],
  manifest: Manifest,
  pending: Pending,
): string[] {
  const used = new Set(packageImports(sources).map(({ name }) => name));
  const declared = Object.keys(manifest.dependencies ?? {});
  return [
    ...declared
      .filter((name) => !used.has(name) && !(name in pending))
      .map((name) => `package.json: nothing in src imports the dependency ${name}`),
    ...Object.keys(pending)
      .filter((name) => used.has(name) || !declared.includes(name))
      .map((name) => `${name} is no longer a dependency waiting for its first import: take it off the list`),
  ];
}

/** Imports of packages that an installation would not bring, and built-ins without their `node:`. */
export function undeclaredImports(sources: readonly Source[], declared: readonly string[]): string[] {
  return packageImports(sources)
    .filter(({ name }) => !declared.includes(name))
    .map(({ name, where }) => {
      return builtinModules.includes(name)
        ? `${where}: write node:${name}`
        : `${where}: ${name} is not among the dependencies`;
    });
}

/** Addresses in the lock file: it must install from whatever registry the reader has. */
export function lockedAddresses(lock: string): string[] {
  const { packages = {} } = JSON.parse(lock) as { packages?: Record<string, { resolved?: string }> };
  return Object.entries(packages)
    .filter(([, entry]) => /^(git\+)?https?:/.test(entry.resolved ?? ''))
    .map(([name]) => `package-lock.json: ${name} is tied to an address (resolved)`);
}

function packageImports(sources: readonly Source[]): { name: string; where: string }[] {
  return sources.flatMap((source) =>
    importsOf(source).flatMap(({ specifier, line }) =>
      specifier === undefined || /^(\.|node:)/.test(specifier)
        ? []
        : [{ name: packageOf(specifier), where: `${source.path}:${line}` }],
    ),
  );
}
