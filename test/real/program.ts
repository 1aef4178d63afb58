/** Runs the built program against the lab as an operator would: a command line in, an exit code and a record out. */

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { RunRecord } from '../../src/record/record.ts';
import type { Lab } from './lab.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The storm that is short enough for every build. */
const SHORT_STORM = fileURLToPath(new URL('./profiles/short-storm.yaml', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Told of what a command says to people, as it says it. */
export type Heard = (words: string) => void;

/** One command; never rejects. */
export function replystorm(
  parameters: readonly string[],
  password: string,
  timeoutMs = 280_000,
  heard: Heard = () => undefined,
): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, REPLYSTORM_PASSWORD: password };
    const options = { env, timeout: timeoutMs, maxBuffer: 64 * 1_024 * 1_024 };
    const child = execFile(process.execPath, [PROGRAM, ...parameters], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
    child.stderr?.on('data', (chunk) => heard(String(chunk)));
  });
}

/** Where the lab is and who signs in: STARTTLS and AUTH on submission, STARTTLS on the mailboxes, both verified. */
export function labFlags(lab: Lab): string[] {
  return [
    ...mailboxFlags(lab),
    '--submit',
    `smtp://localhost:${lab.submitPort}?tls=required`,
    '--queue-probe',
    lab.queueProbe,
  ];
}

export function mailboxFlags(lab: Lab): string[] {
  const mailbox = `imap://localhost:${lab.imapPort}?tls=required`;
  return ['--mailbox', mailbox, '--accounts', 'user{n}@lab.test', '--tls-ca', lab.ca];
}

/** Runs the short storm on a lab and reads what it left. */
export function storm(
  lab: Lab,
  parameters: readonly string[],
  flags: readonly string[] = labFlags(lab),
  password = lab.password,
  changes: readonly Change[] = [],
  heard?: Heard,
): Promise<Ended & { readonly record: RunRecord }> {
  return shortStorm([...flags, ...parameters], password, changes, heard);
}

/** What stands in the short storm's profile, and what stands there instead. */
export type Change = readonly [string, string];

/** The short storm's profile with these changes. */
export function shortStormText(changes: readonly Change[] = []): string {
  let text = readFileSync(SHORT_STORM, 'utf8');
  for (const [before, after] of changes) {
    if (!text.includes(before)) throw new Error(`the short storm has no ${JSON.stringify(before)}`);
    text = text.replace(before, after);
  }
  return text;
}

/** Runs the short storm and reads what it left. */
export async function shortStorm(
  parameters: readonly string[],
  password: string,
  changes: readonly Change[] = [],
  heard?: Heard,
): Promise<Ended & { readonly record: RunRecord }> {
  const folder = await mkdtemp(join(tmpdir(), 'replystorm-run-'));
  const out = join(folder, 'run');
  const profile = join(folder, 'storm.yaml');
  writeFileSync(profile, shortStormText(changes));
  const ended = await replystorm(['run', profile, ...parameters, '--out', out], password, undefined, heard);
  const record = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8')) as RunRecord;
  return { ...ended, record };
}
