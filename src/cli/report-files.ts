/** A record as files, and as the summary of a build's step. The reports write the words; this writes them down. */

import { appendFileSync } from 'node:fs';
import type { LoggedInterval } from '../measure/hlog-read.ts';
import type { RunRecord } from '../record/record.ts';
import { renderCsv } from '../report/csv.ts';
import { renderHtml } from '../report/html.ts';
import { renderJunit } from '../report/junit.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { renderText } from '../report/text.ts';
import type { RunDirectory } from './run-directory.ts';

type Intervals = readonly LoggedInterval[] | undefined;

/** The formats of a report: the file's name and what is in it. */
export const FORMATS = {
  html: { file: 'report.html', render: renderHtml },
  text: { file: 'report.txt', render: renderText },
  json: { file: 'report.json', render: renderJson },
  junit: { file: 'junit.xml', render: renderJunit },
  csv: { file: 'operations.csv', render: renderCsv },
  markdown: { file: 'report.md', render: renderMarkdown },
} as const satisfies Readonly<
  Record<
    string,
    { readonly file: string; readonly render: (record: RunRecord, intervals?: Intervals) => string }
  >
>;

export type Format = keyof typeof FORMATS;

/** A record as it is written. */
export function renderJson(record: RunRecord): string {
  return `${JSON.stringify(record, null, 1)}\n`;
}

/** What a run or a simulation leaves: the two files that everything else can be rebuilt from, and the two that are read first. */
export function writeReports(
  directory: Pick<RunDirectory, 'write'>,
  record: RunRecord,
  log: string,
  intervals: Intervals,
): void {
  directory.write('record.json', renderJson(record));
  directory.write('intervals.hlog', log);
  directory.write(FORMATS.junit.file, renderJunit(record));
  directory.write(FORMATS.html.file, renderHtml(record, intervals));
}

/** Appends the Markdown to the file that a build server names for it; that it cannot is no reason to fail a run. */
export function appendStepSummary(record: RunRecord, file = process.env['GITHUB_STEP_SUMMARY']): void {
  if (file === undefined || file === '') return;
  try {
    appendFileSync(file, `${renderMarkdown(record)}\n`);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    process.stderr.write(`warning: GITHUB_STEP_SUMMARY: the summary was not written there: ${words}\n`);
  }
}
