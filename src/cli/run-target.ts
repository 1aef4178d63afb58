/** Brings the target of a run up: the embedded one in a process of its own, or the servers the operator named. */

import { randomBytes } from 'node:crypto';
import type { ApprovedTarget, EndpointRequest } from '../profile/guard.ts';
import type { Profile } from '../profile/schema.ts';
import type { RunRecord } from '../record/record.ts';
import type { Access } from '../replay/context.ts';
import type { QueueProbe } from '../replay/quiescence.ts';
import type { Relay, SignIns } from '../replay/sign-ins.ts';
import type { TokenSource } from '../replay/tokens.ts';
import { domainsOf, type Accounts } from '../storm/audience.ts';
import type { TargetPorts } from '../target/config.ts';
import { launchTarget } from '../target/launch.ts';
import { USUAL_DOORS } from '../words.ts';
import { EMBEDDED_ACCOUNTS, EMBEDDED_LIST, embeddedConfig } from './embedded.ts';
import { showEndpoint } from './endpoints.ts';
import type { NamedTarget } from './named-target.ts';
import type { RunChoices, RunFlags } from './run-flags.ts';

/** A message between two processes costs the embedded target next to nothing. */
const EMBEDDED_PROBE_MS = 100;

/** A target that may be tried, with how to ask it and how to take it down again. */
export interface BroughtUp {
  readonly submit: EndpointRequest;
  /** Where mail from outside is handed in, if there is such a door. */
  readonly inbound: EndpointRequest | undefined;
  readonly mailbox: EndpointRequest;
  readonly accounts: Accounts;
  readonly signIns: SignIns;
  /** Where tokens come from, if they are asked for. */
  readonly tokens: TokenSource | undefined;
  readonly relay: Relay | undefined;
  readonly ca: string | undefined;
  /** The list the target expands; undefined under generator fan-out. */
  readonly list: string | undefined;
  /** What To headers of mail to everybody say. */
  readonly listName: string;
  readonly probe: QueueProbe | undefined;
  /** Pause between two questions to the probe; undefined for the usual one. */
  readonly probeEveryMs: number | undefined;
  readonly shown: NonNullable<RunRecord['target']>;
  readonly stop: () => Promise<void>;
}

/** Brings it up, or says why it would not come. */
export function bringUp(profile: Profile, choices: RunChoices, tls: boolean): Promise<BroughtUp | string> {
  return choices.named === undefined
    ? bringUpEmbedded(profile, choices, tls)
    : Promise.resolve(takeNamed(choices.named));
}

async function bringUpEmbedded(
  profile: Profile,
  choices: RunChoices,
  tls: boolean,
): Promise<BroughtUp | string> {
  const { seed, mailboxes, speed, doors = USUAL_DOORS } = choices.plan;
  const accounts = { pattern: EMBEDDED_ACCOUNTS, first: 0 };
  const password = randomBytes(9).toString('base64url');
  const launched = await launchTarget(
    embeddedConfig({
      profile,
      seed,
      mailboxes,
      speed,
      accounts,
      password,
      tls,
      smtpPort: 0,
      imapPort: 0,
      ...(doors.submit === 'jmap' || doors.mailbox === 'jmap' ? { jmapPort: 0 } : {}),
      mischief: choices.mischief,
    }),
  );
  if (!launched.ok) return launched.reason;
  const { ports, owed, stop } = launched.target;
  const submit = doors.submit === 'jmap' ? jmapDoor(ports, tls) : lineDoor('smtp', ports.submitPort, tls);
  const mailbox = doors.mailbox === 'jmap' ? jmapDoor(ports, tls) : lineDoor('imap', ports.imapPort, tls);
  const shown = {
    kind: 'embedded',
    submit: showEndpoint(submit),
    inbound: null,
    mailbox: showEndpoint(mailbox),
    fanOut: 'list',
    tls: submit.tls === mailbox.tls ? submit.tls : `${submit.tls}/${mailbox.tls}`,
    tlsVerified: null,
  } as const;
  return {
    submit,
    inbound: undefined,
    mailbox,
    accounts,
    signIns: { kind: 'password', password },
    tokens: undefined,
    relay: undefined,
    ca: ports.ca,
    list: EMBEDDED_LIST,
    listName: EMBEDDED_LIST,
    probe: owed,
    probeEveryMs: EMBEDDED_PROBE_MS,
    shown,
    stop,
  };
}

function lineDoor(protocol: 'smtp' | 'imap', port: number, tls: boolean): EndpointRequest {
  return { protocol, host: '127.0.0.1', port, tls: tls ? 'required' : 'off' };
}

function jmapDoor({ jmapPort: port = 0 }: TargetPorts, tls: boolean): EndpointRequest {
  return {
    protocol: tls ? 'jmap+https' : 'jmap+http',
    host: '127.0.0.1',
    port,
    tls: tls ? 'implicit' : 'off',
  };
}

function takeNamed(named: NamedTarget): BroughtUp {
  const { submit, inbound, mailbox, accounts, list } = named;
  const shown = {
    kind: 'named',
    submit: showEndpoint(submit),
    inbound: inbound === undefined ? null : showEndpoint(inbound),
    mailbox: showEndpoint(mailbox),
    fanOut: list === undefined ? 'generator' : 'list',
    tls: `${submit.tls}/${mailbox.tls}`,
    // Not known until connections were made.
    tlsVerified: null,
  } as const;
  const listName = list ?? `everybody@${domainsOf(accounts)[0] ?? ''}`;
  return { ...named, probeEveryMs: undefined, listName, shown, stop: () => Promise.resolve() };
}

/** How workers and sweeps reach it, now that the guard has let it through. */
export function accessTo(
  up: BroughtUp,
  target: ApprovedTarget,
  { tlsServerName: serverName, tlsInsecure }: Pick<RunFlags, 'tlsServerName' | 'tlsInsecure'>,
  named: NamedTarget | undefined,
): Access {
  const { accounts, signIns, tokens, relay, ca, list } = up;
  const { submission, paths, mailApi } = named ?? {};
  const trust = { ca, serverName, tlsInsecure };
  return { target, accounts, signIns, tokens, relay, ...trust, list, submission, paths, mailApi };
}
