/** (target, resolved addresses) -> ApprovedTarget or refusal. Pure; the only maker of the type that opens a socket. */

import { BlockList, isIP } from 'node:net';

declare const approvedByGuard: unique symbol;

export type EndpointProtocol =
  | 'smtp'
  | 'smtps'
  | 'lmtp'
  | 'imap'
  | 'imaps'
  | 'http'
  | 'https'
  | 'jmap+http'
  | 'jmap+https';

/** `off`: plain text. `offered`: STARTTLS when offered, verified. `required`: STARTTLS or nothing. `implicit`: TLS first. */
export type TlsMode = 'off' | 'offered' | 'required' | 'implicit';

/** One server as the operator named it, before anyone looked it up. */
export interface EndpointRequest {
  readonly protocol: EndpointProtocol;
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMode;
}

/** One server the guard let through, with its address pinned: clients connect to `address`, never look `host` up. */
export interface ApprovedEndpoint extends EndpointRequest {
  readonly address: string;
  readonly [approvedByGuard]: true;
}

export interface ApprovedTarget {
  readonly submit: ApprovedEndpoint;
  readonly mailbox: ApprovedEndpoint;
  /** Where mail from outside is handed in; undefined where there is no such door. */
  readonly inbound?: ApprovedEndpoint;
  readonly [approvedByGuard]: true;
}

/** What a profile lets its storm touch. */
export interface BlastRadius {
  readonly name: string;
  readonly cidrs: readonly string[];
  readonly recipientDomains: readonly string[];
}

/** All the guard needs to know; plain data, so that each worker can run the guard again on what it was sent. */
export interface TargetRequest {
  readonly submit: EndpointRequest;
  readonly mailbox: EndpointRequest;
  /** Every address each host resolved to; all must be allowed, the first is pinned. */
  readonly submitAddresses: readonly string[];
  readonly mailboxAddresses: readonly string[];
  /** The door for mail from outside, and all its addresses. */
  readonly inbound?: EndpointRequest;
  readonly inboundAddresses?: readonly string[];
  /** Every address mail will be sent to, by domain: the accounts', the list's, the senders'. Lower case. */
  readonly domains: readonly string[];
  readonly blastRadius?: BlastRadius;
  /** `--target-is`: the operator's own word for what is about to be hit. */
  readonly targetIs?: string;
  readonly hasStopCondition: boolean;
  readonly hasCaps: boolean;
}

export type GuardDecision =
  | { readonly ok: true; readonly target: ApprovedTarget }
  | { readonly ok: false; readonly refusals: readonly string[] };

/** Names that can never belong to anybody (RFC 2606, RFC 6761). */
const RESERVED_SUFFIXES = [
  'test',
  'example',
  'invalid',
  'localhost',
  'example.com',
  'example.net',
  'example.org',
];

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Lets a target through, or says every reason why not and what to do. */
export function approveTarget(request: TargetRequest): GuardDecision {
  const refusals: string[] = [];
  const radius = request.blastRadius;
  if (request.targetIs !== undefined && request.targetIs !== radius?.name) {
    refusals.push(
      `--target-is ${request.targetIs}: the profile's blastRadius.name is ${radius?.name ?? 'absent'}; they must be equal`,
    );
  }
  if (request.domains.length === 0)
    refusals.push('no recipient domain was named: what mail goes to cannot be judged');
  const { inboundAddresses = [] } = request;
  const addresses = [...request.submitAddresses, ...request.mailboxAddresses, ...inboundAddresses];
  const sides = [request.submitAddresses, request.mailboxAddresses];
  if (request.inbound !== undefined) sides.push(inboundAddresses);
  if (sides.some((side) => side.length === 0)) {
    refusals.push('a target host resolved to no address');
  }
  const away = addresses.filter((address) => !isLoopback(address));
  for (const domain of request.domains) {
    if (isReservedDomain(domain) || radius?.recipientDomains.some((allowed) => isWithin(domain, allowed)))
      continue;
    refusals.push(
      `recipient domain ${domain} is neither reserved (.test, .example, .invalid, .localhost) nor in blastRadius.recipientDomains: a target on this machine may relay outward`,
    );
  }
  if (away.length > 0) refusals.push(...awayRefusals(away, request));
  if (refusals.length > 0) return { ok: false, refusals };
  return { ok: true, target: pin(request) };
}

/** True for 127.0.0.0/8 and ::1. */
export function isLoopback(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Whether a gauge may be asked: its host is an address (a name may lead anywhere) of this machine or within the networks. */
export function isAllowedProbe(url: string, cidrs: readonly string[]): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  return isLoopback(host) || (isIP(host) !== 0 && isWithinNetworks(host, cidrs));
}

/** True for names no one can own (RFC 2606 §2-3, RFC 6761 §6). */
export function isReservedDomain(domain: string): boolean {
  return RESERVED_SUFFIXES.some((suffix) => isWithin(domain, suffix));
}

function awayRefusals(away: readonly string[], request: TargetRequest): string[] {
  const radius = request.blastRadius;
  if (radius === undefined) {
    return [
      `${away.join(', ')} is not this machine and the profile declares no blastRadius: add one (name, cidrs, recipientDomains), caps and stopConditions`,
    ];
  }
  const refusals: string[] = [];
  for (const address of away) {
    if (!isWithinNetworks(address, radius.cidrs))
      refusals.push(`${address} is outside blastRadius.cidrs (${radius.cidrs.join(', ')})`);
  }
  if (!request.hasCaps)
    refusals.push('a target off this machine needs caps (messages, copies, bytes, connections, wall)');
  if (!request.hasStopCondition)
    refusals.push('a target off this machine needs at least one of stopConditions');
  if (request.targetIs === undefined) {
    refusals.push(
      `say --target-is ${radius.name} if that is what you mean to hit; --yes does not replace it`,
    );
  }
  return refusals;
}

function isWithinNetworks(address: string, cidrs: readonly string[]): boolean {
  const allowed = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', bits = ''] = cidr.split('/');
    allowed.addSubnet(network, Number(bits), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  }
  return isIP(address) !== 0 && allowed.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function isWithin(domain: string, suffix: string): boolean {
  const name = domain.toLowerCase().replace(/\.$/, '');
  const end = suffix.toLowerCase();
  return name === end || name.endsWith(`.${end}`);
}

function pin(request: TargetRequest): ApprovedTarget {
  const { inbound, inboundAddresses = [] } = request;
  return Object.freeze({
    submit: approveEndpoint(request.submit, request.submitAddresses[0]),
    mailbox: approveEndpoint(request.mailbox, request.mailboxAddresses[0]),
    ...(inbound === undefined ? {} : { inbound: approveEndpoint(inbound, inboundAddresses[0]) }),
  }) as unknown as ApprovedTarget;
}

/** The one place where the brand is put on: everything above has been checked. */
function approveEndpoint(side: EndpointRequest, address: string | undefined): ApprovedEndpoint {
  return Object.freeze({ ...side, address }) as unknown as ApprovedEndpoint;
}
