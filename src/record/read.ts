/** The text of a record.json -> a RunRecord of today, or the one reason why not. Older ones are filled up, newer ones refused; no figure is made up. */

import { RECORD_FORM } from './form.ts';
import { SCHEMA_VERSION, type RunRecord } from './record.ts';

export type RecordReading =
  | { readonly ok: true; readonly record: RunRecord }
  | { readonly ok: false; readonly problem: string };

/** Reads it; a problem says what was found and what was expected. */
export function readRecord(text: string): RecordReading {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return {
      ok: false,
      problem: `found no JSON${text === '' ? ' (the file is empty)' : ''}, expected a record`,
    };
  }
  const version = versionOf(json);
  if (typeof version !== 'number')
    return { ok: false, problem: 'found no schemaVersion, expected a record of replystorm' };
  if (version > SCHEMA_VERSION)
    return {
      ok: false,
      problem: `found schemaVersion ${version}, expected at most ${SCHEMA_VERSION}: a newer replystorm wrote it, and reads it`,
    };
  const read = RECORD_FORM.safeParse(json);
  // What the form does not name is kept as it was; the compiler cannot know that our own writer wrote it.
  if (read.success) return { ok: true, record: read.data as unknown as RunRecord };
  const issue = read.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  return { ok: false, problem: `${where === '' ? '' : `${where}: `}${issue?.message ?? 'not a record'}` };
}

function versionOf(json: unknown): unknown {
  return typeof json === 'object' && json !== null && 'schemaVersion' in json
    ? json.schemaVersion
    : undefined;
}
