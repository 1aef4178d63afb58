/** Asks an operator's own command, or a URL, for one number: what the target still owes, or what a gauge shows. Never throws. */

import { execFile } from 'node:child_process';
import { request } from 'undici';
import { isLoopback } from '../profile/guard.ts';
import type { QueueProbe } from '../replay/quiescence.ts';

/** A probe that takes longer than this tells nothing this time. */
const PROBE_MS = 10_000;

/** An answer is one number: who sends more than this has misunderstood. */
const ANSWER_BYTES = 4_096;

export type ProbeReading =
  | { readonly ok: true; readonly probe: QueueProbe }
  | { readonly ok: false; readonly problem: string };

/** `--queue-probe`: a shell command that prints a whole number, or an http URL on this machine that answers with one. */
export function readProbe(text: string): ProbeReading {
  const whole = async (asked: Promise<number | undefined>): Promise<number | undefined> => {
    const value = await asked;
    return value !== undefined && Number.isInteger(value) && value >= 0 ? value : undefined;
  };
  if (!/^https?:\/\//.test(text)) return { ok: true, probe: () => whole(askCommand(text)) };
  const host = URL.canParse(text) ? new URL(text).hostname.replace(/^\[|\]$/g, '') : '';
  if (isLoopback(host)) return { ok: true, probe: () => whole(askUrl(text)) };
  return {
    ok: false,
    problem: `--queue-probe: found ${JSON.stringify(text)}, expected a command, or a URL with a loopback address such as http://127.0.0.1:8025/`,
  };
}

/** The number that a shell command prints; undefined where it fails, takes too long or says anything else. */
export function askCommand(command: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const bounds = { timeout: PROBE_MS, maxBuffer: ANSWER_BYTES };
    execFile('/bin/sh', ['-c', command], bounds, (error, stdout) =>
      resolve(error === null ? oneNumber(stdout) : undefined),
    );
  });
}

/** The number that a URL answers with; redirects are not followed, so it stays with the address that was let through. */
export async function askUrl(url: string): Promise<number | undefined> {
  try {
    const { statusCode, body } = await request(url, {
      headersTimeout: PROBE_MS,
      bodyTimeout: PROBE_MS,
      signal: AbortSignal.timeout(PROBE_MS),
    });
    let text = '';
    for await (const chunk of body) {
      text += String(chunk);
      if (text.length > ANSWER_BYTES) return undefined;
    }
    return statusCode === 200 ? oneNumber(text) : undefined;
  } catch {
    return undefined;
  }
}

function oneNumber(text: string): number | undefined {
  return /^\s*-?\d{1,15}(?:\.\d{1,9})?\s*$/.test(text) ? Number(text) : undefined;
}
