/** The flags that say where the mail system is and who signs in: shared by run, purge and provision. Reads files and environment. */

import { readFileSync } from 'node:fs';
import type { Argv } from 'yargs';
import type { BlastRadius, EndpointRequest, TargetRequest } from '../profile/guard.ts';
import { MAIL_APIS } from '../profile/mail-apis.ts';
import type { Profile } from '../profile/schema.ts';
import { addressesOf, MAILBOX_PROTOCOLS, readEndpoint } from './endpoints.ts';
import { readIdentities, withAccountFlags, type Identities } from './identities.ts';

/** Adds the flags to a command. */
export function withAccessFlags<T>(argv: Argv<T>) {
  return withAccountFlags(argv)
    .option('mailbox', {
      type: 'string',
      requiresArg: true,
      describe:
        'Mailbox server: imap://host:port (?tls=off|required) or imaps://, jmap+http:// or jmap+https://, http:// or https:// (--mail-api)',
    })
    .option('mail-api', {
      type: 'string',
      requiresArg: true,
      describe: `How mail is handed in or read over http(s)://: ${Object.keys(MAIL_APIS).join(', ')} or a YAML file; the profile's mailApi without it`,
    })
    .option('tls-ca', {
      type: 'string',
      requiresArg: true,
      describe: 'PEM file of the authority that signed the target certificate',
    })
    .option('tls-server-name', {
      type: 'string',
      requiresArg: true,
      describe: 'Name the certificate must carry, where it is not the host',
    })
    .option('tls-insecure', {
      type: 'boolean',
      default: false,
      describe: 'Do not verify certificates. Loud, and recorded',
    })
    .option('target-is', {
      type: 'string',
      requiresArg: true,
      describe: "What you mean to hit: must equal the profile's blastRadius.name",
    });
}

/** The flags as yargs gives them. */
export interface AccessFlags {
  readonly mailbox?: string | undefined;
  readonly mailApi?: string | undefined;
  readonly accounts?: string | undefined;
  readonly firstAccount: number;
  readonly accountsFile?: string | undefined;
  readonly passwordEnv: string;
  readonly passwordFile?: string | undefined;
  readonly passwordCommand?: string | undefined;
  readonly masterUser?: string | undefined;
  readonly masterForm: 'suffix' | 'authzid';
  readonly tokenCommand?: string | undefined;
  readonly tokenLifetime: string;
  readonly tlsCa?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly tlsInsecure: boolean;
  readonly targetIs?: string | undefined;
}

/** Where to and as whom, read but not yet judged by the guard. */
export interface NamedAccess extends Identities {
  readonly mailbox: EndpointRequest;
  /** Over HTTP: the path in `--mailbox`; empty otherwise. */
  readonly path: string;
  readonly ca: string | undefined;
}

export type AccessReading =
  | { readonly ok: true; readonly access: NamedAccess }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the flags; every problem at once. `protocols` are what `--mailbox` may be spoken to in. */
export async function readAccess(
  flags: AccessFlags,
  protocols: readonly string[] = MAILBOX_PROTOCOLS,
): Promise<AccessReading> {
  const problems: string[] = [];
  const mailbox =
    flags.mailbox === undefined ? undefined : readEndpoint('--mailbox', flags.mailbox, protocols);
  if (mailbox === undefined)
    problems.push(
      `--mailbox: found nothing, expected ${protocols.map((name) => `${name}://host:port`).join(' or ')}`,
    );
  else if (!mailbox.ok) problems.push(mailbox.problem);
  const identities = await readIdentities(flags);
  if ('problems' in identities) problems.push(...identities.problems);
  const ca = readAuthority(flags.tlsCa);
  if (typeof ca === 'object') problems.push(ca.problem);
  if (problems.length > 0 || mailbox?.ok !== true || 'problems' in identities || typeof ca === 'object') {
    return { ok: false, problems };
  }
  return { ok: true, access: { mailbox: mailbox.endpoint, path: mailbox.path, ...identities, ca } };
}

/** Domain of an address, in lower case. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

/** Everything the guard asks for, with every address the hosts resolve to. */
export async function guardRequest(
  submit: EndpointRequest,
  mailbox: EndpointRequest,
  domains: readonly string[],
  profile: Profile | undefined,
  targetIs: string | undefined,
  inbound?: EndpointRequest,
): Promise<TargetRequest> {
  const radius: BlastRadius | undefined = profile?.blastRadius;
  return {
    submit,
    mailbox,
    submitAddresses: await addressesOf(submit.host),
    mailboxAddresses: await addressesOf(mailbox.host),
    ...(inbound === undefined ? {} : { inbound, inboundAddresses: await addressesOf(inbound.host) }),
    domains: [...new Set(domains)],
    ...(radius === undefined ? {} : { blastRadius: radius }),
    ...(targetIs === undefined ? {} : { targetIs }),
    hasStopCondition: (profile?.stopConditions.length ?? 0) > 0,
    hasCaps: profile?.caps !== undefined,
  };
}

/** The PEM text of `--tls-ca`, or what is wrong with the file. */
export function readAuthority(file: string | undefined): string | undefined | { readonly problem: string } {
  if (file === undefined) return undefined;
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
    return {
      problem: `--tls-ca: found no certificate in ${file}, expected PEM (-----BEGIN CERTIFICATE-----)`,
    };
  } catch (error) {
    const words = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { problem: `--tls-ca: found no readable file ${file} (${words}), expected a PEM file` };
  }
}
