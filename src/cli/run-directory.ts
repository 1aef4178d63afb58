/** The run directory: opened before the first packet, written on every exit path. When it cannot be written, says so. */

import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  mkdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunEvent } from '../replay/conduct.ts';

export type DirectoryReading =
  | { readonly ok: true; readonly directory: RunDirectory }
  | { readonly ok: false; readonly kind: 'taken' | 'unwritable'; readonly problem: string };

/** One run's directory. The first failure to write is kept; later writes are not tried. */
export class RunDirectory {
  readonly path: string;
  #failure: string | undefined;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the directory and proves that it can be written, before anything else is done. */
  static open(path: string): DirectoryReading {
    const full = resolve(path);
    if (existsSync(join(full, 'record.json')))
      return {
        ok: false,
        kind: 'taken',
        problem: `--out ${path}: found a run there already, expected a new or empty directory`,
      };
    const directory = new RunDirectory(full);
    try {
      mkdirSync(full, { recursive: true });
      accessSync(full, constants.W_OK);
    } catch (error) {
      return {
        ok: false,
        kind: 'unwritable',
        problem: `run directory ${path} cannot be written: ${words(error)}`,
      };
    }
    directory.#attempt(() => writeFileSync(join(full, 'events.ndjson'), ''));
    if (directory.failure === undefined) return { ok: true, directory };
    return {
      ok: false,
      kind: 'unwritable',
      problem: `run directory ${path} cannot be written: ${directory.failure}`,
    };
  }

  /** Why writing failed; undefined while it works. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Appends one event; events are kept as they happen, whatever becomes of the run. */
  event(event: RunEvent): void {
    this.#attempt(() => appendFileSync(join(this.path, 'events.ndjson'), `${JSON.stringify(event)}\n`));
  }

  write(name: string, text: string): void {
    // Under another name first: a reader never meets half a file.
    const path = join(this.path, name);
    this.#attempt(() => {
      writeFileSync(`${path}.part`, text);
      renameSync(`${path}.part`, path);
    });
  }

  #attempt(act: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      act();
    } catch (error) {
      this.#failure = words(error);
    }
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
