/** The target that `--submit` and `--mailbox` name: servers that somebody else runs, read from flags. Connects to nothing. */

import type { EndpointRequest } from '../profile/guard.ts';
import type { MailApiTemplate } from '../profile/mail-api-schema.ts';
import type { Profile } from '../profile/schema.ts';
import type { DoorPaths } from '../replay/context.ts';
import type { QueueProbe } from '../replay/quiescence.ts';
import type { Relay, SignIns } from '../replay/sign-ins.ts';
import type { SubmitPolicy } from '../replay/submit-policy.ts';
import type { TokenSource } from '../replay/tokens.ts';
import type { Accounts } from '../storm/audience.ts';
import { readAccess, type AccessReading } from './access-flags.ts';
import { pathOf } from './doors.ts';
import { readEndpoint, type EndpointReading } from './endpoints.ts';
import { apiFor } from './mail-api.ts';
import { readProbe } from './probe.ts';
import type { RunFlags } from './run-flags.ts';
import { readSubmitPolicy } from './submit-flags.ts';

/** A server that somebody else runs. */
export interface NamedTarget {
  readonly submit: EndpointRequest;
  readonly inbound: EndpointRequest | undefined;
  readonly mailbox: EndpointRequest;
  readonly accounts: Accounts;
  readonly signIns: SignIns;
  readonly tokens: TokenSource | undefined;
  readonly relay: Relay | undefined;
  readonly ca: string | undefined;
  readonly list: string | undefined;
  readonly probe: QueueProbe | undefined;
  readonly submission: SubmitPolicy;
  readonly paths: DoorPaths;
  readonly mailApi: MailApiTemplate | undefined;
}

/** Reads where to and as whom; every problem at once. */
export async function readNamed(
  flags: RunFlags,
  profile: Profile,
): Promise<NamedTarget | { readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const access = await readAccess(flags);
  if (!access.ok) problems.push(...access.problems);
  const submit = flags.submit === undefined ? undefined : readEndpoint('--submit', flags.submit);
  if (submit === undefined)
    problems.push(
      '--submit: found nothing, expected smtp://host:port, or another door where mail is handed in (--help)',
    );
  else if (!submit.ok) problems.push(submit.problem);
  const inbound = flags.inbound === undefined ? undefined : readEndpoint('--inbound', flags.inbound);
  if (inbound?.ok === false) problems.push(inbound.problem);
  if (flags.list !== undefined && !/^[^\s@<>]+@[^\s@<>]+$/.test(flags.list))
    problems.push(`--list: found ${JSON.stringify(flags.list)}, expected an address`);
  const policy = readSubmitPolicy(flags);
  if (!policy.ok) problems.push(...policy.problems);
  const relay = readRelay(flags);
  if (typeof relay === 'string') problems.push(relay);
  const probe = flags.queueProbe === undefined ? undefined : readProbe(flags.queueProbe);
  if (probe !== undefined && !probe.ok) problems.push(probe.problem);
  if (flags.misbehave !== undefined)
    problems.push(
      '--misbehave: found it beside --submit, expected it without: it is for the embedded target',
    );
  if (flags.tls)
    problems.push(
      '--tls: found it beside --submit, expected ?tls=required in the URL: the flag is for the embedded target',
    );
  const paths = readPaths(submit, access);
  problems.push(...paths.problems);
  if (problems.length > 0 || !access.ok || submit?.ok !== true || probe?.ok === false || !policy.ok)
    return { problems };
  const doors = { submit: submit.endpoint, mailbox: access.access.mailbox };
  const api = apiFor(flags.mailApi, profile, doors);
  if (!api.ok) return { problems: api.problems };
  const whose = typeof relay === 'string' ? undefined : relay;
  return {
    ...access.access,
    submit: submit.endpoint,
    inbound: inbound?.ok === true ? inbound.endpoint : undefined,
    list: flags.list,
    probe: probe?.probe,
    relay: whose,
    submission: policy.policy,
    paths,
    mailApi: api.api,
  };
}

/** Where the URLs lead beyond host and port. */
function readPaths(
  submit: EndpointReading | undefined,
  access: AccessReading,
): DoorPaths & { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const read = (flag: string, reading: EndpointReading | undefined): string | undefined => {
    const found = reading?.ok === true ? pathOf(flag, reading) : { path: undefined };
    if ('problem' in found) problems.push(found.problem);
    return 'path' in found ? found.path : undefined;
  };
  const mailbox = access.ok
    ? ({ ok: true, endpoint: access.access.mailbox, path: access.access.path } as const)
    : undefined;
  return { submit: read('--submit', submit), mailbox: read('--mailbox', mailbox), problems };
}

/** The account that submits for everybody, if one is named; or what is wrong. */
function readRelay({ relayUser: login, relayPasswordEnv }: RunFlags): Relay | string | undefined {
  if (login === undefined) return undefined;
  const password = process.env[relayPasswordEnv];
  if (password !== undefined && password !== '') return { login, password };
  return `--relay-password-env: found no environment variable ${relayPasswordEnv}, expected the password of ${login} in it`;
}
