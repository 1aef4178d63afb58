/** The flags of metrics, read into choices or into every problem. Listens to nothing, sends nothing. */

import { isIP } from 'node:net';
import type { Argv } from 'yargs';
import { isAllowedProbe, isLoopback } from '../profile/guard.ts';
import type { Profile } from '../profile/schema.ts';
import { parseDurationUs } from '../units.ts';

/** Where a scraper is expected unless told otherwise. */
const USUAL = { host: '127.0.0.1', port: 9464 } as const;

/** Long enough for two scrapes at the usual interval of 15 s. */
const USUAL_LINGER_US = 30_000_000;

/** Nobody waits longer for a last scrape. */
const LONGEST_LINGER_US = 600_000_000;

/** A token that is guessed is none: sixteen characters at least. */
const TOKEN_CHARACTERS = 16;

export interface MetricsFlags {
  readonly metrics?: string | undefined;
  readonly metricsTokenEnv?: string | undefined;
  readonly metricsLinger?: string | undefined;
  readonly otlp?: string | undefined;
}

export interface MetricsChoices {
  readonly listen:
    | { readonly host: string; readonly port: number; readonly token: string | undefined }
    | undefined;
  readonly lingerUs: number;
  /** An OTLP receiver's URL up to and without `/v1/metrics`. */
  readonly otlp: string | undefined;
}

/** Adds the flags. */
export function withMetricsFlags<T>(argv: Argv<T>) {
  return argv
    .option('metrics', {
      type: 'string',
      describe:
        'Serve metrics to Prometheus while the run goes on: an address of this machine, 127.0.0.1:9464 by default',
    })
    .option('metrics-token-env', {
      type: 'string',
      requiresArg: true,
      describe:
        'Environment variable with a bearer token that a scrape must bring; any address may then be served',
    })
    .option('metrics-linger', {
      type: 'string',
      requiresArg: true,
      describe:
        'How long the last values stay readable after the end of a run that was scraped; 30s by default',
    })
    .option('otlp', {
      type: 'string',
      requiresArg: true,
      describe:
        "Push metrics every 10 s to an OTLP/HTTP receiver on this machine or within the profile's blastRadius, such as http://127.0.0.1:4318",
    });
}

/** Reads them all; every problem at once. */
export function readMetrics(
  flags: MetricsFlags,
  profile: Profile,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): MetricsChoices | readonly string[] {
  const problems: string[] = [];
  const address = flags.metrics === undefined ? undefined : readAddress(flags.metrics);
  const token = readToken(flags.metricsTokenEnv, environment);
  if (typeof address === 'string') problems.push(address);
  if ('problem' in token) problems.push(token.problem);
  if (typeof address === 'object' && !isLoopback(address.host) && flags.metricsTokenEnv === undefined)
    problems.push(
      `--metrics: found ${address.host}, which others can reach, expected a loopback address, or --metrics-token-env with a token they must bring`,
    );
  const given = { '--metrics-token-env': flags.metricsTokenEnv, '--metrics-linger': flags.metricsLinger };
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && flags.metrics === undefined)
      problems.push(`${name}: found it without --metrics, expected both`);
  const linger =
    flags.metricsLinger === undefined
      ? { ok: true as const, value: USUAL_LINGER_US }
      : parseDurationUs(flags.metricsLinger);
  if (!linger.ok || linger.value > LONGEST_LINGER_US)
    problems.push(
      `--metrics-linger: found ${JSON.stringify(flags.metricsLinger)}, expected ${linger.ok ? 'at most 10m' : linger.expected}`,
    );
  const otlp = flags.otlp?.replace(/\/+$/, '');
  if (otlp !== undefined && !isAllowedProbe(otlp, profile.blastRadius?.cidrs ?? []))
    problems.push(
      `--otlp: found ${JSON.stringify(flags.otlp)}, expected a URL with an address (not a name) of this machine or within blastRadius.cidrs, such as http://127.0.0.1:4318`,
    );
  if (problems.length > 0 || typeof address === 'string' || 'problem' in token || !linger.ok) return problems;
  const listen = address === undefined ? undefined : { ...address, token: token.token };
  return { listen, lingerUs: linger.value, otlp };
}

/** `host:port`, a host or a port; words say what is wrong. Addresses only: what a name leads to may change. */
function readAddress(text: string): { readonly host: string; readonly port: number } | string {
  const problem = `--metrics: found ${JSON.stringify(text)}, expected an address such as 127.0.0.1:9464, or a port`;
  if (text === '') return USUAL;
  if (/^\d{1,5}$/.test(text)) return withPort(USUAL.host, text) ?? problem;
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const named = bracketed ?? plain ?? '';
  const host = named === 'localhost' ? USUAL.host : named;
  if (isIP(host) === 0) return problem;
  return withPort(host, port ?? String(USUAL.port)) ?? problem;
}

function withPort(host: string, port: string): { readonly host: string; readonly port: number } | undefined {
  return Number(port) <= 65_535 ? { host, port: Number(port) } : undefined;
}

function readToken(
  name: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly token: string | undefined } | { readonly problem: string } {
  if (name === undefined) return { token: undefined };
  const token = environment[name];
  // Anything else could not be sent in a header (RFC 6750 §2.1).
  if (token !== undefined && token.length >= TOKEN_CHARACTERS && /^[\w.~+/-]+=*$/.test(token))
    return { token };
  return {
    problem: `--metrics-token-env: found ${token === undefined ? `no environment variable ${name}` : `something else in ${name}`}, expected a token of at least ${TOKEN_CHARACTERS} letters, digits and -._~+/`,
  };
}
