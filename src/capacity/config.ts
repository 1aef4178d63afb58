/** What a mail system can do, in numbers: the capacity model's configuration and its defaults. Data only. */

/** The closed list of work a client can ask for; `poll` is NOOP, STATUS and the wake-up of an IDLE. */
export const ACCESS_KINDS = [
  'connect',
  'signin',
  'open',
  'headers',
  'body',
  'search',
  'store',
  'move',
  'expunge',
  'poll',
  'append',
  'submit',
] as const;

export type AccessKind = (typeof ACCESS_KINDS)[number];

/** Service time of one piece of work, before coupling: `fixedUs + perMessageUs * messages`. */
export interface ServiceTime {
  readonly fixedUs: number;
  readonly perMessageUs: number;
}

/** The limits of one store: a delivery queue and a pool of access servers that slow each other down. */
export interface CapacityConfig {
  /** Copies put into mailboxes per second while nobody reads. Positive. */
  readonly deliveriesPerSecond: number;
  /** Client commands served at the same time (a pool of processes or threads). At least 1. */
  readonly accessServers: number;
  readonly service: Readonly<Record<AccessKind, ServiceTime>>;
  /** `a`: at a saturated delivery queue an access takes `1 + a` times as long. 0 uncouples. */
  readonly deliverySlowsAccess: number;
  /** `b`: at a saturated access pool a delivery takes `1 + b` times as long. 0 uncouples. */
  readonly accessSlowsDelivery: number;
  /** A backlog of this many microseconds or more is saturated; below it the coupling grows in proportion. */
  readonly saturationUs: number;
}

/**
 * A small office server: one store, sixteen access servers, two thousand deliveries a second. Disks are shared, so
 * a queue of ten seconds on one side makes the other four times as slow.
 */
export const DEFAULT_CAPACITY: CapacityConfig = {
  deliveriesPerSecond: 2_000,
  accessServers: 16,
  service: {
    connect: { fixedUs: 200, perMessageUs: 0 },
    signin: { fixedUs: 5_000, perMessageUs: 0 },
    open: { fixedUs: 2_000, perMessageUs: 0 },
    headers: { fixedUs: 500, perMessageUs: 20 },
    body: { fixedUs: 1_000, perMessageUs: 100 },
    search: { fixedUs: 500, perMessageUs: 10 },
    store: { fixedUs: 1_000, perMessageUs: 50 },
    move: { fixedUs: 2_000, perMessageUs: 150 },
    expunge: { fixedUs: 1_000, perMessageUs: 100 },
    poll: { fixedUs: 200, perMessageUs: 0 },
    append: { fixedUs: 5_000, perMessageUs: 0 },
    submit: { fixedUs: 5_000, perMessageUs: 0 },
  },
  deliverySlowsAccess: 3,
  accessSlowsDelivery: 3,
  saturationUs: 10_000_000,
};

const FREE: ServiceTime = { fixedUs: 0, perMessageUs: 0 };

/** Everything at once and for nothing: for tests and for finding out what the machine itself can do. */
export const UNLIMITED_CAPACITY: CapacityConfig = {
  deliveriesPerSecond: 1_000_000_000,
  accessServers: 1,
  service: {
    connect: FREE,
    signin: FREE,
    open: FREE,
    headers: FREE,
    body: FREE,
    search: FREE,
    store: FREE,
    move: FREE,
    expunge: FREE,
    poll: FREE,
    append: FREE,
    submit: FREE,
  },
  deliverySlowsAccess: 0,
  accessSlowsDelivery: 0,
  saturationUs: 1,
};

/** Every reason why a configuration cannot be used; empty when it can. */
export function capacityProblems(config: CapacityConfig): string[] {
  const problems: string[] = [];
  if (!(config.deliveriesPerSecond > 0)) problems.push('deliveriesPerSecond must be above 0');
  if (!(Number.isInteger(config.accessServers) && config.accessServers >= 1 && config.accessServers <= 4_096))
    problems.push('accessServers must be a whole number from 1 to 4096');
  if (!(config.saturationUs > 0)) problems.push('saturationUs must be above 0');
  if (!(config.deliverySlowsAccess >= 0)) problems.push('deliverySlowsAccess must not be negative');
  if (!(config.accessSlowsDelivery >= 0)) problems.push('accessSlowsDelivery must not be negative');
  for (const kind of ACCESS_KINDS) {
    const { fixedUs, perMessageUs } = config.service[kind];
    const finite = Number.isFinite(fixedUs) && Number.isFinite(perMessageUs);
    if (!finite || fixedUs < 0 || perMessageUs < 0)
      problems.push(`service.${kind} must be finite and not negative`);
  }
  return problems;
}
