/** The guard: who may be hit, who is refused and why, and that what it lets through cannot be changed afterwards. */

import { describe, expect, test } from 'vitest';
import {
  approveTarget,
  type BlastRadius,
  isLoopback,
  isReservedDomain,
  type TargetRequest,
} from '../../src/profile/guard.ts';

const RADIUS: BlastRadius = {
  name: 'staging',
  cidrs: ['10.1.2.0/24', 'fd00:1::/32'],
  recipientDomains: ['staging.nhs.net'],
};

/** A target on this machine, with reserved names only. */
const HOME: TargetRequest = {
  submit: { protocol: 'smtp', host: 'localhost', port: 2525, tls: 'off' },
  mailbox: { protocol: 'imap', host: 'localhost', port: 1143, tls: 'off' },
  submitAddresses: ['127.0.0.1'],
  mailboxAddresses: ['127.0.0.1'],
  domains: ['lab.test'],
  hasStopCondition: false,
  hasCaps: false,
};

/** A target elsewhere, with all that it takes. */
const AWAY: TargetRequest = {
  ...HOME,
  submitAddresses: ['10.1.2.3'],
  mailboxAddresses: ['10.1.2.4'],
  domains: ['staging.nhs.net', 'lab.test'],
  blastRadius: RADIUS,
  targetIs: 'staging',
  hasStopCondition: true,
  hasCaps: true,
};

const refusals = (request: TargetRequest): readonly string[] => {
  const decision = approveTarget(request);
  return decision.ok ? [] : decision.refusals;
};

const both = (base: TargetRequest, ...addresses: string[]): TargetRequest => ({
  ...base,
  submitAddresses: addresses,
  mailboxAddresses: addresses,
});

const { blastRadius: _radius, ...AWAY_WITHOUT_RADIUS } = AWAY;
const { targetIs: _targetIs, ...AWAY_UNNAMED } = AWAY;

/** Where mail from outside is handed in. */
const DOOR = { inbound: { protocol: 'smtp', host: 'localhost', port: 25, tls: 'off' } } as const;

const ALLOWED: readonly [string, TargetRequest][] = [
  ['this machine, reserved names', HOME],
  ['this machine over IPv6', both(HOME, '::1', '127.0.0.1')],
  ['any of 127.0.0.0/8', both(HOME, '127.255.1.2')],
  [
    'this machine, a real domain in the blast radius',
    { ...HOME, domains: ['staging.nhs.net'], blastRadius: RADIUS },
  ],
  ['a subdomain of the blast radius', { ...HOME, domains: ['a.staging.nhs.net'], blastRadius: RADIUS }],
  ['elsewhere, with everything it takes', AWAY],
  ['elsewhere, IPv6 inside', both(AWAY, 'fd00:1:2::3')],
  ['elsewhere, all of several addresses inside', both(AWAY, '10.1.2.0', '10.1.2.255', 'fd00:1::1')],
  ['an IPv4 address in IPv6 clothes', both(AWAY, '::ffff:10.1.2.3')],
  ['this machine, with a door for mail from outside', { ...HOME, ...DOOR, inboundAddresses: ['127.0.0.1'] }],
  ['elsewhere, the door inside too', { ...AWAY, ...DOOR, inboundAddresses: ['10.1.2.9'] }],
  ['this machine, named as in the profile', { ...HOME, blastRadius: RADIUS, targetIs: 'staging' }],
];

const REFUSED: readonly [string, TargetRequest, readonly RegExp[]][] = [
  [
    'a real domain on this machine',
    { ...HOME, domains: ['nhs.net'] },
    [/^recipient domain nhs\.net .*relay outward/],
  ],
  ['a domain beside the blast radius', { ...HOME, domains: ['nhs.net'], blastRadius: RADIUS }, [/nhs\.net/]],
  [
    'a domain that only ends like it',
    { ...HOME, domains: ['xstaging.nhs.net'], blastRadius: RADIUS },
    [/xstaging/],
  ],
  ['one real domain of several', { ...HOME, domains: ['lab.test', 'b.example', 'nhs.net'] }, [/nhs\.net/]],
  ['each real domain by itself', { ...HOME, domains: ['nhs.net', 'gov.uk'] }, [/nhs\.net/, /gov\.uk/]],
  [
    'elsewhere without a blast radius',
    { ...AWAY_WITHOUT_RADIUS, domains: ['lab.test'] },
    [/--target-is/, /declares no blastRadius/],
  ],
  ['elsewhere without caps', { ...AWAY, hasCaps: false }, [/needs caps/]],
  ['elsewhere without a stop condition', { ...AWAY, hasStopCondition: false }, [/stopConditions/]],
  [
    'elsewhere without the operator’s word',
    AWAY_UNNAMED,
    [/^say --target-is staging .*--yes does not replace it/],
  ],
  [
    'elsewhere under another name',
    { ...AWAY, targetIs: 'production' },
    [/^--target-is production: .* staging; they must be equal/],
  ],
  ['a name where the profile has none', { ...HOME, targetIs: 'staging' }, [/absent/]],
  ['an IPv4 address outside', both(AWAY, '10.1.3.1'), [/^10\.1\.3\.1 is outside/, /^10\.1\.3\.1 is outside/]],
  ['an IPv6 address outside', { ...AWAY, mailboxAddresses: ['fd01::1'] }, [/^fd01::1 is outside/]],
  [
    'one of several addresses outside',
    { ...AWAY, submitAddresses: ['10.1.2.3', '192.0.2.1'] },
    [/^192\.0\.2\.1 is outside/],
  ],
  [
    'one of several addresses not this machine',
    { ...HOME, mailboxAddresses: ['127.0.0.1', '10.1.2.3'] },
    [/^10\.1\.2\.3 is not this machine/],
  ],
  [
    'a door elsewhere',
    { ...HOME, ...DOOR, inboundAddresses: ['127.0.0.1', '10.1.2.3'] },
    [/^10\.1\.2\.3 is not this machine/],
  ],
  ['a door outside', { ...AWAY, ...DOOR, inboundAddresses: ['192.0.2.1'] }, [/^192\.0\.2\.1 is outside/]],
  ['a door without an address', { ...HOME, ...DOOR, inboundAddresses: [] }, [/resolved to no address/]],
  ['all interfaces', both(HOME, '0.0.0.0'), [/is not this machine/]],
  ['what is no address', both(AWAY, 'mail.nhs.net'), [/outside/, /outside/]],
  ['no submission address', { ...HOME, submitAddresses: [] }, [/resolved to no address/]],
  ['no mailbox address', { ...AWAY, mailboxAddresses: [] }, [/resolved to no address/]],
  [
    'everything at once',
    {
      ...AWAY_UNNAMED,
      hasCaps: false,
      hasStopCondition: false,
      domains: ['nhs.net'],
      submitAddresses: ['192.0.2.1'],
    },
    [/nhs\.net/, /192\.0\.2\.1/, /caps/, /stopConditions/, /--target-is/],
  ],
];

describe('the guard', () => {
  test.each(ALLOWED)('lets through: %s', (_, request) => {
    expect(refusals(request)).toEqual([]);
  });

  test.each(REFUSED)('refuses: %s', (_, request, reasons) => {
    const found = refusals(request);
    expect(found).toHaveLength(reasons.length);
    for (const [index, reason] of reasons.entries()) expect(found[index]).toMatch(reason);
  });

  test('every single lack refuses what would else be let through', () => {
    const lacks: readonly TargetRequest[] = [
      AWAY_WITHOUT_RADIUS,
      AWAY_UNNAMED,
      { ...AWAY, hasCaps: false },
      { ...AWAY, hasStopCondition: false },
      { ...AWAY, blastRadius: { ...RADIUS, cidrs: [] } },
      { ...AWAY, blastRadius: { ...RADIUS, recipientDomains: [] } },
      { ...AWAY, blastRadius: { ...RADIUS, name: 'other' } },
    ];
    expect(approveTarget(AWAY).ok).toBe(true);
    for (const lack of lacks) expect(approveTarget(lack).ok).toBe(false);
  });

  test('pins the first address, keeps the rest of the request, and freezes both ends', () => {
    const decision = approveTarget({ ...AWAY, submitAddresses: ['10.1.2.9', '10.1.2.3'] });
    if (!decision.ok) throw new Error('refused');
    const { target } = decision;
    expect(target.submit).toMatchObject({ ...AWAY.submit, address: '10.1.2.9' });
    expect(target.mailbox).toMatchObject({ ...AWAY.mailbox, address: '10.1.2.4' });
    for (const part of [target, target.submit, target.mailbox]) expect(Object.isFrozen(part)).toBe(true);
    expect(() => Object.assign(target.submit, { address: '192.0.2.1' })).toThrow(TypeError);
    expect(() => Object.assign(target, { submit: target.mailbox })).toThrow(TypeError);
  });

  test('judges the same after the request crossed a thread', () => {
    for (const [, request] of ALLOWED) expect(approveTarget(structuredClone(request)).ok).toBe(true);
    for (const [, request] of REFUSED) expect(refusals(structuredClone(request))).toEqual(refusals(request));
  });
});

describe('addresses and names', () => {
  test.each([
    ['127.0.0.1', true],
    ['127.99.0.1', true],
    ['::1', true],
    ['0:0:0:0:0:0:0:1', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['0.0.0.0', false],
    ['::', false],
    ['fe80::1%eth0', false],
    ['localhost', false],
    ['', false],
  ])('%s is this machine: %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });

  test.each([
    ['test', true],
    ['lab.test', true],
    ['LAB.Test.', true],
    ['a.b.example', true],
    ['x.invalid', true],
    ['localhost', true],
    ['example.com', true],
    ['mail.example.org', true],
    ['notexample.com', false],
    ['latest', false],
    ['test.nhs.net', false],
    ['example.co', false],
    ['', false],
  ])('%s can be nobody’s: %s', (domain, expected) => {
    expect(isReservedDomain(domain)).toBe(expected);
  });
});
