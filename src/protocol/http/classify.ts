/** What an HTTP status means: refused, a limiter's, out of room, worth another try. One table; it must not decide what to do next. */

import type { ProtocolOutcome, Rejected } from '../../measure/outcome.ts';
import type { ApprovedEndpoint } from '../../profile/guard.ts';
import { clipped, okOutcome, type OpenFailure, refusal, unknownOutcome } from '../ending.ts';

/** RFC 9110 §15.5.9, §15.6.3-5, RFC 8470 §5.2, RFC 6585 §4: statuses that say "not now". */
const TEMPORARY: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);

/** A gateway speaks for a server that may have done it (RFC 9110 §15.6.3, §15.6.5). */
const HEARSAY: ReadonlySet<number> = new Set([502, 504]);

const LIMITER_TEXT = /too many requests|rate.?limit|throttl/i;

/** Redirections that name another place for the same thing (RFC 9110 §15.4). */
const REDIRECTIONS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What of an answer tells its outcome. */
export interface AnswerHead {
  readonly status: number;
  readonly reason: string;
  readonly location: string | undefined;
  readonly retryAfter: string | undefined;
}

/** A whole answer as an outcome. `changes`: the request may have changed something there. */
export function outcomeOfStatus(
  head: AnswerHead,
  request: { readonly path: string; readonly changes: boolean },
  endpoint: ApprovedEndpoint,
): ProtocolOutcome {
  const { status, reason } = head;
  if (status >= 200 && status < 300) return okOutcome(`${status} ${reason}`);
  if (REDIRECTIONS.has(status) && head.location !== undefined) {
    const path = pathWithin(endpoint, request.path, head.location);
    if (path === undefined) return strayRefusal(head.location, endpoint);
    return refusal(String(status), `redirects to ${path}`);
  }
  if (HEARSAY.has(status) && request.changes) return unknownOutcome(`${status} ${reason} from a gateway`);
  return rejectedBy(head);
}

/**
 * The path of a URL where the approved endpoint serves it, relative to the request's own; undefined where it leads elsewhere:
 * another scheme, host or port is another target, which the guard has not seen.
 */
export function pathWithin(endpoint: ApprovedEndpoint, base: string, location: string): string | undefined {
  const scheme = endpoint.tls === 'implicit' ? 'https:' : 'http:';
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  const here = `${scheme}//${host}:${endpoint.port}`;
  if (!URL.canParse(location, `${here}${base}`)) return undefined;
  const there = new URL(location, `${here}${base}`);
  if (there.origin !== new URL(here).origin) return undefined;
  return `${there.pathname}${there.search}`;
}

/** What is answered instead of going where nobody approved. */
export function strayRefusal(location: string, endpoint: ApprovedEndpoint): Rejected {
  return refusal(
    'GUARD',
    `leads to ${location}, and only ${endpoint.host}:${endpoint.port} (${endpoint.address}) was approved`,
  );
}

/** What kept somebody out who signs in by his first request: his credentials, or what lies before them. */
export function failureOfOutcome(outcome: ProtocolOutcome): OpenFailure {
  if (outcome.kind !== 'rejected') return 'timeout';
  if (outcome.code === 401 || outcome.code === 403) return 'auth';
  if (outcome.code === 'TLS') return 'tls';
  if (outcome.code === 'TIMEOUT') return 'timeout';
  return outcome.code === 'PROTOCOL' || outcome.code === 'GUARD' || outcome.code === 'UNSUPPORTED'
    ? 'protocol'
    : 'refused';
}

/** Microseconds a Retry-After asks for (RFC 9110 §10.2.3: seconds, or a date); undefined where it says neither. */
export function retryAfterUs(value: string, nowMs: number): number | undefined {
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000_000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs) * 1_000;
}

function rejectedBy({ status, reason, retryAfter }: AnswerHead): Rejected {
  const limiter = status === 429 || (status === 503 && LIMITER_TEXT.test(reason));
  const later = retryAfter === undefined ? '' : ` (Retry-After: ${retryAfter})`;
  return {
    kind: 'rejected',
    code: status,
    ...(status === 401 ? { enhanced: 'AUTHENTICATIONFAILED' } : {}),
    temporary: TEMPORARY.has(status),
    limiter,
    greylist: false,
    // RFC 4918 §11.5.
    overQuota: status === 507,
    text: clipped(`${reason}${later}`),
  };
}
