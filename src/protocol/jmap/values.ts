/** Looks into parsed JSON that a server sent: every value is checked before it is believed. It must not know what any of it means. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** The whole body as JSON; undefined where it is none. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** An UnsignedInt (RFC 8620 §1.3). */
export function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A list of strings; undefined if anything else is in it. */
export function asStrings(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((one) => typeof one === 'string') ? value : undefined;
}

/** A list of objects; undefined if anything else is in it. */
export function asObjects(value: unknown): readonly JsonObject[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((one) => asObject(one) !== undefined) ? (value as JsonObject[]) : undefined;
}
