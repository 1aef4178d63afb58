/** What text in the repository may point at: files that exist, and no place that only one machine has. Rules only; each returns what it found wrong. */

import type { Source } from './source.ts';

/** Folders of the machine of whoever wrote the line. Single letters in brackets, so that this file does not trip over itself. */
const MACHINE_FOLDERS = /(?<![\w.~*-])\/(?:[w]ork|[r]oot)\//;

/** Where packages come from is the reader's own setting. */
const REGISTRY_HOSTS =
  /registry\.(?:npm|yarn)|\b[n]pmjs\.(?:org|com)|[a]rtifactory|[c]odeartifact|[v]erdaccio/i;

/** A path of this repository, inside code. */
const REPOSITORY_PATH = /(?<![\w./@-])(?:src|profiles|test)\/[\w./*{}<>-]*/g;

/** Paths in backticks and code blocks that lead nowhere. From the first placeholder on a path is not followed. */
export function brokenPaths(documents: readonly Source[], existing: ReadonlySet<string>): string[] {
  return documents.flatMap(({ path, text }) => {
    const code = [...text.matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].map((match) => match[0]).join('\n');
    const mentioned = new Set(code.match(REPOSITORY_PATH) ?? []);
    return [...mentioned]
      .filter((mention) => {
        const open = mention.search(/[*{<]/);
        const known = open === -1 ? mention : mention.slice(0, mention.lastIndexOf('/', open) + 1);
        return !existing.has(known.replace(/[/.]+$/, ''));
      })
      .map((mention) => `${path}: ${mention} does not exist`);
  });
}

/** Lines that name a folder of one machine or the registry somebody happens to use. `hosts` are further names to look for. */
export function localPlaces(files: readonly Source[], hosts: readonly string[] = []): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const found =
        MACHINE_FOLDERS.exec(line)?.[0] ??
        REGISTRY_HOSTS.exec(line)?.[0] ??
        hosts.find((host) => line.includes(host));
      return found === undefined ? [] : [`${path}:${index + 1}: ${found}`];
    }),
  );
}
