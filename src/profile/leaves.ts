/** The leaves of a profile, as zod schemas: numbers and texts that know their unit and their range. They read no file. */

import { z } from 'zod';
import {
  type Parsed,
  parseBytes,
  parseDurationUs,
  parseRatePerSecond,
  parseShare,
  parseSpeed,
  parseTimeOfDayUs,
} from '../units.ts';

/** A text leaf with a unit: the reader's own words become the error. */
export function withUnit(parse: (text: string) => Parsed, example: string, description: string) {
  return z
    .string({ error: example })
    .meta({ description: `${description} (${example})` })
    .transform((text, context) => {
      const parsed = parse(text);
      if (parsed.ok) return parsed.value;
      context.addIssue({ code: 'custom', message: parsed.expected, input: text });
      return z.NEVER;
    });
}

export const duration = (description: string) =>
  withUnit(parseDurationUs, 'a duration such as 250ms, 90s, 3m or 1.5h', description);
export const bytes = (description: string) =>
  withUnit(parseBytes, 'a size such as 64KiB or 10MB', description);
export const rate = (description: string) =>
  withUnit(parseRatePerSecond, 'a rate such as 20/s, 60/min or 4000000/day', description);
export const share = (description: string) => withUnit(parseShare, 'a share such as 2.5%', description);
export const speed = (description: string) =>
  withUnit(parseSpeed, 'a speed such as 1x, 60x or 300x, or max', description);
export const whole = (low: number, high: number, description: string) =>
  z
    .int({ error: `a whole number from ${low} to ${high}` })
    .min(low)
    .max(high)
    .meta({ description });
export const real = (low: number, high: number, description: string) =>
  z
    .number({ error: `a number from ${low} to ${high}` })
    .min(low)
    .max(high)
    .meta({ description });
export const timeOfDay = (description: string) =>
  withUnit(parseTimeOfDayUs, 'a time of day such as 08:29', description);
export const text = (description: string) => z.string({ error: 'a text' }).meta({ description });
/** A header's value in any script: what ASCII does not hold is encoded (RFC 2047). No line of its own, nothing unseen. */
export const anySubject = (description: string) =>
  z
    .string()
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u, { error: '1 to 200 printable characters' })
    .meta({ description });
/** A header's value as it goes on the wire (RFC 5322 §2.2): no line of its own, nothing that would need encoding. */
export const subject = (description: string) =>
  z
    .string()
    .regex(/^[ -~]{1,200}$/, { error: '1 to 200 printable ASCII characters' })
    .meta({ description });
