/** Finds a place in parsed JSON by a JSON pointer (RFC 6901). It must not reach anything that the document does not hold itself. */

import type { Pointer } from '../../profile/mail-api-schema.ts';

/** The value there; undefined where the document has no such place (RFC 6901 §7 leaves to us what that means). */
export function valueAt(document: unknown, pointer: Pointer): unknown {
  let value = document;
  for (const token of pointer) {
    if (Array.isArray(value))
      value = /^(?:0|[1-9]\d{0,8})$/.test(token) ? (value[Number(token)] as unknown) : undefined;
    else if (typeof value === 'object' && value !== null && Object.hasOwn(value, token))
      value = (value as Readonly<Record<string, unknown>>)[token];
    else return undefined;
  }
  return value;
}

/** A pointer as people write it. */
export function pointerText(pointer: Pointer): string {
  return pointer.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('') || '""';
}
