/** `report`: every report of a run again, from its record.json and intervals.hlog alone. It runs nothing and judges nothing. */

import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Argv } from 'yargs';
import { readIntervalLog, type LoggedInterval } from '../measure/hlog-read.ts';
import { readRecord } from '../record/read.ts';
import type { RunRecord } from '../record/record.ts';
import { appendStepSummary, FORMATS, type Format } from './report-files.ts';
import { usageError } from './usage.ts';

export interface ReportFlags {
  readonly run: string;
  readonly format?: string | undefined;
  readonly out?: string | undefined;
}

/** A record is some hundred kilobytes; beyond this it is something else, and would only fill the memory. */
const RECORD_BYTES = 64 * 1024 * 1024;

/** 900 intervals with every series are some 100 MB; a text of more than this fits no string. */
const LOG_BYTES = 500_000_000;

/** As 117 of a run: what was to be written could not be. */
const UNWRITABLE = 117;

/** The flags of `report`. */
export function withReportFlags<T>(argv: Argv<T>) {
  return argv
    .positional('run', { type: 'string', demandOption: true, describe: 'A run directory' })
    .option('format', {
      type: 'string',
      requiresArg: true,
      describe: `One or more of ${Object.keys(FORMATS).join(',')}; all by default`,
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'Where to write; the run directory by default, - writes one format to standard output',
    });
}

/** Reads, renders, writes; the exit code is 0 where everything was written, whatever the run's own was. */
export function reportCommand({ run, format, out = run }: ReportFlags): number {
  const formats = formatsOf(format);
  if ('problem' in formats) return usageError([formats.problem]);
  if (out === '-' && formats.wanted.length !== 1)
    return usageError([`--out -: found ${formats.wanted.length} formats, expected one (--format)`]);
  const record = recordIn(run);
  if ('problem' in record) return usageError([record.problem]);
  const log = logIn(run);
  if ('problem' in log) return usageError([log.problem]);
  const texts = formats.wanted.map((name) => ({
    name: FORMATS[name].file,
    text: FORMATS[name].render(record.record, log.intervals),
  }));
  appendStepSummary(record.record);
  if (out === '-') {
    process.stdout.write(texts.map(({ text }) => text).join(''));
    return 0;
  }
  const failure = written(resolve(out), texts);
  if (failure === undefined) return 0;
  process.stderr.write(`--out ${out}: cannot be written: ${failure}\n`);
  return UNWRITABLE;
}

function formatsOf(
  text: string | undefined,
): { readonly wanted: readonly Format[] } | { readonly problem: string } {
  const known = Object.keys(FORMATS) as Format[];
  const asked = text === undefined ? known : text.split(',').map((one) => one.trim());
  const wanted = known.filter((name) => asked.includes(name));
  const strange = asked.find((one) => !known.some((name) => name === one));
  if (strange === undefined) return { wanted };
  return { problem: `--format: found ${JSON.stringify(strange)}, expected some of ${known.join(',')}` };
}

function recordIn(run: string): { readonly record: RunRecord } | { readonly problem: string } {
  const path = join(run, 'record.json');
  const text = textOf(path, RECORD_BYTES);
  if (typeof text !== 'string')
    return { problem: `${path}: found ${text.found}, expected the record of a run` };
  const reading = readRecord(text);
  return reading.ok ? { record: reading.record } : { problem: `${path}: ${reading.problem}` };
}

/** Without a log there are no pictures of it, which the page says; a broken one is an error. */
function logIn(
  run: string,
): { readonly intervals: readonly LoggedInterval[] | undefined } | { readonly problem: string } {
  const path = join(run, 'intervals.hlog');
  const text = textOf(path, LOG_BYTES);
  if (typeof text !== 'string') {
    if (text.isMissing) return { intervals: undefined };
    return { problem: `${path}: found ${text.found}, expected the interval log of a run` };
  }
  const reading = readIntervalLog(text);
  return reading.ok ? { intervals: reading.intervals } : { problem: `${path}: ${reading.problem}` };
}

function textOf(
  path: string,
  limitBytes: number,
): string | { readonly found: string; readonly isMissing: boolean } {
  try {
    const { size } = statSync(path);
    if (size > limitBytes) return { found: `${size} bytes, more than ${limitBytes}`, isMissing: false };
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { found: `no readable file (${code})`, isMissing: code === 'ENOENT' };
  }
}

/** Writes all files, each under another name first; the first failure ends it and is told. */
function written(
  folder: string,
  texts: readonly { readonly name: string; readonly text: string }[],
): string | undefined {
  try {
    mkdirSync(folder, { recursive: true });
    for (const { name, text } of texts) {
      const path = join(folder, name);
      writeFileSync(`${path}.part`, text);
      renameSync(`${path}.part`, path);
      process.stderr.write(`${path}\n`);
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
