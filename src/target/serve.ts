/** Puts the embedded mail system together and starts it, in this process. The only place that knows all its parts. */

import { createServer } from 'node:http';
import { createSecureContext } from 'node:tls';
import { Capacity } from '../capacity/capacity.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import type { TargetConfig, TargetPorts } from './config.ts';
import { listenImap } from './imap/server.ts';
import type { ImapContext } from './imap/session.ts';
import type { JmapContext } from './jmap/method.ts';
import { openPort } from './listening.ts';
import { listenJmap } from './jmap/server.ts';
import { Message } from './message.ts';
import { type Deed, Mischief } from './mischief.ts';
import { foreignMessage } from './notices.ts';
import { Pace } from './pace.ts';
import { DeliveryQueue } from './queue.ts';
import { listenSubmission, type SubmissionContext } from './smtp.ts';
import { type Account, deadAccount, Store } from './store.ts';
import { type Misbehaviour, readSwitches } from './switches.ts';
import { Unruly } from './unruly.ts';
import { Vacation } from './vacation.ts';

/** A running target. */
export interface RunningTarget {
  readonly ports: TargetPorts;
  /** Accepted copies that are in no mailbox yet. */
  readonly owed: () => number;
  /** What it has done wrong by its `mischief`, so far. */
  readonly deeds: () => readonly Deed[];
  /** Connections since the storm began, as its `mischief` counts them. */
  readonly turns: () => Readonly<Record<'submission' | 'mailboxes', number>>;
  readonly stop: () => Promise<void>;
}

interface Listening {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Starts everything; rejects with a readable reason when a port is taken or the configuration contradicts itself. */
export async function startTarget(config: TargetConfig): Promise<RunningTarget> {
  const { deadMembers = [], outOfOffice } = config;
  const bounceRecipients = [...config.switches.bounceRecipients, ...deadMembers];
  const misbehaviour = readSwitches({ ...config.switches, bounceRecipients });
  const store = new Store(config.accounts, Math.floor(Date.now() / 1_000));
  const pace = new Pace(new Capacity(config.capacity));
  const accountOf = (address: string): Account | undefined => store.account(address);
  const vacation = outOfOffice && new Vacation(outOfOffice.accounts, outOfOffice.days);
  const mischief = config.mischief && new Mischief(config.mischief);
  const accounts = store.accounts();
  const unruly = mischief && new Unruly({ mischief, pace, accounts, domain: config.domain });
  const queue = new DeliveryQueue({ pace, misbehaviour, domain: config.domain, accountOf, unruly, vacation });
  const certificate = config.tls ? await makeCertificate(config.domain) : undefined;
  putForeignMail(config, store);

  const expandList = listExpansion(config, store, misbehaviour);
  const { domain, password } = config;
  const submission = { domain, password, pace, queue, misbehaviour, accountOf, expandList, mischief };
  const signIn = (name: string, given: string): Account | undefined =>
    given === password ? accountOf(name) : undefined;
  const secureContext = certificate && createSecureContext({ key: certificate.key, cert: certificate.cert });
  const { hidden } = misbehaviour;
  const imapContext = { domain, store, pace, signIn, secureContext, hidden, unruly, mischief };

  const jmapContext = { ...submission, store, signIn, unruly };
  const open: Listening[] = [];
  const stop = async (): Promise<void> => {
    queue.stop();
    pace.stop();
    await Promise.all(open.map((server) => server.close()));
  };
  try {
    const ports = await openPorts(config, certificate, open, { submission, imapContext, jmapContext, queue });
    const deeds = (): readonly Deed[] => mischief?.deeds() ?? [];
    const turns = () => mischief?.turns ?? { submission: 0, mailboxes: 0 };
    return { ports, owed: () => queue.owed(), deeds, turns, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Doors {
  readonly submission: SubmissionContext;
  readonly imapContext: ImapContext;
  readonly jmapContext: JmapContext;
  readonly queue: DeliveryQueue;
}

/** Opens every port of the configuration, in turn; those that are open already are in `open` when it rejects. */
async function openPorts(
  config: TargetConfig,
  certificate: Certificate | undefined,
  open: Listening[],
  { submission, imapContext, jmapContext, queue }: Doors,
): Promise<TargetPorts> {
  const { host, smtpPort, jmapPort, probePort } = config;
  const opened = async (listening: Promise<Listening>): Promise<number> => {
    const server = await listening;
    open.push(server);
    return server.port;
  };
  const starttls = certificate && { certificate, implicit: false };
  const submitPort = await opened(listenSubmission(submission, host, smtpPort, starttls));
  const imapPort = await opened(listenImap(imapContext, host, config.imapPort, undefined));
  let ports: TargetPorts = { submitPort, imapPort };
  if (certificate !== undefined) {
    const implicit = { certificate, implicit: true };
    const submitsPort = await opened(listenSubmission(submission, host, 0, implicit));
    const imapsPort = await opened(listenImap(imapContext, host, 0, certificate));
    ports = { ...ports, submitsPort, imapsPort, ca: certificate.ca };
  }
  if (jmapPort !== undefined)
    ports = { ...ports, jmapPort: await opened(listenJmap(jmapContext, host, jmapPort, certificate)) };
  if (probePort !== undefined)
    ports = { ...ports, probePort: await opened(listenProbe(queue, host, probePort)) };
  return ports;
}

/** The list's members, without those that are to be missed, and without the sender where the list sends nothing back. */
function listExpansion(
  config: TargetConfig,
  store: Store,
  misbehaviour: Misbehaviour,
): (address: string, sender: string) => readonly Account[] | undefined {
  const members = (config.listMembers ?? config.accounts).map((address) => {
    const account = store.account(address);
    if (account === undefined) throw new Error(`list member ${address} is no account`);
    return account;
  });
  const found = members.filter((member) => !misbehaviour.misses.has(member.address.toLowerCase()));
  const reached = [...found, ...(config.deadMembers ?? []).map(deadAccount)];
  const list = config.list?.toLowerCase();
  return (address, sender) => {
    if (list === undefined || address.toLowerCase() !== list) return undefined;
    if (config.listEcho !== false) return reached;
    return reached.filter((member) => member.address.toLowerCase() !== sender.toLowerCase());
  };
}

function putForeignMail(config: TargetConfig, store: Store): void {
  const at = new Date();
  const seconds = Math.floor(at.getTime() / 1_000);
  for (const { address, count } of config.switches.foreign) {
    const account = store.account(address);
    if (account === undefined) throw new Error(`foreign mail for ${address}, which is no account`);
    for (let number = 1; number <= count; number += 1) {
      const queueId = `${account.inbox.uidValidity}.${number}`;
      const raw = foreignMessage(account.address, number, { domain: config.domain, queueId, at });
      account.inbox.add(new Message(raw), seconds, 0);
    }
  }
}

/** Answers GET / with the number of copies owed and a line end. */
async function listenProbe(queue: DeliveryQueue, host: string, port: number): Promise<Listening> {
  const server = createServer((request, response) => {
    const known = request.method === 'GET' && request.url === '/';
    response.writeHead(known ? 200 : 404, { 'content-type': 'text/plain', connection: 'close' });
    response.end(known ? `${queue.owed()}\n` : 'GET / only\n');
  });
  return {
    port: await openPort(server, host, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
