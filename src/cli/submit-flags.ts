/** The flags that say how messages are handed in: deadlines, source addresses, fresh connections. Reads text; binds addresses, connects to nothing. */

import { createServer, isIPv4 } from 'node:net';
import type { Argv } from 'yargs';
import type { Deadlines } from '../protocol/deadlines.ts';
import type { SubmitPolicy } from '../replay/submit-policy.ts';
import { parseDurationUs } from '../units.ts';

/** More addresses than a machine's worth of senders: a typing error in the last figure, not a wish. */
const MAX_ADDRESSES = 1_024;

export interface SubmitFlags {
  readonly smtpDeadlines?: string | undefined;
  readonly sourceAddresses?: string | undefined;
  readonly reconnect: boolean;
}

/** Adds the flags to a command. */
export function withPolicyFlags<T>(argv: Argv<T>) {
  return argv
    .option('reconnect', { type: 'boolean', default: false, describe: 'A connection a message' })
    .option('smtp-deadlines', {
      type: 'string',
      requiresArg: true,
      describe:
        'How long an SMTP answer is waited for: open=5m (connecting to sign-in), command=5m (MAIL, RCPT), data=2m, message=10m (after the final dot), as RFC 5321 has them',
    })
    .option('source-addresses', {
      type: 'string',
      requiresArg: true,
      describe:
        "This machine's IPv4 addresses to submit from in turn, for example 127.0.0.2-127.0.0.50; its own choice without it",
    });
}

export type PolicyReading =
  | { readonly ok: true; readonly policy: SubmitPolicy }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads them; every problem at once. */
export function readSubmitPolicy({ smtpDeadlines, sourceAddresses, reconnect }: SubmitFlags): PolicyReading {
  const problems: string[] = [];
  const deadlines = readSmtpDeadlines(smtpDeadlines);
  if (typeof deadlines === 'string') problems.push(deadlines);
  const sources = readSourceAddresses(sourceAddresses);
  if (typeof sources === 'string') problems.push(sources);
  if (typeof deadlines === 'string' || typeof sources === 'string') return { ok: false, problems };
  return { ok: true, policy: { deadlines, sourceAddresses: sources, reconnect } };
}

/** The one line about an address that this machine cannot send from, if there is any. */
export async function sourceProblem(
  addresses: readonly string[],
  target: string | undefined,
): Promise<string | undefined> {
  if (addresses.length > 0 && target !== undefined && !isIPv4(target))
    return `--source-addresses: found IPv4 addresses, expected a target of the same kind (it is ${target})`;
  for (const address of addresses) {
    const problem = await bindProblem(address);
    if (problem !== undefined)
      return `--source-addresses: found ${address}, expected addresses of this machine (${problem})`;
  }
  return undefined;
}

function bindProblem(address: string): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(0, address, () => server.close(() => resolve(undefined)));
  });
}

/** `127.0.0.2-127.0.0.50,127.0.1.1` -> addresses, or what is wrong with it. */
function readSourceAddresses(text: string | undefined): readonly string[] | string {
  const addresses: string[] = [];
  for (const part of text === undefined ? [] : text.split(',')) {
    const [from = '', to = from, ...rest] = part.split('-');
    const [first, last] = [numberOf(from), numberOf(to)];
    const isRange = rest.length === 0 && first !== undefined && last !== undefined && first <= last;
    if (!isRange || last - first >= MAX_ADDRESSES)
      return `--source-addresses: found ${JSON.stringify(part)}, expected an IPv4 address or first-last, at most ${MAX_ADDRESSES} of them`;
    for (let address = first; address <= last; address += 1) addresses.push(textOf(address));
  }
  if (addresses.length <= MAX_ADDRESSES) return addresses;
  return `--source-addresses: found ${addresses.length} addresses, expected at most ${MAX_ADDRESSES}`;
}

function numberOf(address: string): number | undefined {
  if (!isIPv4(address)) return undefined;
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function textOf(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** RFC 5321 §4.5.3.2 by the names an operator uses. */
const DEADLINE_NAMES = {
  open: 'openUs',
  command: 'commandUs',
  data: 'dataUs',
  message: 'finalDotUs',
} as const satisfies Readonly<Record<string, keyof Deadlines>>;

/** `open=30s,command=1m` -> the deadlines that were named, or what is wrong with it. */
function readSmtpDeadlines(text: string | undefined): Partial<Deadlines> | string {
  const deadlines: { -readonly [K in keyof Deadlines]?: Deadlines[K] } = {};
  for (const part of text === undefined ? [] : text.split(',')) {
    const [name = '', value = ''] = part.split('=');
    const duration = parseDurationUs(value);
    if (!isDeadline(name) || !duration.ok || duration.value <= 0)
      return `--smtp-deadlines: found ${JSON.stringify(part)}, expected ${Object.keys(DEADLINE_NAMES).join(', ')} with a duration above 0 each, such as command=30s,message=2m`;
    deadlines[DEADLINE_NAMES[name]] = duration.value;
  }
  return deadlines;
}

function isDeadline(name: string): name is keyof typeof DEADLINE_NAMES {
  return Object.hasOwn(DEADLINE_NAMES, name);
}
