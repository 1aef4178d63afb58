/** The stretch of a query's answer that was asked for: position, anchor, limit (RFC 8620 §5.5). Arithmetic only. */

import { type Fault, fault, isBoolean, isCount, isString, type Json, optional } from './method.ts';

export interface Window {
  readonly position: number;
  readonly anchor: string | null;
  readonly anchorOffset: number;
  readonly limit: number | null;
  readonly total: boolean;
}

export function readWindow(args: Json): Window | Fault {
  const position = optional(args['position'], isWhole, 0);
  const anchor = optional(args['anchor'], isString, null);
  const anchorOffset = optional(args['anchorOffset'], isWhole, 0);
  const limit = optional(args['limit'], isCount, null);
  const total = optional(args['calculateTotal'], isBoolean, false);
  if (position === undefined || anchor === undefined || anchorOffset === undefined)
    return fault('invalidArguments', 'position, anchor or anchorOffset: a value of another type');
  if (limit === undefined || total === undefined)
    return fault('invalidArguments', 'limit or calculateTotal: a value of another type');
  return { position, anchor, anchorOffset, limit, total };
}

/** `ids`, `position`, and `total` and `limit` where they are to be told. Only what is shown is given its id. */
export function windowOf<T>(
  all: readonly T[],
  idOf: (one: T) => string,
  asked: Window,
  mostIds: number,
): Json | Fault {
  let start = asked.position < 0 ? Math.max(0, all.length + asked.position) : asked.position;
  if (asked.anchor !== null) {
    const at = all.findIndex((one) => idOf(one) === asked.anchor);
    if (at === -1) return fault('anchorNotFound');
    start = Math.max(0, at + asked.anchorOffset);
  }
  const limit = Math.min(asked.limit ?? mostIds, mostIds);
  return {
    position: start,
    ids: all.slice(start, start + limit).map(idOf),
    ...(asked.total ? { total: all.length } : {}),
    // Told where it is the server's own.
    ...(limit === asked.limit ? {} : { limit }),
  };
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}
