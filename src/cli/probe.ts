/** Asks an operator's own command, or a loopback URL, how many messages the target still owes. Never throws. */

import { execFile } from 'node:child_process';
import { request } from 'undici';
import { isLoopback } from '../profile/guard.ts';
import type { QueueProbe } from '../replay/quiescence.ts';

/** A probe that takes longer than this tells nothing this time. */
const PROBE_MS = 10_000;

export type ProbeReading =
  | { readonly ok: true; readonly probe: QueueProbe }
  | { readonly ok: false; readonly problem: string };

/** `--queue-probe`: a shell command that prints a whole number, or an http URL on this machine that answers with one. */
export function readProbe(text: string): ProbeReading {
  if (!/^https?:\/\//.test(text)) return { ok: true, probe: () => askCommand(text) };
  const host = URL.canParse(text) ? new URL(text).hostname.replace(/^\[|\]$/g, '') : '';
  if (isLoopback(host)) return { ok: true, probe: () => askUrl(text) };
  return {
    ok: false,
    problem: `--queue-probe: found ${JSON.stringify(text)}, expected a command, or a URL with a loopback address such as http://127.0.0.1:8025/`,
  };
}

function askCommand(command: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], { timeout: PROBE_MS }, (error, stdout) =>
      resolve(error === null ? wholeNumber(stdout) : undefined),
    );
  });
}

async function askUrl(url: string): Promise<number | undefined> {
  try {
    const { statusCode, body } = await request(url, { headersTimeout: PROBE_MS, bodyTimeout: PROBE_MS });
    const text = await body.text();
    return statusCode === 200 ? wholeNumber(text) : undefined;
  } catch {
    return undefined;
  }
}

function wholeNumber(text: string): number | undefined {
  return /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}
